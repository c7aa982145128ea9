//! Metrics for Prometheus. Labels hold nothing of a user: paths are those of the route table.

use crate::store::Store;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use pryv_engine::Health;
use std::{fmt, sync::Arc, time::Duration};

/// What tells the requests of one kind from those of another.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct RequestLabels {
    /// The path in the route table, or `other`.
    pub path: &'static str,
    /// The HTTP status of the answer.
    pub status: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct PathLabels {
    path: &'static str,
}

/// What the rules count.
#[derive(Clone, Debug, Default)]
pub struct ServiceMetrics {
    /// Capsules transformed.
    pub transforms: Counter,
    /// Transformed capsules that were kept from before.
    pub capsules_kept: Counter,
}

/// The metrics of one node. An object, so that many nodes live in one process.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<PathLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    refused: Counter,
}

fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

impl Metrics {
    /// The metrics of a node over a store.
    #[must_use]
    pub fn new(store: &Store, service: ServiceMetrics) -> Self {
        let mut registry = Registry::with_prefix("pryv");
        let requests = Family::default();
        let make: fn() -> Histogram = durations;
        let durations = Family::new_with_constructor(make);
        let (in_flight, refused) = (Gauge::default(), Counter::default());
        registry.register("http_requests", "Requests by path and status", requests.clone());
        let duration = durations.clone();
        registry.register_with_unit("http_request_duration", "Time to an answer", Unit::Seconds, duration);
        registry.register("http_requests_in_flight", "Requests being served", in_flight.clone());
        registry.register("http_requests_refused", "Requests refused by a limit", refused.clone());
        let ServiceMetrics { transforms, capsules_kept } = service;
        registry.register("transforms", "Capsules transformed", transforms);
        registry.register("capsules_kept", "Capsules served without a transform", capsules_kept);
        registry.register_collector(Box::new(StoreCollector(store.clone())));
        Self { registry: Arc::new(registry), requests, durations, in_flight, refused }
    }

    /// A request begins; its end is told by [`Metrics::end`].
    pub fn begin(&self) {
        self.in_flight.inc();
    }

    /// A request ended without an answer, because its caller went away.
    pub fn abandon(&self) {
        self.in_flight.dec();
    }

    /// A request was answered.
    pub fn end(&self, path: &'static str, status: u16, took: Duration) {
        self.in_flight.dec();
        self.requests.get_or_create(&RequestLabels { path, status }).inc();
        self.durations.get_or_create(&PathLabels { path }).observe(took.as_secs_f64());
    }

    /// A request was refused by a limit.
    pub fn refuse(&self) {
        self.refused.inc();
    }

    /// The page that Prometheus reads.
    ///
    /// # Errors
    ///
    /// If a metric cannot be written.
    pub fn page(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Reads the store's counters when the page is asked for.
#[derive(Debug)]
struct StoreCollector(Store);

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let engine = self.0.engine();
        let stats = engine.stats();
        let disk = engine.engine_stats().map_or(0, |stats| stats.disk_bytes);
        let syncs = engine.engine_stats().map_or(0, |stats| stats.device_syncs);
        let reads = self.0.reads();
        let sessions = self.0.peek(|view| view.count_sessions()).unwrap_or(0);
        let health = match self.0.health() {
            Health::Ok => 0,
            Health::Full => 1,
            Health::Poisoned(_) => 2,
        };
        let counters = [
            ("store_commits", "Groups committed durably", stats.groups),
            ("store_jobs", "Write jobs answered", stats.jobs),
            ("store_jobs_refused", "Write jobs refused for want of room or health", stats.refused),
            ("store_commits_failed", "Groups the engine failed to commit", stats.failed_groups),
            ("store_reopens", "Times the engine was opened again", stats.reopens),
            ("store_written_bytes", "Bytes of keys and values committed", stats.bytes),
            ("store_seeks", "Descents into the store's tree by calls that read", reads.seeks),
            ("store_rows_read", "Rows read by calls that read", reads.rows),
            ("store_device_syncs", "Device syncs since the engine was opened", syncs),
            ("store_commit_microseconds", "Time spent in commits", micros(stats.commit_time)),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let gauges = [
            ("store_queue", "Write jobs waiting", stats.queued),
            ("store_disk_bytes", "Bytes of the engine's files", disk),
            ("store_health", "0 serves, 1 full, 2 poisoned", health),
            ("sessions", "Sessions that were not swept yet, up to 100,000", sessions),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
