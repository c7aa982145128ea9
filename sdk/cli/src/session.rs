//! Sessions: from the session file to an account, and back when the account has learned something.

use crate::{
    arguments::Common,
    failure::{Exit, Failure},
    session_file::SessionFile,
};
use pryv_sdk::{Account, Client, StoredSession};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Room for a session and its pins, so that writing one does not leave copies of the secret behind.
const ROOM: usize = 256 * 1024;

/// What a session file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    server: String,
    session: StoredSession,
}

/// The same, to be written.
#[derive(Serialize)]
struct Said<'a> {
    server: &'a str,
    session: &'a StoredSession,
}

/// A session file that was read, and the bytes that it was.
struct Loaded {
    saved: Saved,
    bytes: Zeroizing<Vec<u8>>,
}

/// The session of one profile.
#[derive(Debug)]
pub(crate) struct Session {
    server: Option<String>,
    profile: String,
    file: SessionFile,
}

/// An account, the server it is at, and what its session file held.
pub(crate) struct Opened {
    pub(crate) account: Account,
    pub(crate) server: String,
    known: Zeroizing<Vec<u8>>,
}

impl Session {
    pub(crate) fn new(common: &Common, folder: PathBuf) -> Result<Self, Failure> {
        Ok(Self {
            server: common.server.as_deref().map(|server| server.trim_end_matches('/').to_owned()),
            profile: common.profile.clone(),
            file: SessionFile::new(folder, &common.profile)?,
        })
    }

    /// The profile it is kept under.
    pub(crate) fn profile(&self) -> &str {
        &self.profile
    }

    /// A client of the server that was named, for somebody who has no session yet.
    pub(crate) fn client(&self) -> Result<(Client, String), Failure> {
        let server = self.server.clone().ok_or_else(|| {
            Failure::usage("no server was named").next("add `--server https://…`, or set PRYV_SERVER")
        })?;
        Ok((Client::connect(&server)?, server))
    }

    /// A client of the server that was named, or else of the one that somebody's link names.
    pub(crate) fn client_of(&self, server: Option<&str>) -> Result<Client, Failure> {
        let server = self.server.as_deref().or(server).ok_or_else(|| {
            Failure::usage("the link names no server").next("add `--server https://…`, or set PRYV_SERVER")
        })?;
        Ok(Client::connect(server)?)
    }

    /// Refuses to put another account in the place of one that is signed in here.
    pub(crate) fn is_free_for(&self, username: &str) -> Result<(), Failure> {
        let Some(Loaded { saved, .. }) = self.load()? else { return Ok(()) };
        if saved.session.username() == username
            && self.server.as_ref().is_none_or(|server| *server == saved.server)
        {
            return Ok(());
        }
        Err(Failure::new(
            "profile-in-use",
            format!(
                "the profile `{}` holds the session of `{}` at {}",
                self.profile,
                saved.session.username(),
                saved.server
            ),
        )
        .next(format!("add `--profile {username}`, or `pryv logout` first"))
        .exit(Exit::Conflict))
    }

    /// Takes up the session of this profile.
    pub(crate) fn open(&self) -> Result<Opened, Failure> {
        let Loaded { saved, bytes: known } = self.load()?.ok_or_else(|| {
            Failure::new("not-authenticated", format!("nobody is logged in (profile `{}`)", self.profile))
                .next("log in with `pryv login USERNAME --server URL`, or make an account with `pryv sign-up USERNAME`")
                .exit(Exit::Refused)
        })?;
        if let Some(server) = self.server.as_ref().filter(|server| **server != saved.server) {
            return Err(Failure::usage(format!(
                "the session of profile `{}` is with {}, and {server} was named",
                self.profile, saved.server
            ))
            .next("leave --server (PRYV_SERVER) out, or use another --profile"));
        }
        let account = Client::connect(&saved.server)?.resume(saved.session)?;
        Ok(Opened { account, server: saved.server, known })
    }

    /// Writes the session down, if it says something new: a renewed token, a contact met, a version seen.
    pub(crate) fn keep(&self, opened: &Opened) -> Result<(), Failure> {
        let ours = opened.account.export_session();
        if *written(&opened.server, &ours)? == *opened.known {
            return Ok(());
        }
        self.file.replace(|present| {
            if **present == *opened.known {
                return written(&opened.server, &ours);
            }
            // Another process of this profile learnt something in the meantime.
            let (base, stored) = (self.parse(&opened.known)?, self.parse(present)?);
            if stored.server != opened.server {
                return Ok(present.clone());
            }
            written(&opened.server, &opened.account.export_session().merged(&base.session, stored.session))
        })
    }

    /// Writes the session of a new log-in down.
    pub(crate) fn keep_new(&self, account: &Account, server: &str) -> Result<(), Failure> {
        self.file.save(&encode(server, account)?)
    }

    /// Forgets the session.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        self.file.remove()
    }

    fn load(&self) -> Result<Option<Loaded>, Failure> {
        let Some(bytes) = self.file.load()? else { return Ok(None) };
        Ok(Some(Loaded { saved: self.parse(&bytes)?, bytes }))
    }

    fn parse(&self, bytes: &[u8]) -> Result<Saved, Failure> {
        serde_json::from_slice(bytes).map_err(|error| {
            // The decoder's words could repeat a part of the file.
            let _unsaid = error;
            Failure::new("session-file", format!("`{}` is not a session file", self.file.path().display()))
                .next("remove it, and log in again")
        })
    }
}

fn encode(server: &str, account: &Account) -> Result<Zeroizing<Vec<u8>>, Failure> {
    written(server, &account.export_session())
}

fn written(server: &str, session: &StoredSession) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *bytes, &Said { server, session }).map_err(|error| {
        Failure::new("session-file", "the session could not be written down").because(&error)
    })?;
    Ok(bytes)
}
