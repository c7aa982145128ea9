//! Arguments of the commands about the audit and the heads of an account.

use clap::Args;
use std::path::PathBuf;

/// `pryv audit`.
#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// Only what this user (name or fingerprint) did
    #[arg(long, value_name = "USER")]
    pub(crate) by: Option<String>,
    /// Only what was done by this access: its id, the beginning of it, or its name
    #[arg(long, value_name = "ACCESS")]
    pub(crate) access: Option<String>,
    /// Only what was done with this collection of yours
    #[arg(long, value_name = "COLLECTION")]
    pub(crate) on: Option<String>,
    /// Not before this time (2026-05-01T08:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Not at or after this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// How many entries to show, the newest ones
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,
    /// Write all of them as lines of JSON to a new file, which can be checked later with `--check`
    #[arg(long, value_name = "FILE", conflicts_with = "limit")]
    pub(crate) export: Option<PathBuf>,
    /// Recompute an export, and ask nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["by", "access", "on", "from", "until", "limit", "export"])]
    pub(crate) check: Option<PathBuf>,
}

/// `pryv head`.
#[derive(Args, Debug)]
pub(crate) struct Head {
    /// The head that another device of yours shows: tells whether the server shows both the same history
    #[arg(long, value_name = "HEAD")]
    pub(crate) compare: Option<String>,
}
