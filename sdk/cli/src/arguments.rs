//! Arguments: what can be typed behind `pryv`.

mod access;
mod account;
mod audit;
mod device;
mod group;
mod link;
mod record;
mod term;

pub(crate) use access::{Grant, GrantLevel, Leave, Revoke, Show};
pub(crate) use account::{Login, NewPassword, PasswordSource, Recover, SignUp};
pub(crate) use audit::{Audit, Head};
pub(crate) use device::{Device, Enrol, Evidence, Join};
pub(crate) use group::Group;
pub(crate) use link::{CreateLink, Link, LinkLevel, OpenLink};
pub(crate) use record::{
    Collection, Create, Define, Export, Import, Migrate, Query, Redefine, Related, Rendering, Rotate,
    RowFormat, Selection, StateName, Target, Update,
};
pub(crate) use term::{File, ImportTerms, Moved, Ontology, Renamed, Term};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Collections and ontologies are named by their URI, by its last part (`blood-pressure`) or by their id. Terms are named by
their ontology and the labels down to them (`streams:health/heart`).

Exit codes:
  0  done
  1  it failed: the words on standard error say why and what to do next
  2  the command was not understood
  3  refused: no session, or the access does not allow it, or no longer
  4  conflict: the record was changed in the meantime, or a value or name is taken";

/// The command line client of Pryv: your data, encrypted before it leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "pryv", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// The server, such as `https://pryv.example.org`; kept with the session, so needed once
    #[arg(long, global = true, env = "PRYV_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Which session to use: one profile for each account on this machine
    #[arg(long, global = true, env = "PRYV_PROFILE", value_name = "NAME", default_value = "default")]
    pub(crate) profile: String,
    /// Print JSON instead of words
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results only: no remarks, no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account; shows its recovery phrase, once
    SignUp(SignUp),
    /// Open a session on this machine
    Login(Login),
    /// End the session and forget it
    Logout,
    /// Open an account by its recovery phrase, and give it a new password
    Recover(Recover),
    /// Change the password; every other session ends
    Password(NewPassword),
    /// Show whose session this is, with the fingerprint for others to compare
    Whoami,
    /// List, add, rename and revoke the devices of your account
    #[command(subcommand)]
    Device(Device),
    /// Make this machine a device of an account, with the help of one that is
    Join(Join),
    /// Create a collection from a definition file; safe to repeat
    Define(Define),
    /// Give a collection another version of its definition, from a file
    Redefine(Redefine),
    /// List your collections
    Collections,
    /// Give a collection new keys for what is written from now on; its readers notice nothing
    Rotate(Rotate),
    /// Move a collection to a stronger suite; its readers notice nothing
    Migrate(Migrate),
    /// Index every record of a collection in the way of now, after its indexes changed
    Reindex(Collection),
    /// Show what the indexes of a collection tell to whom
    Leakage(Collection),
    /// Show what a collection holds and how it can be queried
    Describe(Collection),
    /// Write the rows of a JSON, NDJSON or CSV file as records
    Import(Import),
    /// Write one record, from JSON
    Create(Create),
    /// Read records
    Query(Query),
    /// Show how a query is asked: which index, what the server sees, what is checked here
    Explain(Selection),
    /// Read one record
    Get(Target),
    /// Show the versions of one record that its collection keeps
    History(Target),
    /// Replace one record, from JSON
    Update(Update),
    /// Put one record away: queries leave it out, until it is restored or deleted
    Trash(Target),
    /// Bring one record back that was put away
    Restore(Target),
    /// List the records that were deleted: by whom and when
    Deleted(Collection),
    /// Delete one record, and do what relations say of those that refer to it
    Delete(Target),
    /// List the records that one refers to, and those that refer to it
    Related(Related),
    /// Read every record that has relations, and list references that lead nowhere
    CheckReferences,
    /// File one record under other terms; its content stays as it was signed
    File(File),
    /// Create, list and link ontologies: trees of terms that records are filed under
    #[command(subcommand)]
    Ontology(Ontology),
    /// List, make and change the terms of an ontology
    #[command(subcommand)]
    Term(Term),
    /// Give somebody access to a collection
    Grant(Grant),
    /// List the accesses you granted, with what was served
    Accesses,
    /// List the accesses you received
    Received,
    /// End an access; prints the receipt
    Revoke(Revoke),
    /// End an access that you received, from your side; prints the receipt
    Leave(Leave),
    /// Write what you signed of your accesses to a file that proves itself, or check such a file
    #[command(subcommand)]
    Access(Evidence),
    /// Make groups, add and remove members: what is granted to a group is read by its members of the moment
    #[command(subcommand)]
    Group(Group),
    /// Make, list and end links, and open one that you were given
    #[command(subcommand)]
    Link(Link),
    /// Show what a `pryv://` URI names: yours, or granted to you
    Show(Show),
    /// Show who opened your account and who read what of it, when
    Audit(Audit),
    /// Show what this device has seen of your account, to compare on another one
    Head(Head),
    /// Write everything you can read to a folder
    Export(Export),
}

/// A path, or `-` for standard input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl std::str::FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(PathBuf::from(text)) })
    }
}

#[cfg(test)]
mod tests;
