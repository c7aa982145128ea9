//! The store above the seam: jobs, groups, replies, limits, floor. Engines are held by `conformance.rs`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use proptest::prelude::*;
use pryv_engine::{
    EngineKind, Faults, FreeFloor, Health, MAX_JOB_BYTES, MAX_KEY_BYTES, MAX_STORED_VALUE, MemoryDisk,
    MemoryEngine, OpenError, Reader, Scan, Space, SpaceProbe, Store, StoreError, StoreOptions,
};

fn quick() -> StoreOptions {
    let mut options = StoreOptions::default();
    options.free_floor = FreeFloor::NONE;
    options
}

#[test]
fn a_job_sees_its_own_writes_and_leaves_nothing_when_it_fails() {
    let store = Store::in_memory().unwrap();
    store.write(|tx| tx.put(b"a", b"old")).unwrap();
    let failed: Result<(), StoreError> = store.write(|tx| {
        tx.put(b"a", b"new")?;
        tx.delete(b"a")?;
        tx.put(b"b", b"1")?;
        assert_eq!(tx.get(b"a")?, None);
        assert_eq!(tx.get(b"b")?.as_deref(), Some(&b"1"[..]));
        Err(StoreError::Busy)
    });
    assert!(matches!(failed, Err(StoreError::Busy)));
    assert_eq!(store.get(b"a").unwrap().as_deref(), Some(&b"old"[..]));
    assert_eq!(store.get(b"b").unwrap(), None);
}

#[test]
fn a_panic_is_the_error_of_its_own_job() {
    let store = Store::in_memory().unwrap();
    let panicked: Result<(), StoreError> = store.write(|tx| {
        tx.put(b"a", b"1")?;
        panic!("on purpose");
    });
    assert!(matches!(panicked, Err(StoreError::JobPanicked(text)) if &*text == "on purpose"));
    let panicked: Result<(), StoreError> = store.write(|tx| {
        tx.put(b"a", b"1")?;
        tx.scan(&Scan::all(), &mut |_, _| panic!("in a scan"))
    });
    assert!(matches!(panicked, Err(StoreError::JobPanicked(text)) if &*text == "in a scan"));
    store.write_with::<(), StoreError>(|_| Ok(()), |_| panic!("in a reply"));
    store.write(|tx| tx.put(b"b", b"1")).unwrap();
    assert_eq!(store.get(b"a").unwrap(), None);
    assert_eq!(store.health(), Health::Ok);
}

#[test]
fn jobs_of_one_group_see_the_ones_before() {
    let store = Store::in_memory().unwrap();
    let (hold, held) = mpsc::channel::<()>();
    store.write_with::<(), StoreError>(
        move |_| {
            held.recv().unwrap();
            Ok(())
        },
        |_| (),
    );
    let (sender, answers) = mpsc::channel();
    for n in 0..100u64 {
        let sender = sender.clone();
        store.write_with::<u64, StoreError>(
            move |tx| {
                let next = count(tx.get(b"n")?.as_deref()) + 1;
                tx.put(b"n", &next.to_be_bytes())?;
                if n % 3 == 0 { Err(StoreError::Busy) } else { Ok(next) }
            },
            move |answer| sender.send(answer).unwrap(),
        );
    }
    hold.send(()).unwrap();
    let given: Vec<u64> = answers.iter().take(100).filter_map(Result::ok).collect();
    assert_eq!(given, (1..=66).collect::<Vec<_>>());
    assert_eq!(count(store.get(b"n").unwrap().as_deref()), 66);
    let stats = store.stats();
    assert_eq!((stats.groups, stats.jobs), (1, 101), "one commit for all");
}

