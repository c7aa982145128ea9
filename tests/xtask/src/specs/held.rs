//! The tests that hold the claims of the threat model: every test it names exists, and every claim names one or
//! says by its mark that none holds it.
//!
//! A name is the path of a test as the compiler sees it, from the crate on; tests of `tests/e2e` are named from
//! their module on. `module::*` names all tests of a module.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::markdown::{Piece, code, pieces};
use crate::failure::Failure;
use crate::project::{self, Project};

/// The document that makes claims.
pub(super) const DOCUMENT: &str = "threat-model.md";

/// Stands where no test holds what is said.
const NOT_HELD: char = '†';

/// Which folder the first part of a name stands for.
const CRATES: [(&str, &str); 11] = [
    ("memory", "crypto/tests/memory"),
    ("messages", "specs/wire/tests/messages"),
    ("opaque", "crypto/tests/opaque"),
    ("power_cut", "server/engine/tests/power_cut"),
    ("pryv_cli", "sdk/cli/src"),
    ("pryv_crypto", "crypto/src"),
    ("pryv_proxy_crypto", "crypto/proxy/src"),
    ("pryv_sdk", "sdk/src"),
    ("pryv_server", "server/src"),
    ("server", "server/tests/server"),
    ("xtask", "tests/xtask/src"),
];

/// Where all other names begin.
const STORIES: &str = "tests/e2e/tests/e2e";

/// Opens a module of tests below the code that it tests.
const TESTS_BELOW: &str = "mod tests {";

/// The sources that tests may be in, by their path in the workspace.
#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<PathBuf, String>);

impl Sources {
    /// Reads them.
    pub(super) fn read(project: &Project) -> Result<Self, Failure> {
        let mut sources = BTreeMap::new();
        for folder in CRATES.map(|(_, folder)| folder).into_iter().chain([STORIES]) {
            let folder = project.root().join(folder);
            if folder.is_dir() {
                for path in project.files(&folder, "rs")? {
                    let text = project::read(&path)?;
                    sources.insert(project.relative(&path).to_owned(), text);
                }
            }
        }
        Ok(Self(sources))
    }

    /// Whether there is a test, or a module with tests, of this name.
    fn have(&self, name: &str) -> bool {
        let parts: Vec<&str> = name.split("::").collect();
        let (Some((test, modules)), Some(first)) = (parts.split_last(), parts.first()) else { return false };
        let known = CRATES.iter().find(|(name, _)| name == first);
        let (folder, modules) = match known {
            Some((_, folder)) => (*folder, modules.get(1..).unwrap_or_default()),
            None => (STORIES, modules),
        };
        let within = match modules.split_last() {
            // A module of tests stands in its own file, or below the code it tests.
            Some((&"tests", outer)) => self
                .module(folder, modules)
                .or_else(|| self.module(folder, outer)?.split_once(TESTS_BELOW).map(|(_, tests)| tests)),
            _ => self.module(folder, modules).and_then(|text| text.split(TESTS_BELOW).next()),
        };
        within.is_some_and(|text| tests(text).any(|found| *test == "*" || found == *test))
    }

    fn module(&self, folder: &str, modules: &[&str]) -> Option<&str> {
        let path = modules.iter().fold(PathBuf::from(folder), |path, module| path.join(module));
        let files =
            [path.with_extension("rs"), path.join("mod.rs"), path.join("main.rs"), path.join("lib.rs")];
        files.iter().find_map(|file| self.0.get(file)).map(String::as_str)
    }
}

/// The names of the tests in a source, without those that are ignored.
fn tests(source: &str) -> impl Iterator<Item = &str> {
    let (mut marked, mut ignored) = (false, false);
    source.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with("#[") {
            marked |= line == "#[test]" || line.starts_with("#[tokio::test");
            ignored |= line.starts_with("#[ignore");
            return None;
        }
        if line.is_empty() || line.starts_with("//") {
            return None;
        }
        let is_test = std::mem::take(&mut marked) & !std::mem::take(&mut ignored);
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
        is_test.then(|| function.split('(').next().unwrap_or(function))
    })
}

