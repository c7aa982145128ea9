//! Arguments of the commands about accesses.

use clap::{Args, ValueEnum};

/// `pryv grant`.
#[derive(Args, Debug)]
pub(crate) struct Grant {
    /// Who receives the access: a username, or a group by the URI or the fingerprint that its owner gave you
    #[arg(long, value_name = "USER|GROUP")]
    pub(crate) to: String,
    /// The collection: its URI, the last part of it, or its id; repeated: several
    #[arg(long, required_unless_present_any = ["term", "structure"], value_name = "COLLECTION")]
    pub(crate) on: Vec<String>,
    /// What is filed under a term and below it, with the labels, ONTOLOGY:LABEL/LABEL; with --on: in those collections only
    #[arg(long, value_name = "TERM")]
    pub(crate) term: Vec<String>,
    /// The terms themselves, and nothing that is filed under them
    #[arg(long, value_name = "TERM")]
    pub(crate) structure: Vec<String>,
    /// Keep the labels of the terms to yourself
    #[arg(long, requires = "term")]
    pub(crate) no_labels: bool,
    /// Only what is written from now on
    #[arg(long)]
    pub(crate) no_history: bool,
    /// What the grantee may do
    #[arg(long, value_enum, default_value_t = GrantLevel::Read)]
    pub(crate) level: GrantLevel,
    /// What the access is called; only the two of you read it
    #[arg(long)]
    pub(crate) name: String,
    /// What it is for; only the two of you read it
    #[arg(long)]
    pub(crate) purpose: Option<String>,
    /// Not before: a time (2026-05-01T08:00:00Z) or a span from now (2h, 30d)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Not at or after: a time (2026-05-01T08:00:00Z) or a span from now (2h, 30d)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Grant onwards, by an access that you received and manage by: its id, the beginning of it, or its name
    #[arg(long, value_name = "ACCESS")]
    pub(crate) by: Option<String>,
    /// The fingerprint that the grantee read to you; refused if the server shows another one
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Option<String>,
}

/// What a grantee may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum GrantLevel {
    /// Read every record, earlier ones included
    Read,
    /// Create records, and read none
    CreateOnly,
    /// Read, create, update and delete records
    Contribute,
    /// As contribute, and grant onwards; on terms also make and change those below
    Manage,
}

/// `pryv revoke`.
#[derive(Args, Debug)]
pub(crate) struct Revoke {
    /// The access: its id, the beginning of it, or its name
    pub(crate) access: String,
    /// End what its holder granted onwards as well
    #[arg(long, conflicts_with = "adopt")]
    pub(crate) cascade: bool,
    /// Go on yourself with what its holder granted onwards: the same people, levels and dates
    #[arg(long)]
    pub(crate) adopt: bool,
    /// End what you granted onwards by this access that you received: its id, the beginning of it, or its name
    #[arg(long, value_name = "ACCESS", conflicts_with_all = ["cascade", "adopt"])]
    pub(crate) by: Option<String>,
    /// Also put what was written before under the new keys, for who still reads it; goes on if the access has ended already
    #[arg(long, conflicts_with = "by")]
    pub(crate) rewrap: bool,
}

/// `pryv leave`.
#[derive(Args, Debug)]
pub(crate) struct Leave {
    /// The access that you received, or your membership of a group: its id, the beginning of it, or its name
    pub(crate) access: String,
}

/// `pryv show`.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The URI, as lists and records show it
    pub(crate) uri: String,
}
