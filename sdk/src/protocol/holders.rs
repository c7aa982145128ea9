//! Holders: the list of who opens the account secret, verified, and made anew.

use crate::{distrust::Distrust, failure::Failure};
use pryv_crypto::{
    AccountSecrets, Identity,
    holder::{self, HolderPlace},
    identity::IdentityError,
};
use pryv_proxy_crypto::{VerifiedCards, suite::check_own, verified};
use pryv_wire::{
    DeviceId, Digest, Signed, Timestamp,
    bytes::SealingPublicKey,
    card::Card,
    holder::{Device, Holder, HolderSeal, Holders, RotateAccount},
};
use rand::{CryptoRng, RngCore};

/// Verifies a list of holders under the present card, which it must name: a list of an earlier card may hold devices
/// that were revoked since.
pub(crate) fn verify(cards: &VerifiedCards, list: &Signed<Holders>) -> Result<Holders, Distrust> {
    let what = "the list of devices";
    let holders =
        verified(list, &cards.current().signing).map_err(|_| Distrust::InvalidSignature { what })?;
    check_own(holders.suite)
        .map_err(|unknown| Distrust::UnknownSuite { what, number: unknown.0.number() })?;
    if holders.account != cards.principal() || holders.card != cards.current_digest() {
        return Err(Distrust::Misplaced { what });
    }
    let named = |device: &Device| device.device == DeviceId::of(&device.signing, &device.sealing);
    if holders.devices.iter().all(named) { Ok(holders) } else { Err(Distrust::Malformed { what }) }
}

/// The account secret for some holders.
pub(crate) fn seals(
    secrets: &AccountSecrets,
    account: pryv_wire::PrincipalId,
    card: Digest,
    to: impl IntoIterator<Item = (Holder, SealingPublicKey)>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<HolderSeal>, Failure> {
    let mut all = Vec::new();
    for (holder, key) in to {
        let place = HolderPlace { account, card, holder };
        let wrap = holder::seal(secrets.present(), place, &key, rng)
            .map_err(|_| Distrust::Malformed { what: "the key of a device" })?;
        all.push(HolderSeal { holder, wrap });
    }
    Ok(all)
}

/// A rotation that was made and not yet sent.
pub(crate) struct NewSecret {
    pub(crate) secrets: AccountSecrets,
    pub(crate) card: Signed<Card>,
    pub(crate) operation: RotateAccount,
}

/// Why no new secret was made.
pub(crate) enum NoNewSecret {
    /// The account was rotated as often as it can be.
    Exhausted,
    Failed(Failure),
}

/// Makes a new account secret, the card that it gives, and the list without one of the devices. `accesses` is the digest of
/// every access that was signed until now.
pub(crate) fn rotate(
    keys: (&AccountSecrets, &Identity, &VerifiedCards),
    list: &Holders,
    except: Option<DeviceId>,
    accesses: Digest,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<NewSecret, NoNewSecret> {
    let (secrets, me, cards) = keys;
    let account = me.principal();
    let failed = |distrust: Distrust| NoNewSecret::Failed(distrust.into());
    // One in 2^480 gives no keys.
    let (secrets, card) = match me.succeed(secrets.succeed(rng), cards, now) {
        Ok(made) => made,
        Err(IdentityError::Exhausted) => return Err(NoNewSecret::Exhausted),
        Err(_) => return Err(failed(Distrust::Malformed { what: "an account secret, drawn anew; repeat" })),
    };
    let next = Identity::next(&secrets, account).map_err(|_| failed(Distrust::WrongCard))?;
    let kept = list.devices.iter().filter(|device| Some(device.device) != except);
    let devices = kept.map(|device| {
        let name = me.keyring().unwrap_device_name(device.device, &device.name).unwrap_or_default();
        Device { name: next.keyring().wrap_device_name(device.device, &name, rng), ..device.clone() }
    });
    let holders = Holders {
        card: card.digest(),
        number: list.number.saturating_add(1),
        devices: devices.collect(),
        accesses: Some(accesses),
        signed_at: now,
        ..list.clone()
    };
    let seals = seals(&secrets, account, card.digest(), holders.all(), rng).map_err(NoNewSecret::Failed)?;
    let earlier = secrets.wrap_earlier(account, rng).unwrap_or_default();
    let operation = RotateAccount { card: card.clone(), statement: next.sign(&holders), seals, earlier };
    Ok(NewSecret { secrets, card, operation })
}
