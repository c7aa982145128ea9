//! An engine in memory, for unit tests: nothing of it is durable, everything else holds.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::engine::{Engine, EngineError, EngineStats, Health, ReadView, Visitor, check_sizes};
use crate::group::WriteGroup;
use crate::scan::Scan;

type Map = BTreeMap<Bytes, Bytes>;

/// What stays when a [`MemoryEngine`] is closed or dropped: the "disk" another one can be opened on.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    map: Arc<RwLock<Arc<Map>>>,
}

impl MemoryDisk {
    fn now(&self) -> Arc<Map> {
        Arc::clone(&self.map.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The engine in memory.
#[derive(Debug, Default)]
pub struct MemoryEngine {
    disk: MemoryDisk,
}

impl MemoryEngine {
    /// An empty engine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine on what earlier ones left.
    #[must_use]
    pub fn on(disk: MemoryDisk) -> Self {
        Self { disk }
    }
}

impl ReadView for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        ReadView::get(&self.disk.now(), key)
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        ReadView::scan(&self.disk.now(), scan, visit)
    }
}

impl Engine for MemoryEngine {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn commit(&self, group: &WriteGroup) -> Result<(), EngineError> {
        check_sizes(group)?;
        let mut map = self.disk.map.write().unwrap_or_else(PoisonError::into_inner);
        let map = Arc::make_mut(&mut map);
        for (key, value) in group.iter() {
            match value {
                Some(value) => map.insert(Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)),
                None => map.remove(key),
            };
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError> {
        Ok(Some(Box::new(self.disk.now())))
    }

    fn stats(&self) -> Result<EngineStats, EngineError> {
        let bytes: usize =
            self.disk.now().iter().map(|(key, value)| key.len().saturating_add(value.len())).sum();
        Ok(EngineStats { disk_bytes: u64::try_from(bytes).unwrap_or(u64::MAX), device_syncs: 0 })
    }

    fn health(&self) -> Health {
        Health::Ok
    }

    fn close(self: Box<Self>) -> Result<(), EngineError> {
        Ok(())
    }
}

impl ReadView for Arc<Map> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        Ok(Map::get(self, key).cloned())
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        if scan.is_empty() {
            return Ok(());
        }
        let hi = scan.hi().map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.range::<[u8], _>((Bound::Included(scan.lo()), hi));
        let mut show = |(key, value): (&Bytes, &Bytes)| visit(key, value);
        let _: ControlFlow<()> = if scan.is_reverse() {
            range.rev().take(scan.limit()).try_for_each(&mut show)
        } else {
            range.take(scan.limit()).try_for_each(&mut show)
        };
        Ok(())
    }
}
