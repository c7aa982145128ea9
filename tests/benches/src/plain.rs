//! The plain counterpart of a transaction: redb as its users would use it, with the same entries and group commit.

use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use std::{path::Path, sync::mpsc, thread};

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("plain");

/// The entries of one transaction.
pub(crate) type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// The entries that the server writes for a record with six tokens, keys and values as long as there
/// (`server/DATA-MODEL.md`): the record at its place, the way from its id there, its entries in the lists of all, of its index
/// state and of six tokens, the change, the head, and the transaction with its time to be forgotten.
pub(crate) fn entries(writer: u32, number: u64, record: usize) -> Entries {
    /// Account and scope.
    const SILO: usize = 32;
    const SCOPE: usize = 16;
    // Ids and tokens are random in life: spread over the key space.
    let spread = |index: u32| {
        let mixed = (number ^ (u64::from(writer) << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = mixed.rotate_left(7 * index + 11).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        [mixed.to_be_bytes(), mixed.rotate_left(32).to_be_bytes()].concat()
    };
    let key = |table: u8, parts: &[&[u8]]| {
        let mut silo = [0; SILO];
        silo.iter_mut().zip(writer.to_be_bytes()).for_each(|(to, from)| *to = from);
        [&[table], &silo[..], &parts.concat()].concat()
    };
    let (scope, place, id) = ([7; SCOPE], number.to_be_bytes(), spread(0));
    let mut entries = vec![
        (key(0x40, &[&scope, &place]), vec![0xAB; record + 9]),
        (key(0x4a, &[&scope, &id]), place.to_vec()),
        (key(0x41, &[&scope, &place]), Vec::new()),
        (key(0x49, &[&scope, &[0; 12], &place]), Vec::new()),
        (key(0x50, &[]), vec![0; 40]),
        (key(0x51, &[&place]), vec![0; 330]),
        (key(0x52, &[&[1; 32], &id]), place.to_vec()),
        ([&[0x05], &place[..], &key(0, &[&[1; 32], &id])].concat(), Vec::new()),
    ];
    entries.extend((1..=6).map(|token| (key(0x42, &[&scope, &[16], &spread(token), &place]), Vec::new())));
    entries
}

/// A database with one committer thread.
pub(crate) struct Plain {
    jobs: mpsc::Sender<(Entries, mpsc::SyncSender<()>)>,
}

impl Plain {
    /// Opens a new database.
    pub(crate) fn open(folder: &Path) -> Self {
        let database = Database::create(folder.join("plain.redb")).expect("a new database");
        let (jobs, queue) = mpsc::channel::<(Entries, mpsc::SyncSender<()>)>();
        thread::spawn(move || {
            while let Ok(first) = queue.recv() {
                let mut group = vec![first];
                while group.len() < 256
                    && let Ok(next) = queue.try_recv()
                {
                    group.push(next);
                }
                commit(&database, group.iter().flat_map(|(entries, _)| entries));
                for (_, reply) in group {
                    let _ = reply.send(());
                }
            }
        });
        Self { jobs }
    }

    /// Writes from `writers` threads, `each` transactions each; gives when each returned.
    pub(crate) fn write(&self, writers: u32, each: u64, record: usize) {
        thread::scope(|scope| {
            for writer in 0..writers {
                let jobs = self.jobs.clone();
                scope.spawn(move || {
                    let (reply, done) = mpsc::sync_channel(1);
                    for number in 0..each {
                        jobs.send((entries(writer, number, record), reply.clone()))
                            .expect("the committer runs");
                        done.recv().expect("the committer answers");
                    }
                });
            }
        });
    }
}

fn commit<'a>(database: &Database, entries: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>) {
    let mut transaction = database.begin_write().expect("a transaction");
    transaction.set_durability(Durability::Immediate).expect("durable");
    {
        let mut table = transaction.open_table(TABLE).expect("the table");
        for (key, value) in entries {
            table.insert(key.as_slice(), value.as_slice()).expect("an insert");
        }
    }
    transaction.commit().expect("a commit");
}

/// `total` rows of `record` bytes with an index; reading the `rows` rows of one index value.
pub(crate) struct Rows {
    database: Database,
}

impl Rows {
    /// Loads the rows.
    pub(crate) fn load(folder: &Path, total: u32, rows: u32, record: usize) -> Self {
        let database = Database::create(folder.join("rows.redb")).expect("a new database");
        let values = total / rows;
        for start in (0..total).step_by(10_000) {
            let batch: Entries = (start..(start + 10_000).min(total))
                .flat_map(|row| {
                    let value = row % values;
                    [
                        ([b"r", &row.to_be_bytes()[..]].concat(), vec![0xAB; record]),
                        ([b"t", &value.to_be_bytes()[..], &row.to_be_bytes()].concat(), Vec::new()),
                    ]
                })
                .collect();
            commit(&database, batch.iter());
        }
        Self { database }
    }

    /// Reads the rows of one index value; gives how many.
    pub(crate) fn query(&self, value: u32) -> usize {
        let transaction = self.database.begin_read().expect("a snapshot");
        let table = transaction.open_table(TABLE).expect("the table");
        let low = [b"t", &value.to_be_bytes()[..]].concat();
        let high = [b"t", &(value + 1).to_be_bytes()[..]].concat();
        let range = table.range(low.as_slice()..high.as_slice()).expect("a range");
        let mut found = 0;
        for entry in range {
            let (key, _) = entry.expect("an entry");
            let row = [b"r", &key.value()[5..]].concat();
            let value = table.get(row.as_slice()).expect("a read").expect("a row");
            std::hint::black_box(value.value().to_vec());
            found += 1;
        }
        found
    }
}
