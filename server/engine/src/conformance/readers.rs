//! Readers beside a writer.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Subject;
use crate::error::StoreError;
use crate::group::WriteGroup;
use crate::reader::Reader;
use crate::scan::Scan;

/// Two keys far apart always change together: no consistent read sees them differ, nor an older pair later.
pub fn groups_are_never_seen_apart(subject: &Subject) {
    let store = subject.store();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let (mut reads, mut newest) = (0u64, Vec::new());
                    while !stop.load(Ordering::SeqCst) {
                        let (first, last) = store
                            .read_consistent(|view| {
                                Ok::<_, StoreError>((view.get(b"a")?, view.first(&Scan::prefix(b"z"))?))
                            })
                            .unwrap();
                        assert_eq!(first, last.map(|(_, value)| value));
                        let seen = first.map(|value| value.to_vec()).unwrap_or_default();
                        assert!(seen >= newest, "a read went back in time");
                        newest = seen;
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for n in 0..150u64 {
            store
                .write::<_, StoreError>(move |tx| {
                    tx.put(b"a", &n.to_be_bytes())?;
                    for filler in 0..20u8 {
                        tx.put(&[b'm', filler], &[filler; 200])?;
                    }
                    tx.put(b"z", &n.to_be_bytes())
                })
                .unwrap();
        }
        stop.store(true, Ordering::SeqCst);
        let reads: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(reads > 0);
    });
    store.close().unwrap();
}

/// What a snapshot shows does not change; engines without snapshots say so.
pub fn snapshots_stand_still(subject: &Subject) {
    let engine = subject.open();
    let mut group = WriteGroup::new();
    group.put(b"changed", vec![1]);
    group.put(b"deleted", vec![1]);
    engine.commit(&group).unwrap();
    let snapshot = engine.snapshot().unwrap();
    assert_eq!(snapshot.is_some(), engine.name() != "sled", "sled is the one without");
    let mut group = WriteGroup::new();
    group.put(b"changed", vec![2]);
    group.delete(b"deleted");
    group.put(b"new", vec![2]);
    engine.commit(&group).unwrap();
    if let Some(snapshot) = snapshot {
        let mut seen = Vec::new();
        snapshot
            .scan(&Scan::all(), &mut |key, value| {
                seen.push((key.to_vec(), value.to_vec()));
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen, [(b"changed".to_vec(), vec![1]), (b"deleted".to_vec(), vec![1])]);
        assert_eq!(snapshot.get(b"new").unwrap(), None);
    }
    assert_eq!(engine.get(b"changed").unwrap().as_deref(), Some(&[2][..]));
    assert_eq!(engine.get(b"deleted").unwrap(), None);
    engine.close().unwrap();
}

/// A long value that is replaced while it is read is the old or the new one, never a mixture, by get and scan.
pub fn long_values_are_never_torn(subject: &Subject) {
    let engine = subject.open();
    let stop = AtomicBool::new(false);
    let long = |n: u8| vec![n; 12_000 + usize::from(n) * 3000];
    let whole = |value: &[u8]| value == long(value[0]);
    let mut group = WriteGroup::new();
    group.put(b"k", long(0));
    engine.commit(&group).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    assert!(whole(&engine.get(b"k").unwrap().unwrap()));
                    engine
                        .scan(&Scan::all(), &mut |_, value| {
                            assert!(whole(value));
                            ControlFlow::Continue(())
                        })
                        .unwrap();
                }
            });
        }
        for n in 0..60u8 {
            let mut group = WriteGroup::new();
            group.put(b"k", long(n % 7));
            let done = engine.commit(&group);
            if done.is_err() {
                stop.store(true, Ordering::SeqCst);
            }
            done.unwrap();
        }
        stop.store(true, Ordering::SeqCst);
    });
    engine.close().unwrap();
}
