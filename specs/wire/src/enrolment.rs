//! Enrolment: what a new device and an old one say to each other, through a mailbox that neither of them need trust.

use crate::{
    bytes::{Bytes, SealingPublicKey, SigningPublicKey},
    id::{MailboxId, PrincipalId},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

/// The longest message of a mailbox, in bytes.
pub const MAX_MAIL: usize = 1_024;

/// Leaves a message in a mailbox. A mailbox takes one message, and forgets it after some minutes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PutMail {
    /// The mailbox: whoever knows its id may write and read.
    pub mailbox: MailboxId,
    /// The message, sealed; at most [`MAX_MAIL`] bytes.
    pub message: Bytes,
}

/// Asks for the message of a mailbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetMail {
    /// The mailbox.
    pub mailbox: MailboxId,
}

/// The message of a mailbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The message, sealed.
    pub message: Bytes,
}

/// The public keys of a device that wants to be enrolled. Never sent in clear.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    /// Verifies the device's signatures (Ed25519).
    pub signing: SigningPublicKey,
    /// Seals to the device (X25519).
    pub sealing: SealingPublicKey,
}

/// Whose device a new device has become. Never sent in clear.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceAnswer {
    /// The public handle of the account.
    pub username: String,
    /// The account.
    pub principal: PrincipalId,
}

/// What a new device shows for the old one to scan. Seen by nobody else.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DevicePayload {
    /// Random bytes that only the two devices know.
    pub secret: Bytes,
    /// The keys of the new device.
    pub request: DeviceRequest,
}

impl Drop for DevicePayload {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl std::fmt::Debug for DevicePayload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevicePayload").field("request", &self.request).finish_non_exhaustive()
    }
}
