//! Rows of the node itself: its format and its password setup.

use super::{
    Error, Reading, Result, Tx,
    key::{self, Table},
};
use zeroize::Zeroizing;

/// The format that this code reads and writes.
const FORMAT: &[u8] = &[1];

fn setup_key() -> Vec<u8> {
    key::node(Table::Node, &[b"opaque setup"])
}

fn format_key() -> Vec<u8> {
    key::node(Table::Node, &[b"format"])
}

impl Reading<'_> {
    /// Whether the store was set up before, and in the format of this code.
    ///
    /// # Errors
    ///
    /// [`Error::Row`] if it is of another format.
    pub fn is_set_up(&self) -> Result<bool> {
        match self.rows.get(&format_key())? {
            None => Ok(false),
            Some(found) if &found[..] == FORMAT => Ok(true),
            Some(_) => Err(Error::Row("format")),
        }
    }

    /// The serialized password setup (OPAQUE).
    ///
    /// # Errors
    ///
    /// [`Error::Sealed`] if the node key is not the one it was sealed under.
    pub fn opaque_setup(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let key = setup_key();
        let Some(sealed) = self.rows.get(&key)? else { return Ok(None) };
        self.sealer
            .open(&key, &sealed)
            .map(Some)
            .map_err(|broken| Error::Sealed("the password setup", broken))
    }
}

impl Tx<'_> {
    /// Records the format and the password setup of a new node.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn set_up(&mut self, opaque_setup: &[u8]) -> Result<()> {
        let key = setup_key();
        let sealed = self
            .sealer
            .seal(&key, opaque_setup)
            .map_err(|broken| Error::Sealed("the password setup", broken))?;
        self.rows.put(&key, &sealed)?;
        Ok(self.rows.put(&format_key(), FORMAT)?)
    }
}
