//! Queries over a large collection, beside `SQLite` with the same rows in clear, ordinary indexes and the same durability.
//!
//! What is measured is the server's path in this process: permission, index states, set algebra over postings, envelopes. HTTP
//! and the entry in the audit come on top, and are measured once, with the whole call. Processor time is that of the thread.

mod accounts;
mod data;
mod sqlite;
mod store;

use crate::{
    measure::{disk_bytes, median, millis, rate},
    report::Row,
};
use data::{Event, HOURS, cover, token, words};
use pryv_wire::{
    Bytes, encode,
    record::{Filter, Order, QueryRecords},
};
use sqlite::Sqlite;
use std::{fs, time::Instant};
use store::Held;

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Events of the large collection.
    pub(crate) records: u64,
    /// Events of the small ones.
    pub(crate) few: u64,
    /// Accounts of the node with many.
    pub(crate) accounts: u64,
    /// How often each question is asked.
    pub(crate) rounds: u64,
}

/// Events written in one transaction.
const BATCH: usize = 1_000;

fn tokens(several: impl IntoIterator<Item = Vec<u8>>) -> Filter {
    Filter::Tokens(several.into_iter().map(Bytes::from).collect())
}

/// Processor time of the threads of this process, in nanoseconds: of this one, or of all.
fn cpu(all: bool) -> u64 {
    let first = |path: &std::path::Path| -> u64 {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
    };
    if !all {
        return first("/proc/thread-self/schedstat".as_ref());
    }
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    tasks.flatten().map(|task| first(&task.path().join("schedstat"))).sum()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn per(sum: u64, count: u64) -> f64 {
    sum as f64 / count as f64
}

/// One question, asked of both sides.
struct Question {
    what: &'static str,
    /// How many answers are expected.
    hits: fn(u64, u64) -> bool,
    ours: fn(&Held, u64, u64) -> u64,
    plain: fn(&Sqlite, u64, u64) -> u64,
}

fn found(rows: usize) -> u64 {
    rows as u64
}

/// A value that differs from round to round.
const fn nth(round: u64, of: u64) -> u64 {
    round.wrapping_mul(7_919) % of
}

fn span(round: u64, hours: u64) -> (u64, u64) {
    let from = nth(round * 31, HOURS - hours);
    (from, from + hours)
}

const BY_HOUR: &str = "SELECT body FROM event WHERE hour >= ?1 AND hour < ?2 ORDER BY number LIMIT 1000";

fn range(held: &Held, round: u64, hours: u64) -> u64 {
    let (from, to) = span(round, hours);
    found(held.page(tokens(cover(from, to)), false, 1_000))
}

fn plain_range(sqlite: &Sqlite, round: u64, hours: u64) -> u64 {
    let (from, to) = span(round, hours);
    found(sqlite.rows(BY_HOUR, &[from, to]))
}

const QUESTIONS: &[Question] = &[
    Question {
        what: "equality, 10 hits",
        hits: |found, _| found == 10,
        ours: |held, round, total| found(held.page(tokens([token(1, nth(round, total / 10))]), false, 100)),
        plain: |sqlite, round, total| {
            found(sqlite.rows(
                "SELECT body FROM event WHERE ten = ?1 ORDER BY number LIMIT 100",
                &[nth(round, total / 10)],
            ))
        },
    },
    Question {
        what: "equality, 1,000 hits, one page",
        hits: |found, _| found == 1_000,
        ours: |held, round, total| {
            found(held.page(tokens([token(2, nth(round, total / 1_000))]), false, 1_000))
        },
        plain: |sqlite, round, total| {
            found(sqlite.rows(
                "SELECT body FROM event WHERE thousand = ?1 ORDER BY number LIMIT 1000",
                &[nth(round, total / 1_000)],
            ))
        },
    },
    Question {
        what: "range of a day, up to 1,000",
        hits: |found, _| found > 0,
        ours: |held, round, _| range(held, round, 24),
        plain: |sqlite, round, _| plain_range(sqlite, round, 24),
    },
    Question {
        what: "range of a month, first 1,000",
        hits: |found, _| found > 0,
        ours: |held, round, _| range(held, round, 24 * 30),
        plain: |sqlite, round, _| plain_range(sqlite, round, 24 * 30),
    },
    Question {
        what: "range of a year, first 1,000",
        hits: |found, _| found > 0,
        ours: |held, round, _| range(held, round, 24 * 365),
        plain: |sqlite, round, _| plain_range(sqlite, round, 24 * 365),
    },
    Question {
        what: "newest 50",
        hits: |found, _| found == 50,
        ours: |held, _, _| found(held.page(Filter::All, true, 50)),
        plain: |sqlite, _, _| found(sqlite.rows("SELECT body FROM event ORDER BY number DESC LIMIT 50", &[])),
    },
    Question {
        what: "newest 50 by an indexed time: buckets counted, then read",
        hits: |found, _| found >= 50,
        ours: |held, round, _| newest(held, HOURS - nth(round, 1_000)),
        plain: |sqlite, round, _| {
            let question = "SELECT body FROM event WHERE hour < ?1 ORDER BY hour DESC LIMIT 50";
            found(sqlite.rows(question, &[HOURS - nth(round, 1_000)]))
        },
    },
    Question {
        what: "two words, up to 1,000",
        hits: |_, _| true,
        ours: |held, round, total| {
            let [one, other] = pair(round, total);
            let both = vec![tokens([token(9, one)]), tokens([token(9, other)])];
            found(held.page(Filter::And(both), false, 1_000))
        },
        plain: |sqlite, round, total| {
            let question = "SELECT body FROM word a JOIN word b ON b.word = ?2 AND b.number = a.number
                JOIN event ON event.number = a.number WHERE a.word = ?1 ORDER BY a.number LIMIT 1000";
            found(sqlite.rows(question, &pair(round, total)))
        },
    },
    Question {
        what: "count of 1,000 by equality",
        hits: |found, _| found == 1_000,
        ours: |held, round, total| {
            held.count(tokens([token(2, nth(round, total / 1_000))]), vec![], 100_000).iter().sum()
        },
        plain: |sqlite, round, total| {
            let question = "SELECT count(*) FROM event WHERE thousand = ?1";
            sqlite.number(question, &[nth(round, total / 1_000)])
        },
    },
    Question {
        what: "count of a month",
        hits: |found, _| found > 0,
        ours: |held, round, _| {
            let (from, to) = span(round, 24 * 30);
            held.count(tokens(cover(from, to)), vec![], 100_000).iter().sum()
        },
        plain: |sqlite, round, _| {
            let (from, to) = span(round, 24 * 30);
            sqlite.number("SELECT count(*) FROM event WHERE hour >= ?1 AND hour < ?2", &[from, to])
        },
    },
];

/// Two words of one event.
fn pair(round: u64, total: u64) -> [u64; 2] {
    let mut both = words(nth(round, total));
    [both.next().unwrap_or_default(), both.next().unwrap_or_default()]
}

/// As the SDK asks: hours counted from the top until there are fifty, and these read.
fn newest(held: &Held, before: u64) -> u64 {
    let hours: Vec<u64> = (0..200).map(|back| before - 1 - back).collect();
    let buckets = hours.iter().map(|hour| vec![Bytes::from(data::node(0, *hour))]).collect();
    let counted = held.count(Filter::All, buckets, 50).len();
    found(held.page(tokens(hours.iter().take(counted).map(|hour| data::node(0, *hour))), true, 1_000))
}

/// Measures queries over a large collection.
pub(crate) async fn measure(scale: Scale) -> Vec<Row> {
    let Scale { records, few, accounts, rounds } = scale;
    let (folder, plain_folder) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let service = store::open(folder.path());
    let ada = Held::sign_up(&service, "ada").await;
    let held = Held::create(&service, &ada, "https://example.org/large").await;
    let mut sqlite = Sqlite::create(plain_folder.path());
    let mut rows = Vec::new();

    let all: Vec<Event> = (0..records).map(|number| Event::of(number, records)).collect();
    let started = Instant::now();
    for some in all.chunks(BATCH) {
        held.write(some, Event::tokens);
    }
    let ours = started.elapsed();
    let started = Instant::now();
    for some in all.chunks(BATCH) {
        sqlite.write(some, &vec![0xab; data::CONTENT]);
    }
    let count = usize::try_from(records).expect("a count");
    rows.push(Row::ratio(
        format!("write {records} records of 1 KB with 11 tokens, 1,000 a transaction (store alone)"),
        rate(count, ours),
        rate(count, started.elapsed()),
        "records/s",
        "SQLite, 3 indexes and words",
    ));
    let bytes = |folder: &std::path::Path| per(disk_bytes(folder), records);
    rows.push(Row::ratio(
        "… bytes on disk per record",
        bytes(folder.path()),
        bytes(plain_folder.path()),
        "bytes",
        "SQLite",
    ));
    let (tables, sum) = store::stored(&service);
    let tables = tables.iter().filter(|(_, bytes)| **bytes >= records);
    let tables: Vec<String> =
        tables.map(|(table, bytes)| format!("{table:02x} {:.0}", per(*bytes, records))).collect();
    let tables = format!("by table: {}; the rest is the tree's", tables.join(", "));
    rows.push(Row::alone("… of that in keys and values", per(sum, records), "bytes", tables));

    for question in QUESTIONS {
        let Question { what, hits, ours, plain } = question;
        // Both sides once before, so that both read from memory.
        assert!(hits(ours(&held, 0, records), records), "{what}");
        assert!(hits(plain(&sqlite, 0, records), records), "{what}");
        let (mut took, mut took_plain, mut units, mut answered) = (Vec::new(), Vec::new(), 0, 0);
        let (mut used, mut used_plain) = (0, 0);
        for round in 0..rounds {
            let (before, reads, started) = (cpu(false), held.reads(), Instant::now());
            answered += ours(&held, round, records);
            took.push(started.elapsed());
            used += cpu(false) - before;
            units += held.reads() - reads;
            let (before, started) = (cpu(false), Instant::now());
            plain(&sqlite, round, records);
            took_plain.push(started.elapsed());
            used_plain += cpu(false) - before;
        }
        rows.push(Row::ratio(
            format!(
                "{what} (on average {:.0}, {:.0} rows and descents read)",
                per(answered, rounds),
                per(units, rounds)
            ),
            millis(median(took)),
            millis(median(took_plain)),
            "ms median",
            "SQLite",
        ));
        let plain = per(used_plain, rounds) / 1e6;
        rows.push(Row::alone("… CPU", per(used, rounds) / 1e6, "ms", format!("SQLite {plain:.3} ms")));
    }
    rows.extend(whole_call(&held, records, rounds).await);

    // The same few events in the large account, and in an account of their own.
    let beside = Held::create(&service, &ada, "https://example.org/few").await;
    let bob = Held::sign_up(&service, "bob").await;
    let apart = Held::create(&service, &bob, "https://example.org/few").await;
    let some: Vec<Event> = (0..few).map(|number| Event::of(number, few)).collect();
    for part in some.chunks(BATCH) {
        beside.write(part, Event::tokens);
        apart.write(part, Event::tokens);
    }
    for question in QUESTIONS {
        let (mut took, mut took_apart) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            for (held, times) in [(&beside, &mut took), (&apart, &mut took_apart)] {
                let started = Instant::now();
                (question.ours)(held, round, few);
                times.push(started.elapsed());
            }
        }
        rows.push(Row::ratio(
            format!("{few} records in the large account: {}", question.what),
            millis(median(took)),
            millis(median(took_apart)),
            "ms median",
            "in a small account",
        ));
    }
    rows.extend(inserts(&service, &ada, few).await);
    rows.extend(accounts::measure(accounts, rounds).await);
    rows
}

