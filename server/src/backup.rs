//! Backups: one file in a folder of the operator's choice, of one moment, while the node serves; and back.
//!
//! A running node is asked over `admin.sock` in its data directory (mode 0600, in a directory of mode 0700): one line
//! with the order, one line with the answer. A stopped node's store is opened directly.

use crate::{
    node_key::{self, NodeKeyError},
    settings::Settings,
    store::{self, Store},
};
use pryv_engine::{BackupError, BackupSummary, OpenError, RestoreError};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file that a backup folder holds.
pub const BACKUP_FILE: &str = "store.backup";

/// Why there is no backup, or no restored node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder has a backup already.
    #[error("{} exists already: choose another folder", .0.display())]
    Exists(PathBuf),
    /// The folder could not be made or looked at.
    #[error("the folder {} could not be used", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// The store of a stopped node could not be opened.
    #[error("the store could not be opened")]
    Open(#[from] OpenError),
    /// The backup failed.
    #[error("the backup failed")]
    Backup(#[from] BackupError),
    /// The running node could not be asked.
    #[error("the running node did not answer over {}", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The running node refused.
    #[error("the running node said: {0}")]
    Refused(String),
    /// The restore failed.
    #[error("the restore failed")]
    Restore(#[from] RestoreError),
    /// The node key could not be read.
    #[error("the node key could not be read")]
    NodeKey(#[from] NodeKeyError),
    /// The restored store and the node key do not belong together.
    #[error("the store is restored, but does not open under the node key at {}", path.display())]
    OtherNodeKey {
        /// The node key's file.
        path: PathBuf,
        /// What did not open.
        #[source]
        source: store::Error,
    },
}

/// Writes a backup of an open store into a folder.
///
/// # Errors
///
/// [`Error::Exists`], [`Error::Folder`], [`Error::Backup`].
pub fn write(store: &Store, folder: &Path) -> Result<BackupSummary, Error> {
    write_from(store.engine(), folder)
}

fn write_from(engine: &pryv_engine::Store, folder: &Path) -> Result<BackupSummary, Error> {
    let at = |source| Error::Folder { path: folder.to_owned(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(at)?;
    let file = folder.join(BACKUP_FILE);
    if file.try_exists().map_err(at)? {
        return Err(Error::Exists(file));
    }
    Ok(engine.backup_to_file(&file, &Store::backup_options())?)
}

/// Makes a backup of the node of these settings, running or stopped. Says in words what was done.
///
/// # Errors
///
/// As [`write()`]; [`Error::Socket`] and [`Error::Refused`] of a running node.
pub fn backup(settings: &Settings, folder: &Path) -> Result<String, Error> {
    let folder =
        std::path::absolute(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
    #[cfg(unix)]
    if let Some(answer) = ask_running(settings, &folder)? {
        return Ok(answer);
    }
    let engine = pryv_engine::Store::open(&settings.data, &settings.store_options())?;
    let summary = write_from(&engine, &folder)?;
    Ok(describe(&folder, &summary))
}

fn describe(folder: &Path, summary: &BackupSummary) -> String {
    let BackupSummary { entries, bytes, sha256 } = summary;
    let digest = data_encoding::HEXLOWER.encode(sha256);
    format!("{entries} rows, {bytes} bytes, SHA-256 {digest}, in {}", folder.join(BACKUP_FILE).display())
}

/// Asks the node that runs on the data directory, if one does.
#[cfg(unix)]
fn ask_running(settings: &Settings, folder: &Path) -> Result<Option<String>, Error> {
    use std::{
        io::{BufRead as _, BufReader, Write as _},
        os::unix::{ffi::OsStrExt as _, net::UnixStream},
    };
    let path = settings.admin_socket();
    let at = |source| Error::Socket { path: path.clone(), source };
    let mut stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        // No socket, or one that a killed node left behind: nobody runs.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(at(error)),
    };
    // In hexadecimal, because a path may hold any byte but zero.
    let order = format!("backup {}\n", data_encoding::HEXLOWER.encode(folder.as_os_str().as_bytes()));
    stream.write_all(order.as_bytes()).map_err(at)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).map_err(at)?;
    match answer.trim_end().split_once(' ') {
        Some(("done", what)) => Ok(Some(what.to_owned())),
        Some(("failed", why)) => Err(Error::Refused(why.to_owned())),
        _ => Err(at(io::ErrorKind::UnexpectedEof.into())),
    }
}

/// Serves the orders of the operator until dropped.
#[cfg(unix)]
pub(crate) async fn serve_orders(listener: tokio::net::UnixListener, store: Store) {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let mut stream = BufReader::new(stream);
        let mut order = String::new();
        // One at a time: a second backup waits for the first.
        if stream.read_line(&mut order).await.is_err() {
            continue;
        }
        let answer = obey(&store, order.trim_end()).await;
        if let Err(error) = stream.write_all(format!("{answer}\n").as_bytes()).await {
            tracing::warn!(%error, "whoever gave an order did not wait for its answer");
        }
    }
}

#[cfg(unix)]
async fn obey(store: &Store, order: &str) -> String {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};
    let folder = order.strip_prefix("backup ");
    let folder = folder.and_then(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok());
    let Some(folder) = folder.map(|bytes| PathBuf::from(OsString::from_vec(bytes))) else {
        return "failed the order is not known".to_owned();
    };
    let store = store.clone();
    let done = tokio::task::spawn_blocking(move || {
        write(&store, &folder).map(|summary| describe(&folder, &summary))
    });
    match done.await {
        Ok(Ok(what)) => {
            tracing::info!("a backup was written");
            format!("done {what}")
        }
        Ok(Err(error)) => {
            tracing::error!(error = chain(&error), "a backup failed");
            format!("failed {}", chain(&error))
        }
        Err(_) => "failed the backup ended early".to_owned(),
    }
}

/// Restores a backup into the empty data directory of these settings. Says in words what was done, and what is left.
///
/// # Errors
///
/// [`Error::Restore`] if the store is not empty or the backup is damaged: every checksum is verified first.
pub fn restore(settings: &Settings, folder: &Path) -> Result<String, Error> {
    let engine = pryv_engine::Store::open(&settings.data, &settings.store_options())?;
    let file = folder.join(BACKUP_FILE);
    let summary = engine.restore_from_file(&file)?;
    let path = settings.node_key_path();
    let Some(key) = node_key::read(&path)? else {
        return Ok(format!(
            "{} rows, {} bytes. Put the node key of the node that was backed up at {} before the start: \
             without it no password and no grant works",
            summary.entries,
            summary.bytes,
            path.display()
        ));
    };
    let store = Store::over(engine, &key);
    match store.peek(|view| view.opaque_setup()) {
        Ok(_) => Ok(format!("{} rows, {} bytes, and the node key fits", summary.entries, summary.bytes)),
        Err(source) => Err(Error::OtherNodeKey { path, source }),
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
