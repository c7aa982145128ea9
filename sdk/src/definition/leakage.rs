//! What an index shows to whom, in words for the author of a definition and for whoever gives consent.

use super::{Index, IndexKind};
use std::fmt;

/// What one index shows to whom.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Leakage {
    /// The index.
    pub index: String,
    /// What whoever takes the server's disk or a backup sees of it.
    pub thief: String,
    /// What the operator of the server sees of a query that uses it.
    pub operator: String,
    /// What whoever may read the collection can do with it.
    pub reader: String,
}

impl Leakage {
    /// Of one index.
    pub(super) fn of(index: &Index) -> Self {
        let fields = index.fields.join("` and `");
        let (thief, operator) = match &index.kind {
            IndexKind::Unique => (
                "how many records have a value; nothing of the values, of which no two are equal".to_owned(),
                "that one certain value is asked for, and which record has it; the same question is recognised".to_owned(),
            ),
            IndexKind::Equality => (
                format!("which records share a value of `{fields}`, and so how often each value occurs; not the values"),
                "which records share the value that is asked for; the same question is recognised".to_owned(),
            ),
            IndexKind::Range(_) => (
                format!(
                    "which records have values of `{fields}` in the same step and in the same larger steps, and how many there are in each; \
                     neither the values nor which step comes before which"
                ),
                "which steps a question covers, and so about how wide it is; from several questions, which steps lie side by side"
                    .to_owned(),
            ),
            IndexKind::Prefix { max } => (
                format!(
                    "which records have a `{fields}` that begins alike, for each length up to {max} characters; how often the commonest first letters \
                     occur can tell which letters they are"
                ),
                "which records begin as it is asked for; the same question is recognised".to_owned(),
            ),
            IndexKind::Text => (
                format!(
                    "how many different words `{fields}` has, and which records share a word; how often the commonest words occur can tell which \
                     words they are"
                ),
                "how many words are asked for, and which records have them; the same question is recognised".to_owned(),
            ),
            IndexKind::Exists => (
                format!("which records have `{fields}`"),
                format!("that it is asked which records have `{fields}`, or have not; not the name of the field"),
            ),
            IndexKind::Interval(_) => (
                format!(
                    "which records begin in the same step and in the same larger steps, and which last through the same steps; by the number of \
                     tokens, which are a moment, about how long the others last, and which are not over (`{fields}`); neither the values nor \
                     which step comes before which"
                ),
                "which steps a question covers, and so about how wide it is; that it asks for what is not over; from several questions, which \
                 steps lie side by side"
                    .to_owned(),
            ),
        };
        let reader = format!(
            "can test guesses of `{fields}` against tokens of the epochs whose keys it holds; it can read these records anyway{}",
            if index.kind == IndexKind::Unique {
                ", and goes on being able to when it may no longer read, if the server helps it"
            } else {
                ""
            }
        );
        Self { index: index.to_string(), thief, operator, reader }
    }
}

impl fmt::Display for Leakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The index {}:", self.index)?;
        writeln!(f, "- a thief of the disk or of a backup sees {};", self.thief)?;
        writeln!(f, "- the operator sees, with each question, {};", self.operator)?;
        write!(f, "- a reader of the collection {}.", self.reader)
    }
}
