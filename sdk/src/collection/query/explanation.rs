//! What a query sends, and what the server learns from it.

use super::{Query, Sorting};
use crate::collection::State;
use crate::protocol::plan::Plan;
use std::fmt;

/// What a query sends, and what the server learns from it. To be shown.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The indexes that are used, and how many tokens of each are sent.
    pub matched: Vec<Matched>,
    /// The fields that only this client looks at.
    pub scanned: Vec<String>,
    /// The field with a range index by which the records are ordered, if they are.
    pub ordered_by: Option<String>,
    /// Whether the server can count the records that meet the conditions, without this client opening any.
    pub exact: bool,
    /// In which state the records are that it asks for.
    pub state: State,
    scan: Option<u64>,
    limit: u32,
}

/// An index that a query uses.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Matched {
    /// The index: its kind and its fields.
    pub index: String,
    /// How many tokens of it are sent.
    pub tokens: usize,
}

impl Explanation {
    pub(super) fn of(query: &Query, plan: &Plan) -> Self {
        let matched = |used: &crate::protocol::plan::Matched| Matched {
            index: used.index.clone(),
            tokens: used.tokens,
        };
        Self {
            matched: plan.matched.iter().map(matched).collect(),
            scanned: plan.scanned.clone(),
            ordered_by: match &query.sorting {
                Sorting::Created(_) => None,
                Sorting::By { field, .. } => Some(field.clone()),
            },
            exact: plan.scanned.is_empty() && plan.outer == plan.inner,
            state: query.state,
            scan: query.scan,
            limit: query.limit,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Matched { index, tokens } in &self.matched {
            writeln!(f, "- The server matches {tokens} token(s) of the index {index}.")?;
        }
        if !self.scanned.is_empty() {
            let fields = self.scanned.join("`, `");
            let most = self.scan.unwrap_or_default();
            writeln!(f, "- `{fields}`: no index; this client opens up to {most} records and looks.")?;
        }
        if self.matched.is_empty() {
            writeln!(f, "- The server sends every record of the collection, {} a page.", self.limit)?;
        }
        if let Some(field) = &self.ordered_by {
            writeln!(
                f,
                "- Ordered by `{field}`: the server counts the records in larger, then in smaller steps of its range, until a page is full; only \
                 these are sent."
            )?;
        }
        match self.state {
            State::Active => {}
            State::Trashed => {
                writeln!(f, "- Only records that were put away: the server knows which these are.")?
            }
            State::All => writeln!(f, "- Whether they were put away or not: the server knows which were.")?,
        }
        if !self.exact {
            writeln!(
                f,
                "- What the server finds may be more than what is asked for: this client opens it and drops the rest."
            )?;
        }
        f.write_str("The server learns: that this account asks, when, and for how many records")?;
        if self.matched.is_empty() && self.ordered_by.is_none() {
            f.write_str(".")
        } else {
            f.write_str("; which tokens, so that it recognises the same question again; how they are joined (and, or, not); and which records carry them. It learns neither field names nor values.")
        }
    }
}
