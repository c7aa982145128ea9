//! Links: how often one may be used, and how often it was.

use super::{
    Reading, Result, Tx,
    key::{Silo, Table},
};
use crate::permission::Owner;
use pryv_wire::{AccessId, PrincipalId, Signed, card::Card, encode};
use serde::{Deserialize, Serialize};

/// What the node keeps of a link, beside its card.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Link {
    /// The account that made it.
    pub account: PrincipalId,
    /// The one access that it holds.
    pub access: AccessId,
    /// How many sessions it opens; none: any number.
    pub max_uses: Option<u32>,
    /// How many it has opened.
    pub uses: u32,
}

impl Link {
    /// Whether it opens no further session.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.max_uses.is_some_and(|most| self.uses >= most)
    }
}

fn link_key(link: PrincipalId) -> Vec<u8> {
    Silo::of(link).key(Table::Link, &[])
}

impl Reading<'_> {
    /// What is kept of a link; none if the principal is no link of this node.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn link(&self, link: PrincipalId) -> Result<Option<Link>> {
        self.row("link", &link_key(link))
    }
}

impl Tx<'_> {
    /// Registers a link of the owner's with its card. Whoever calls has checked the card, and that there is none yet.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn register_link(
        &mut self,
        owner: &Owner<'_>,
        card: &Signed<Card>,
        access: AccessId,
        max_uses: Option<u32>,
    ) -> Result<()> {
        let id = PrincipalId::of(card);
        let link = Link { account: owner.account(), access, max_uses, uses: 0 };
        self.rows.put(&Silo::of(id).key(Table::Card, &[&0_u32.to_be_bytes()]), &encode(card))?;
        Ok(self.rows.put(&link_key(id), &encode(&link))?)
    }

    /// Counts one use of a link.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_use(&mut self, id: PrincipalId, link: Link) -> Result<()> {
        Ok(self.rows.put(&link_key(id), &encode(&Link { uses: link.uses.saturating_add(1), ..link }))?)
    }
}
