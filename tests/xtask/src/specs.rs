//! What the documents promise about each other: CDDL rules exist and are quoted as they are, links lead
//! somewhere, every specification says its status, and the tests that hold the threat model's claims are there.

mod cddl;
mod held;
mod links;
mod markdown;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::project::{self, Project};

/// How far down a specification may say its status.
const STATUS_WITHIN_LINES: usize = 12;

/// Checks all documents; gives what to tell when nothing is wrong.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, Failure> {
    let folder = project.root().join("specs");
    let mut rules = cddl::Rules::default();
    let mut documents = Vec::new();
    if folder.is_dir() {
        for path in project.files(&folder, "cddl")? {
            rules.add(file_name(&path), &project::read(&path)?);
        }
    }
    for path in project.files(project.root(), "md")? {
        let text = project::read(&path)?;
        documents.push(Document { path, text });
    }

    let mut findings = Vec::new();
    let (mut specifications, mut holding) = (0_usize, 0_usize);
    let tests = held::Sources::read(project)?;
    for document in &documents {
        let mut found = links::broken(project.root(), document, &documents);
        if document.path.parent() == Some(&folder) {
            specifications += 1;
            found.extend(cddl::broken(&rules, &document.text));
            if file_name(&document.path) == held::DOCUMENT {
                holding = held::named(&document.text);
                found.extend(held::broken(&tests, &document.text));
            }
            if !says_status(&document.text) {
                found.push(format!("1: no `Status: …` in the first {STATUS_WITHIN_LINES} lines"));
            }
        }
        let at = project.relative(&document.path).display();
        findings.extend(found.into_iter().map(|finding| format!("{at}:{finding}")));
    }
    Failure::unless_clean("specs", findings)?;
    Ok(vec![format!(
        "specs: {specifications} specifications, {} CDDL rules, the links of {} documents and the {holding} names of \
         tests that hold claims are sound",
        rules.len(),
        documents.len()
    )])
}

/// A markdown file.
#[derive(Debug)]
struct Document {
    path: PathBuf,
    text: String,
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn says_status(text: &str) -> bool {
    text.lines().take(STATUS_WITHIN_LINES).any(|line| {
        let line = line.trim_start_matches(['*', '_', '>', '-', '|', ' ']);
        let said = line.strip_prefix("Status").map(|rest| rest.trim_matches(['*', '_', '|', ' ', ':']));
        said.is_some_and(|said| !said.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::says_status;

    #[test]
    fn a_status_is_said_on_top_and_is_not_empty() {
        assert!(says_status("# Cards\n\nStatus: draft, version 1\n"));
        assert!(says_status("# Cards\n\n- **Status:** stable\n"));
        assert!(!says_status("# Cards\n\nStatus:\n"));
        assert!(!says_status("# Cards\n\nThe status is told below.\n"));
        assert!(!says_status(&format!("# Cards\n{}Status: draft\n", "\n".repeat(20))));
    }
}
