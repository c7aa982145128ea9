//! Arguments of the commands about devices, and about evidence.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `pryv device`.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// List the devices of the account
    List,
    /// Make this machine a device: it can then be revoked alone, and go on after another one was
    Add {
        /// What you call it
        name: String,
    },
    /// Add another machine: shows a code to type there, or takes what it shows
    Enrol(Enrol),
    /// Give a device another name
    Rename {
        /// The device: its id, the beginning of it, or its name
        device: String,
        /// What you call it now
        name: String,
    },
    /// Take a device off the account: all keys of the account are replaced
    Revoke {
        /// The device: its id, the beginning of it, or its name
        device: String,
    },
    /// Replace all keys of the account; every other session ends
    Rotate,
}

/// `pryv device enrol`.
#[derive(Args, Debug)]
pub(crate) struct Enrol {
    /// What you call the new device
    pub(crate) name: String,
    /// What the new device shows, scanned; without it a code is made
    #[arg(long, value_name = "TEXT")]
    pub(crate) scanned: Option<String>,
}

/// `pryv join`.
#[derive(Args, Debug)]
pub(crate) struct Join {
    /// The public name of the account, to join with a code that a device of it shows
    #[arg(requires = "code")]
    pub(crate) username: Option<String>,
    /// The code; without it, this machine shows a QR code to be scanned
    #[arg(long, requires = "username")]
    pub(crate) code: Option<String>,
}

/// `pryv access`.
#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Write everything that your account signed of its accesses to a file that proves itself
    Export {
        /// The file
        file: PathBuf,
    },
    /// Check such a file, without a server and without an account
    Verify {
        /// The file
        file: PathBuf,
    },
}