/// The names of tests that `document` names and that are not there, and claims that name none; as `line: finding`.
pub(super) fn broken(sources: &Sources, document: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for piece in pieces(document) {
        let Piece::Prose { line, text } = piece else { continue };
        for name in code(text).filter(|name| name.contains("::") && !sources.have(name)) {
            findings.push(format!("{line}: no test is called `{name}`"));
        }
        let holds = |name: &str| name.contains("::") || name.starts_with("cargo xtask ");
        if is_claim(text) && !text.contains(NOT_HELD) && !code(text).any(holds) {
            findings.push(format!("{line}: a claim without a test, and without {NOT_HELD}"));
        }
    }
    findings
}

/// How many tests a document names.
pub(super) fn named(document: &str) -> usize {
    let prose = pieces(document).into_iter().filter_map(|piece| match piece {
        Piece::Prose { text, .. } => Some(text),
        Piece::Fence { .. } => None,
    });
    prose.flat_map(code).filter(|name| name.contains("::")).count()
}

/// Whether a line is a row of a table that begins with a number.
fn is_claim(line: &str) -> bool {
    let cell = line.strip_prefix('|').and_then(|rest| rest.split('|').next());
    cell.is_some_and(|cell| cell.trim().parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str =
        "fn code() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn below_the_code() {\n    }\n}\n";
    const STORY: &str = "#[tokio::test(flavor = \"multi_thread\")]\nasync fn a_story() {\n}\n\nfn helper() {}\n\n\
                         #[test]\n// Said why.\n#[should_panic(expected = \"x\")]\nfn on_trial() {}\n\n\
                         #[test]\n#[ignore = \"slow\"]\nfn never_run() {}\n";

    fn sources() -> Sources {
        let files = [
            ("tests/e2e/tests/e2e/stories/sharing.rs", STORY),
            ("server/tests/server/grants.rs", STORY),
            ("specs/wire/tests/messages/main.rs", STORY),
            ("crypto/src/record/mod.rs", CODE),
            ("crypto/src/lockbox/tests.rs", STORY),
            ("crypto/src/suite.rs", "fn untested() {}\n"),
        ];
        Sources(files.map(|(path, text)| (PathBuf::from(path), text.to_owned())).into())
    }

    #[test]
    fn tests_are_found_wherever_they_stand() {
        for name in [
            "stories::sharing::a_story",
            "stories::sharing::on_trial",
            "stories::sharing::*",
            "server::grants::a_story",
            "messages::a_story",
            "pryv_crypto::record::tests::below_the_code",
            "pryv_crypto::lockbox::tests::a_story",
        ] {
            assert!(sources().have(name), "{name}");
        }
    }

    #[test]
    fn what_is_no_test_that_runs_is_not_found() {
        for name in [
            "stories::sharing::helper",
            "stories::sharing::never_run",
            "stories::sharing::another",
            "stories::elsewhere::a_story",
            "grants::a_story",
            "pryv_crypto::record::below_the_code",
            "pryv_crypto::record::tests::code",
            "pryv_crypto::suite::*",
            "::",
        ] {
            assert!(!sources().have(name), "{name}");
        }
    }

    #[test]
    fn claims_are_held_or_marked() {
        let document = "| # | claim | held by |\n|---|---|---|\n\
                        | 1 | a | **held**: `stories::sharing::a_story` |\n\
                        | 2 | b | `cargo xtask layers` |\n\
                        | 3 | c | † |\n\
                        | 4 | d | somebody |\n\
                        | 5 | e | `stories::sharing::gone`, `server::grants::a_story` |\n\
                        Held by `canary::gone`.\n";
        assert_eq!(
            broken(&sources(), document),
            [
                "6: a claim without a test, and without †",
                "7: no test is called `stories::sharing::gone`",
                "8: no test is called `canary::gone`",
            ]
        );
        assert_eq!(named(document), 4);
    }
}
