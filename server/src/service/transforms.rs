//! Transforms of capsules: a few at a time, each once, however many ask for it.

use super::{Error, Result, bounded};
use crate::{store::Step, telemetry::ServiceMetrics};
use pryv_proxy_crypto::pre::{Capsule, TransformKey, transform};
use pryv_wire::{Bytes, PrincipalId, ScopeId};
use rand::rngs::OsRng;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::{OnceCell, Semaphore};
use zeroize::Zeroizing;

/// Which capsule, for whom.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Wanted {
    pub(super) account: PrincipalId,
    pub(super) step: Step,
    pub(super) scope: ScopeId,
    pub(super) generation: u32,
    pub(super) epoch: u32,
}

/// The bounded pool of transforms: 35 ms of one core each.
pub(super) struct Transforms {
    permits: Arc<Semaphore>,
    under_way: Mutex<HashMap<Wanted, Weak<OnceCell<Bytes>>>>,
    metrics: ServiceMetrics,
}

impl Transforms {
    pub(super) fn new(at_once: usize, metrics: ServiceMetrics) -> Self {
        Self { permits: Arc::new(Semaphore::new(at_once.max(1))), under_way: Mutex::default(), metrics }
    }

    /// The transformed capsule. Whoever asks while it is being made waits for that one.
    pub(super) async fn transformed(
        &self,
        wanted: Wanted,
        capsule: &Bytes,
        key: &Zeroizing<Vec<u8>>,
    ) -> Result<Bytes> {
        let flight = self.flight(wanted);
        // If the first to ask goes away, the next one begins anew.
        let made = flight.get_or_try_init(|| self.make(capsule.clone(), key.clone())).await;
        made.cloned()
    }

    /// Counts capsules that were kept from before.
    pub(super) fn were_kept(&self, count: usize) {
        self.metrics.capsules_kept.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    async fn make(&self, capsule: Bytes, key: Zeroizing<Vec<u8>>) -> Result<Bytes> {
        let counter = self.metrics.transforms.clone();
        bounded::run(&self.permits, move || {
            let capsule = Capsule::parse(&capsule).map_err(Error::internal)?;
            let key = TransformKey::parse(&key).map_err(Error::internal)?;
            let made = transform(&capsule, &key, &mut OsRng).map_err(Error::internal)?;
            counter.inc();
            Ok(made.to_wire())
        })
        .await
    }

    fn flight(&self, wanted: Wanted) -> Arc<OnceCell<Bytes>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&wanted).and_then(Weak::upgrade) {
            return flight;
        }
        under_way.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(OnceCell::new());
        under_way.insert(wanted, Arc::downgrade(&flight));
        flight
    }
}

impl fmt::Debug for Transforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transforms").finish_non_exhaustive()
    }
}
