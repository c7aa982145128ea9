//! The plain counterpart of a query: `SQLite` with the same rows in clear, ordinary indexes, and the same durability.

use super::data::{Event, words};
use rusqlite::{Connection, params};
use std::path::Path;

/// A database of events.
pub(super) struct Sqlite(Connection);

impl Sqlite {
    /// An empty one. A transaction is durable when it is answered, as ours is.
    pub(super) fn create(folder: &Path) -> Self {
        let database = Connection::open(folder.join("events.sqlite")).expect("a database");
        database
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA cache_size = -262144;
                 CREATE TABLE event (number INTEGER PRIMARY KEY, ten INTEGER, thousand INTEGER, hour INTEGER, body BLOB);
                 CREATE INDEX event_ten ON event (ten);
                 CREATE INDEX event_thousand ON event (thousand);
                 CREATE INDEX event_hour ON event (hour);
                 CREATE TABLE word (word INTEGER, number INTEGER, PRIMARY KEY (word, number)) WITHOUT ROWID;",
            )
            .expect("tables");
        Self(database)
    }

    /// Writes events in one transaction.
    pub(super) fn write(&mut self, events: &[Event], body: &[u8]) {
        let transaction = self.0.transaction().expect("a transaction");
        {
            let mut event = transaction
                .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5)")
                .expect("a statement");
            let mut word = transaction
                .prepare_cached("INSERT OR IGNORE INTO word VALUES (?1, ?2)")
                .expect("a statement");
            for one in events {
                event.execute(params![one.number, one.ten, one.thousand, one.hour, body]).expect("an insert");
                for text in words(one.number) {
                    word.execute(params![text, one.number]).expect("an insert");
                }
            }
        }
        transaction.commit().expect("a commit");
    }

    /// The bodies that a question finds; gives how many.
    pub(super) fn rows(&self, question: &str, values: &[u64]) -> usize {
        let mut statement = self.0.prepare_cached(question).expect("a question");
        let mut rows = statement.query(rusqlite::params_from_iter(values)).expect("an answer");
        let mut found = 0;
        while let Some(row) = rows.next().expect("a row") {
            let body: Vec<u8> = row.get(0).expect("a body");
            std::hint::black_box(body);
            found += 1;
        }
        found
    }

    /// The number that a question asks for.
    pub(super) fn number(&self, question: &str, values: &[u64]) -> u64 {
        let mut statement = self.0.prepare_cached(question).expect("a question");
        statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0)).expect("a number")
    }
}
