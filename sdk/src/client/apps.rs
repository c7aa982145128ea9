//! Apps: registering one's own, and finding others'.

use super::{Client, open_session};
use crate::{
    account::{Account, OwnKeys},
    app::{App, AppManifest},
    distrust::Distrust,
    failure::Failure,
};
use pryv_crypto::{AccountSecret, Identity};
use pryv_proxy_crypto::CardChain;
use pryv_wire::{
    ErrorCode, PrincipalId,
    app::{GetApp, Manifest, RegisterApp},
    card::PrincipalKind,
};

/// Why an app was not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterAppError {
    /// The manifest is not one that may be shown to people.
    #[error("the manifest is not accepted: {fault}")]
    Manifest {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RegisterAppError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Manifest { .. } => "invalid-manifest",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// Why an app was not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// No such app has registered.
    #[error("no app of this id has registered on this server")]
    NotRegistered,
    /// What can go wrong in every operation; [`Distrust::InvalidManifest`] if it is not what the app signed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl AppError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "app-not-registered",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Client {
    /// Makes the keys of an app, registers what it says of itself, and signs in as the app.
    ///
    /// The handle works like an account's: it lists, opens and writes what was granted to the app, and its session is stored with
    /// [`Account::export_session`], **which holds the keys of the app**. An app has no username, owns no collections, and
    /// its manifest stays as it is.
    ///
    /// # Errors
    ///
    /// See [`RegisterAppError`].
    pub async fn register_app(&self, manifest: AppManifest) -> Result<Account, RegisterAppError> {
        let wrong_card = |_| Failure::from(Distrust::WrongCard);
        let secret = AccountSecret::generate(&mut self.rng());
        let now = self.now();
        let (identity, card) = Identity::found(&secret, PrincipalKind::App, now)
            .map_err(|_| Distrust::WrongCard)
            .map_err(Failure::from)?;
        let AppManifest { name, publisher, redirect_uris, permissions } = manifest;
        let app = identity.principal();
        let manifest = Manifest { app, name, publisher, redirect_uris, permissions, signed_at: now };
        if let Some(fault) = manifest.fault() {
            return Err(RegisterAppError::Manifest { fault });
        }
        self.ask(&RegisterApp { card: card.clone(), manifest: identity.sign(&manifest) }).await?;
        let session = self.answer_challenge(|challenge| open_session(&identity, challenge)).await?;
        let cards = CardChain::verify(std::slice::from_ref(&card), app).map_err(wrong_card)?;
        Ok(Account::new(self, "", OwnKeys::new(secret, identity, vec![card], cards), &session, false)?)
    }

    /// Finds an app by its id, and verifies what it says of itself.
    ///
    /// # Errors
    ///
    /// See [`AppError`].
    pub async fn app(&self, id: PrincipalId) -> Result<App, AppError> {
        let answer = self.ask(&GetApp { app: id }).await.map_err(|failure| match failure.refusal() {
            Some(ErrorCode::NotFound) => AppError::NotRegistered,
            _ => AppError::Failed(failure),
        })?;
        Ok(App::verify(&answer, id).map_err(Failure::from)?)
    }
}
