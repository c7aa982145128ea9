//! The CDDL rules (RFC 8610) that exist, and those that documents name.
//!
//! A document names rules in two ways. In a fenced `cddl` block it quotes them: each rule quoted must be
//! defined in `specs/cddl`, word for word, comments and spaces aside. In prose, every code span of a line that
//! says "CDDL" names a rule of `specs/cddl`, a type of RFC 8610's prelude, or a `.cddl` file.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown::{Piece, code, pieces, without_code};

/// Types of RFC 8610, appendix D, that messages may use.
const PRELUDE: [&str; 16] = [
    "any", "uint", "nint", "int", "bstr", "bytes", "tstr", "text", "tdate", "time", "bool", "true", "false",
    "nil", "null", "float",
];

/// The rules of `specs/cddl`.
#[derive(Debug, Default)]
pub(super) struct Rules {
    files: BTreeSet<String>,
    /// All definitions of a name: files that stand alone may repeat a small rule.
    definitions: BTreeMap<String, Vec<String>>,
}

impl Rules {
    /// Adds the rules of one file.
    pub(super) fn add(&mut self, file: String, source: &str) {
        self.files.insert(file);
        for rule in rules(source) {
            self.definitions.entry(rule.name).or_default().push(rule.definition);
        }
    }

    /// How many rules there are.
    pub(super) fn len(&self) -> usize {
        self.definitions.len()
    }
}

/// What `document` names that is not there, or quotes otherwise than it is; as `line: finding`.
pub(super) fn broken(existing: &Rules, document: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for piece in pieces(document) {
        match piece {
            Piece::Fence { line, language: "cddl", text } => {
                for rule in rules(&text.join("\n")) {
                    let line = line + rule.line;
                    match existing.definitions.get(&rule.name) {
                        None => findings.push(format!("{line}: no CDDL file defines `{}`", rule.name)),
                        Some(definitions) if !definitions.contains(&rule.definition) => {
                            findings.push(format!("{line}: `{}` is not as the CDDL has it", rule.name));
                        }
                        Some(_) => {}
                    }
                }
            }
            Piece::Prose { line, text } if without_code(text).contains("CDDL") => {
                let unknown = code(text).filter(|name| !known(existing, name));
                findings
                    .extend(unknown.map(|name| format!("{line}: no CDDL rule or file is called `{name}`")));
            }
            Piece::Fence { .. } | Piece::Prose { .. } => {}
        }
    }
    findings
}

fn known(existing: &Rules, name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '-');
    if file.ends_with(".cddl") {
        file == "*.cddl" || existing.files.contains(file)
    } else {
        // Other code in such a line (`specs/cddl`, `{1 => x}`, `Type`) cannot be a rule of ours.
        !is_name || PRELUDE.contains(&name) || existing.definitions.contains_key(name)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    /// Counted from 1 in its source.
    line: usize,
    name: String,
    /// What follows the name, without comments and spaces.
    definition: String,
}

/// The rules of a source. A rule starts at the margin with its name and `=`, `/=` or `//=`; what follows, to
/// the next such line, is its definition.
fn rules(source: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let line = line.split(';').next().unwrap_or_default();
        let rest = match head(line) {
            Some((name, rest)) => {
                rules.push(Rule { line: index + 1, name: name.to_owned(), definition: String::new() });
                rest
            }
            None => line,
        };
        if let Some(rule) = rules.last_mut() {
            rule.definition.extend(rest.chars().filter(|next| !next.is_whitespace()));
        }
    }
    rules
}

/// The name that a line starts to define, and the rest from its `=`, `/=` or `//=` on.
fn head(line: &str) -> Option<(&str, &str)> {
    let is_name = |next: char| next.is_ascii_alphanumeric() || matches!(next, '-' | '_' | '.' | '$' | '@');
    let end = line.find(|next| !is_name(next))?;
    let (name, rest) = line.split_at_checked(end)?;
    let operator = match rest.split_once('>') {
        // Parameters: `name<a, b> = …`.
        Some((parameters, after)) if parameters.starts_with('<') => after.trim_start(),
        _ => rest.trim_start(),
    };
    let defines = ["=", "/=", "//="].iter().any(|sign| operator.starts_with(sign));
    let arrow = operator.starts_with("=>");
    (!name.is_empty() && defines && !arrow).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "; a card\ncard = {\n  \"id\": id, ; who\n  ? \"name\": tstr,\n}\nid = bstr .size 32\n\
                          pair<a, b> = [a, b]\n";

    fn existing() -> Rules {
        let mut rules = Rules::default();
        rules.add("cards.cddl".to_owned(), SOURCE);
        rules
    }

    #[test]
    fn rules_are_read_with_their_definitions() {
        let found = rules(SOURCE);
        let shown: Vec<_> =
            found.iter().map(|rule| (rule.line, rule.name.as_str(), rule.definition.as_str())).collect();
        assert_eq!(
            shown,
            [
                (2, "card", "={\"id\":id,?\"name\":tstr,}"),
                (6, "id", "=bstr.size32"),
                (7, "pair", "<a,b>=[a,b]"),
            ]
        );
    }

    #[test]
    fn faithful_documents_pass() {
        let document = "The CDDL is `card` (a map of `tstr`), in `cddl/cards.cddl`.\n\
                        ```cddl\nid   = bstr .size 32 ; 32 bytes\n```\nOther `words` are free.\n";
        assert_eq!(broken(&existing(), document), [""; 0]);
    }

    #[test]
    fn rules_and_files_that_are_not_there_are_found() {
        let document = "CDDL: `visiting-card`, see `cddl/visits.cddl`.\n```cddl\nvisit = tstr\n```\n";
        assert_eq!(
            broken(&existing(), document),
            [
                "1: no CDDL rule or file is called `visiting-card`",
                "1: no CDDL rule or file is called `cddl/visits.cddl`",
                "3: no CDDL file defines `visit`",
            ]
        );
    }

    #[test]
    fn a_quotation_that_drifted_is_found() {
        let document = "```cddl\nid = bstr .size 16\n```\n";
        assert_eq!(broken(&existing(), document), ["2: `id` is not as the CDDL has it"]);
    }
}
