//! Reads the stream and believes nothing of it before its check.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::{BODY_LENGTHS, BackupSummary, CHECK, CHUNK, MAGIC, RestoreError, TRAILER};

/// Reads a whole stream. `chunk` gets the entries of each chunk that was found good; the stream as a whole is
/// good only when this returns `Ok`.
pub(super) fn read_stream(
    input: impl Read,
    mut chunk: impl FnMut(Vec<(&[u8], &[u8])>) -> Result<(), RestoreError>,
) -> Result<BackupSummary, RestoreError> {
    let mut stream = Stream { input, hash: Sha256::new(), chunks: 0 };
    if stream.array::<8>().map_err(|error| match error {
        RestoreError::Truncated { .. } => RestoreError::UnknownFormat,
        other => other,
    })? != MAGIC
    {
        return Err(RestoreError::UnknownFormat);
    }
    let (mut entries, mut bytes, mut last) = (0u64, 0u64, None::<Vec<u8>>);
    loop {
        match stream.array::<1>()? {
            [CHUNK] => {
                let body = stream.body()?;
                let parsed = parse(&body).ok_or_else(|| stream.damaged("malformed entries"))?;
                for (key, value) in &parsed {
                    if last.as_deref().is_some_and(|last| last >= *key) {
                        return Err(stream.damaged("keys out of order"));
                    }
                    last = Some(key.to_vec());
                    entries = entries.saturating_add(1);
                    let size = u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX);
                    bytes = bytes.saturating_add(size);
                }
                stream.chunks = stream.chunks.saturating_add(1);
                chunk(parsed)?;
            }
            [TRAILER] => {
                let counted = (u64::from_be_bytes(stream.array()?), u64::from_be_bytes(stream.array()?));
                let digest: [u8; 32] = stream.hash.clone().finalize().into();
                if stream.array::<32>()? != digest {
                    return Err(stream.damaged("wrong digest"));
                }
                if counted != (entries, bytes) {
                    return Err(stream.damaged("wrong count"));
                }
                if stream.input.read(&mut [0]).map_err(RestoreError::Io)? != 0 {
                    return Err(stream.damaged("bytes after the trailer"));
                }
                return Ok(BackupSummary { entries, bytes, sha256: digest });
            }
            _ => return Err(stream.damaged("neither chunk nor trailer")),
        }
    }
}

struct Stream<R> {
    input: R,
    hash: Sha256,
    chunks: u64,
}

impl<R: Read> Stream<R> {
    /// The body of a chunk whose tag has been read, once its check fits.
    fn body(&mut self) -> Result<Vec<u8>, RestoreError> {
        if u64::from_be_bytes(self.array()?) != self.chunks {
            return Err(self.damaged("wrong number"));
        }
        let length = usize::try_from(u32::from_be_bytes(self.array()?)).unwrap_or(usize::MAX);
        if !BODY_LENGTHS.contains(&length) {
            return Err(self.damaged("impossible length"));
        }
        let mut body = vec![0; length];
        self.fill(&mut body)?;
        let digest = self.hash.clone().finalize();
        if digest.get(..CHECK) != Some(&self.array::<CHECK>()?[..]) {
            return Err(self.damaged("wrong check"));
        }
        Ok(body)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RestoreError> {
        let mut array = [0; N];
        self.fill(&mut array)?;
        Ok(array)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RestoreError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => RestoreError::Truncated { chunks: self.chunks },
            _ => RestoreError::Io(error),
        })?;
        self.hash.update(bytes);
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> RestoreError {
        RestoreError::Damaged { chunk: self.chunks, what }
    }
}

fn parse(mut body: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut entries = Vec::new();
    while !body.is_empty() {
        let (key_len, rest) = split_length(body)?;
        let (value_len, rest) = split_length(rest)?;
        let (key, rest) = rest.split_at_checked(key_len)?;
        let (value, rest) = rest.split_at_checked(value_len)?;
        entries.push((key, value));
        body = rest;
    }
    Some(entries)
}

fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_be_bytes(*length)).ok()?, rest))
}
