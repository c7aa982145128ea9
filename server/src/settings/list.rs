//! The list of settings.

use super::{Settings, value::Value as _};

/// One setting.
#[derive(Clone, Copy)]
pub struct Setting {
    /// Its name, in parts joined by dots.
    pub name: &'static str,
    /// The unit of its value, or what the value is.
    pub unit: &'static str,
    /// What it is for, and why its default is what it is.
    pub why: &'static str,
    pub(super) set: fn(&mut Settings, &str) -> Result<(), String>,
    pub(super) show: fn(&Settings) -> String,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Setting {
    /// The flag of the command line, without its dashes.
    #[must_use]
    pub fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// The variable of the environment.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("PRYV_SERVER_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

macro_rules! settings {
    ($($name:literal, $field:ident, $unit:literal, $why:literal;)+) => {
        /// Every setting.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            unit: $unit,
            why: $why,
            set: |settings, text| super::value::Value::read(text).map(|value| settings.$field = value),
            show: |settings| settings.$field.write(),
        }),+];
    };
}

settings! {
    "listen", listen, "address:port",
        "where the node answers; on loopback by default, so that nobody exposes a node without TLS by accident";
    "data", data, "path", "the data directory, made with mode 0700 at the first start";
    "tls.cert", tls_cert, "path",
        "certificate chain (PEM); with tls.key the node speaks TLS itself, else a proxy before it must";
    "tls.key", tls_key, "path", "private key of the certificate (PEM)";
    "http.forwarded", http_forwarded, "true or false",
        "believe the last X-Forwarded-For; only behind a proxy that sets it, else callers choose their address";
    "store.engine", store_engine, "redb or sled",
        "redb opens in milliseconds and is durable as published; recorded in the data directory at its first start";
    "store.cache", store_cache, "MiB", "page cache; a quarter of a small machine's memory";
    "store.free", store_free, "MiB",
        "room that stays free; writes are refused below it, before the engine meets a full disk";
    "store.free_percent", store_free_percent, "hundredths of the file system",
        "as store.free; the greater of both counts";
    "store.queue", store_queue, "writes", "writes that may wait for the committer; beyond, `overloaded`";
    "store.node_key", store_node_key, "path",
        "the node's key; empty: node.key in the data directory. On another device a thief of the data has not got it";
    "session.lifetime", session_lifetime, "seconds",
        "how long a session lasts; an hour, because devices renew it by signature without a password";
    "session.most", session_most, "sessions", "open sessions of one account; beyond, the oldest ends";
    "transaction.kept", transaction_kept, "seconds",
        "how long a transaction sent again is answered as before; a day, for devices that were offline";
    "audit.kept", audit_kept, "seconds",
        "how long an entry of an account's audit is kept; a year, for whoever looks back. 0: for ever";
    "audit.most", audit_most, "entries",
        "of one account, about 200 bytes each; beyond, the oldest goes: somebody who reads without end does not fill the disk";
    "limits.timeout", limits_timeout, "seconds", "from the head of a request to its answer, and how long an answer waits for its caller to take of it";
    "limits.concurrency", limits_concurrency, "requests", "served at once, their bodies read; beyond, `overloaded`";
    "limits.connections", limits_connections, "connections", "open at once; beyond, closed when they come";
    "limits.body_memory", limits_body_memory, "MiB",
        "memory of the bodies of all requests until they are answered; 32 of the largest transactions at once";
    "limits.account_rate", limits_account_rate, "calls each second", "of one account; 0: no limit";
    "limits.account_burst", limits_account_burst, "calls", "of one account at once";
    "limits.credentials_rate", limits_credentials_rate, "calls each second",
        "sign-up, login, recovery of one address; people try passwords slower, guessers faster. 0: no limit";
    "limits.credentials_burst", limits_credentials_burst, "calls", "of one address at once: an office logging in";
    "limits.username_rate", limits_username_rate, "tries each minute",
        "of the password or phrase of one username, from whatever address; 0: no limit. Open sessions go on";
    "limits.username_burst", limits_username_burst, "tries", "of one username at once: somebody who mistypes";
    "limits.lookups_rate", limits_lookups_rate, "calls each second", "lookups of cards of one address; 0: no limit";
    "limits.lookups_burst", limits_lookups_burst, "calls", "lookups of one address at once";
    "limits.pending", limits_pending, "exchanges",
        "logins, and challenges, between their two steps; each takes about 1 KB for a minute";
    "limits.transforms", limits_transforms, "transforms", "at once; each keeps one core busy for 35 ms";
    "limits.blocking", limits_blocking, "threads", "for reads of the disk and checks of signatures";
    "sweep.every", sweep_every, "seconds", "time between removals of what has ended";
    "stop.grace", stop_grace, "seconds", "how long a stop waits for requests under way";
    "metrics.listen", metrics_listen, "address:port",
        "an address for /metrics alone; empty: with the rest if `listen` is loopback and no proxy forwards to it, else nowhere";
    "log.format", log_format, "text or json", "text for people, json for machines";
    "log.filter", log_filter, "filter", "what is logged, as in RUST_LOG: `info`, `warn,pryv_server=debug`";
}
