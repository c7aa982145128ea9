//! What the store costs above its engine: 64 writers of {1 KiB record, 6 index keys, log entry, counter}.
//!
//! `cargo test --release -p pryv-engine --test throughput -- --ignored --nocapture`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement fails by panicking and reports by printing"
)]

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pryv_engine::{
    Engine, FreeFloor, Reader, RedbEngine, SledEngine, Store, StoreError, StoreOptions, WriteGroup,
};

const WRITERS: u32 = 64;
const RUN: Duration = Duration::from_secs(3);

/// The keys of one write, and its values' lengths.
fn changes(account: u32, n: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let key = |kind: u8, rest: u64| {
        let mut key = vec![kind];
        key.extend_from_slice(&[7; 12]);
        key.extend_from_slice(&account.to_be_bytes());
        key.extend_from_slice(&rest.to_be_bytes());
        key
    };
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut changes = vec![(key(b'r', mixed), vec![n.to_le_bytes()[0]; 1024])];
    for token in 0..6 {
        changes.push((key(b'i', mixed.rotate_left(token * 9)), vec![1; 8]));
    }
    changes.push((key(b'l', n), vec![2; 24]));
    changes
}

fn counter(account: u32) -> Vec<u8> {
    [&[b'c'; 13][..], &account.to_be_bytes()].concat()
}

/// Writers that wait for each of their writes; answers writes a second.
fn rate(write: impl Fn(u32, u64) + Sync) -> f64 {
    let started = Instant::now();
    let done: u64 = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|account| {
                let write = &write;
                scope.spawn(move || {
                    let mut n = 0;
                    while started.elapsed() < RUN {
                        n += 1;
                        write(account, n);
                    }
                    n
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    #[expect(clippy::cast_precision_loss, reason = "a rate to print")]
    let done = done as f64;
    done / started.elapsed().as_secs_f64()
}

type Message = (Vec<(Vec<u8>, Vec<u8>)>, mpsc::SyncSender<()>);

/// The engine with the barest group commit: no reads, no checks, no checksums.
fn plain(engine: Box<dyn Engine>) -> f64 {
    let (sender, queue) = mpsc::channel::<Message>();
    let committer = thread::spawn(move || {
        while let Ok(first) = queue.recv() {
            let mut group = WriteGroup::new();
            let mut replies = Vec::new();
            let mut next = Some(first);
            while let Some((changes, reply)) = next {
                for (key, value) in changes {
                    group.put(&key, value);
                }
                replies.push(reply);
                next = if replies.len() < 256 { queue.try_recv().ok() } else { None };
            }
            engine.commit(&group).unwrap();
            replies.iter().for_each(|reply| reply.send(()).unwrap());
        }
        engine.close().unwrap();
    });
    let rate = rate(|account, n| {
        let (reply, answer) = mpsc::sync_channel(1);
        let mut changes = changes(account, n);
        changes.push((counter(account), n.to_be_bytes().to_vec()));
        sender.send((changes, reply)).unwrap();
        answer.recv().unwrap();
    });
    drop(sender);
    committer.join().unwrap();
    rate
}

fn stored(engine: impl FnOnce() -> Box<dyn Engine>) -> f64 {
    let mut options = StoreOptions::default();
    options.free_floor = FreeFloor::NONE;
    let engine = std::sync::Mutex::new(Some(engine()));
    let store = Arc::new(
        Store::with_engine(move || Ok(engine.lock().unwrap().take().unwrap()), &options, None).unwrap(),
    );
    let rate = rate(|account, n| {
        let changes = changes(account, n);
        let counted = store
            .write::<_, StoreError>(move |tx| {
                let counter = counter(account);
                let before = tx.get(&counter)?.map_or(0, |n| u64::from_be_bytes(n[..].try_into().unwrap()));
                for (key, value) in &changes {
                    tx.put(key, value)?;
                }
                tx.put(&counter, &(before + 1).to_be_bytes())?;
                Ok(before + 1)
            })
            .unwrap();
        assert_eq!(counted, n);
    });
    let stats = store.stats();
    println!("   groups of {:.1}", stats.jobs as f64 / stats.groups as f64);
    store.close().unwrap();
    rate
}

#[test]
#[ignore = "a measurement of about half a minute: run it in a release build"]
fn the_store_keeps_up_with_its_engine() {
    for name in ["redb", "sled"] {
        let open = |dir: &std::path::Path| -> Box<dyn Engine> {
            if name == "redb" {
                Box::new(RedbEngine::open(dir, 256 << 20).unwrap())
            } else {
                Box::new(SledEngine::open(dir, 256 << 20).unwrap())
            }
        };
        let mut ratios = Vec::new();
        for _ in 0..3 {
            let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let plain = plain(open(a.path()));
            let stored = stored(|| open(b.path()));
            println!("{name}: plain {plain:.0}/s, store {stored:.0}/s, ratio {:.2}", stored / plain);
            ratios.push(stored / plain);
        }
        ratios.sort_by(f64::total_cmp);
        println!("{name}: median ratio {:.2}", ratios[1]);
        assert!(ratios[1] > 0.5, "{name}: the store costs too much: {ratios:?}");
    }
}
