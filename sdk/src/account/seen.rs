//! What the person of an account was shown of who opens its secret: a rotation seals the next secret to nobody else.

use super::{Account, ChangePasswordError, OwnKeys, RotateError, lock};
use crate::{client::LogInError, password::Password};
use pryv_wire::{DeviceId, bytes::SealingPublicKey, holder::Holders};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The holders that count as shown. The list that the server has is signed, but by the secret that a rotation replaces:
/// whoever took that one can sign a list with a device or a password of their own in it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// The devices that were listed, enrolled here, or there when this client first came to the account.
    devices: BTreeSet<DeviceId>,
    /// The key of the password that was last typed or set here.
    password: SealingPublicKey,
}

impl Seen {
    /// What a client takes for true that comes to an account for the first time.
    pub(super) fn first(keys: &OwnKeys) -> Option<Self> {
        let list = &keys.holders.as_ref()?.holders;
        Some(Self {
            devices: list.devices.iter().map(|device| device.device).collect(),
            password: list.password,
        })
    }

    /// What two programs were shown that took up one stored session.
    pub(super) fn merged(mut self, base: Option<&Self>, other: Self) -> Self {
        if base.is_some_and(|base| base.password == self.password) {
            self.password = other.password;
        }
        self.devices.extend(other.devices);
        self
    }
}

impl Account {
    /// Takes note of the devices that are shown, and answers which of them are new.
    pub(super) fn show_devices(&self, list: &Holders) -> BTreeSet<DeviceId> {
        let mut seen = lock(&self.0.seen);
        let Some(seen) = seen.as_mut() else { return BTreeSet::new() };
        let devices: BTreeSet<DeviceId> = list.devices.iter().map(|device| device.device).collect();
        let new = devices.difference(&seen.devices).copied().collect();
        seen.devices = devices;
        new
    }

    /// Takes note of a device that this client has enrolled.
    pub(super) fn note_device(&self, device: DeviceId) {
        if let Some(seen) = lock(&self.0.seen).as_mut() {
            seen.devices.insert(device);
        }
    }

    /// Takes note of the key of a password that was typed or set here.
    pub(super) fn note_password(&self, password: SealingPublicKey) {
        if let Some(seen) = lock(&self.0.seen).as_mut() {
            seen.password = password;
        }
    }

    /// Refuses a list to seal a new secret to, if it names somebody whom this client's person was not shown. A device that is
    /// taken off need not have been.
    pub(super) fn was_shown(&self, list: &Holders, except: Option<DeviceId>) -> Result<(), RotateError> {
        let seen = lock(&self.0.seen);
        let Some(seen) = seen.as_ref() else { return Ok(()) };
        let devices = list.devices.iter().map(|device| device.device);
        let new = devices.filter(|device| Some(*device) != except && !seen.devices.contains(device));
        let new: Vec<DeviceId> = new.collect();
        if !new.is_empty() {
            return Err(RotateError::NewDevices { devices: new });
        }
        if list.password != seen.password {
            return Err(RotateError::NewPassword);
        }
        Ok(())
    }

    /// Proves the present password, which was set on another device: a new account secret is sealed to it from then on
    /// ([`RotateError::NewPassword`]).
    ///
    /// # Errors
    ///
    /// See [`ChangePasswordError`].
    pub async fn confirm_password(&self, present: &Password) -> Result<(), ChangePasswordError> {
        let proved = self.client().log_in(self.username(), present).await.map_err(|error| match error {
            LogInError::WrongCredentials => ChangePasswordError::WrongCredentials,
            LogInError::Failed(failure) => ChangePasswordError::Failed(failure),
        })?;
        self.take_session_of(&proved)?;
        if let Some(seen) = lock(&proved.0.seen).as_ref() {
            self.note_password(seen.password);
        }
        Ok(())
    }
}
