//! The node key's file: 32 random bytes, mode 0600, made at the first start. It is in no backup: what it seals is of no
//! use to whoever finds a backup, and has to be kept apart by the operator.

use crate::store::NodeKey;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Why there is no node key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeKeyError {
    /// The file could not be read or written.
    #[error("the node key {} could not be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// The file does not hold 32 bytes.
    #[error("the node key {} has not the 32 bytes of a key", path.display())]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// There is a store, and no key for it.
    #[error("the store was set up under a node key that is not at {}: put it there, or name its place by store.node_key", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
}

/// Reads the node key; none if there is no file.
///
/// # Errors
///
/// [`NodeKeyError::Io`], [`NodeKeyError::Length`].
pub fn read(path: &Path) -> Result<Option<NodeKey>, NodeKeyError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(NodeKeyError::Io { path: path.to_owned(), source }),
    };
    let bytes =
        <[u8; 32]>::try_from(&bytes[..]).map_err(|_| NodeKeyError::Length { path: path.to_owned() })?;
    Ok(Some(NodeKey::from_bytes(bytes)))
}

/// Writes a new node key durably, at a place where there is none.
///
/// # Errors
///
/// [`NodeKeyError::Io`].
pub fn write(path: &Path, key: &NodeKey) -> Result<(), NodeKeyError> {
    let io = |source| NodeKeyError::Io { path: path.to_owned(), source };
    // Under its name only when it is whole: half a key would keep the node from starting.
    let partial = path.with_extension("partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial).map_err(io)?;
    file.write_all(key.expose()).map_err(io)?;
    file.sync_all().map_err(io)?;
    fs::rename(&partial, path).map_err(io)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_once_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        assert!(read(&path).unwrap().is_none());
        let key = NodeKey::generate();
        write(&path, &key).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().expose(), key.expose());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, b"short").unwrap();
        assert!(matches!(read(&path), Err(NodeKeyError::Length { .. })));
    }
}
