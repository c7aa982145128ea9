//! Writes the stream.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::{BackupSummary, CHECK, CHUNK, CHUNK_BODY, MAGIC, TRAILER};

pub(super) struct StreamWriter<W> {
    out: W,
    hash: Sha256,
    body: Vec<u8>,
    chunks: u64,
    entries: u64,
    bytes: u64,
}

impl<W: Write> StreamWriter<W> {
    pub(super) fn begin(out: W) -> io::Result<Self> {
        let body = Vec::with_capacity(CHUNK_BODY);
        let mut stream = Self { out, hash: Sha256::new(), body, chunks: 0, entries: 0, bytes: 0 };
        stream.emit(&MAGIC)?;
        Ok(stream)
    }

    /// Adds one entry; they come in key order.
    pub(super) fn entry(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.body.extend_from_slice(&length(key)?);
        self.body.extend_from_slice(&length(value)?);
        self.body.extend_from_slice(key);
        self.body.extend_from_slice(value);
        self.entries = self.entries.saturating_add(1);
        let size = u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(size);
        if self.body.len() >= CHUNK_BODY { self.end_chunk() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> io::Result<BackupSummary> {
        if !self.body.is_empty() {
            self.end_chunk()?;
        }
        self.emit(&[TRAILER])?;
        self.emit(&self.entries.to_be_bytes())?;
        self.emit(&self.bytes.to_be_bytes())?;
        let sha256: [u8; 32] = self.hash.clone().finalize().into();
        self.out.write_all(&sha256)?;
        self.out.flush()?;
        Ok(BackupSummary { entries: self.entries, bytes: self.bytes, sha256 })
    }

    fn end_chunk(&mut self) -> io::Result<()> {
        let body = std::mem::take(&mut self.body);
        self.emit(&[CHUNK])?;
        self.emit(&self.chunks.to_be_bytes())?;
        self.emit(&length(&body)?)?;
        self.emit(&body)?;
        let digest = self.hash.clone().finalize();
        self.emit(digest.get(..CHECK).unwrap_or_default())?;
        self.chunks = self.chunks.saturating_add(1);
        self.body = body;
        self.body.clear();
        Ok(())
    }

    fn emit(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len())
        .map(u32::to_be_bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "longer than 4 GiB"))
}
