//! The store over an engine that fails: nothing acknowledged is lost, nothing is half done, errors are typed.

use super::history::History;
use super::{Subject, quick_options};
use crate::backup::{BackupOptions, RestoreError};
use crate::engine::Health;
use crate::error::StoreError;
use crate::fault::{Faults, InjectedError, Strike};
use crate::store::Store;

fn store(subject: &Subject, faults: &Faults) -> Store {
    let (subject, faults) = (subject.clone(), faults.clone());
    Store::with_engine(move || faults.open(|| (subject.opener)()), &quick_options(), None).unwrap()
}

fn is(error: &StoreError, injected: InjectedError) -> bool {
    match injected {
        InjectedError::Full => matches!(error, StoreError::Full),
        InjectedError::Damaged => matches!(error, StoreError::EngineDamaged(_)),
        InjectedError::Io => matches!(error, StoreError::Io(_)),
        InjectedError::Unsynced | InjectedError::Poisoned => matches!(error, StoreError::Poisoned(_)),
    }
}

/// Every error that heals, before and after the commit, at each of the first calls: the one write gets its
/// typed error, the next one is served by the reopened engine, and the history is exact.
pub fn no_acknowledged_write_is_lost(subject: &Subject) {
    let history = History { account: 9, longest: 6000 };
    let mut acknowledged = 0;
    for countdown in [1, 2, 5] {
        for injected in
            [InjectedError::Io, InjectedError::Full, InjectedError::Damaged, InjectedError::Poisoned]
        {
            for strike in [Strike::BeforeCommit(injected), Strike::AfterCommit(injected)] {
                let faults = Faults::new();
                let store = store(subject, &faults);
                faults.arm(countdown, strike);
                let mut failures = Vec::new();
                for _ in 0..8 {
                    match history.step(&store) {
                        Ok(n) => acknowledged = n,
                        Err(error) => failures.push(error),
                    }
                }
                assert_eq!(faults.struck(), 1);
                assert_eq!(failures.len(), 1, "{strike:?}: {failures:?}");
                assert!(is(&failures[0], injected), "{strike:?}: {failures:?}");
                assert_eq!(store.health(), Health::Ok);
                assert_eq!((store.stats().failed_groups, store.stats().reopens), (1, 1));
                history.check(&store, acknowledged).unwrap();
                store.close().unwrap();
            }
        }
    }
    let store = subject.store();
    let operations = history.check(&store, acknowledged).unwrap();
    // 24 runs of 8 operations; 12 of the 24 failed ones were done all the same.
    assert_eq!(operations, 24 * 8 - 12);
    store.close().unwrap();
}

/// While the disk is full writes are refused as such and reads are served; with room it serves again by itself.
pub fn full_heals_without_a_restart(subject: &Subject) {
    let history = History { account: 3, longest: 3000 };
    let faults = Faults::new();
    let store = store(subject, &faults);
    let acknowledged = history.step(&store).unwrap();
    faults.set_disk_full(true);
    for _ in 0..3 {
        assert!(matches!(history.step(&store), Err(StoreError::Full)));
        assert_eq!(store.health(), Health::Full);
    }
    faults.set_disk_full(false);
    let healed = (0..3).find_map(|_| history.step(&store).ok());
    assert_eq!(healed, Some(acknowledged + 1));
    assert_eq!(store.health(), Health::Ok);
    history.check(&store, acknowledged + 1).unwrap();
    store.close().unwrap();

    // The first failure keeps the engine for its readers.
    let faults = Faults::new();
    let store = self::store(subject, &faults);
    faults.arm(1, Strike::BeforeCommit(InjectedError::Full));
    assert!(matches!(history.step(&store), Err(StoreError::Full)));
    assert_eq!(history.check(&store, acknowledged + 1), Ok(acknowledged + 1), "reads go on");
    assert_eq!(store.stats().reopens, 0);
    store.close().unwrap();
}

