//! Apps: registered by themselves, found by anybody.

use super::{Error, Result, Service};
use crate::store::At as _;
use pryv_proxy_crypto::{CardChain, check_suite, verified};
use pryv_wire::{
    ErrorCode, PrincipalId,
    account::Done,
    app::{App, GetApp, MAX_MANIFEST, RegisterApp},
    card::PrincipalKind,
    encode,
};

impl Service {
    /// Registers an app. The same card with the same manifest again is done already; a manifest stays as it is.
    ///
    /// # Errors
    ///
    /// `invalid-statement`, `unknown-suite`, `out-of-range`, `malformed-message`, `already-exists` (another manifest).
    pub async fn register_app(&self, request: RegisterApp) -> Result<Done> {
        let checked = self
            .blocking(move |_| {
                let id = check(&request)?;
                Ok((id, request))
            })
            .await?;
        let (id, RegisterApp { card, manifest }) = checked;
        self.inner
            .store
            .update(move |tx| {
                let reading = tx.reading();
                match reading.manifest(id)? {
                    Some(stored) if stored == manifest => return Ok(Done {}),
                    Some(_) => {
                        return Err(Error::because(ErrorCode::AlreadyExists, "the app has a manifest"));
                    }
                    None => {}
                }
                if !reading.cards(id)?.is_empty() {
                    return Err(Error::because(ErrorCode::AlreadyExists, "there is such a principal"));
                }
                tx.register_app(id, &card, &manifest)?;
                Ok(Done {})
            })
            .await
    }

    /// An app, as it registered itself.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn get_app(&self, request: GetApp) -> Result<App> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let manifest = view.manifest(request.app)?;
                let manifest = manifest.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
                Ok(App { cards: view.cards(request.app)?, manifest })
            })
        })
        .await
    }
}

/// Checks card and manifest; answers whose they are.
fn check(request: &RegisterApp) -> Result<PrincipalId> {
    let RegisterApp { card, manifest } = request;
    if encode(manifest).len() > MAX_MANIFEST {
        return Err(Error::out_of_range("the length of `manifest`, in bytes", MAX_MANIFEST));
    }
    let suite = card.unverified()?.suite;
    check_suite(suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    let id = PrincipalId::of(card);
    let cards = CardChain::verify(std::slice::from_ref(card), id)
        .map_err(|error| Error::statement(format!("the card does not hold: {error}")))?;
    if cards.current().kind != PrincipalKind::App {
        return Err(Error::statement("the card is not that of an app"));
    }
    let manifest = verified(manifest, &cards.current().signing)
        .map_err(|_| Error::statement("the manifest is not signed by the app"))?;
    if manifest.app != id {
        return Err(Error::statement("the manifest is that of another app"));
    }
    match manifest.fault() {
        None => Ok(id),
        Some(fault) => Err(Error::malformed(fault)),
    }
}
