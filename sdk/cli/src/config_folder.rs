//! The folder of the user's settings, as the operating system and its user want it.

use crate::failure::Failure;
use std::{ffi::OsString, path::PathBuf};

/// The folder of the sessions: `pryv` in the folder of the user's settings.
///
/// That is `XDG_CONFIG_HOME` wherever it is set (XDG Base Directory Specification), else `~/.config` on Unix,
/// `~/Library/Application Support` on macOS, `%APPDATA%` on Windows.
pub(crate) fn sessions(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Failure> {
    let path = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    path("XDG_CONFIG_HOME")
        .or_else(|| {
            if cfg!(windows) {
                path("APPDATA")
            } else if cfg!(target_os = "macos") {
                Some(path("HOME")?.join("Library/Application Support"))
            } else {
                Some(path("HOME")?.join(".config"))
            }
        })
        .map(|folder| folder.join("pryv"))
        .ok_or_else(|| {
            Failure::new("no-config-folder", "there is no folder to keep the session in")
                .next("set XDG_CONFIG_HOME to the absolute path of a folder of yours")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_specification_of_the_desktop_is_followed() {
        let with = |pairs: &'static [(&str, &str)]| {
            sessions(move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
        };
        assert_eq!(with(&[("HOME", "/home/ada")]).unwrap(), PathBuf::from("/home/ada/.config/pryv"));
        assert_eq!(
            with(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/etc/x")]).unwrap(),
            PathBuf::from("/etc/x/pryv")
        );
        assert_eq!(
            with(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "relative")]).unwrap(),
            PathBuf::from("/home/ada/.config/pryv"),
            "a relative path is ignored, as the specification says"
        );
        assert!(with(&[]).unwrap_err().words().contains("XDG_CONFIG_HOME"));
    }
}
