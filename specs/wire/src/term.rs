//! Terms: the shape of an ontology as the server knows it, and the calls that read it. Written through transactions.
//!
//! A term is a record of an ontology. Its label is encrypted; its parent stands in clear, and its id commits to the first one.

use crate::{
    bytes::{Bytes, TermSalt},
    id::{PrincipalId, RecordId, ScopeId},
};
use serde::{Deserialize, Serialize};

/// The deepest place of a term: a root has depth 1.
pub const MAX_DEPTH: usize = 32;

/// The most terms that one call names.
pub const MAX_TERMS: usize = 1_000;

/// The most terms that one instance carries.
pub const MAX_TERMS_OF_RECORD: usize = 64;

/// The largest envelope of a term, in bytes.
pub const MAX_TERM_LENGTH: usize = 64 * 1024;

/// The branch keys that a term had before its last move, under the key that it has since.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TermLink {
    /// Whose epochs they are of: the ontology, or a collection linked to it.
    pub scope: ScopeId,
    /// The term.
    pub term: RecordId,
    /// The epoch of the scope that the move began.
    pub epoch: u32,
    /// The branch keys of all earlier epochs.
    pub sealed: Bytes,
}

/// A term as the caller may see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TermNode {
    /// The term.
    pub term: RecordId,
    /// What it stands under; none: a root of the ontology. Whoever sees the record finds it there, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RecordId>,
    /// The epoch of the ontology in which it got this parent.
    pub since: u32,
    /// What its id was made with ([`RecordId::term`]), so that its place is proven to who may not read its record too.
    pub salt: TermSalt,
    /// The envelope of the term record; absent for those who may not read labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Bytes>,
    /// If the term was moved: its earlier keys, one link for each scope of which the caller reads something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<TermLink>,
}

/// Lists the terms that the caller may know of: each parent before its children.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListTerms {
    /// The account.
    pub account: PrincipalId,
    /// The ontology.
    pub ontology: ScopeId,
    /// Only this term and its descendants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<RecordId>,
    /// Continue behind this term, the last one of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RecordId>,
    /// How many, 1 to 1,000.
    pub limit: u32,
}

/// Reads terms by their ids, each with its ancestors as far as the caller may know of them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetTerms {
    /// The account.
    pub account: PrincipalId,
    /// The ontology.
    pub ontology: ScopeId,
    /// Which ones, 1 to [`MAX_TERMS`].
    pub terms: Vec<RecordId>,
}

/// Terms. What the caller may not know of is absent, like what does not exist.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The terms: each parent that is shown before its children.
    pub terms: Vec<TermNode>,
    /// The last term that the answer came to, if there is more: continue a list behind it, ask again for the terms that
    /// were named behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<RecordId>,
}
