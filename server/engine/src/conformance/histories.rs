//! Acknowledged writes stay, entire, whatever ends the process's use of the engine.

use std::sync::Mutex;
use std::thread;

use super::Subject;
use super::history::History;
use crate::error::StoreError;

const ACCOUNTS: u32 = 4;

fn accounts() -> impl Iterator<Item = History> {
    (0..ACCOUNTS).map(|account| History { account, longest: if account == 0 { 40_000 } else { 4096 } })
}

/// Closed in order and opened again, several times.
pub fn survive_closing(subject: &Subject) {
    let mut acknowledged = 0;
    for _ in 0..4 {
        let store = subject.store();
        for _ in 0..15 {
            for history in accounts() {
                acknowledged = history.step(&store).unwrap();
            }
        }
        store.close().unwrap();
    }
    let store = subject.store();
    for history in accounts() {
        assert_eq!(history.check(&store, acknowledged), Ok(60));
    }
    store.close().unwrap();
}

/// The engine dropped without being closed.
pub fn survive_dropping(subject: &Subject) {
    use crate::engine::Engine;
    use crate::group::WriteGroup;
    let key = |n: u32| n.to_be_bytes();
    for n in 0..20u32 {
        let engine: Box<dyn Engine> = subject.open();
        for earlier in 0..n {
            assert_eq!(engine.get(&key(earlier)).unwrap().as_deref(), Some(&key(earlier)[..]));
        }
        let mut group = WriteGroup::new();
        group.put(&key(n), key(n).to_vec());
        engine.commit(&group).unwrap();
        drop(engine);
    }
}

/// Behind every acknowledged group stands at least one device sync of its own. Whoever takes the sync of an
/// engine away fails here.
pub fn every_commit_is_synced(subject: &Subject) {
    let store = subject.store();
    let before = store.engine_stats().unwrap().device_syncs;
    let history = History { account: 1, longest: 4096 };
    for _ in 0..50 {
        history.step(&store).unwrap();
    }
    let synced = store.engine_stats().unwrap().device_syncs - before;
    let groups = store.stats().groups;
    assert_eq!(groups, 50, "one at a time");
    if subject.on_device {
        assert!(synced >= groups, "{synced} syncs for {groups} acknowledged groups");
    }
    store.close().unwrap();
}

/// Sixteen writers share groups; each account is exact afterwards, and far fewer commits than jobs were made.
pub fn concurrent_writers(subject: &Subject) {
    let store = subject.store();
    let acknowledged = Mutex::new([0u64; 16]);
    thread::scope(|scope| {
        for account in 0..16u32 {
            let (store, acknowledged) = (&store, &acknowledged);
            scope.spawn(move || {
                let history = History { account, longest: 2000 };
                for _ in 0..25 {
                    let n = history.step(store).unwrap();
                    acknowledged.lock().unwrap()[account as usize] = n;
                    // A job that is refused, in the same groups.
                    let refused: Result<(), StoreError> = store.write(move |tx| {
                        history.apply(tx, n + 1)?;
                        Err(StoreError::Busy)
                    });
                    assert!(matches!(refused, Err(StoreError::Busy)));
                }
            });
        }
    });
    let stats = store.stats();
    assert_eq!(stats.jobs, 16 * 50);
    assert!(stats.groups <= 16 * 25);
    store.close().unwrap();
    let store = subject.store();
    for account in 0..16u32 {
        let acknowledged = acknowledged.lock().unwrap()[account as usize];
        assert_eq!(History { account, longest: 2000 }.check(&store, acknowledged), Ok(25));
    }
    store.close().unwrap();
}
