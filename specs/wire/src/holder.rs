//! Holders: who opens the account secret. The password, the recovery phrase, and the account's devices.

use crate::{
    account::SecretWrap,
    bytes::{Bytes, SealingPublicKey, Signature, SigningPublicKey},
    card::Card,
    id::{ChallengeId, DeviceId, Digest, PrincipalId},
    signed::{Signed, Statement},
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The most devices of one account.
pub const MAX_DEVICES: usize = 64;

/// How often an account secret can be replaced.
pub const MAX_ROTATIONS: u32 = 255;

/// Who opens the account secret, as the account signs it with its present card: a new account secret is sealed to these
/// keys and to no other, so that a server cannot put in one of its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Holders {
    /// The algorithms of the keys.
    pub suite: Suite,
    /// The account.
    pub account: PrincipalId,
    /// The digest of the present card.
    pub card: Digest,
    /// Zero in the first list, one more in each that follows, whatever the card.
    pub number: u64,
    /// The public key that the password gives (X25519).
    pub password: SealingPublicKey,
    /// The public key that the recovery phrase gives (X25519).
    pub recovery: SealingPublicKey,
    /// The devices, oldest first, at most [`MAX_DEVICES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// After a rotation: the digest of all accesses that earlier cards signed, so that nobody makes up one with an old key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accesses: Option<Digest>,
    /// When it was signed, by the account's clock.
    pub signed_at: Timestamp,
}

impl Statement for Holders {
    const DOMAIN: &'static str = "pryv holders";
}

impl Holders {
    /// The digest of a set of signed accesses, in whatever order they come.
    #[must_use]
    pub fn accesses_digest(accesses: impl IntoIterator<Item = Digest>) -> Digest {
        let mut all: Vec<Digest> = accesses.into_iter().collect();
        all.sort_unstable();
        let parts: Vec<&[u8]> = all.iter().map(|digest| &digest.as_bytes()[..]).collect();
        Digest::of("pryv accesses", &parts)
    }

    /// The device of an id.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.device == id)
    }

    /// Everybody whom the account secret is sealed to: the password, the phrase, each device.
    pub fn all(&self) -> impl Iterator<Item = (Holder, SealingPublicKey)> {
        let credentials = [(Holder::Password, self.password), (Holder::Recovery, self.recovery)];
        let devices = self.devices.iter().map(|device| (Holder::Device(device.device), device.sealing));
        credentials.into_iter().chain(devices)
    }
}

/// A device of an account: its keys are its own, and do not derive from the account secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Names the device: the digest of its keys.
    pub device: DeviceId,
    /// Opens sessions (Ed25519).
    pub signing: SigningPublicKey,
    /// The account secret is sealed to this (X25519).
    pub sealing: SealingPublicKey,
    /// What the person calls it, under the account's keyring key.
    pub name: Bytes,
    /// When it was added, by the clock of the device that added it.
    pub added_at: Timestamp,
}

impl DeviceId {
    /// The id that its keys give a device.
    #[must_use]
    pub fn of(signing: &SigningPublicKey, sealing: &SealingPublicKey) -> Self {
        let digest = Digest::of("pryv device", &[signing.as_bytes(), sealing.as_bytes()]);
        let mut id = [0; Self::LENGTH];
        id.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Self::from_bytes(id)
    }
}

/// One of those who open the account secret.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// Whoever knows the password.
    Password,
    /// Whoever has the recovery phrase.
    Recovery,
    /// A device.
    Device(DeviceId),
}

/// The account secret, sealed to one holder.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HolderSeal {
    /// To whom.
    pub holder: Holder,
    /// The account secret.
    pub wrap: SecretWrap,
}

/// Adds devices to an account, or gives them other names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SetHolders {
    /// The next list, signed by the present card.
    pub statement: Signed<Holders>,
    /// The account secret for each device that is new in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seals: Vec<HolderSeal>,
}

/// Replaces the account secret. Every session of the account ends, the one that asks included; devices that are not in
/// the new list have nothing left to open.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RotateAccount {
    /// The next card, signed by the present one.
    pub card: Signed<Card>,
    /// The next list, signed by the next card.
    pub statement: Signed<Holders>,
    /// The new account secret for everybody in the list.
    pub seals: Vec<HolderSeal>,
    /// All earlier account secrets, under the keyring key of the new one.
    pub earlier: Bytes,
}

/// Asks who opens the account secret of the caller.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetHolders {}

/// Who opens the account secret, and the cards that prove it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HoldersShown {
    /// The account's cards, first one first.
    pub cards: Vec<Signed<Card>>,
    /// The present list.
    pub holders: Signed<Holders>,
}

/// Opens a session by the key of a device, and gives the account secret that is sealed to it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpenDevice {
    /// The account.
    pub principal: PrincipalId,
    /// The device.
    pub device: DeviceId,
    /// The challenge answered.
    pub challenge: ChallengeId,
    /// The device's signature over [`OpenDevice::bytes`].
    pub signature: Signature,
}

impl OpenDevice {
    /// What a device signs to open a session.
    #[must_use]
    pub fn bytes(challenge: ChallengeId, principal: PrincipalId, device: DeviceId) -> Vec<u8> {
        [b"pryv device session\0", &challenge.as_bytes()[..], principal.as_bytes(), device.as_bytes()]
            .concat()
    }
}
