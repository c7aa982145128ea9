//! A node under load, in a process of its own, against redb used directly.

use crate::{
    measure::{cpu_seconds, disk_bytes, median, millis, p99, rate, resident_mib},
    plain::{Plain, Rows},
    report::Row,
    wire_client::{Connection, Prepared},
};
use pryv_sdk::{Client, Collection, Grant, Level, Password, Silent, transport::http::HttpTransport};
use pryv_test_kit::light::{
    CHEAP, Collection as LightCollection, Forged, LightAccount, put, random_record, random_transaction,
};
use pryv_wire::transaction::Commit;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Bytes of content in a record.
const RECORD: usize = 1_024;

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Transactions of each of the 64 clients.
    pub(crate) each: u64,
    /// Records of the collection that is queried.
    pub(crate) records: u32,
    /// Rounds of each reading figure.
    pub(crate) rounds: usize,
}

/// A server in a process of its own, ended when dropped.
pub(crate) struct Node {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Node {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = std::env::current_exe().expect("this program");
        let mut process = Command::new(program)
            .arg("serve")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its standard output");
        BufReader::new(stdout).read_line(&mut line).expect("its address");
        let address = line.trim().parse().expect("an address");
        Self { process, address, folder }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    fn cpu(&self) -> f64 {
        cpu_seconds(self.process.id())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Measures everything that needs a server.
pub(crate) async fn measure(plan: Plan) -> Vec<Row> {
    let mut rows = transactions(plan).await;
    rows.extend(reading(plan).await);
    rows
}

/// Durable transactions at 1 and 64 clients, each against the same entries written to redb directly.
async fn transactions(plan: Plan) -> Vec<Row> {
    let node = Node::start();
    let transport = Arc::new(HttpTransport::new(&format!("http://{}", node.address)).expect("a transport"));
    let mut writers = Vec::new();
    for index in 0..64 {
        let name = format!("writer-{index}");
        let account = LightAccount::sign_up(transport.clone(), &name, "correct horse battery").await;
        let collection = account.create_collection("https://example.org/definitions/load", b"\xa0").await;
        writers.push((account, collection));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plain = Plain::open(folder.path());
    let mut rows = Vec::new();
    for (clients, each) in [(1_usize, plan.each * 4), (64, plan.each)] {
        let total = clients * usize::try_from(each).expect("a count");
        let (mut ours, mut theirs, mut cpu, mut latencies) = (Vec::new(), Vec::new(), 0.0, Vec::new());
        for _ in 0..3 {
            let mut prepared = Vec::new();
            for (account, collection) in writers.iter().take(clients) {
                prepared.push(prepare(account, collection, each));
            }
            let before = node.cpu();
            let (time, mut round) = send_all(node.address, prepared).await;
            cpu += node.cpu() - before;
            ours.push(time);
            latencies.append(&mut round);
            let started = Instant::now();
            plain.write(u32::try_from(clients).expect("a count"), each, RECORD + 400);
            theirs.push(started.elapsed());
        }
        rows.push(Row::ratio(
            format!("server transaction (1 KB record, 6 tokens), {clients} client(s)"),
            rate(total, median(ours)),
            rate(total, median(theirs)),
            "tx/s",
            "redb, group commit",
        ));
        rows.push(Row::alone(
            format!("… latency, {clients} client(s)"),
            millis(median(latencies.clone())),
            "ms median",
            format!("{:.1} ms p99", millis(p99(latencies))),
        ));
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let per = cpu / (3 * total) as f64;
        rows.push(Row::alone(
            format!("… server CPU, {clients} client(s)"),
            per * 1e6,
            "µs/tx",
            "user and system",
        ));
    }
    rows
}

fn prepare(account: &LightAccount, collection: &LightCollection, each: u64) -> Vec<Prepared> {
    let mut rng = ChaCha20Rng::from_entropy();
    (0..each)
        .map(|_| {
            let mut forged = Forged::random(random_record(&mut rng), 1, RECORD, &mut rng);
            forged.index = (0..6).map(|_| *random_record(&mut rng).as_bytes()).collect();
            forged.index.sort_unstable();
            let operations = vec![put(&account.forge(collection, &forged))];
            let commit =
                Commit { account: account.id(), transaction: random_transaction(&mut rng), operations };
            Prepared::new(&account.token, &commit)
        })
        .collect()
}

/// Sends each client's requests one after the other, all clients at once.
async fn send_all(to: SocketAddr, clients: Vec<Vec<Prepared>>) -> (Duration, Vec<Duration>) {
    let mut connections = Vec::new();
    for _ in 0..clients.len() {
        connections.push(Connection::open(to).await.expect("a connection"));
    }
    let started = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .zip(clients)
        .map(|(mut connection, requests)| {
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(requests.len());
                for request in &requests {
                    let sent = Instant::now();
                    connection.send(request).await.expect("the transaction is committed");
                    latencies.push(sent.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a client"));
    }
    (started.elapsed(), latencies)
}

/// Import, query, get, grant, revoke through the SDK.
async fn reading(plan: Plan) -> Vec<Row> {
    /// Records that one queried value has.
    const HITS: u32 = 100;
    let node = Node::start();
    let mut rows = Vec::new();
    let transport = Arc::new(HttpTransport::new(&format!("http://{}", node.address)).expect("a transport"));
    let client = Client::builder(transport).stretching(CHEAP).build();
    let password = Password::new("correct horse battery");
    let ada = client.sign_up("ada", &password).without_defaults().await.expect("a sign-up").account;
    let bob = client.sign_up("bob", &password).without_defaults().await.expect("a sign-up").account;
    let definition = serde_json::from_value(json!({
        "uri": "https://example.org/definitions/bench", "title": "Bench",
        "types": { "row": { "type": "object", "required": ["value", "note"] } },
        "indexes": [{ "field": "/value", "kind": "equality", "accept_leakage": true }],
    }))
    .expect("a definition");
    let owned = ada.define(definition).await.expect("a collection");

    let values = plan.records / HITS;
    let before = disk_bytes(node.folder.path());
    let started = Instant::now();
    let note = "x".repeat(RECORD - 60);
    let data = (0..plan.records).map(|row| json!({ "value": row % values, "row": row, "note": note }));
    owned.create_many(data, &mut Silent).await.expect("an import");
    let count = usize::try_from(plan.records).expect("a count");
    rows.push(Row::alone(
        format!("import {count} records of 1 KB (validate, seal, index, commit), one account"),
        rate(count, started.elapsed()),
        "records/s",
        "client and server on the same two cores",
    ));
    #[expect(clippy::cast_precision_loss, reason = "bytes far below 2^53")]
    let disk = (disk_bytes(node.folder.path()) - before) as f64 / f64::from(plan.records);
    rows.push(Row::alone(
        "bytes on disk per record of 1 KB with one token",
        disk,
        "bytes",
        "file size, redb",
    ));
    rows.push(Row::alone(
        format!("server memory with {count} records"),
        resident_mib(node.process.id()),
        "MiB",
        "resident",
    ));

    let folder = tempfile::tempdir().expect("a temporary folder");
    let plain = Rows::load(folder.path(), plan.records, HITS, RECORD + 400);
    assert_eq!(plain.query(0), 100, "the counterpart finds what it should");

    let contact = ada.find("bob").await.expect("a contact");
    let started = Instant::now();
    let grant = Grant::to(&contact).on(&owned, Level::Read).name("bench");
    let access = ada.grant(grant).await.expect("a grant");
    rows.push(Row::alone(
        "grant, the scope's first (keys, lockbox, transform key)",
        millis(started.elapsed()),
        "ms",
        "",
    ));
    let started = Instant::now();
    let received = bob.received().await.expect("accesses");
    let granted = received.first().expect("an access").collections().await.expect("collections").remove(0);
    let first = granted.query().eq("/value", 0).limit(100).fetch::<Value>().await.expect("a page");
    assert_eq!(first.records.len(), 100, "the grantee finds what it should");
    rows.push(Row::alone(
        "grantee's first open and query",
        millis(started.elapsed()),
        "ms",
        "one transform, one opening",
    ));

    let (mut owner, mut grantee, mut engine, mut get, mut bare) = Default::default();
    let record = first.records.first().expect("a record").id;
    let mut connection = Connection::open(node.address).await.expect("a connection");
    let before = node.cpu();
    for round in 0..plan.rounds {
        let value = u32::try_from(round).unwrap_or_default() % values;
        query(&owned, value, &mut owner).await;
        query(&granted, value, &mut grantee).await;
        let started = Instant::now();
        plain.query(value);
        push(&mut engine, started);
        let started = Instant::now();
        owned.get::<Value>(record).await.expect("a record");
        push(&mut get, started);
        let started = Instant::now();
        connection.send(&Prepared::liveness()).await.expect("an answer");
        push(&mut bare, started);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let cpu = (node.cpu() - before) / plan.rounds as f64;
    let [owner, grantee, engine, get, bare] =
        [owner, grantee, engine, get, bare].map(|times| millis(median(times)));
    rows.push(Row::ratio(
        format!("query by equality, 100 rows of {count}, opened and checked"),
        owner,
        engine,
        "ms",
        "redb in process, rows in clear",
    ));
    rows.push(Row::ratio("the same by a grantee who has opened before", grantee, owner, "ms", "the owner"));
    rows.push(Row::ratio("get one record, opened and checked", get, bare, "ms", "bare HTTP round trip"));
    rows.push(Row::alone(
        "server CPU of two queries, one get, one ping",
        cpu * 1000.0,
        "ms",
        "user and system",
    ));

    let started = Instant::now();
    ada.revoke(access.id).await.expect("a revocation");
    rows.push(Row::alone("revoke (new epoch, no reader left)", millis(started.elapsed()), "ms", ""));
    rows
}

async fn query(collection: &Collection, value: u32, times: &mut Vec<Duration>) {
    let started = Instant::now();
    let page = collection.query().eq("/value", value).limit(100).fetch::<Value>().await.expect("a page");
    push(times, started);
    assert_eq!(page.records.len(), 100, "a query finds what it should");
}

fn push(times: &mut Vec<Duration>, started: Instant) {
    times.push(started.elapsed());
}