/// The whole call but HTTP: decoding the rules' way through a thread of its own, and the durable entry in the audit.
async fn whole_call(held: &Held, total: u64, rounds: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, field, of, limit) in
        [("equality, 10 hits", 1, total / 10, 100), ("equality, 1,000 hits", 2, total / 1_000, 1_000)]
    {
        let (mut took, before) = (Vec::new(), cpu(true));
        for round in 0..rounds {
            let query = QueryRecords {
                account: held.account,
                scope: held.scope,
                filter: tokens([token(field, nth(round, of))]),
                unindexed: None,
                within: None,
                state: Default::default(),
                order: Order::OldestFirst,
                limit,
                after: None,
            };
            let started = Instant::now();
            let page = held.service.query_records(held.caller.clone(), query).await.expect("a page");
            std::hint::black_box(encode(&page));
            took.push(started.elapsed());
        }
        let used = per(cpu(true) - before, rounds) / 1e6;
        rows.push(Row::alone(
            format!("whole call, audit written and answer encoded: {what}"),
            millis(median(took)),
            "ms median",
            format!("{used:.3} ms CPU of all threads"),
        ));
    }
    rows
}

/// What each more token of a record costs.
async fn inserts(
    service: &pryv_server::service::Service,
    owner: &(pryv_test_kit::light::LightAccount, pryv_server::permission::Caller),
    few: u64,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for count in [0, 1, 4, 16] {
        let held = Held::create(service, owner, &format!("https://example.org/tokens-{count}")).await;
        let some: Vec<Event> = (0..few).map(|number| Event::of(number, few)).collect();
        let before = cpu(true);
        let started = Instant::now();
        for part in some.chunks(BATCH) {
            held.write(part, |event| (0..count).map(|index| token(1_000 + index, event.number)).collect());
        }
        let took = per(u64::try_from(started.elapsed().as_micros()).expect("a while"), few);
        let used = per(cpu(true) - before, few) / 1e3;
        rows.push(Row::alone(
            format!("write a record of 1 KB with {count} tokens into the large store"),
            took,
            "µs",
            format!("{used:.0} µs CPU, its envelope encoded included; 1,000 a transaction"),
        ));
    }
    rows
}
