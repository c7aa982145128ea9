//! The link that a grant may bring: a principal that is registered with its one access, or not at all.

use super::{Error, Result};
use crate::{
    permission::Owner,
    store::{At as _, Tx},
};
use pryv_proxy_crypto::{CardChain, check_suite};
use pryv_wire::{
    ErrorCode, PrincipalId, Signed,
    access::{Access, Level},
    card::{Card, PrincipalKind},
};

/// The card of a link that was checked against the access that it is granted.
pub(super) struct NewLink(Signed<Card>);

/// Checks the card of a link, if the grant brings one, and that nothing but a link is counted.
pub(super) fn prepare(card: Option<Signed<Card>>, access: &Access) -> Result<Option<NewLink>> {
    let Some(card) = card else {
        return match access.max_uses {
            None => Ok(None),
            Some(_) => Err(Error::malformed("the uses of a link are counted, and of nobody else")),
        };
    };
    let suite = card.unverified()?.suite;
    check_suite(suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    let cards = CardChain::verify(std::slice::from_ref(&card), access.grantee)
        .map_err(|error| Error::statement(format!("the card of the link does not hold: {error}")))?;
    if cards.current().kind != PrincipalKind::Link {
        return Err(Error::statement("the card is not that of a link"));
    }
    if access.max_uses == Some(0) {
        return Err(Error::out_of_range("`max_uses` is at least 1", 1));
    }
    // Whoever finds a link would change or delete what others wrote, and grant onwards, in nobody's name.
    if !access.grants.iter().all(|grant| matches!(grant.level, Level::Read | Level::CreateOnly)) {
        return Err(Error::malformed("a link reads or creates, and does nothing else"));
    }
    Ok(Some(NewLink(card)))
}

impl NewLink {
    /// Registers the link.
    pub(super) fn register(&self, tx: &mut Tx<'_>, owner: &Owner<'_>, access: &Access) -> Result<()> {
        if !tx.reading().cards(PrincipalId::of(&self.0))?.is_empty() {
            return Err(Error::because(ErrorCode::AlreadyExists, "there is such a principal"));
        }
        Ok(tx.register_link(owner, &self.0, access.access, access.max_uses)?)
    }
}