/// An error, a reopening, and another error with no success between: the engine is beyond repair.
pub fn a_second_error_poisons(subject: &Subject) {
    let history = History { account: 3, longest: 3000 };
    let faults = Faults::new();
    let store = store(subject, &faults);
    let acknowledged = history.step(&store).unwrap();
    faults.arm(1, Strike::BeforeCommit(InjectedError::Io));
    faults.arm(1, Strike::BeforeCommit(InjectedError::Io));
    assert!(matches!(history.step(&store), Err(StoreError::Io(_))));
    assert!(matches!(history.step(&store), Err(StoreError::Io(_))));
    for _ in 0..3 {
        assert!(matches!(history.step(&store), Err(StoreError::Poisoned(_))));
    }
    assert!(matches!(store.health(), Health::Poisoned(_)));
    assert_eq!(history.check(&store, acknowledged), Ok(acknowledged), "reads go on");
    store.close().unwrap();
    let store = subject.store();
    assert_eq!(history.step(&store).unwrap(), acknowledged + 1, "a restart serves again");
    store.close().unwrap();
}

/// A device that refused a sync is not trusted again: no reopening, no further write.
pub fn a_refused_sync_poisons_at_once(subject: &Subject) {
    let history = History { account: 3, longest: 3000 };
    let faults = Faults::new();
    let store = store(subject, &faults);
    faults.arm(2, Strike::AfterCommit(InjectedError::Unsynced));
    history.step(&store).unwrap();
    assert!(matches!(history.step(&store), Err(StoreError::Poisoned(_))));
    assert!(matches!(history.step(&store), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.health(), Health::Poisoned(_)));
    assert_eq!(store.stats().reopens, 0);
    store.close().unwrap();
}

/// An engine that does not open again leaves typed errors, for reads too.
pub fn a_failed_reopening_poisons(subject: &Subject) {
    let history = History { account: 3, longest: 3000 };
    let faults = Faults::new();
    let store = store(subject, &faults);
    let acknowledged = history.step(&store).unwrap();
    faults.arm(1, Strike::BeforeCommit(InjectedError::Io));
    faults.arm(1, Strike::Open(InjectedError::Damaged));
    assert!(matches!(history.step(&store), Err(StoreError::Io(_))));
    assert!(matches!(history.step(&store), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.get(b"any"), Err(StoreError::EngineDamaged(_))));
    assert!(matches!(store.health(), Health::Poisoned(_)));
    assert!(store.close().is_err());
    let store = subject.store();
    assert_eq!(history.check(&store, acknowledged), Ok(acknowledged));
    store.close().unwrap();
}

/// A damaged value is an error that names its key without telling it, for get, scan, jobs and backups.
pub fn a_damaged_value_is_named_not_told(subject: &Subject) {
    let faults = Faults::new();
    let store = store(subject, &faults);
    store.write::<_, StoreError>(|tx| tx.put(b"secret-name", b"secret-value")).unwrap();
    let damaged = |done: Result<(), StoreError>| {
        let error = done.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains("secret"), "{told}");
        assert!(told.contains("kind 0x73, 11 bytes"), "{told}");
    };
    use crate::reader::Reader;
    use crate::scan::Scan;
    faults.arm(1, Strike::DamagedValue);
    damaged(store.get(b"secret-name").map(drop));
    faults.arm(1, Strike::DamagedValue);
    damaged(store.read(|view| view.entries(&Scan::all()).map(drop)));
    faults.arm(1, Strike::DamagedValue);
    damaged(store.write(|tx| tx.get(b"secret-name").map(drop)));
    faults.arm(1, Strike::DamagedValue);
    let backup = store.backup_to(std::io::sink(), &BackupOptions::all());
    assert!(matches!(backup, Err(crate::backup::BackupError::Store(StoreError::Damaged { .. }))));
    assert_eq!(store.get(b"secret-name").unwrap().as_deref(), Some(&b"secret-value"[..]));
    assert_eq!(store.health(), Health::Ok, "one damaged value is no reason to stop");
    store.close().unwrap();
}

/// A restore that fails half way leaves a store that takes no writes.
pub fn an_unfinished_restore_poisons(subject: &Subject) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("backup");
    let source = Store::in_memory().unwrap();
    for n in 0..4u8 {
        source.write::<_, StoreError>(move |tx| tx.put(&[n], &vec![n; 1 << 20])).unwrap();
    }
    source.backup_to_file(&path, &BackupOptions::all()).unwrap();
    let faults = Faults::new();
    let store = store(subject, &faults);
    faults.arm(3, Strike::BeforeCommit(InjectedError::Io));
    assert!(matches!(store.restore_from_file(&path), Err(RestoreError::Store(StoreError::Io(_)))));
    let late: Result<(), StoreError> = store.write(|tx| tx.put(b"late", b""));
    assert!(matches!(late, Err(StoreError::Poisoned(_))));
    store.close().unwrap();
}
