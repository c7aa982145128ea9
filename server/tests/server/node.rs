//! A whole node: started, stopped, started again, backed up, restored, over TLS.

use crate::http::{Http, Reply};
use crate::world::Hand;
use pryv_engine::EngineKind;
use pryv_server::{Running, Server, Settings, backup, server::StartError};
use pryv_wire::{ErrorCode, account::GetChallenge, card::ResolveUsername, operation::CALLS};
use std::{path::Path, sync::Arc};

pub(crate) fn settings(dir: &Path) -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: dir.join("data"),
        store_free: 0,
        store_free_percent: 0,
        limits_account_rate: 0,
        limits_credentials_rate: 0,
        limits_username_rate: 0,
        limits_lookups_rate: 0,
        ..Settings::default()
    }
}

pub(crate) async fn start(settings: Settings) -> Running {
    Server::start(settings, Hand::at(crate::world::START)).await.unwrap()
}

async fn knows(running: &Running, username: &str) -> bool {
    let request = ResolveUsername { username: username.into() };
    let reply = Http::at(running.address()).post(&request).await;
    reply.status == 200
}

#[tokio::test]
async fn a_node_keeps_what_it_was_told() {
    for engine in [EngineKind::Redb, EngineKind::Sled] {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings { store_engine: engine, ..settings(dir.path()) };
        let running = start(settings.clone()).await;
        crate::http::sign_up(&running, "ada").await;
        assert!(knows(&running, "ada").await);
        running.shutdown().await.unwrap();
        let running = start(settings.clone()).await;
        assert!(knows(&running, "ada").await && !knows(&running, "bob").await);
        crate::http::log_in(&running, "ada").await.unwrap();
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn many_nodes_live_in_one_process() {
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let mut nodes = Vec::new();
    for dir in &dirs {
        nodes.push(start(settings(dir.path())).await);
    }
    crate::http::sign_up(&nodes[1], "ada").await;
    assert!(
        !knows(&nodes[0], "ada").await && knows(&nodes[1], "ada").await && !knows(&nodes[2], "ada").await
    );
    for node in nodes {
        node.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_node_on_the_same_data_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(settings(dir.path())).await;
    let second = Server::start(settings(dir.path()), Hand::at(0)).await;
    assert!(matches!(second, Err(StartError::Open(_))), "{second:?}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_node_does_not_start_without_its_key_or_with_another() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    start(settings.clone()).await.shutdown().await.unwrap();
    let path = settings.node_key_path();
    let key = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let missing = Server::start(settings.clone(), Hand::at(0)).await.unwrap_err();
    assert!(matches!(missing, StartError::NodeKey(_)), "{missing:?}");
    assert!(!path.exists(), "no new key is made over an old store");
    std::fs::write(&path, [1; 32]).unwrap();
    let other = Server::start(settings.clone(), Hand::at(0)).await.unwrap_err();
    assert!(matches!(other, StartError::Store(_)), "{other:?}");
    std::fs::write(&path, key).unwrap();
    start(settings).await.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_backup_of_a_running_or_stopped_node_restores_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let running = start(settings.clone()).await;
    let session = crate::http::sign_up(&running, "ada").await;
    let (asked, folder) = (settings.clone(), dir.path().join("while running"));
    let done = tokio::task::spawn_blocking(move || backup::backup(&asked, &folder)).await.unwrap().unwrap();
    assert!(done.contains("rows"), "{done}");
    let (asked, folder) = (settings.clone(), dir.path().join("while running"));
    let again = tokio::task::spawn_blocking(move || backup::backup(&asked, &folder)).await.unwrap();
    assert!(again.unwrap_err().to_string().contains("exists already"));
    running.shutdown().await.unwrap();
    backup::backup(&settings, &dir.path().join("while stopped")).unwrap();
    for folder in ["while running", "while stopped"] {
        let from = dir.path().join(folder);
        assert!(!contains(
            &from.join(backup::BACKUP_FILE),
            &std::fs::read(settings.node_key_path()).unwrap()
        ));
        for engine in [EngineKind::Redb, EngineKind::Sled] {
            let to = tempfile::tempdir().unwrap();
            let restored = Settings { store_engine: engine, ..self::settings(to.path()) };
            let done = backup::restore(&restored, &from).unwrap();
            assert!(done.contains("node key"), "{done}");
            assert!(backup::restore(&restored, &from).is_err(), "not empty any more");
            std::fs::copy(settings.node_key_path(), restored.node_key_path()).unwrap();
            let running = start(restored).await;
            assert!(knows(&running, "ada").await);
            let old =
                Http::at(running.address()).with(&session).post(&pryv_wire::account::ListSessions {}).await;
            assert_eq!(old.problem().code, ErrorCode::NotAuthenticated, "sessions are in no backup");
            crate::http::log_in(&running, "ada").await.unwrap();
            running.shutdown().await.unwrap();
        }
    }
}

fn contains(file: &Path, needle: &[u8]) -> bool {
    std::fs::read(file).unwrap().windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let running = start(settings.clone()).await;
    crate::http::sign_up(&running, "ada").await;
    running.shutdown().await.unwrap();
    let folder = dir.path().join("backup");
    backup::backup(&settings, &folder).unwrap();
    let file = folder.join(backup::BACKUP_FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let to = tempfile::tempdir().unwrap();
    assert!(backup::restore(&self::settings(to.path()), &folder).is_err());
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    backup::restore(&self::settings(to.path()), &folder).unwrap();
}

#[tokio::test]
async fn what_is_sealed_is_not_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let running = start(settings.clone()).await;
    let setup = running.service().store().peek(|view| view.opaque_setup()).unwrap().unwrap();
    running.shutdown().await.unwrap();
    for file in walk(&settings.data) {
        assert!(!contains(&file, &setup[..32]), "{} holds the password setup", file.display());
    }
}

fn walk(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn metrics_have_an_address_of_their_own_where_asked() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(settings(dir.path())).await;
    let http = Http::at(running.address());
    http.post(&GetChallenge {}).await;
    let page = http.get("/metrics").await;
    let text = String::from_utf8(page.body).unwrap();
    let expected = "pryv_http_requests_total{path=\"/v1/challenges/get\",status=\"200\"} 1";
    assert!(text.contains(expected), "{text}");
    for metric in
        ["pryv_store_commits_total", "pryv_store_health 0", "pryv_sessions 0", "pryv_transforms_total 0"]
    {
        assert!(text.contains(metric), "{metric} is not in {text}");
    }
    running.shutdown().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    // A proxy before it would hand them to everybody.
    let proxied = Settings { http_forwarded: true, ..settings(dir.path()) };
    let running = start(proxied).await;
    assert_eq!(Http::at(running.address()).get("/metrics").await.status, 404);
    running.shutdown().await.unwrap();
    let apart = Settings { metrics_listen: Some("127.0.0.1:0".parse().unwrap()), ..settings(dir.path()) };
    let running = start(apart).await;
    assert_eq!(Http::at(running.address()).get("/metrics").await.status, 404);
    let metrics = Http::at(running.metrics_address().unwrap());
    assert_eq!(metrics.get("/metrics").await.status, 200);
    for (path, _) in CALLS {
        assert_eq!(metrics.get(path).await.status, 404, "{path}");
    }
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_stop_finishes_requests_and_takes_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(settings(dir.path())).await;
    let address = running.address();
    let ready: Reply = Http::at(address).get("/health/ready").await;
    assert_eq!((ready.status, ready.text()), (200, "{\"status\":\"ok\"}".to_owned()));
    running.shutdown().await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn tls_is_served_with_a_certificate() {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let wrong = Settings { tls_cert: Some(key.clone()), tls_key: Some(cert.clone()), ..settings(dir.path()) };
    assert!(matches!(Server::start(wrong, Hand::at(0)).await, Err(StartError::Tls(_))));
    let with_tls = Settings { tls_cert: Some(cert.clone()), tls_key: Some(key), ..settings(dir.path()) };
    let running = start(with_tls).await;
    assert!(running.url().starts_with("https://"));
    let address = running.address();
    let answer = tokio::task::spawn_blocking(move || {
        use std::io::{Read as _, Write as _};
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&cert).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        stream
            .write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        let _closed = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security"), "{answer}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_serves_reads() {
    let dir = tempfile::tempdir().unwrap();
    let roomy = settings(dir.path());
    let running = start(roomy.clone()).await;
    crate::http::sign_up(&running, "ada").await;
    running.shutdown().await.unwrap();
    let running = start(Settings { store_free: u64::MAX >> 20, ..roomy.clone() }).await;
    let http = Http::at(running.address());
    assert!(knows(&running, "ada").await, "reads are served");
    assert!(crate::http::log_in(&running, "ada").await.is_none(), "a session is a write");
    let ready = http.get("/health/ready").await;
    assert_eq!((ready.status, ready.text()), (503, "{\"status\":\"full\"}".to_owned()));
    assert_eq!(http.get("/health/live").await.status, 200);
    running.shutdown().await.unwrap();
    let running = start(roomy).await;
    crate::http::log_in(&running, "ada").await.unwrap();
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_store_that_takes_no_writes_makes_the_node_unfit() {
    use pryv_engine::{
        Engine, EngineError, EngineStats, Health, MemoryDisk, MemoryEngine, ReadView, Scan, Visitor,
        WriteGroup,
    };
    use pryv_server::{
        service::{Rules, Service},
        store::{NodeKey, Store},
        telemetry::ServiceMetrics,
    };
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Commits until it is told to fail as a device does that refuses a sync.
    #[derive(Debug)]
    struct Failing(MemoryEngine, Arc<AtomicBool>);
    impl ReadView for Failing {
        fn get(&self, key: &[u8]) -> Result<Option<bytes::Bytes>, EngineError> {
            self.0.get(key)
        }
        fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
            self.0.scan(scan, visit)
        }
    }
    impl Engine for Failing {
        fn name(&self) -> &'static str {
            "failing"
        }
        fn commit(&self, group: &WriteGroup) -> Result<(), EngineError> {
            if self.1.load(Ordering::SeqCst) {
                return Err(EngineError::Unsynced(std::io::ErrorKind::Other.into()));
            }
            self.0.commit(group)
        }
        fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError> {
            self.0.snapshot()
        }
        fn stats(&self) -> Result<EngineStats, EngineError> {
            self.0.stats()
        }
        fn health(&self) -> Health {
            self.0.health()
        }
        fn close(self: Box<Self>) -> Result<(), EngineError> {
            Box::new(self.0).close()
        }
    }
    let (disk, fail) = (MemoryDisk::default(), Arc::new(AtomicBool::new(false)));
    let told = Arc::clone(&fail);
    let opener = move || -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(Failing(MemoryEngine::on(disk.clone()), Arc::clone(&told))))
    };
    let engine =
        pryv_engine::Store::with_engine(opener, &pryv_engine::StoreOptions::default(), None).unwrap();
    let store = Store::over(engine, &NodeKey::generate());
    let service = Service::start(store, Hand::at(0), Rules::default(), ServiceMetrics::default()).unwrap();
    fail.store(true, Ordering::SeqCst);
    let refused = service.store().update(|tx| tx.set_up(&[1])).await;
    assert!(matches!(refused, Err(pryv_server::store::Error::Engine(_))), "{refused:?}");
    assert!(matches!(service.store().health(), Health::Poisoned(_)));
}