fn count(stored: Option<&[u8]>) -> u64 {
    stored.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

#[test]
fn closing_answers_everything_that_waits() {
    let store = Store::in_memory().unwrap();
    let answered = Arc::new(AtomicU64::new(0));
    for n in 0..500u32 {
        let answered = Arc::clone(&answered);
        store.write_with::<(), StoreError>(
            move |tx| tx.put(&n.to_be_bytes(), b"v"),
            move |answer| {
                answer.unwrap();
                answered.fetch_add(1, Ordering::SeqCst);
            },
        );
    }
    store.close().unwrap();
    assert_eq!(answered.load(Ordering::SeqCst), 500);
    assert!(matches!(store.write(|tx| tx.put(b"late", b"")), Err(StoreError::Closed)));
    assert!(matches!(store.get(b"late"), Err(StoreError::Closed)));
    store.close().unwrap();
}

#[test]
fn the_last_handle_may_go_inside_a_reply() {
    let disk = MemoryDisk::default();
    let on = disk.clone();
    let store =
        Store::with_engine(move || Ok(Box::new(MemoryEngine::on(on.clone()))), &quick(), None).unwrap();
    let (sender, done) = mpsc::channel();
    let mut keep = Some(store.clone());
    store.write_with::<(), StoreError>(
        |tx| tx.put(b"k", b"v"),
        move |answer| {
            drop(keep.take());
            sender.send(answer).unwrap();
        },
    );
    drop(store);
    done.recv_timeout(Duration::from_secs(10)).unwrap().unwrap();
}

#[test]
fn a_future_answers_without_a_runtime_and_survives_being_dropped() {
    let store = Store::in_memory().unwrap();
    drop(store.write_async::<(), StoreError>(|tx| tx.put(b"dropped", b"1")));
    let answer = block_on(store.write_async::<u8, StoreError>(|tx| {
        tx.put(b"a", b"1")?;
        Ok(7)
    }));
    assert_eq!(answer.unwrap(), 7);
    assert!(store.get(b"dropped").unwrap().is_some());
    store.close().unwrap();
    assert!(matches!(block_on(store.write_async::<(), StoreError>(|_| Ok(()))), Err(StoreError::Closed)));
}

fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(answer) => return answer,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn limits_are_typed_and_leave_no_trace() {
    let store = Store::in_memory().unwrap();
    store.write(|tx| tx.put(&[1; MAX_KEY_BYTES], &vec![2; MAX_STORED_VALUE])).unwrap();
    assert_eq!(store.get(&[1; MAX_KEY_BYTES]).unwrap().unwrap().len(), MAX_STORED_VALUE);
    let key = store.write(|tx| tx.put(&[1; MAX_KEY_BYTES + 1], b""));
    assert!(matches!(key, Err(StoreError::TooLarge { what: "key", .. })));
    let value = store.write(|tx| tx.put(b"v", &vec![0; MAX_STORED_VALUE + 1]));
    assert!(matches!(value, Err(StoreError::TooLarge { what: "value", .. })));
    let job = store.write(|tx| {
        for n in 0..=(MAX_JOB_BYTES / MAX_STORED_VALUE) {
            tx.put(format!("job/{n}").as_bytes(), &vec![0; MAX_STORED_VALUE])?;
        }
        Ok::<(), StoreError>(())
    });
    assert!(matches!(job, Err(StoreError::TooLarge { what: "job", .. })));
    assert_eq!(store.read(|view| view.entries(&Scan::prefix(b"job/"))).unwrap().len(), 0);
}

#[test]
fn a_full_queue_is_busy() {
    let mut options = quick();
    options.queue_jobs = 2;
    let store = Store::with_engine(|| Ok(Box::new(MemoryEngine::new())), &options, None).unwrap();
    let (started, running) = mpsc::channel::<()>();
    let (hold, held) = mpsc::channel::<()>();
    store.write_with::<(), StoreError>(
        move |_| {
            started.send(()).unwrap();
            held.recv().unwrap();
            Ok(())
        },
        |_| (),
    );
    running.recv().unwrap();
    let (sender, answers) = mpsc::channel();
    for _ in 0..3 {
        let sender = sender.clone();
        store.write_with::<(), StoreError>(|_| Ok(()), move |answer| sender.send(answer).unwrap());
    }
    assert!(matches!(answers.recv().unwrap(), Err(StoreError::Busy)));
    hold.send(()).unwrap();
    assert!(answers.iter().take(2).all(|answer| answer.is_ok()));
}

struct Tank {
    room: Arc<AtomicU64>,
    broken: Arc<AtomicBool>,
}

impl SpaceProbe for Tank {
    fn space(&self) -> io::Result<Space> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("no answer"));
        }
        Ok(Space { available: self.room.load(Ordering::SeqCst), total: 1000 })
    }
}

#[test]
fn below_the_floor_writes_are_refused_reads_go_on_and_it_heals() {
    let mut options = quick();
    options.free_floor = FreeFloor { bytes: 100, percent: 5 };
    options.space_check_interval = Duration::ZERO;
    let (room, broken) = (Arc::new(AtomicU64::new(500)), Arc::new(AtomicBool::new(false)));
    let tank = Tank { room: Arc::clone(&room), broken: Arc::clone(&broken) };
    let store =
        Store::with_engine(|| Ok(Box::new(MemoryEngine::new())), &options, Some(Box::new(tank))).unwrap();
    let put = |key: &'static [u8]| store.write(move |tx| tx.put(key, b"v"));
    put(b"a").unwrap();
    room.store(99, Ordering::SeqCst);
    assert!(matches!(put(b"b"), Err(StoreError::Full)));
    assert_eq!(store.health(), Health::Full);
    assert!(store.get(b"a").unwrap().is_some());
    room.store(100, Ordering::SeqCst);
    put(b"b").unwrap();
    assert_eq!(store.health(), Health::Ok);
    broken.store(true, Ordering::SeqCst);
    assert!(matches!(put(b"c"), Err(StoreError::Full)), "unknown room is no room");
    let stats = store.stats();
    assert_eq!((stats.groups, stats.refused, stats.reopens), (2, 2, 0), "the engine saw no refused write");
}

