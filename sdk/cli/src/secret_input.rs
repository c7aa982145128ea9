//! Secrets from people and scripts: asked for without an echo, or the first line of a file or of standard input.

use crate::{arguments::PasswordSource, failure::Failure};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};
use zeroize::Zeroizing;

/// The longest first line, in bytes.
const MAX_LENGTH: u64 = 4_096;

/// The password of an account, to log in.
pub(crate) fn password(source: &PasswordSource, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if source.password_stdin {
        first_line(std::io::stdin(), "standard input")
    } else if let Some(path) = &source.password_file {
        file(path)
    } else {
        ask(prompt)
    }
}

/// The present password, where it is about to be replaced.
pub(crate) fn present_password(path: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    path.map_or_else(|| ask("Present password: "), file)
}

/// A new password; asked for twice, as it is not shown.
pub(crate) fn new_password(source: &PasswordSource) -> Result<Zeroizing<String>, Failure> {
    let first = password(source, "New password: ")?;
    if !source.password_stdin && source.password_file.is_none() && *first != *ask("The same again: ")? {
        return Err(
            Failure::new("passwords-differ", "the two passwords differ; nothing was done").next("try again")
        );
    }
    Ok(first)
}

/// A recovery phrase.
pub(crate) fn phrase(path: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    path.map_or_else(|| ask("Recovery phrase (24 words): "), file)
}

/// A share link, from standard input.
pub(crate) fn link() -> Result<Zeroizing<String>, Failure> {
    first_line(std::io::stdin(), "standard input")
}

fn file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let name = format!("`{}`", path.display());
    let file = File::open(path).map_err(|error| Failure::io(format!("{name} cannot be read"), &error))?;
    first_line(file, &name)
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let secret = rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
        Failure::io("there is no terminal to ask on", &error)
            .next("in scripts, use --password-stdin, or PRYV_PASSWORD_FILE with the path of a file")
    })?;
    not_empty(secret, "the answer")
}

fn first_line(file: impl Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    // With room for the longest line, so that growing does not leave copies of the secret behind.
    let mut line = Zeroizing::new(String::with_capacity(4_096));
    BufReader::new(file.take(MAX_LENGTH))
        .read_line(&mut line)
        .map_err(|error| Failure::io(format!("{name} cannot be read"), &error))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    not_empty(line, name)
}

fn not_empty(secret: Zeroizing<String>, name: &str) -> Result<Zeroizing<String>, Failure> {
    if secret.is_empty() {
        Err(Failure::new("empty-secret", format!("{name} is empty")).next("try again"))
    } else {
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_as_it_stands() {
        for text in ["päss word \n", "päss word \r\nmore", "päss word "] {
            assert_eq!(*first_line(text.as_bytes(), "x").unwrap(), "päss word ");
        }
        assert_eq!(first_line(&b"\nsecond"[..], "x").unwrap_err().code(), "empty-secret");
        assert!(first_line(&[0xff][..], "x").is_err());
    }
}
