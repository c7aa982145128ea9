//! Settings: by file, by environment, by flag; what comes later in this list counts.
//!
//! [`SETTINGS`] declares each once, with its unit and why its default is what it is. From that list come the keys of the
//! file (`limits.timeout`), the variables of the environment (`PRYV_SERVER_LIMITS_TIMEOUT`), the flags
//! (`--limits-timeout`), and what `pryv-server config` prints.

#[cfg(test)]
mod document;
mod list;
mod sources;
mod value;

pub use list::{SETTINGS, Setting};
pub use sources::{SettingsError, load};

use crate::{
    http::{Limits, Rate},
    service::Rules,
    telemetry::LogFormat,
};
use pryv_engine::{EngineKind, FreeFloor, StoreOptions};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// Everything that can be set. Units and reasons are in [`SETTINGS`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Address and port of the node.
    pub listen: SocketAddr,
    /// The data directory.
    pub data: PathBuf,
    /// The certificate chain (PEM); with [`Settings::tls_key`], the node speaks TLS.
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Whether a trusted proxy says where requests come from.
    pub http_forwarded: bool,
    /// Which engine keeps the data.
    pub store_engine: EngineKind,
    /// Page cache, in MiB.
    pub store_cache: usize,
    /// Room that stays free, in MiB.
    pub store_free: u64,
    /// Room that stays free, in hundredths of the file system.
    pub store_free_percent: u8,
    /// Writes that may wait.
    pub store_queue: usize,
    /// Where the node key is; absent: `node.key` in the data directory.
    pub store_node_key: Option<PathBuf>,
    /// How long a session lasts, in seconds.
    pub session_lifetime: u64,
    /// Sessions of one account.
    pub session_most: usize,
    /// How long a transaction's answer is kept, in seconds.
    pub transaction_kept: u64,
    /// How long an entry of an audit is kept, in seconds.
    pub audit_kept: u64,
    /// Entries of one account's audit.
    pub audit_most: u64,
    /// Time to an answer, in seconds.
    pub limits_timeout: u64,
    /// Requests at once.
    pub limits_concurrency: usize,
    /// Connections at once.
    pub limits_connections: usize,
    /// Memory of bodies, in MiB.
    pub limits_body_memory: usize,
    /// Calls of one account each second.
    pub limits_account_rate: u32,
    /// Calls of one account at once.
    pub limits_account_burst: u32,
    /// Credential calls of one address each second.
    pub limits_credentials_rate: u32,
    /// Credential calls of one address at once.
    pub limits_credentials_burst: u32,
    /// Tries of one username each minute.
    pub limits_username_rate: u32,
    /// Tries of one username at once.
    pub limits_username_burst: u32,
    /// Card lookups of one address each second.
    pub limits_lookups_rate: u32,
    /// Card lookups of one address at once.
    pub limits_lookups_burst: u32,
    /// Pending logins, and pending challenges.
    pub limits_pending: usize,
    /// Transforms at once.
    pub limits_transforms: usize,
    /// Reads and checks at once.
    pub limits_blocking: usize,
    /// Time between sweeps, in seconds.
    pub sweep_every: u64,
    /// How long a stop waits for requests, in seconds.
    pub stop_grace: u64,
    /// Address for metrics alone.
    pub metrics_listen: Option<SocketAddr>,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3180)),
            data: PathBuf::from("pryv-data"),
            tls_cert: None,
            tls_key: None,
            http_forwarded: false,
            store_engine: EngineKind::Redb,
            store_cache: 256,
            store_free: 1024,
            store_free_percent: 5,
            store_queue: 4096,
            store_node_key: None,
            session_lifetime: 3_600,
            session_most: 64,
            transaction_kept: 86_400,
            audit_kept: 31_536_000,
            audit_most: 1_000_000,
            limits_timeout: 30,
            limits_concurrency: 256,
            limits_connections: 4_096,
            limits_body_memory: 256,
            limits_account_rate: 500,
            limits_account_burst: 2_000,
            limits_credentials_rate: 5,
            limits_credentials_burst: 50,
            limits_username_rate: 10,
            limits_username_burst: 30,
            limits_lookups_rate: 100,
            limits_lookups_burst: 500,
            limits_pending: 100_000,
            limits_transforms: 2,
            limits_blocking: 64,
            sweep_every: 60,
            stop_grace: 20,
            metrics_listen: None,
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
        }
    }
}

const MIB: usize = 1 << 20;

impl Settings {
    /// Where the node key is.
    #[must_use]
    pub fn node_key_path(&self) -> PathBuf {
        self.store_node_key.clone().unwrap_or_else(|| self.data.join("node.key"))
    }

    /// Where a running node takes orders of its operator.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        self.data.join("admin.sock")
    }

    /// For the engine.
    #[must_use]
    pub fn store_options(&self) -> StoreOptions {
        let mut options = StoreOptions::default();
        options.engine = self.store_engine;
        options.cache_bytes = self.store_cache.saturating_mul(MIB);
        let bytes = self.store_free.saturating_mul(1 << 20);
        options.free_floor = FreeFloor { bytes, percent: self.store_free_percent };
        options.queue_jobs = self.store_queue;
        options
    }

    /// For the rules.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        Rules {
            session_millis: self.session_lifetime.saturating_mul(1_000),
            sessions_per_account: self.session_most,
            transaction_millis: self.transaction_kept.saturating_mul(1_000),
            audit_millis: self.audit_kept.saturating_mul(1_000),
            audit_most: self.audit_most,
            pending: self.limits_pending,
            mailboxes: 10_000,
            transforms: self.limits_transforms,
            blocking: self.limits_blocking,
        }
    }

    /// For the transport.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits {
            timeout: Duration::from_secs(self.limits_timeout),
            concurrency: self.limits_concurrency,
            body_memory: self.limits_body_memory.saturating_mul(MIB),
            account: Rate::each_second(self.limits_account_rate, self.limits_account_burst),
            credentials: Rate::each_second(self.limits_credentials_rate, self.limits_credentials_burst),
            username: Rate::each_minute(self.limits_username_rate, self.limits_username_burst),
            lookups: Rate::each_second(self.limits_lookups_rate, self.limits_lookups_burst),
        }
    }
}
