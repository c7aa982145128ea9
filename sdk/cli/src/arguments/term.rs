//! Arguments of the commands about ontologies and terms.

use super::Source;
use clap::{Args, Subcommand};

/// `pryv ontology`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ontology {
    /// Create an ontology from a definition file; safe to repeat
    Define {
        /// The definition, as JSON; - for standard input
        #[arg(value_name = "FILE")]
        file: Source,
    },
    /// List your ontologies
    List,
    /// Let the records of a collection carry the terms of an ontology
    Link {
        /// The collection: its URI, the last part of it, or its id
        collection: String,
        /// The ontology: its URI, the last part of it, or its id
        ontology: String,
    },
}

/// `pryv term`.
#[derive(Debug, Subcommand)]
pub(crate) enum Term {
    /// List the terms of an ontology
    List {
        /// The ontology: its URI, the last part of it, or its id
        ontology: String,
        /// An ontology that this user (name or fingerprint) granted to you, instead of your own
        #[arg(long, value_name = "USER")]
        from: Option<String>,
    },
    /// Make a term: ONTOLOGY:LABEL, or ONTOLOGY:LABEL/LABEL under another
    Create(At),
    /// Make many terms, from a JSON file of trees: {"label": …, "codes": […], "children": […]}
    Import(ImportTerms),
    /// Give a term another label
    Rename(Renamed),
    /// Move a term under another, or to the top
    Move(Moved),
    /// Show a term as the one above it from now on
    Merge(At),
    /// Put a term away
    Trash(At),
    /// Bring a term back that was put away
    Restore(At),
    /// Delete a term that has no children and no records
    Delete(At),
}

/// Which term.
#[derive(Args, Clone, Debug)]
pub(crate) struct At {
    /// The term: its ontology and the labels down to it
    #[arg(value_name = "ONTOLOGY:LABEL/LABEL")]
    pub(crate) term: String,
}

/// `pryv term import`.
#[derive(Args, Debug)]
pub(crate) struct ImportTerms {
    /// The ontology: its URI, the last part of it, or its id
    pub(crate) ontology: String,
    /// An array of trees, or one; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Source,
    /// The term to put them under, by the labels down to it; absent: at the top
    #[arg(long, value_name = "LABEL/LABEL")]
    pub(crate) under: Option<String>,
}

/// `pryv term rename`.
#[derive(Args, Debug)]
pub(crate) struct Renamed {
    #[command(flatten)]
    pub(crate) at: At,
    /// The new label
    pub(crate) label: String,
}

/// `pryv term move`.
#[derive(Args, Debug)]
pub(crate) struct Moved {
    #[command(flatten)]
    pub(crate) at: At,
    /// The term to stand under, by the labels down to it; absent: at the top
    #[arg(long, value_name = "LABEL/LABEL")]
    pub(crate) under: Option<String>,
}

/// `pryv file`.
#[derive(Args, Debug)]
pub(crate) struct File {
    #[command(flatten)]
    pub(crate) target: super::Target,
    /// A term to file it under, ONTOLOGY:LABEL/LABEL; repeated: several; none: under no term
    #[arg(long, value_name = "TERM")]
    pub(crate) term: Vec<String>,
}