#[test]
fn a_directory_belongs_to_one_process_and_one_engine() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("made/when/absent");
    let store = Store::open(&dir, &quick()).unwrap();
    store.write(|tx| tx.put(b"k", b"v")).unwrap();
    assert!(matches!(Store::open(&dir, &quick()), Err(OpenError::Locked { .. })));
    drop(store);
    let mut other = quick();
    other.engine = EngineKind::Sled;
    assert!(matches!(Store::open(&dir, &other), Err(OpenError::OtherEngine { .. })));
    let store = Store::open(&dir, &quick()).unwrap();
    assert_eq!(store.get(b"k").unwrap().as_deref(), Some(&b"v"[..]));
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8),
}

proptest! {
    /// A scan inside a job, over engine and overlay merged, equals the scan of a plain map.
    #[test]
    fn merged_scans_equal_a_map(
        base in prop::collection::btree_map(0u8..24, any::<u8>(), 0..16),
        steps in prop::collection::vec(
            prop_oneof![(0u8..24, any::<u8>()).prop_map(|(k, v)| Step::Put(k, v)), (0u8..24).prop_map(Step::Delete)],
            0..16,
        ),
        (lo, hi, limit, reverse) in (0u8..24, 0u8..26, 0usize..30, any::<bool>()),
    ) {
        let store = Store::in_memory().unwrap();
        let mut model: BTreeMap<u8, u8> = base.clone();
        store.write::<_, StoreError>(move |tx| base.iter().try_for_each(|(k, v)| tx.put(&[*k], &[*v]))).unwrap();
        for step in &steps {
            match step {
                Step::Put(k, v) => drop(model.insert(*k, *v)),
                Step::Delete(k) => drop(model.remove(k)),
            }
        }
        let mut scan = Scan::range(&[lo], &[hi]).limited(limit);
        if reverse {
            scan = scan.reversed();
        }
        let (found, stopped) = store
            .write::<_, StoreError>(move |tx| {
                for step in &steps {
                    match step {
                        Step::Put(k, v) => tx.put(&[*k], &[*v])?,
                        Step::Delete(k) => tx.delete(&[*k])?,
                    }
                }
                let mut stopped = 0;
                tx.scan(&scan, &mut |_, _| {
                    stopped += 1;
                    if stopped == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })?;
                Ok((tx.entries(&scan)?, stopped))
            })
            .unwrap();
        let mut expected: Vec<_> = model.into_iter().filter(|(k, _)| (lo..hi.max(lo)).contains(k)).collect();
        if reverse {
            expected.reverse();
        }
        expected.truncate(limit);
        let found: Vec<_> = found.iter().map(|(k, v)| (k[0], v[0])).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(stopped, expected.len().min(3));
    }
}

#[test]
fn a_closed_store_gives_its_directory_back() {
    let temp = tempfile::tempdir().unwrap();
    let store = Store::open(temp.path(), &quick()).unwrap();
    store.close().unwrap();
    Store::open(temp.path(), &quick()).unwrap();
}

#[test]
fn a_full_engine_heals_without_a_write() {
    let mut options = quick();
    options.free_floor = FreeFloor { bytes: 100, percent: 0 };
    options.space_check_interval = Duration::ZERO;
    options.reopen_interval = Duration::from_millis(5);
    let (room, faults) = (Arc::new(AtomicU64::new(500)), Faults::new());
    let tank = Tank { room: Arc::clone(&room), broken: Arc::default() };
    let (disk, failing) = (MemoryDisk::default(), faults.clone());
    let store = Store::with_engine(
        move || failing.open(|| Ok(Box::new(MemoryEngine::on(disk.clone())))),
        &options,
        Some(Box::new(tank)),
    )
    .unwrap();
    store.write(|tx| tx.put(b"a", b"1")).unwrap();
    faults.set_disk_full(true);
    // The engine meets the full disk before the probe does.
    assert!(matches!(store.write(|tx| tx.put(b"b", b"1")), Err(StoreError::Full)));
    room.store(0, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(store.health(), Health::Full);
    faults.set_disk_full(false);
    room.store(500, Ordering::SeqCst);
    let started = std::time::Instant::now();
    while store.health() != Health::Ok {
        assert!(started.elapsed() < Duration::from_secs(10), "it does not heal");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(store.get(b"a").unwrap().is_some());
    store.write(|tx| tx.put(b"b", b"1")).unwrap();
}
