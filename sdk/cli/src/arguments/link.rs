//! Arguments of the commands about links.

use super::{PasswordSource, Revoke, Source};
use clap::{Args, Subcommand, ValueEnum};

/// `pryv link`.
#[derive(Debug, Subcommand)]
pub(crate) enum Link {
    /// Make a link: whoever has its URL opens what you grant, without an account
    Create(CreateLink),
    /// List the links you made, and how often they were used
    List,
    /// End a link; prints the receipt
    Revoke(Revoke),
    /// Open a link that you were given; no session is needed
    Open(OpenLink),
}

/// `pryv link create`.
#[derive(Args, Debug)]
pub(crate) struct CreateLink {
    /// The collection: its URI, the last part of it, or its id; repeated: several
    #[arg(long, required = true, value_name = "COLLECTION")]
    pub(crate) on: Vec<String>,
    /// Whether it shows records, or takes them
    #[arg(long, value_enum, default_value_t = LinkLevel::Read)]
    pub(crate) level: LinkLevel,
    /// What the link is called; only you and its holders read it
    #[arg(long)]
    pub(crate) name: String,
    /// What it is for; only you and its holders read it
    #[arg(long)]
    pub(crate) purpose: Option<String>,
    /// Not before: a time (2026-05-01T08:00:00Z) or a span from now (2h, 30d)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Not at or after: a time (2026-05-01T08:00:00Z) or a span from now (2h, 30d)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// How often it can be opened
    #[arg(long, value_name = "TIMES")]
    pub(crate) uses: Option<u32>,
    /// Ask for a password, without which the URL opens nothing
    #[arg(long)]
    pub(crate) with_password: bool,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

/// What a link does.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LinkLevel {
    /// It shows every record, earlier ones included
    Read,
    /// It is a drop box: it takes records, and shows none
    CreateOnly,
}

/// `pryv link open`.
#[derive(Args, Debug)]
pub(crate) struct OpenLink {
    /// The URL, or `-` to read it from standard input, where no other user of the machine sees it
    pub(crate) url: String,
    /// Leave a record in the drop box, from JSON: a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) create: Option<Source>,
    /// Its password, if it has one
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}
