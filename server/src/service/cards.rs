//! Cards: the public keys of principals, for anybody.

use super::{Error, Result, Service};
use crate::store::Reading;
use pryv_wire::{
    ErrorCode, PrincipalId,
    card::{Cards, GetCards, ResolveUsername},
};

impl Service {
    /// The cards of a principal.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn get_cards(&self, request: GetCards) -> Result<Cards> {
        self.blocking(move |inner| inner.store.read(|view| cards(&view, request.principal))).await
    }

    /// The cards of the principal behind a username.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn resolve_username(&self, request: ResolveUsername) -> Result<Cards> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let named = view.account_named(&request.username)?;
                cards(&view, named.ok_or_else(|| Error::new(ErrorCode::NotFound))?)
            })
        })
        .await
    }
}

fn cards(view: &Reading<'_>, principal: PrincipalId) -> Result<Cards> {
    let cards = view.cards(principal)?;
    if cards.is_empty() {
        return Err(Error::new(ErrorCode::NotFound));
    }
    Ok(Cards { principal, username: view.account(principal)?.map(|account| account.username), cards })
}
