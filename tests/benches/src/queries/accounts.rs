//! Many accounts on one node: what a query and a write of one of them cost beside an account that is alone on its node, and
//! beside `SQLite` that keeps all of them in clear in one table.

use super::{
    cpu,
    data::{CONTENT, Event, token},
    nth, per,
    store::{self, Held},
    tokens,
};
use crate::{
    measure::{disk_bytes, median, millis},
    report::Row,
};
use pryv_server::service::Service;
use pryv_test_kit::light::{Credentials, LightAccount};
use rusqlite::{Connection, params};
use std::{path::Path, sync::Arc, time::Duration, time::Instant};

/// Events of each account.
const EACH: u64 = 20;

/// How many sign up at once.
const AT_ONCE: usize = 64;

/// All accounts in one table, the account first in each index.
struct Together(Connection);

impl Together {
    fn create(folder: &Path) -> Self {
        let database = Connection::open(folder.join("accounts.sqlite")).expect("a database");
        database
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA cache_size = -262144;
                 CREATE TABLE event (account INTEGER, number INTEGER, ten INTEGER, thousand INTEGER, hour INTEGER, body BLOB);
                 CREATE UNIQUE INDEX event_number ON event (account, number);
                 CREATE INDEX event_ten ON event (account, ten);
                 CREATE INDEX event_thousand ON event (account, thousand);
                 CREATE INDEX event_hour ON event (account, hour);
                 CREATE TABLE word (account INTEGER, word INTEGER, number INTEGER, PRIMARY KEY (account, word, number)) WITHOUT ROWID;",
            )
            .expect("tables");
        Self(database)
    }

    fn write(&mut self, account: u64, events: &[Event]) {
        let body = vec![0xab_u8; CONTENT];
        let transaction = self.0.transaction().expect("a transaction");
        for one in events {
            transaction
                .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .and_then(|mut insert| {
                    insert.execute(params![account, one.number, one.ten, one.thousand, one.hour, body])
                })
                .expect("an insert");
            for text in super::words(one.number) {
                transaction
                    .prepare_cached("INSERT OR IGNORE INTO word VALUES (?1, ?2, ?3)")
                    .and_then(|mut insert| insert.execute(params![account, text, one.number]))
                    .expect("an insert");
            }
        }
        transaction.commit().expect("a commit");
    }

    fn ten(&self, account: u64, ten: u64) -> usize {
        let question = "SELECT body FROM event WHERE account = ?1 AND ten = ?2 ORDER BY number LIMIT 100";
        let mut statement = self.0.prepare_cached(question).expect("a question");
        let bodies = statement.query_map([account, ten], |row| row.get::<_, Vec<u8>>(0)).expect("an answer");
        let mut found = 0;
        for body in bodies {
            std::hint::black_box(body.expect("a row"));
            found += 1;
        }
        found
    }
}

fn events() -> Vec<Event> {
    (0..EACH).map(|number| Event::of(number, EACH)).collect()
}

/// So many accounts with a collection of [`EACH`] events.
async fn populate(service: &Service, accounts: u64) -> Vec<Held> {
    // One password for all: what is measured is kept by the account, whatever its credentials.
    let credentials =
        Credentials::register(&store::Direct(service.clone()), "everybody", "correct horse battery").await;
    let credentials = Arc::new(credentials);
    let names: Vec<String> = (0..accounts).map(|number| format!("person-{number}")).collect();
    let mut all = Vec::new();
    for some in names.chunks(AT_ONCE) {
        let people = some.iter().map(|name| {
            let (service, credentials, name) = (service.clone(), Arc::clone(&credentials), name.clone());
            tokio::spawn(async move {
                let transport = Arc::new(store::Direct(service.clone()));
                let account = LightAccount::found(transport, &name, &credentials).await;
                let caller = service.caller(&account.token).expect("an open session");
                let held = Held::create(&service, &(account, caller), "https://example.org/events").await;
                tokio::task::spawn_blocking(move || {
                    held.write(&events(), Event::tokens);
                    held
                })
                .await
                .expect("written")
            })
        });
        let people: Vec<_> = people.collect();
        for person in people {
            all.push(person.await.expect("an account"));
        }
    }
    all
}

/// Time and processor time of one of three.
#[derive(Default)]
struct Taken {
    times: Vec<Duration>,
    used: u64,
}

impl Taken {
    fn by(&mut self, all: bool, work: impl FnOnce()) {
        let (before, started) = (cpu(all), Instant::now());
        work();
        self.times.push(started.elapsed());
        self.used += cpu(all) - before;
    }
}

fn rows(what: String, [many, alone, plain]: [Taken; 3], rounds: u64) -> [Row; 2] {
    let used = |taken: &Taken| per(taken.used, rounds) / 1e6;
    let cpu = format!("alone {:.3} ms, SQLite {:.3} ms", used(&alone), used(&plain));
    let plain = millis(median(plain.times));
    let name = format!("account alone; SQLite with all: {plain:.3} ms");
    let figure = used(&many);
    let ratio = Row::ratio(what, millis(median(many.times)), millis(median(alone.times)), "ms median", &name);
    [ratio, Row::alone("… CPU", figure, "ms", cpu)]
}

/// Measures one account among many.
pub(super) async fn measure(accounts: u64, rounds: u64) -> Vec<Row> {
    let folders: [_; 3] = std::array::from_fn(|_| tempfile::tempdir().expect("a folder"));
    let [many_folder, alone_folder, plain_folder] = &folders;
    let started = Instant::now();
    let many = populate(&store::open(many_folder.path()), accounts).await;
    let took = started.elapsed();
    let alone = populate(&store::open(alone_folder.path()), 1).await.pop().expect("an account");
    let mut together = Together::create(plain_folder.path());
    for account in 0..accounts {
        together.write(account, &events());
    }
    let bytes = |folder: &tempfile::TempDir| per(disk_bytes(folder.path()), accounts);
    let mut report = vec![
        Row::alone(
            format!("make {accounts} accounts with a collection of {EACH} records of 1 KB each"),
            took.as_secs_f64(),
            "s",
            "three durable transactions each, 64 at once; keys made and statements signed on the same two cores",
        ),
        Row::ratio("… bytes on disk per account", bytes(many_folder), bytes(plain_folder), "bytes", "SQLite"),
    ];

    let at = |round: u64| usize::try_from(nth(round, accounts)).expect("an index");
    let ask = |held: &Held, round: u64| {
        assert_eq!(held.page(tokens([token(1, round % 2)]), false, 100), 10, "equality in one of many");
    };
    let mut taken: [Taken; 3] = Default::default();
    ask(&alone, 0);
    for round in 0..rounds {
        let [ours, apart, plain] = &mut taken;
        ours.by(false, || ask(&many[at(round)], round));
        apart.by(false, || ask(&alone, round));
        plain.by(false, || assert_eq!(together.ten(nth(round, accounts), round % 2), 10, "in clear"));
    }
    report.extend(rows(format!("equality, 10 hits, in one of {accounts} accounts"), taken, rounds));

    let mut taken: [Taken; 3] = Default::default();
    for round in 0..rounds {
        let one = [Event::of(EACH + round, EACH + rounds)];
        let [ours, apart, plain] = &mut taken;
        ours.by(true, || many[at(round)].write(&one, Event::tokens));
        apart.by(true, || alone.write(&one, Event::tokens));
        plain.by(true, || together.write(nth(round, accounts), &one));
    }
    let what = format!("write a record with 11 tokens, durably, in one of {accounts} accounts");
    report.extend(rows(what, taken, rounds));
    report
}
