//! Rotation: a new account secret, so that whoever held the old one holds nothing of what comes.

use super::{Account, Maintained, OwnKeys};
use crate::{
    failure::Failure,
    protocol::holders::{self, NewSecret, NoNewSecret},
};
use pryv_wire::{DeviceId, ErrorCode, holder::Holders, transaction::Operation};

/// How often a rotation is made anew because another device was faster.
const ATTEMPTS: usize = 4;

/// Why an account secret was not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// The account has no such device, or not any longer.
    #[error("this account has no such device")]
    UnknownDevice,
    /// A device does not revoke itself.
    #[error("this is the device itself; log out here, or revoke it from another one")]
    ThisDevice,
    /// The account was rotated as often as it can be.
    #[error(
        "the account secret was replaced {} times, which is as often as it can be",
        pryv_wire::holder::MAX_ROTATIONS
    )]
    Exhausted,
    /// The list names devices that were not listed or enrolled here: whoever took the account's keys could have added them, and
    /// would be given the new ones. Look at [`Account::devices`], and repeat; or revoke one that nobody knows.
    #[error("the account has {} devices that this client has not shown yet; look at the list, and repeat", .devices.len())]
    NewDevices {
        /// The devices.
        devices: Vec<DeviceId>,
    },
    /// The list names another password than the one that was last typed or set here. See [`Account::confirm_password`].
    #[error("the password was changed elsewhere; confirm that it is yours by typing it, and repeat")]
    NewPassword,
    /// What can go wrong in every operation. The secret may have been replaced all the same; repeating replaces it once
    /// more, and [`Account::maintain`] goes on with the collections.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RotateError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDevice => ErrorCode::NotFound.as_str(),
            Self::ThisDevice => "this-device",
            Self::Exhausted => "rotations-exhausted",
            Self::NewDevices { .. } => "new-devices",
            Self::NewPassword => "new-password",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Replaces the account secret: a next card, the new secret for password, phrase and every device of the list, and new
    /// keys for every collection. Every other session ends; devices of the list open new ones by themselves. Password
    /// and phrase stay the same, and are not needed.
    ///
    /// Computes some milliseconds for each device, and about 20 ms for each collection that others read.
    ///
    /// # Errors
    ///
    /// See [`RotateError`].
    pub async fn rotate(&self) -> Result<Maintained, RotateError> {
        self.rotate_without(None).await
    }

    /// Takes a device off the account: its copy of the secret and its sessions are deleted, and the secret is replaced.
    ///
    /// # Errors
    ///
    /// See [`RotateError`].
    pub async fn revoke_device(&self, device: DeviceId) -> Result<Maintained, RotateError> {
        if self.this_device() == Some(device) {
            return Err(RotateError::ThisDevice);
        }
        self.rotate_without(Some(device)).await
    }

    async fn rotate_without(&self, device: Option<DeviceId>) -> Result<Maintained, RotateError> {
        let mut attempt = 1;
        loop {
            match self.try_rotate(device).await {
                Err(RotateError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => attempt += 1,
                rotated => break rotated?,
            }
        }
        Ok(self.maintain().await?)
    }

    async fn try_rotate(&self, device: Option<DeviceId>) -> Result<(), RotateError> {
        let list = self.fresh_holders().await?;
        if device.is_some_and(|device| list.device(device).is_none()) {
            return Err(RotateError::UnknownDevice);
        }
        self.was_shown(&list, device)?;
        let granted = self.granted_opened().await?;
        // What managers granted onwards is signed by them.
        let own = granted.iter().filter(|opened| opened.evidence.access().by.is_none());
        let accesses = own.map(|opened| opened.state.statement.digest());
        let accesses = Holders::accesses_digest(accesses);
        let keys = self.keys();
        let made = holders::rotate(
            (&keys.secrets, &keys.identity, &keys.cards),
            &list,
            device,
            accesses,
            self.client().now(),
            &mut self.client().rng(),
        );
        let NewSecret { secrets, card, operation } = made.map_err(|error| match error {
            NoNewSecret::Exhausted => RotateError::Exhausted,
            NoNewSecret::Failed(failure) => failure.into(),
        })?;
        let mut cards = keys.signed_cards.clone();
        cards.push(card);
        let next = OwnKeys::verify(secrets, self.id(), cards, Some(operation.statement.clone()))
            .map_err(Failure::from)?;
        let sent = self.commit(self.id(), vec![Operation::RotateAccount(Box::new(operation))]).await;
        let made = next.cards.current_digest();
        // This device may have fetched it by its key already, and perhaps what another one has put in its place since.
        let has_it = || self.keys().signed_cards.iter().any(|card| card.digest() == made);
        if let Err(failure) = sent {
            // The answer may be lost and the deed done: all sessions have ended then, and only the new secret opens one.
            let opened = match self.open_session_with(&next).await {
                Ok(()) => self.adopt(next).map_err(Failure::from),
                Err(_) => self.reopen().await.map(drop),
            };
            return if opened.is_ok() && has_it() { Ok(()) } else { Err(failure.into()) };
        }
        if !has_it() {
            self.adopt(next).map_err(Failure::from)?;
            self.reopen().await?;
        }
        Ok(())
    }
}
