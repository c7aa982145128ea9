//! Session files: the session of one profile, readable by its owner alone, replaced as a whole.
//!
//! A session file holds the token *and* the account secret: whoever reads it reads the account. So its folder has mode 0700,
//! the file 0600, and a file that others can read is refused rather than used.

use crate::failure::{Exit, Failure};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The longest session file, in bytes: pins of many contacts included.
const MAX_LENGTH: u64 = 4 * 1024 * 1024;

/// The place of one profile's session.
#[derive(Debug)]
pub(crate) struct SessionFile {
    folder: PathBuf,
    name: String,
    path: PathBuf,
}

impl SessionFile {
    /// The session of `profile` below the folder of all sessions.
    pub(crate) fn new(folder: PathBuf, profile: &str) -> Result<Self, Failure> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if profile.is_empty() || profile.len() > 64 || !profile.chars().all(allowed) {
            return Err(Failure::usage(format!("`{profile}` cannot name a profile"))
                .next("use 1 to 64 letters, digits, `-` or `_`"));
        }
        let name = format!("{profile}.session");
        let path = folder.join(&name);
        Ok(Self { folder, name, path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was saved; absent if nothing was.
    pub(crate) fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("cannot be read", &error)),
        };
        let metadata = file.metadata().map_err(|error| self.failed("cannot be read", &error))?;
        closed_to_others(&self.path, &metadata, 0o600)?;
        let folder = fs::metadata(&self.folder).map_err(|error| self.failed("cannot be read", &error))?;
        closed_to_others(&self.folder, &folder, 0o700)?;
        if metadata.len() > MAX_LENGTH {
            return Err(Failure::new(
                "session-file",
                format!("`{}` is too long to be a session", self.path.display()),
            )
            .next("move it away and log in again"));
        }
        // All at once, so that growing does not leave copies of the secret behind.
        let length = usize::try_from(metadata.len()).unwrap_or_default();
        let mut bytes = Zeroizing::new(vec![0; length]);
        file.read_exact(&mut bytes).map_err(|error| self.failed("cannot be read", &error))?;
        Ok(Some(bytes))
    }

    /// Writes a new file beside the old one and puts it in its place.
    pub(crate) fn save(&self, bytes: &[u8]) -> Result<(), Failure> {
        let failed = |error: &_| self.failed("cannot be written", error);
        private_folder().create(&self.folder).map_err(|error| failed(&error))?;
        let metadata = fs::metadata(&self.folder).map_err(|error| failed(&error))?;
        closed_to_others(&self.folder, &metadata, 0o700)?;
        let draft = self.folder.join(format!(".{}.{}", self.name, std::process::id()));
        // Left by a process of the same number that was interrupted.
        if let Err(error) = fs::remove_file(&draft)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(failed(&error));
        }
        let written = private_file()
            .open(&draft)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&draft, &self.path))
            .and_then(|()| sync_folder(&self.folder));
        if written.is_err() {
            // The draft may hold the secret; that it cannot be removed is less than why it is there.
            let _kept = fs::remove_file(&draft);
        }
        written.map_err(|error| failed(&error))
    }

    /// Replaces the file by what `change` makes of what stands in it now, if it is still there: a session that another process ended
    /// meanwhile stays ended, and its secret does not come back. Other processes wait for as long.
    pub(crate) fn replace(
        &self,
        change: impl FnOnce(&Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Failure>,
    ) -> Result<(), Failure> {
        let lock = OpenOptions::new()
            .read(true)
            .open(&self.path)
            .and_then(|_| self.lock_file().open(self.folder.join(format!(".{}.lock", self.name))));
        let lock = match lock {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            lock => lock.map_err(|error| self.failed("cannot be locked", &error))?,
        };
        // Held until it is dropped. A file of its own: the session file is replaced, and with it whatever was locked.
        lock.lock().map_err(|error| self.failed("cannot be locked", &error))?;
        let Some(present) = self.load()? else { return Ok(()) };
        let bytes = change(&present)?;
        if *bytes == *present { Ok(()) } else { self.save(&bytes) }
    }

    fn lock_file(&self) -> OpenOptions {
        let mut options = private_file();
        options.create_new(false).create(true);
        options
    }

    /// Forgets the session.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.failed("cannot be removed", &error))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::io(format!("the session file `{}` {what}", self.path.display()), error)
            .next("see to the permissions of the folder, or set XDG_CONFIG_HOME to another one")
    }
}

