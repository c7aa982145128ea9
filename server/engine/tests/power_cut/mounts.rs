//! Loop devices and mounts that go away with their handles.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// ext4 on a loop device on a file.
pub struct Ext4 {
    dir: TempDir,
    device: String,
}

impl Ext4 {
    /// Mounts what is on `file`; `format` makes a file system first.
    pub fn mount(file: &Path, format: bool) -> io::Result<Self> {
        let device = run(Command::new("losetup").args(["--find", "--show"]).arg(file))?.trim().to_owned();
        let dir = tempfile::tempdir()?;
        let mounted = (|| {
            if format {
                run(Command::new("mkfs.ext4")
                    .args(["-q", "-E", "nodiscard,lazy_itable_init=0"])
                    .arg(&device))?;
            }
            run(Command::new("mount").args(["-t", "ext4"]).arg(&device).arg(dir.path()))
        })();
        match mounted {
            Ok(_) => Ok(Self { dir, device }),
            Err(error) => {
                run(Command::new("losetup").args(["--detach", &device]))?;
                Err(error)
            }
        }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().to_owned()
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        let unmounted = run(Command::new("umount").arg(self.dir.path()))
            .or_else(|_| run(Command::new("umount").arg("--lazy").arg(self.dir.path())));
        let detached = run(Command::new("losetup").args(["--detach", &self.device]));
        for error in [unmounted.err(), detached.err()].into_iter().flatten() {
            eprintln!("cleaning up {}: {error}", self.device);
        }
    }
}

fn run(command: &mut Command) -> io::Result<String> {
    let done = command.output()?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(io::Error::other(format!("{:?}: {said}", command.get_program())))
    }
}
