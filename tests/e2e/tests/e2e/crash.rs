//! Power taken away: `kill -9` of the server process under 32 writers, again and again.
//!
//! Each round: writers send transactions of several operations, the server is killed at a random moment, started again on
//! the same files, and asked. Every transaction that was acknowledged is there, at its place in the chain; one that was
//! not is there whole or not at all; the chain holds; a transaction sent again is made once.
//!
//! `PRYV_CRASH_ROUNDS` sets the rounds (100 if not said; a tenth of them for the second engine), `PRYV_TEST_SEED` the seed.

use pryv_sdk::transport::{Transport, http::HttpTransport};
use pryv_test_kit::{
    Engine, HostileTransport, ServerProcess, environment,
    light::{CallError, Collection, Forged, LightAccount, call, put, random_record, random_transaction},
};
use pryv_wire::{
    Bytes, Digest, ErrorCode, PrincipalId, RecordId, TransactionId,
    bytes::SessionToken,
    decode,
    record::{Envelope, Filter, GetRecord, Order, Protected, QueryRecords, RecordKind},
    transaction::{Change, Commit, Committed, ListChanges, Operation},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const ACCOUNTS: usize = 4;
const WRITERS: usize = 32;
const ROUNDS: u64 = 100;
/// The latest moment of a kill, after the writers began.
const LATEST_KILL: Duration = Duration::from_millis(160);
/// Every so many rounds, everything is compared and not only what the round touched.
const FULL_CHECK: u64 = 25;

/// One account, and what it must hold.
struct Silo {
    account: LightAccount,
    collection: Collection,
    /// Every live record, as it must be stored.
    records: BTreeMap<RecordId, Bytes>,
    /// Where the verified part of the chain ends.
    sequence: u64,
    head: Digest,
}

/// What a writer brings home.
struct Harvest {
    silo: usize,
    acknowledged: Vec<(Commit, Committed)>,
    /// The one that was under way when the server was killed.
    in_doubt: Commit,
}

struct Campaign {
    engine: Engine,
    folder: tempfile::TempDir,
    rng: ChaCha20Rng,
    silos: Vec<Silo>,
    acknowledged: usize,
    in_doubt: usize,
    survived: usize,
    slowest_start: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_transaction_is_lost_by_redb() {
    Campaign::run(Engine::Redb, environment("PRYV_CRASH_ROUNDS").unwrap_or(ROUNDS)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_transaction_is_lost_by_sled() {
    Campaign::run(Engine::Sled, environment("PRYV_CRASH_ROUNDS").unwrap_or(ROUNDS).div_ceil(10)).await;
}

/// The checker on trial: a server that forgot everything since its last start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "an acknowledged transaction is lost")]
async fn a_server_that_forgets_is_caught() {
    let (mut campaign, server) = Campaign::begin(Engine::Redb).await;
    server.stop().await;
    let (data, copy) = (campaign.folder.path().join("data"), campaign.folder.path().join("copy"));
    copy_tree(&data, &copy);
    let server = campaign.start().await;
    let harvests = campaign.write_until_killed(server, Duration::from_millis(500)).await;
    std::fs::remove_dir_all(&data).expect("the data is removed");
    std::fs::rename(&copy, &data).expect("the copy takes its place");
    let server = campaign.start().await;
    campaign.ask(&*transport(&server), &harvests, true).await;
}

/// The checker on trial: a server that keeps a place in the chain and loses a record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "a record of the round")]
async fn a_server_that_makes_half_a_transaction_is_caught() {
    let (mut campaign, server) = Campaign::begin(Engine::Redb).await;
    let harvests = campaign.write_until_killed(server, Duration::from_millis(500)).await;
    let server = campaign.start().await;
    let hostile = HostileTransport::new(transport(&server));
    hostile.on::<QueryRecords>(|_, answer| drop(answer.records.pop()));
    campaign.ask(&*hostile, &harvests, true).await;
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let (path, to) =
            (entry.as_ref().expect("an entry").path(), to.join(entry.expect("an entry").file_name()));
        if path.is_dir() {
            copy_tree(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("a copy");
        }
    }
}

impl Campaign {
    async fn run(engine: Engine, rounds: u64) {
        let began = Instant::now();
        let (mut campaign, mut server) = Self::begin(engine).await;
        for round in 1..=rounds {
            // At any moment of a writer's life: also before the first answer.
            let moment = campaign.rng.gen_range(Duration::ZERO..LATEST_KILL);
            let harvests = campaign.write_until_killed(server, moment).await;
            server = campaign.start().await;
            let everything = round.is_multiple_of(FULL_CHECK) || round == rounds;
            campaign.ask(&*transport(&server), &harvests, everything).await;
        }
        server.stop().await;
        println!(
            "{engine:?}: {rounds} kills in {:?}; {} transactions acknowledged, all there; {} in doubt, {} of them there \
             and whole; slowest start {:?}",
            began.elapsed(),
            campaign.acknowledged,
            campaign.in_doubt,
            campaign.survived,
            campaign.slowest_start,
        );
        assert!(campaign.acknowledged > 0, "nothing was written between the kills");
    }

    async fn begin(engine: Engine) -> (Self, ServerProcess) {
        let seed = environment("PRYV_TEST_SEED").unwrap_or_else(rand::random);
        println!("{engine:?}: PRYV_TEST_SEED={seed}");
        let mut campaign = Self {
            engine,
            folder: tempfile::tempdir().expect("a folder"),
            rng: ChaCha20Rng::seed_from_u64(seed),
            silos: Vec::new(),
            acknowledged: 0,
            in_doubt: 0,
            survived: 0,
            slowest_start: Duration::ZERO,
        };
        let server = campaign.start().await;
        for number in 0..ACCOUNTS {
            campaign.silos.push(Silo::found(&transport(&server), number).await);
        }
        (campaign, server)
    }

    async fn start(&mut self) -> ServerProcess {
        let started = Instant::now();
        let server = ServerProcess::start(self.folder.path(), self.engine).await;
        self.slowest_start = self.slowest_start.max(started.elapsed());
        server
    }

    /// Compares what there is with what was acknowledged.
    async fn ask(&mut self, transport: &dyn Transport, harvests: &[Harvest], everything: bool) {
        for (number, silo) in self.silos.iter_mut().enumerate() {
            let (mut acknowledged, mut in_doubt) = (BTreeMap::new(), Vec::new());
            for harvest in harvests.iter().filter(|harvest| harvest.silo == number) {
                let made = harvest.acknowledged.iter();
                acknowledged.extend(made.map(|(commit, made)| (made.change.sequence, (commit, made))));
                in_doubt.push(&harvest.in_doubt);
            }
            self.acknowledged += acknowledged.len();
            self.in_doubt += in_doubt.len();
            self.survived += silo.check(transport, &acknowledged, &in_doubt).await;
            if everything {
                silo.check_everything(transport).await;
            }
        }
    }

    /// Lets the writers write until the server is killed, at this moment after they began.
    async fn write_until_killed(&mut self, server: ServerProcess, moment: Duration) -> Vec<Harvest> {
        let transport = transport(&server);
        let mut writers = Vec::new();
        for number in 0..WRITERS {
            let silo = number % ACCOUNTS;
            let rng = ChaCha20Rng::from_rng(&mut self.rng).expect("a generator");
            let script = Script::new(&self.silos[silo], rng);
            let transport = Arc::clone(&transport);
            writers.push(tokio::spawn(async move { script.play(&*transport, silo).await }));
        }
        tokio::time::sleep(moment).await;
        server.kill().await;
        let mut harvests = Vec::new();
        for writer in writers {
            harvests.push(writer.await.expect("a writer does not panic"));
        }
        harvests
    }
}

fn transport(server: &ServerProcess) -> Arc<dyn Transport> {
    Arc::new(HttpTransport::new(&server.url()).expect("a transport"))
}

/// What one writer needs: cheap envelopes with real signatures, so that the server is the one at work.
struct Script {
    rng: ChaCha20Rng,
    account: PrincipalId,
    token: SessionToken,
    forge: Arc<dyn Fn(&Forged) -> Envelope + Send + Sync>,
}

impl Script {
    fn new(silo: &Silo, rng: ChaCha20Rng) -> Self {
        Self {
            rng,
            account: silo.account.id(),
            token: silo.account.token,
            forge: silo.account.forger(&silo.collection),
        }
    }

    async fn play(mut self, transport: &dyn Transport, silo: usize) -> Harvest {
        let mut acknowledged = Vec::new();
        let mut own: Vec<(RecordId, u64)> = Vec::new();
        loop {
            let (commit, next) = self.transaction(&own);
            match call(transport, Some(&self.token), &commit).await {
                Ok(made) => {
                    own = next;
                    acknowledged.push((commit, made));
                }
                Err(CallError::Lost(_)) => return Harvest { silo, acknowledged, in_doubt: commit },
                Err(CallError::Refused(problem)) => panic!("a good transaction was refused: {problem:?}"),
            }
        }
    }

    /// Two to six operations: new records, a new version of one's own, a deletion of one's own.
    fn transaction(&mut self, own: &[(RecordId, u64)]) -> (Commit, Vec<(RecordId, u64)>) {
        let mut next = Vec::new();
        let mut operations = Vec::new();
        for (at, (record, version)) in own.iter().take(2).enumerate() {
            let mut forged =
                Forged::random(*record, version + 1, self.rng.gen_range(100..1_000), &mut self.rng);
            if at == 1 {
                forged.kind = RecordKind::Tombstone;
                forged.index.clear();
            } else {
                next.push((*record, version + 1));
            }
            operations.push(put(&(self.forge)(&forged)));
        }
        for _ in 0..self.rng.gen_range(2..=4) {
            let record = random_record(&mut self.rng);
            let forged = Forged::random(record, 1, self.rng.gen_range(100..1_000), &mut self.rng);
            operations.push(put(&(self.forge)(&forged)));
            next.push((record, 1));
        }
        let transaction = random_transaction(&mut self.rng);
        (Commit { account: self.account, transaction, operations }, next)
    }
}

impl Silo {
    async fn found(transport: &Arc<dyn Transport>, number: usize) -> Self {
        let account =
            LightAccount::sign_up(Arc::clone(transport), &format!("silo-{number}"), "a password of a silo")
                .await;
        let collection = account.create_collection("https://example.org/crash", b"{}").await;
        let (sequence, head) = (0, Change::genesis(account.id()));
        Self { account, collection, records: BTreeMap::new(), sequence, head }
    }

    /// Checks what one round touched, and takes it over. Gives how many transactions in doubt had been made.
    async fn check(
        &mut self,
        transport: &dyn Transport,
        acknowledged: &BTreeMap<u64, (&Commit, &Committed)>,
        in_doubt: &[&Commit],
    ) -> usize {
        let changes = self.follow_the_chain(transport).await;
        for (sequence, (_, made)) in acknowledged {
            assert_eq!(changes.get(sequence), Some(&made.change), "an acknowledged transaction is lost");
        }
        let mut made: BTreeMap<TransactionId, &Commit> =
            acknowledged.values().map(|(commit, _)| (commit.transaction, *commit)).collect();
        made.extend(in_doubt.iter().map(|commit| (commit.transaction, *commit)));
        let mut survived = 0;
        for change in changes.values() {
            let Some(commit) = made.get(&change.transaction) else {
                // The first round finds the collection as well.
                assert_eq!(change.sequence, 1, "a transaction that nobody sent");
                continue;
            };
            assert_eq!(change.operations, commit.digest(), "a transaction of other operations");
            assert_eq!(change.touched.len(), commit.operations.len());
            survived += usize::from(!acknowledged.contains_key(&change.sequence));
            self.take_over(commit);
        }
        let there: Vec<TransactionId> = changes.values().map(|change| change.transaction).collect();
        for commit in in_doubt.iter().filter(|commit| !there.contains(&commit.transaction)) {
            self.assert_nothing_of(transport, commit).await;
        }
        self.check_newest(transport, &made).await;
        // Sent again, whatever became of it: made once.
        for commit in in_doubt {
            let again =
                call(transport, Some(&self.account.token), *commit).await.expect("a transaction sent again");
            if there.contains(&commit.transaction) {
                assert_eq!(changes.get(&again.change.sequence), Some(&again.change));
            } else {
                assert_eq!((again.change.sequence, again.previous), (self.sequence + 1, self.head));
                self.sequence = again.change.sequence;
                self.head = again.head;
                self.take_over(commit);
            }
        }
        survived
    }

    /// Reads the chain from where it was verified, and verifies it to its head.
    async fn follow_the_chain(&mut self, transport: &dyn Transport) -> BTreeMap<u64, Change> {
        let mut found = BTreeMap::new();
        loop {
            let list = ListChanges { account: self.account.id(), after: self.sequence, limit: 1_000 };
            let page = call(transport, Some(&self.account.token), &list).await.expect("the chain");
            for change in page.changes {
                assert_eq!(change.sequence, self.sequence + 1, "a gap in the chain");
                self.sequence = change.sequence;
                self.head = change.head(self.head);
                found.insert(change.sequence, change);
            }
            if self.sequence == page.sequence {
                assert_eq!(self.head, page.head, "the chain does not lead to its head");
                return found;
            }
        }
    }

    /// Every record of a transaction as it must be from now on.
    fn take_over(&mut self, commit: &Commit) {
        for (record, kind, envelope) in records(commit) {
            if kind == RecordKind::Tombstone {
                self.records.remove(&record);
            } else {
                self.records.insert(record, envelope);
            }
        }
    }

    /// Nothing of a transaction that is not in the chain was written.
    async fn assert_nothing_of(&self, transport: &dyn Transport, commit: &Commit) {
        for (record, _, _) in records(commit) {
            let get = GetRecord { account: self.account.id(), scope: self.collection.scope, record };
            match (call(transport, Some(&self.account.token), &get).await, self.records.get(&record)) {
                (Ok(found), Some(expected)) => assert_eq!(found.record, *expected, "half a transaction"),
                (Err(CallError::Refused(problem)), None) if problem.code == ErrorCode::NotFound => {}
                (found, expected) => panic!("half a transaction: {found:?} in the place of {expected:?}"),
            }
        }
    }

    /// The newest records are those that this round made, as they must be.
    async fn check_newest(&self, transport: &dyn Transport, made: &BTreeMap<TransactionId, &Commit>) {
        let page = self.page(transport, Order::NewestFirst, None).await;
        assert!(made.len() < 240, "a round that is longer than a page");
        let found: BTreeMap<RecordId, Bytes> =
            page.0.iter().map(|envelope| (protected(envelope).record, envelope.clone())).collect();
        for (record, envelope) in &found {
            assert_eq!(self.records.get(record), Some(envelope), "a record as nobody wrote it");
        }
        // A page is far longer than a round: what the round made and did not delete is in it.
        for (record, _, _) in made.values().flat_map(|commit| records(commit)) {
            assert_eq!(self.records.get(&record), found.get(&record), "a record of the round");
        }
    }

    /// Everything is there, and nothing else.
    async fn check_everything(&self, transport: &dyn Transport) {
        let mut found = BTreeMap::new();
        let mut after = None;
        loop {
            let (records, next) = self.page(transport, Order::OldestFirst, after).await;
            for envelope in records {
                assert!(found.insert(protected(&envelope).record, envelope).is_none(), "a record twice");
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert!(found == self.records, "{} records there, {} expected", found.len(), self.records.len());
    }

    async fn page(
        &self,
        transport: &dyn Transport,
        order: Order,
        after: Option<Bytes>,
    ) -> (Vec<Bytes>, Option<Bytes>) {
        let query = QueryRecords {
            account: self.account.id(),
            scope: self.collection.scope,
            filter: Filter::All,
            unindexed: None,
            within: None,
            state: Default::default(),
            order,
            limit: 1_000,
            after,
        };
        let page = call(transport, Some(&self.account.token), &query).await.expect("a page");
        (page.records, page.next)
    }
}

fn protected(envelope: &Bytes) -> Protected {
    let envelope: Envelope = decode(envelope).expect("an envelope");
    decode(&envelope.protected).expect("its protected part")
}

fn records(commit: &Commit) -> Vec<(RecordId, RecordKind, Bytes)> {
    let puts = commit.operations.iter().map(|operation| match operation {
        Operation::PutRecord { record } => record,
        other => panic!("{other:?}"),
    });
    puts.map(|envelope| {
        let protected = protected(envelope);
        (protected.record, protected.kind, envelope.clone())
    })
    .collect()
}