/// Refuses what others than the owner may read or write.
#[cfg(unix)]
fn closed_to_others(path: &Path, metadata: &fs::Metadata, wanted: u32) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::new(
        "session-file-open-to-others",
        format!("`{}` is open to other users of this machine (mode {mode:04o}), and holds the key to your account", path.display()),
    )
    .next(format!(
        "close it with `chmod {wanted:o} '{}'`; if others use this machine, log out and in again, and change the password",
        path.display()
    ))
    .exit(Exit::Failed))
}

/// The folder of the user's settings is closed to others by its access control list.
#[cfg(not(unix))]
fn closed_to_others(_path: &Path, _metadata: &fs::Metadata, _wanted: u32) -> Result<(), Failure> {
    Ok(())
}

/// Makes folders that only their owner enters.
pub(crate) fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Makes new files that only their owner reads.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_session_is_closed_to_others_and_replaced_as_a_whole() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::new(home.path().join("config/pryv"), "ada").unwrap();
        assert_eq!(file.load().unwrap(), None);
        file.save(b"first").unwrap();
        file.save(b"second").unwrap();
        assert_eq!(file.load().unwrap().unwrap().as_slice(), b"second");
        assert_eq!((mode(file.path()), mode(&file.folder)), (0o600, 0o700));
        assert_eq!(fs::read_dir(&file.folder).unwrap().count(), 1, "no draft is left");
        file.remove().unwrap();
        file.remove().unwrap();
        assert_eq!(file.load().unwrap(), None);
    }

    fn bytes(text: &str) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_session_that_was_ended_meanwhile_does_not_come_back() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::new(home.path().join("pryv"), "ada").unwrap();
        file.replace(|_| Ok(bytes("nothing was there"))).unwrap();
        assert_eq!(file.load().unwrap(), None);
        file.save(b"first").unwrap();
        file.replace(|_| Ok(bytes("second"))).unwrap();
        assert_eq!(file.load().unwrap().unwrap().as_slice(), b"second");
        file.remove().unwrap();
        file.replace(|_| Ok(bytes("third"))).unwrap();
        assert_eq!(file.load().unwrap(), None);
    }

    #[test]
    fn processes_that_replace_at_once_see_each_others_work() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("pryv");
        SessionFile::new(folder.clone(), "ada").unwrap().save(b"").unwrap();
        let writers: Vec<_> = (b'a'..b'i')
            .map(|letter| {
                let file = SessionFile::new(folder.clone(), "ada").unwrap();
                std::thread::spawn(move || {
                    for _ in 0..10 {
                        file.replace(|present| Ok(Zeroizing::new([&present[..], &[letter]].concat())))
                            .unwrap();
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let all = SessionFile::new(folder, "ada").unwrap().load().unwrap().unwrap();
        assert_eq!(all.len(), 80, "nobody's word was lost");
    }

    #[test]
    fn a_file_or_folder_open_to_others_is_refused_with_the_way_to_mend_it() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::new(home.path().join("pryv"), "ada").unwrap();
        file.save(b"secret").unwrap();
        for wider in [0o640, 0o604, 0o620, 0o602, 0o610] {
            set_mode(file.path(), wider);
            let words = file.load().unwrap_err().words();
            assert!(words.contains(&format!("mode {wider:04o}")), "{words}");
            assert!(words.contains("chmod 600"), "{words}");
        }
        set_mode(file.path(), 0o600);
        assert!(file.load().unwrap().is_some());
        set_mode(&file.folder, 0o755);
        assert!(file.load().unwrap_err().words().contains("chmod 700"));
        assert!(file.save(b"again").unwrap_err().words().contains("chmod 700"));
    }

    #[test]
    fn a_profile_cannot_leave_its_folder() {
        for name in ["", "..", "../ada", "a/b", "a b", "ä"] {
            assert_eq!(SessionFile::new(PathBuf::from("x"), name).unwrap_err().exit_code(), 2, "{name}");
        }
    }
}
