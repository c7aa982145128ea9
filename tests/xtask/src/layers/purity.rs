//! Where time and randomness are arguments: these sources read no clock, no generator, no file, no socket and
//! no environment, so that whatever they did can be done again from a vector.

use super::paths::{Path, paths};
use super::sources;
use crate::failure::Failure;
use crate::project::{self, Project};

/// All of these folders.
const FOLDERS: [&str; 4] = ["specs/wire/src", "crypto/src", "crypto/pairings/src", "crypto/proxy/src"];

/// And the part of the SDK between its handles and its transport.
const PROTOCOL: (&str, &str) = ("sdk/src", "protocol");

/// Modules of the standard library that reach outside.
const OUTSIDE: [&str; 4] = ["env", "fs", "net", "process"];

/// Clocks and generators, by whatever path they are reached.
const WORLDLY: [&str; 6] = ["SystemTime", "Instant", "OsRng", "ThreadRng", "thread_rng", "getrandom"];

/// Every place in those sources that reads the world.
pub(super) fn check(project: &Project) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        files.extend(sources::of_folder(project, &project.root().join(folder))?);
    }
    let (folder, module) = PROTOCOL;
    files.extend(sources::of_module(project, &project.root().join(folder), module)?);

    let mut findings = Vec::new();
    for file in files {
        let at = project.relative(&file).display();
        let found = paths(&project::read(&file)?);
        findings.extend(found.iter().filter(|path| reads_the_world(path)).map(|path| {
            let name = path.segments.join("::");
            format!("{at}:{}: `{name}` reads the world: take it as an argument", path.line)
        }));
    }
    Ok(findings)
}

fn reads_the_world(path: &Path) -> bool {
    let mut segments = path.segments.iter().map(String::as_str);
    let outside =
        segments.next() == Some("std") && segments.next().is_some_and(|module| OUTSIDE.contains(&module));
    outside || path.segments.iter().any(|segment| WORLDLY.contains(&segment.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_seen_by_whatever_path() {
        for source in [
            "use std::{env, fmt};",
            "use std::time::{Duration, SystemTime};",
            "fn f() { time::Instant::now() }",
            "use rand_core::OsRng;",
            "fn f() { rand::thread_rng() }",
            "fn f() { std::fs::read(path) }",
        ] {
            let read: Vec<_> = paths(source).into_iter().filter(reads_the_world).collect();
            assert_eq!(read.len(), 1, "{source}");
        }
    }

    #[test]
    fn arguments_are_not_the_world() {
        let source = "use std::{fmt, time::Duration}; use rand_core::CryptoRngCore; use crate::time::Clock;";
        assert!(!paths(source).iter().any(reads_the_world));
    }
}
