//! The workspace: where it is, what Cargo says of it, and commands that run in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

use crate::failure::Failure;
use crate::process;

/// The target of the browser build.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Set by Cargo for the program it runs. Build scripts that watch one of these (`ring`'s does) would see
/// another value than in a build started by hand, and compile again each time.
const LEAKED_BY_CARGO_RUN: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 2] = ["target", "node_modules"];

/// The workspace this program belongs to.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// Finds the workspace.
    pub(crate) fn here() -> Result<Self, Failure> {
        // `cargo run` says where the crate is now; a binary started by hand knows where it was built.
        let folder = env::var_os("CARGO_MANIFEST_DIR");
        let folder = folder.as_deref().map_or(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new);
        let root = folder.ancestors().nth(2).unwrap_or(folder);
        let root =
            root.canonicalize().map_err(|source| Failure::Read { path: root.to_path_buf(), source })?;
        Ok(Self { root })
    }

    /// The workspace's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `path` as seen from the workspace's folder, for messages.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// A command that runs in the workspace's folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let leaked = name
                .to_str()
                .is_some_and(|name| LEAKED_BY_CARGO_RUN.iter().any(|prefix| name.starts_with(prefix)));
            if leaked {
                command.env_remove(name);
            }
        }
        command
    }

    /// The Cargo that started this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")))
    }

    /// The workspace's crates alone, without resolving dependencies.
    pub(crate) fn members(&self) -> Result<Metadata, Failure> {
        self.metadata().no_deps().exec().map_err(Failure::Metadata)
    }

    /// The resolved dependencies with every feature of ours on, for this machine and for the browser.
    pub(crate) fn resolved(&self) -> Result<Metadata, Failure> {
        // Without the filters Cargo would download crates of systems nobody builds for here.
        let filters = ["--filter-platform", &self.host()?, "--filter-platform", WASM].map(str::to_owned);
        self.metadata()
            .features(CargoOpt::AllFeatures)
            .other_options(filters)
            .exec()
            .map_err(Failure::Metadata)
    }

    /// Where binaries of the debug profile are put.
    pub(crate) fn debug_folder(&self) -> Result<PathBuf, Failure> {
        Ok(self.members()?.target_directory.join("debug").into_std_path_buf())
    }

    /// Every file of ours whose name ends in `.extension`, under `folder`, sorted.
    pub(crate) fn files(&self, folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let unreadable = |source: io::Error| Failure::Read { path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if entry.file_type().map_err(unreadable)?.is_dir() {
                    if !name.starts_with('.') && !NOT_OURS.contains(&name.as_ref()) {
                        folders.push(path);
                    }
                } else if path.extension().is_some_and(|found| found == extension) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn host(&self) -> Result<String, Failure> {
        let version = process::output(self.command("rustc").arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        host.map(str::to_owned).ok_or_else(|| Failure::Missing {
            what: "the `host:` line of `rustc -vV`".to_owned(),
            remedy: "check that `rustc` is the one rustup installs".to_owned(),
        })
    }

    fn metadata(&self) -> MetadataCommand {
        let mut command = MetadataCommand::new();
        command.current_dir(&self.root);
        command
    }
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::Read { path: path.to_path_buf(), source })
}
