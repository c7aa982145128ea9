//! Terms as a caller sees them.

use crate::record::TermId;
use pryv_wire::{RecordId, ScopeId, record::Parent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A code of an outside vocabulary: SNOMED CT, LOINC, ICD, a unit. Encrypted like the label.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The vocabulary, by its URI.
    pub system: String,
    /// The code in it.
    pub code: String,
    /// What the vocabulary calls it.
    pub display: String,
    /// Which version of the vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Code {
    /// A code of no particular version.
    #[must_use]
    pub fn new(system: impl Into<String>, code: impl Into<String>, display: impl Into<String>) -> Self {
        Self { system: system.into(), code: code.into(), display: display.into(), version: None }
    }
}

/// Whether a term is in use.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TermState {
    /// It is.
    #[default]
    Active,
    /// It was put away, and can be restored.
    Trashed,
}

/// What a term says. Encrypted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TermContent {
    /// What people call it.
    pub label: String,
    /// What outside vocabularies call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
    /// Whether the codes of the term above are its codes too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherit: bool,
    /// Whether it is in use.
    pub state: TermState,
    /// It was merged into the term above, and is shown as that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merged: bool,
    /// What the schema of the ontology asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// A term.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Term {
    /// Names the term.
    pub id: RecordId,
    /// The ontology that it is of.
    pub ontology: ScopeId,
    /// The term above, as far as this account may know of it.
    pub parent: Option<RecordId>,
    /// What it says; absent if its record was written before an access without history begins.
    pub content: Option<TermContent>,
    /// One first, then one more each.
    pub version: u64,
    pub(crate) place: Option<Parent>,
}

impl Term {
    /// What people call it; empty if this account may not read it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.content.as_ref().map_or("", |content| &content.label)
    }

    /// Whether it was put away.
    #[must_use]
    pub fn is_trashed(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.state == TermState::Trashed)
    }

    /// Whether it was merged into the term above.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.merged)
    }
}

impl From<&Term> for TermId {
    fn from(term: &Term) -> Self {
        Self { ontology: term.ontology, term: term.id }
    }
}
