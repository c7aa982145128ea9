//! Arguments of the commands about one's account.

use clap::Args;
use std::path::PathBuf;

/// Where a password comes from: asked for, unless said otherwise. Never an argument, which other users of the machine
/// could read.
#[derive(Args, Clone, Debug)]
pub(crate) struct PasswordSource {
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "password_file")]
    pub(crate) password_stdin: bool,
    /// Read the password from the first line of a file
    #[arg(long, env = "PRYV_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// `pryv sign-up`.
#[derive(Args, Debug)]
pub(crate) struct SignUp {
    /// The public name of the account: 3 to 32 characters of a-z, 0-9 and -
    pub(crate) username: String,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

/// `pryv login`.
#[derive(Args, Debug)]
pub(crate) struct Login {
    /// The public name of the account
    pub(crate) username: String,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

/// `pryv recover`.
#[derive(Args, Debug)]
pub(crate) struct Recover {
    /// The public name of the account
    pub(crate) username: String,
    /// Read the recovery phrase from a file instead of asking for it
    #[arg(long, env = "PRYV_PHRASE_FILE", value_name = "FILE")]
    pub(crate) phrase_file: Option<PathBuf>,
    /// The new password
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

/// `pryv password`.
#[derive(Args, Debug)]
pub(crate) struct NewPassword {
    /// Read the present password from the first line of a file instead of asking for it
    #[arg(long, env = "PRYV_PRESENT_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) present_password_file: Option<PathBuf>,
    /// The new password
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}
