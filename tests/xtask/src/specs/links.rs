//! Links between the documents.

use std::path::Path;

use super::Document;
use super::markdown::{Piece, anchors, pieces, without_code};

/// The links of `document` that lead nowhere, as `line: finding`. Links to other sites are not followed.
pub(super) fn broken(root: &Path, document: &Document, all: &[Document]) -> Vec<String> {
    let mut findings = Vec::new();
    for piece in pieces(&document.text) {
        let Piece::Prose { line, text } = piece else { continue };
        for target in targets(&without_code(text)) {
            if let Some(problem) = problem(root, document, all, &target) {
                findings.push(format!("{line}: the link `{target}` {problem}"));
            }
        }
    }
    findings
}

fn problem(root: &Path, document: &Document, all: &[Document], target: &str) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = file.replace("%20", " ");
    let path = match file.strip_prefix('/') {
        Some(from_root) => root.join(from_root),
        None if file.is_empty() => document.path.clone(),
        None => document.path.parent().unwrap_or(root).join(&file),
    };
    let Ok(path) = path.canonicalize() else { return Some("leads nowhere") };
    if !path.starts_with(root) {
        return Some("leads out of the project");
    }
    let linked = all.iter().find(|candidate| candidate.path == path);
    let lost = linked.is_some_and(|linked| {
        !anchor.is_empty() && !anchors(&linked.text).iter().any(|found| found == anchor)
    });
    lost.then_some("names no heading of that document")
}

/// What the links in a line of prose point at: `[text](target "title")` and `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let defined = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:")).and_then(
        // `[^note]: …` is a footnote: prose.
        |(name, rest)| (!name.starts_with('^') && !name.contains(']')).then_some(rest),
    );
    let first_word = |target: &str| target.split_whitespace().next().map(str::to_owned);
    inline
        .chain(defined)
        .filter_map(first_word)
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn check(text: &str) -> Vec<String> {
        let document = Document { path: crate_root().join("NOTES.md"), text: text.to_owned() };
        broken(crate_root(), &document, &[])
    }

    #[test]
    fn targets_are_found_in_both_notations() {
        assert_eq!(targets("see [a](x.md) and ![b](<y.png> \"title\")"), ["x.md", "y.png"]);
        assert_eq!(targets("[name]: z.md#part 'title'"), ["z.md#part"]);
        assert_eq!(targets("[^1]: a footnote"), [""; 0]);
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text = "[a](Cargo.toml) [b](src/main.rs) [c](/src) [d](https://example.org/x) `[e](no.md)`\n\
                    ```\n[f](no.md)\n```\n";
        assert_eq!(check(text), [""; 0]);
    }

    #[test]
    fn links_that_lead_nowhere_or_out_do_not() {
        assert_eq!(check("\n[a](no.md)"), ["2: the link `no.md` leads nowhere"]);
        assert_eq!(
            check("[a](../../Cargo.toml)"),
            ["1: the link `../../Cargo.toml` leads out of the project"]
        );
    }

    #[test]
    fn anchors_are_looked_up_in_the_document_they_name() {
        let path = crate_root().join("Cargo.toml");
        let linked = [Document { path: path.clone(), text: "# One part\n".to_owned() }];
        let document = Document { path, text: "[a](#one-part) [b](#another)".to_owned() };
        assert_eq!(
            broken(crate_root(), &document, &linked),
            ["1: the link `#another` names no heading of that document"]
        );
    }
}
