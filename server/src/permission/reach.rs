//! Reach: how far into a scope a permission goes. All of its records, those filed under some terms, those written from
//! some epoch on.

use super::Member;
use pryv_wire::{AccessId, RecordId, ScopeId, access::Level};
use std::collections::BTreeMap;

/// A term with its descendants, or a whole ontology.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Top {
    /// The ontology.
    pub ontology: ScopeId,
    /// The term; none: all of them.
    pub term: Option<RecordId>,
}

/// One way into a scope.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The access that opens it; none for the owner.
    pub access: Option<AccessId>,
    /// The membership by which the access is held, if it is that of a group.
    pub member: Option<Member>,
    /// Its level; none for the owner.
    pub level: Option<Level>,
    /// The first epoch of the scope that it opens.
    pub from_epoch: u32,
    /// The terms that it leads to; none: the whole scope.
    pub top: Option<Top>,
}

impl Way {
    pub(super) const OWNER: Self = Self { access: None, member: None, level: None, from_epoch: 0, top: None };

    /// Whether it leads to the whole scope.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.top.is_none()
    }

    /// Whether its holder may read.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.level.is_none_or(Level::reads)
    }

    /// Whether its holder may update and delete.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.level.is_none_or(Level::changes)
    }
}

/// Every way into a scope that counts for one permission; at least one.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The one to which the whole scope is open, or is open longest, if there is any.
    lead: Way,
    ways: Vec<Way>,
    /// By top, the first epoch that any way to it opens.
    tops: BTreeMap<Top, u32>,
}

impl Reach {
    pub(super) fn owner() -> Self {
        Self { lead: Way::OWNER, ways: vec![Way::OWNER], tops: BTreeMap::new() }
    }

    /// None without any way.
    pub(super) fn of(ways: Vec<Way>) -> Option<Self> {
        let whole = ways.iter().filter(|way| way.is_whole()).min_by_key(|way| way.from_epoch);
        let lead = *whole.or_else(|| ways.first())?;
        let mut tops = BTreeMap::new();
        for way in &ways {
            if let Some(top) = way.top {
                let from = tops.entry(top).or_insert(way.from_epoch);
                *from = way.from_epoch.min(*from);
            }
        }
        Some(Self { lead, ways, tops })
    }

    pub(super) const fn lead(&self) -> &Way {
        &self.lead
    }

    /// The ways.
    #[must_use]
    pub(crate) fn ways(&self) -> &[Way] {
        &self.ways
    }

    /// Whether the whole scope is open, from whatever epoch on.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.lead.is_whole()
    }

    /// Whether every record is open.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.lead.is_whole() && self.lead.from_epoch == 0
    }

    /// The ways whose holder may read; none without any.
    #[must_use]
    pub fn reading(&self) -> Option<Self> {
        Self::of(self.ways.iter().filter(|way| way.reads()).copied().collect())
    }

    /// The terms that it leads to, and the first epoch that is open at each.
    #[must_use]
    pub const fn tops(&self) -> &BTreeMap<Top, u32> {
        &self.tops
    }

    /// Whether what was written in an epoch is open with the whole scope.
    #[must_use]
    pub const fn opens(&self, epoch: u32) -> bool {
        self.lead.is_whole() && self.lead.from_epoch <= epoch
    }

    /// The first epoch of which anything is open.
    #[must_use]
    pub fn from_epoch(&self) -> u32 {
        self.ways.iter().map(|way| way.from_epoch).min().unwrap_or(0)
    }
}
