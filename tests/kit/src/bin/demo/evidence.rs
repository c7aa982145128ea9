//! Evidence: what the server has, looked at past the client. Raw envelopes over the network, raw bytes on the disk.

use crate::{player::Player, trouble::Trouble};
use pryv_sdk::transport::{Request, Transport, http::HttpTransport};
use pryv_wire::{
    PrincipalId, Problem, RecordId, ScopeId,
    bytes::SessionToken,
    decode, encode,
    operation::Call,
    record::{Envelope, GetRecord, Placement, RecordFound},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest answer that is read.
const MAX_ANSWER: usize = 1024 * 1024;

/// One record at the server, and who asks for it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) account: PrincipalId,
    pub(crate) scope: ScopeId,
    pub(crate) record: RecordId,
}

/// What the server gives out for a record.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The envelope as it is stored.
    Envelope(Vec<u8>),
    /// A refusal.
    Refused(Problem),
}

/// Asks the server for a record as a program would that is not the client: one request, no keys.
pub(crate) fn ask(server: &str, asker: &Player, place: &Place) -> Result<Answer, Trouble> {
    let token: SessionToken = part(&asker.session()?, "/session/session/token")?;
    let call = GetRecord { account: place.account, scope: place.scope, record: place.record };
    let transport =
        HttpTransport::new(server).map_err(|error| Trouble::with("the address is not accepted", &error))?;
    let body = encode(&call);
    let request = Request { path: GetRecord::PATH, body: &body, token: Some(&token), max_answer: MAX_ANSWER };
    let answer = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(transport.send(request))
        .map_err(|error| Trouble::with("the server does not answer", &error))?;
    let unreadable =
        |error: pryv_wire::DecodeError| Trouble::with("the server's answer is no message", &error);
    if answer.status == 200 {
        decode::<RecordFound>(&answer.body)
            .map(|found| Answer::Envelope(found.record.into_vec()))
            .map_err(unreadable)
    } else {
        decode::<Problem>(&answer.body).map(Answer::Refused).map_err(unreadable)
    }
}

/// A part of a JSON value, as a type.
pub(crate) fn part<T: DeserializeOwned>(value: &Value, pointer: &str) -> Result<T, Trouble> {
    let part = value.pointer(pointer).ok_or_else(|| Trouble::new(format!("`{pointer}` is not there")))?;
    serde_json::from_value(part.clone()).map_err(|error| Trouble::with(&format!("`{pointer}`"), &error))
}

/// What can be told of an envelope without a key, in words.
pub(crate) fn describe(encoded: &[u8]) -> Result<String, Trouble> {
    let unreadable = |error: pryv_wire::DecodeError| Trouble::with("the envelope does not decode", &error);
    let envelope: Envelope = decode(encoded).map_err(unreadable)?;
    let placement: Placement = decode(&envelope.placement).map_err(unreadable)?;
    let tokens: usize = placement.tokens.iter().map(|tokens| tokens.index.len() + tokens.unique.len()).sum();
    Ok(format!(
        "{} bytes in all\n  {:>5}  protected: ids, version, author, times\n  {:>5}  placement: the wrapped content key for {} scope, {tokens} index tokens\n  \
         {:>5}  ciphertext: the content, padded and encrypted\n  {:>5}  signature of the author",
        encoded.len(),
        envelope.protected.len(),
        envelope.placement.len(),
        placement.recipients.len(),
        envelope.ciphertext.len(),
        envelope.signature.as_bytes().len(),
    ))
}

/// The files of a folder and of the folders in it.
#[derive(Debug)]
pub(crate) struct Disk {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Disk {
    /// Reads every file as it lies there now.
    pub(crate) fn read(folder: &Path) -> Result<Self, Trouble> {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    let bytes = fs::read(&path)?;
                    files.push((path, bytes));
                }
            }
        }
        Ok(Self { files })
    }

    /// How many files.
    pub(crate) fn files(&self) -> usize {
        self.files.len()
    }

    /// How many bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.files.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// How often `needle` occurs.
    pub(crate) fn count(&self, needle: &[u8]) -> usize {
        let Some(first) = needle.first() else { return 0 };
        self.files
            .iter()
            .map(|(_, bytes)| {
                let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
                starts.filter(|(at, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(needle))).count()
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_disk_is_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("a"), b"xxsystolicsystolic").unwrap();
        fs::write(folder.path().join("inner/b"), b"systolic").unwrap();
        let disk = Disk::read(folder.path()).unwrap();
        assert_eq!((disk.files(), disk.bytes()), (2, 26));
        assert_eq!((disk.count(b"systolic"), disk.count(b"diastolic")), (3, 0));
    }
}
