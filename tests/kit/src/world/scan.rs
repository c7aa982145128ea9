//! The end of a world: everything that the server had is gathered and looked into.

use super::{Node, World, settings};
use crate::{
    raw::RawRequest,
    secrecy::{Evidence, Report, Scanner, twin::ServerState},
};
use pryv_engine::{Reader as _, Scan};

/// Each must be there, or the scan looked past something.
const SORTS: [&str; 5] = ["bodies", "metrics", "logs", "files", "backups"];

impl World {
    /// Stops the server and looks for every marker in everything it had. There must be none.
    ///
    /// # Panics
    ///
    /// If there is one.
    pub async fn close(self) {
        let report = self.close_leaking().await;
        println!("{report}");
        assert!(report.hits.is_empty(), "the server learned something: {report}");
    }

    /// Stops the server, and gives what was found.
    ///
    /// # Panics
    ///
    /// If the server does not stop, or one sort of evidence is missing.
    pub async fn close_leaking(mut self) -> Report {
        self.scan().await
    }

    /// Closes the world, and gives everything that its server was told, said and keeps, to hold against a twin's.
    ///
    /// # Panics
    ///
    /// If the server does not stop, or learned something.
    pub async fn close_with_state(mut self) -> ServerState {
        let exchanges = self.recorder.exchanges();
        let report = self.scan().await;
        assert!(report.hits.is_empty(), "the server learned something: {report}");
        let settings = settings(self.folder.path());
        let store = pryv_engine::Store::open(&settings.data, &settings.store_options()).expect("the store");
        let rows = store.read(|view| view.entries(&Scan::all())).expect("every row");
        let rows = rows.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
        ServerState { exchanges, rows }
    }

    async fn scan(&mut self) -> Report {
        let mut evidence = Evidence::default();
        self.recorder.add_to(&mut evidence);
        let metrics = RawRequest::get("/metrics").send(self.address()).await;
        assert_eq!(metrics.status, 200);
        evidence.bytes("metrics", "/metrics", metrics.body);
        let backup = tempfile::tempdir().expect("a folder");
        self.back_up_to(&backup.path().join("last")).await;
        let server = self.server.take().expect("the server runs");
        match server {
            Node::Here(server) => server.shutdown().await.expect("a server that stops in order"),
            Node::Process(process) => {
                let log = process.log_file().to_owned();
                process.stop().await;
                evidence.bytes("logs", "the log of the process", std::fs::read(log).expect("the log"));
            }
        }
        for folder in self.backups.iter().chain([&backup]) {
            evidence.tree("backups", folder.path());
        }
        evidence.tree("files", &settings(self.folder.path()).data);
        evidence.bytes("logs", "the log", self.logs.bytes());
        for sort in SORTS {
            assert!(evidence.size(sort) > 100, "there are no {sort} to look into");
        }
        Scanner::new(&self.canary.markers()).scan(&evidence)
    }

    /// Logs a text where the server logs.
    pub fn log_as_a_leaking_server_would(&self, text: &str) {
        tracing::info!(text, "a careless line");
    }
}
