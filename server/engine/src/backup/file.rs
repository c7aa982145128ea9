//! Backup to and restore from a file or any writer: the operations of a store.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use super::read::read_stream;
use super::write::StreamWriter;
use super::{BackupError, BackupOptions, BackupSummary, RestoreError};
use crate::data_dir::{DataDir, sync_dir};
use crate::error::StoreError;
use crate::reader::Reader;
use crate::scan::Scan;
use crate::store::Store;

impl Store {
    /// Writes a backup of one moment to `out`, which need not be buffered.
    ///
    /// Writes go on meanwhile with engines that have snapshots (redb, memory). With sled, which has none,
    /// commits wait until the backup is done: jobs queue, then are refused as [`StoreError::Busy`].
    ///
    /// # Errors
    /// See [`BackupError`]; what was written then is no backup, and a restore finds it cut short.
    pub fn backup_to(&self, out: impl Write, options: &BackupOptions) -> Result<BackupSummary, BackupError> {
        self.read_consistent(|view| {
            let mut stream =
                StreamWriter::begin(BufWriter::with_capacity(1 << 18, out)).map_err(BackupError::Io)?;
            let mut failed = None;
            let yields = &self.shared().reopen_wanted;
            view.scan(&options.scan, &mut |key, value| {
                if yields.load(Ordering::Acquire) {
                    failed = Some(BackupError::Interrupted);
                } else if (options.keep)(key) {
                    failed = stream.entry(key, value).err().map(BackupError::Io);
                }
                if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            match failed {
                Some(error) => Err(error),
                None => stream.finish().map_err(BackupError::Io),
            }
        })
    }

    /// As [`Store::backup_to`], into a file that appears under its name only when it is complete and durable.
    /// Only its owner can read it. A file of that name is replaced.
    ///
    /// # Errors
    /// As [`Store::backup_to`].
    pub fn backup_to_file(&self, path: &Path, options: &BackupOptions) -> Result<BackupSummary, BackupError> {
        let partial = partial_name(path).map_err(BackupError::Io)?;
        let done = self.backup_to_partial(&partial, path, options);
        if done.is_err()
            && let Err(error) = fs::remove_file(&partial)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(error = %error, "an unfinished backup could not be removed");
        }
        done
    }

    fn backup_to_partial(
        &self,
        partial: &Path,
        path: &Path,
        options: &BackupOptions,
    ) -> Result<BackupSummary, BackupError> {
        let mut create = OpenOptions::new();
        create.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
        let file = create.open(partial).map_err(BackupError::Io)?;
        let summary = self.backup_to(&file, options)?;
        file.sync_all().map_err(BackupError::Io)?;
        fs::rename(partial, path).map_err(BackupError::Io)?;
        sync_dir(folder(path)).map_err(BackupError::Io)?;
        Ok(summary)
    }

    /// Fills this store, which must be empty, from a backup.
    ///
    /// The file is read twice: whole and verified before anything is written, and again to write it. While it
    /// writes, the data directory is marked; should it not come to its end, the directory cannot be opened.
    /// Do not write to the store meanwhile.
    ///
    /// # Errors
    /// See [`RestoreError`]. Nothing has been written but in the case of [`RestoreError::Store`], or when the
    /// file changed between the two readings.
    pub fn restore_from_file(&self, path: &Path) -> Result<BackupSummary, RestoreError> {
        let verified = verify_backup(path)?;
        self.read(|view| match view.first(&Scan::all())? {
            None => Ok(()),
            Some(_) => Err(RestoreError::NotEmpty),
        })?;
        if let Some(dir) = &*self.data_dir() {
            dir.begin_restore().map_err(store_io)?;
        }
        let written = self.write_backup(path, &verified).inspect_err(|_| {
            self.shared().poison("a restore did not finish");
        })?;
        if let Some(dir) = &*self.data_dir() {
            dir.end_restore().map_err(store_io)?;
        }
        Ok(written)
    }

    fn data_dir(&self) -> MutexGuard<'_, Option<DataDir>> {
        self.shared().dir.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_backup(&self, path: &Path, verified: &BackupSummary) -> Result<BackupSummary, RestoreError> {
        let written = read_stream(open(path)?, |entries| {
            let entries: Vec<_> =
                entries.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
            self.write(move |tx| entries.iter().try_for_each(|(key, value)| tx.put(key, value)))
                .map_err(|error: StoreError| RestoreError::Store(error))
        })?;
        if written == *verified {
            Ok(written)
        } else {
            Err(RestoreError::Damaged { chunk: 0, what: "the file changed while it was restored" })
        }
    }
}

/// Reads a backup to its end and answers what it holds, or what is wrong with it.
///
/// # Errors
/// See [`RestoreError`].
pub fn verify_backup(path: &Path) -> Result<BackupSummary, RestoreError> {
    read_stream(open(path)?, |_| Ok(()))
}

fn open(path: &Path) -> Result<BufReader<File>, RestoreError> {
    Ok(BufReader::with_capacity(1 << 18, File::open(path).map_err(RestoreError::Io)?))
}

fn store_io(error: io::Error) -> RestoreError {
    RestoreError::Store(StoreError::Io(error.into()))
}

/// `.NAME.partial` beside the file.
fn partial_name(path: &Path) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the backup needs a file name"))?;
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(".partial");
    Ok(path.with_file_name(partial))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
