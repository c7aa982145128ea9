//! The prose names what exists: error codes, calls, CDDL rules, files.

use crate::{cddl, registry, vectors};
use pryv_wire::{ErrorCode, operation::Auth};
use std::{collections::BTreeSet, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn documents() -> Vec<(String, String)> {
    let mut documents: Vec<_> = fs::read_dir(folder())
        .expect("specs")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".md"))
        .map(|name| (name.clone(), document(&name)))
        .collect();
    documents.sort();
    assert!(documents.len() > 10, "specs/*.md");
    documents
}

/// The rows of the tables whose first cell is code that starts with `start`, as cells without backticks around them.
fn rows(text: &str, starts: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let cells = line.trim_end_matches(" |").split(" | ");
            cells
                .enumerate()
                .map(
                    |(at, cell)| {
                        if at == 0 { cell.trim_end_matches('`').to_owned() } else { cell.to_owned() }
                    },
                )
                .collect()
        })
        .filter(|cells: &Vec<String>| starts(&cells[0]))
        .collect()
}

fn code(cell: &str) -> &str {
    cell.trim_matches('`')
}

#[test]
fn errors_md_lists_every_code() {
    let text = document("errors.md");
    let (table, _) = text.split_once("## Details").expect("the heading behind the table");
    let rows = rows(table, |_| true);
    let found: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str(), row[2].as_str())).collect();
    let statuses: Vec<_> = ErrorCode::ALL.iter().map(|code| code.status().to_string()).collect();
    let expected: Vec<_> = ErrorCode::ALL
        .iter()
        .zip(&statuses)
        .map(|(code, status)| (code.as_str(), status.as_str(), code.message()))
        .collect();
    assert_eq!(found, expected);
    assert!(rows.iter().all(|row| row.len() == 4 && !row[3].is_empty()), "each code says the next step");
}

#[test]
fn http_api_md_lists_every_call() {
    let rows = rows(&document("http-api.md"), |path| path.starts_with("/v1/"));
    let found: Vec<_> = rows
        .iter()
        .map(|row| format!("{} {} {} {} {}", row[0], row[1], row[2], code(&row[3]), code(&row[4])))
        .collect();
    let expected: Vec<_> = registry::calls()
        .iter()
        .map(|call| {
            let auth = if call.auth == Auth::Open { "open" } else { "session" };
            let body = if call.max_body < 1024 * 1024 {
                format!("{} KiB", call.max_body / 1024)
            } else {
                format!("{} MiB", call.max_body / (1024 * 1024))
            };
            format!("{} {auth} {body} {} {}", call.path, call.request.rule, call.answer.rule)
        })
        .collect();
    assert_eq!(found.iter().collect::<BTreeSet<_>>(), expected.iter().collect::<BTreeSet<_>>());
    assert_eq!(found.len(), expected.len(), "a call stands in two rows");
    let errors: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    for row in &rows {
        for error in row[5].split(", ").map(code).filter(|error| *error != "none") {
            assert!(errors.contains(error), "{}: no error {error}", row[0]);
        }
    }
}

/// A line that begins with `Rules:` names rules of `cddl/pryv.cddl` in backticks.
#[test]
fn rules_named_in_prose_exist_and_every_rule_is_named() {
    let known = cddl::names();
    let mut named = BTreeSet::new();
    for (name, text) in documents() {
        for line in text.lines().filter(|line| line.starts_with("Rules: ")) {
            for rule in line.split('`').skip(1).step_by(2) {
                assert!(known.contains(rule), "{name} names {rule}, which is no rule");
                named.insert(rule.to_owned());
            }
        }
    }
    for call in registry::calls() {
        named.extend([call.request.rule, call.answer.rule]);
    }
    assert_eq!(
        known.difference(&named).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no document names these rules"
    );
}

#[test]
fn links_between_documents_resolve() {
    for (name, text) in documents() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap_or(target);
            assert!(folder().join(file).exists(), "{name} links to {target}");
        }
    }
}

#[test]
fn every_document_says_its_status() {
    for (name, text) in documents() {
        let status = text.lines().nth(2);
        assert_eq!(status, Some("Status: draft, version 1"), "{name}: the third line is its status");
        assert!(text.starts_with("# "), "{name} begins with its title");
    }
}

#[test]
fn every_document_is_in_the_reading_order() {
    let readme = document("README.md");
    for (name, _) in documents().iter().filter(|(name, _)| name != "README.md") {
        assert!(readme.contains(&format!("({name})")), "README.md does not link to {name}");
    }
}

#[test]
fn derived_vectors_name_documents_that_exist() {
    for case in vectors::read("wire.json")["derived"].as_array().expect("derived") {
        let name = case["document"].as_str().expect("document");
        assert!(folder().join(name).exists(), "{name}");
    }
}
