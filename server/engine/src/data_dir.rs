//! The directory a store lives in: one process at a time, one engine for its life.
//!
//! ```text
//! DIR/LOCK       locked by the process that has the store open; empty
//! DIR/ENGINE     "pryv-store 1\n<engine>\n"
//! DIR/RESTORING  there while a restore runs: what it left behind is not a store
//! DIR/<engine>/  the engine's files
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::engine::{EngineError, EngineKind};

const LOCK: &str = "LOCK";
const ENGINE: &str = "ENGINE";
const RESTORING: &str = "RESTORING";
const FORMAT: &str = "pryv-store 1";

/// A data directory held open; the lock goes when it is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    kind: EngineKind,
    _lock: File,
}

impl DataDir {
    /// Takes the directory for this process, making it when there is none.
    pub(crate) fn open(path: &Path, kind: EngineKind) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        make_dir(path).map_err(io)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        if path.join(RESTORING).try_exists().map_err(io)? {
            return Err(OpenError::RestoreUnfinished { path: path.to_owned() });
        }
        match fs::read_to_string(path.join(ENGINE)) {
            Ok(text) => check_engine(path, &text, kind)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_durably(path, ENGINE, format!("{FORMAT}\n{kind}\n").as_bytes()).map_err(io)?;
            }
            Err(source) => return Err(io(source)),
        }
        let dir = Self { path: path.to_owned(), kind, _lock: lock };
        make_dir(&dir.engine_dir()).map_err(io)?;
        Ok(dir)
    }

    /// Where the engine keeps its files.
    pub(crate) fn engine_dir(&self) -> PathBuf {
        self.path.join(self.kind.as_str())
    }

    /// Marks the directory as unfit to be opened until [`DataDir::end_restore`].
    pub(crate) fn begin_restore(&self) -> io::Result<()> {
        write_durably(&self.path, RESTORING, b"")
    }

    /// Says that the restore is complete.
    pub(crate) fn end_restore(&self) -> io::Result<()> {
        fs::remove_file(self.path.join(RESTORING))?;
        sync_dir(&self.path)
    }
}

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by another process: stop it first", path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
    },
    /// It is kept by the other engine.
    #[error(
        "{} is kept by {recorded}, not {asked}: set store.engine to {recorded}, or move with a backup \
         and a restore into an empty directory",
        path.display()
    )]
    OtherEngine {
        /// The data directory.
        path: PathBuf,
        /// The engine it was made with.
        recorded: EngineKind,
        /// The engine of the settings.
        asked: EngineKind,
    },
    /// It was written by a version this one does not know, or its `ENGINE` file is damaged.
    #[error("{} has an unknown store format {found:?}", path.display())]
    UnknownFormat {
        /// The data directory.
        path: PathBuf,
        /// The start of its `ENGINE` file.
        found: String,
    },
    /// A restore into it did not end: what it holds is a part.
    #[error("a restore into {} did not finish: empty the directory and restore again", path.display())]
    RestoreUnfinished {
        /// The data directory.
        path: PathBuf,
    },
    /// The directory could not be read or written.
    #[error("{} could not be opened", path.display())]
    Io {
        /// The data directory.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// The committer thread could not be started.
    #[error("the committer thread could not be started")]
    Thread(#[source] io::Error),
    /// The engine could not open its files.
    #[error("the engine could not open its files")]
    Engine(#[source] EngineError),
}

fn check_engine(path: &Path, text: &str, asked: EngineKind) -> Result<(), OpenError> {
    let unknown =
        || OpenError::UnknownFormat { path: path.to_owned(), found: text.chars().take(40).collect() };
    let recorded = text
        .strip_prefix(FORMAT)
        .and_then(|rest| rest.strip_prefix('\n'))
        .and_then(|rest| rest.strip_suffix('\n'))
        .ok_or_else(unknown)?
        .parse()
        .map_err(|_| unknown())?;
    if recorded == asked {
        Ok(())
    } else {
        Err(OpenError::OtherEngine { path: path.to_owned(), recorded, asked })
    }
}

/// Makes a directory only its owner can enter, and its name durable.
fn make_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    sync_dir(path)?;
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_dir(Path::new(".")),
        Some(parent) => sync_dir(parent),
        None => Ok(()),
    }
}

/// Makes the names inside a directory durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Writes a small file so that it is there entire or not at all, also after a power cut.
fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let partial = dir.join(format!("{name}.partial"));
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, dir.join(name))?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use super::{DataDir, OpenError};
    use crate::engine::EngineKind;

    #[test]
    fn a_second_holder_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let held = DataDir::open(temp.path(), EngineKind::Redb).unwrap();
        assert!(matches!(DataDir::open(temp.path(), EngineKind::Redb), Err(OpenError::Locked { .. })));
        drop(held);
        DataDir::open(temp.path(), EngineKind::Redb).unwrap();
    }

    #[test]
    fn the_other_engine_is_refused_by_name() {
        let temp = tempfile::tempdir().unwrap();
        drop(DataDir::open(temp.path(), EngineKind::Sled).unwrap());
        let error = DataDir::open(temp.path(), EngineKind::Redb).unwrap_err();
        assert!(matches!(
            error,
            OpenError::OtherEngine { recorded: EngineKind::Sled, asked: EngineKind::Redb, .. }
        ));
        assert!(error.to_string().contains("set store.engine to sled"), "{error}");
    }

    #[test]
    fn an_unknown_format_is_refused() {
        for text in ["", "pryv-store 2\nredb\n", "pryv-store 1\nredb", "pryv-store 1\nrocks\n"] {
            let temp = tempfile::tempdir().unwrap();
            std::fs::write(temp.path().join("ENGINE"), text).unwrap();
            let refused = DataDir::open(temp.path(), EngineKind::Redb);
            assert!(matches!(refused, Err(OpenError::UnknownFormat { .. })), "{text:?}: {refused:?}");
        }
    }

    #[test]
    fn an_unfinished_restore_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::open(temp.path(), EngineKind::Redb).unwrap();
        dir.begin_restore().unwrap();
        drop(dir);
        let refused = DataDir::open(temp.path(), EngineKind::Redb);
        assert!(matches!(refused, Err(OpenError::RestoreUnfinished { .. })));
    }
}
