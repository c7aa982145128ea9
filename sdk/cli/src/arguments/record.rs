//! Arguments of the commands about collections and records.

use super::Source;
use clap::{Args, ValueEnum};
use pryv_sdk::Suite;
use std::path::PathBuf;

/// Which collection, and whose.
#[derive(Args, Clone, Debug)]
pub(crate) struct Collection {
    /// The collection: its URI, the last part of it, or its id
    #[arg(value_name = "COLLECTION")]
    pub(crate) name: String,
    /// A collection that this user (name or fingerprint) granted to you, instead of your own
    #[arg(long, value_name = "USER")]
    pub(crate) from: Option<String>,
}

/// `pryv define`.
#[derive(Args, Debug)]
pub(crate) struct Define {
    /// The definition, as JSON; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Source,
    /// Which algorithms protect it; fixed upwards: a collection goes to a stronger suite, never to a weaker one
    #[arg(long, value_enum)]
    pub(crate) suite: Option<SuiteName>,
}

/// `pryv redefine`.
#[derive(Args, Debug)]
pub(crate) struct Redefine {
    /// The definition, as JSON; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Source,
}

/// A suite, by its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum SuiteName {
    /// AES-256-GCM, X25519, re-encryption on a 480-bit curve: the default
    Classic,
    /// As classic, and sealed against a later quantum computer (X-Wing: X25519 and ML-KEM-768)
    Hybrid,
    /// For small machines: ChaCha20-Poly1305, and re-encryption five times as fast, on a curve of about 100-bit security
    Light,
}

impl SuiteName {
    /// The suite.
    pub(crate) const fn suite(self) -> Suite {
        match self {
            Self::Classic => Suite::CLASSIC,
            Self::Hybrid => Suite::HYBRID,
            Self::Light => Suite::LIGHT,
        }
    }
}

/// `pryv migrate`.
#[derive(Args, Debug)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) collection: Collection,
    /// The suite to move to
    #[arg(long, value_enum)]
    pub(crate) suite: SuiteName,
}

/// `pryv rotate`.
#[derive(Args, Debug)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) collection: Collection,
    /// Also replace the re-encryption keys, which the server and one reader together could rebuild
    #[arg(long)]
    pub(crate) hard: bool,
}

/// `pryv import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The rows: a JSON array, NDJSON, or CSV with a header; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Source,
    /// The collection to write to
    #[arg(long = "to", value_name = "COLLECTION")]
    pub(crate) to: String,
    /// A collection that this user granted to you, instead of your own
    #[arg(long, value_name = "USER")]
    pub(crate) from: Option<String>,
    /// The form of the file; told from its ending if not given
    #[arg(long, value_enum)]
    pub(crate) format: Option<RowFormat>,
    /// The character between the cells of a CSV file
    #[arg(long, default_value_t = ',')]
    pub(crate) delimiter: char,
    /// The type of the rows, if the definition has several and the rows do not say
    #[arg(long = "type", value_name = "NAME")]
    pub(crate) type_name: Option<String>,
    /// Check every row and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Leave faulty rows out instead of refusing the file
    #[arg(long)]
    pub(crate) skip_faulty: bool,
    /// Leave out rows whose unique value is in the collection already: goes on with an import that broke off
    #[arg(long)]
    pub(crate) resume: bool,
}

/// The form of a file of rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum RowFormat {
    /// A JSON array of objects, or one object
    Json,
    /// One JSON object a line
    Ndjson,
    /// A header and one row a line; cells are typed by the definition
    Csv,
}

/// `pryv create`.
#[derive(Args, Debug)]
pub(crate) struct Create {
    #[command(flatten)]
    pub(crate) collection: Collection,
    /// The record, as JSON; standard input if not given, so that it stays out of the shell's history
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) file: Source,
    /// A term to file it under, ONTOLOGY:LABEL/LABEL; repeated: several
    #[arg(long, value_name = "TERM")]
    pub(crate) term: Vec<String>,
}

/// Which records.
#[derive(Args, Clone, Debug)]
pub(crate) struct Selection {
    #[command(flatten)]
    pub(crate) collection: Collection,
    /// Only records whose indexed field has this value; repeated: all of them must hold
    #[arg(long = "where", value_name = "/FIELD=VALUE")]
    pub(crate) conditions: Vec<String>,
    /// Only records that meet this condition, such as {"field": "/pulse", "above": 100}; repeated: all of them must hold
    #[arg(long = "filter", value_name = "JSON")]
    pub(crate) filters: Vec<String>,
    /// Only records of this type of the definition; repeated: of one of these types
    #[arg(long = "type", value_name = "NAME")]
    pub(crate) types: Vec<String>,
    /// Records in which state
    #[arg(long, value_enum, default_value_t)]
    pub(crate) state: StateName,
    /// Only records that are filed under this term or below it, ONTOLOGY:LABEL/LABEL
    #[arg(long, value_name = "TERM")]
    pub(crate) within: Option<String>,
    /// The newest records first
    #[arg(long)]
    pub(crate) newest_first: bool,
    /// Order by a field with a range index, /FIELD from the smallest value, -/FIELD from the largest
    #[arg(long, value_name = "[-]/FIELD", allow_hyphen_values = true, conflicts_with = "newest_first")]
    pub(crate) sort: Option<String>,
    /// How many records
    #[arg(long, default_value_t = 20, conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,
    /// Every record
    #[arg(long)]
    pub(crate) all: bool,
    /// Allow conditions on fields without an index: open up to this many records here, and look
    #[arg(long, value_name = "RECORDS")]
    pub(crate) scan: Option<u64>,
}

/// Whether records were put away.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum StateName {
    /// Not put away
    #[default]
    Active,
    /// Put away
    Trashed,
    /// Either
    All,
}

/// `pryv query`.
#[derive(Args, Debug)]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// How to print them [default: table; with --json: json]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Rendering>,
    /// Which fields the table shows, by JSON pointer
    #[arg(long, value_name = "/FIELD,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Only these fields of each record, by JSON pointer
    #[arg(long, value_name = "/FIELD,…", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Say how many records there are, instead of reading them
    #[arg(long, conflicts_with_all = ["output", "columns", "select", "all", "limit", "newest_first", "sort"])]
    pub(crate) count: bool,
}

/// How records are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Rendering {
    /// Rows and columns
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Ndjson,
}

/// One record.
#[derive(Args, Clone, Debug)]
pub(crate) struct Target {
    #[command(flatten)]
    pub(crate) collection: Collection,
    /// The id of the record
    #[arg(value_name = "RECORD")]
    pub(crate) record: String,
}

/// `pryv related`.
#[derive(Args, Debug)]
pub(crate) struct Related {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Only what the records refer to
    #[arg(long, conflicts_with = "incoming")]
    pub(crate) outgoing: bool,
    /// Only what refers to the records
    #[arg(long)]
    pub(crate) incoming: bool,
    /// Only by the relation of this field; repeated: of these fields
    #[arg(long = "field", value_name = "/FIELD")]
    pub(crate) fields: Vec<String>,
    /// Up to so many steps
    #[arg(long, default_value_t = 1, value_name = "STEPS")]
    pub(crate) depth: u32,
    /// At most so many records
    #[arg(long, default_value_t = 1_000, value_name = "RECORDS")]
    pub(crate) limit: usize,
}

/// `pryv update`.
#[derive(Args, Debug)]
pub(crate) struct Update {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record's new content, as JSON; standard input if not given
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) file: Source,
    /// The version that you changed; refused if there is another one by now
    #[arg(long, value_name = "NUMBER")]
    pub(crate) version: Option<u64>,
}

/// `pryv export`.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// A new or empty folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
