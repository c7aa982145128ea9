//! Holders: who opens an account's secret. The list for its owner, sessions by the key of a device, and the checks that
//! every next list must pass.

use super::{
    Error, Result, Service,
    login::NO_SUCH_KEY,
    sessions::{Opened, open},
};
use crate::{
    permission::Caller,
    store::{At as _, Reading, Tx},
};
use pryv_proxy_crypto::suite::check_own;
use pryv_wire::{
    DeviceId, Digest, ErrorCode, PrincipalId, Signed,
    account::{LoggedIn, SecretWrap},
    audit::Act,
    bytes::{AccountBinding, SigningPublicKey},
    card::PrincipalKind,
    holder::{GetHolders, Holders, HoldersShown, MAX_DEVICES, OpenDevice},
};
use std::collections::BTreeSet;

/// The longest sealed name of a device, in bytes.
const MAX_NAME: usize = 1_024;

impl Service {
    /// Who opens the caller's account secret.
    ///
    /// # Errors
    ///
    /// `not-found` if the caller is no account.
    pub async fn get_holders(&self, caller: Caller, _request: GetHolders) -> Result<HoldersShown> {
        let account = caller.principal();
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let holders = view.holders(account)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
                Ok(HoldersShown { cards: view.cards(account)?, holders })
            })
        })
        .await
    }

    /// Opens a session by the key of a device, and gives the account secret as it is sealed to it.
    ///
    /// # Errors
    ///
    /// `wrong-credentials`, whatever did not match.
    pub async fn open_device(&self, request: OpenDevice) -> Result<LoggedIn> {
        let now = self.now();
        let wrong = || Error::new(ErrorCode::WrongCredentials);
        self.inner.challenges.take(now, request.challenge).ok_or_else(wrong)?;
        let OpenDevice { principal, device, challenge, signature } = request;
        self.blocking(move |inner| {
            let key = inner.store.peek(|view| device_key(&view, principal, device))?;
            let message = OpenDevice::bytes(challenge, principal, device);
            let verified = pryv_proxy_crypto::verify(&key.unwrap_or(NO_SUCH_KEY), &message, &signature);
            if key.is_some() { verified.map_err(|_| wrong()) } else { Err(wrong()) }
        })
        .await?;
        let opened = Opened::new(principal, PrincipalKind::Account, now, &self.inner);
        self.inner
            .store
            .update(move |tx| {
                // Revoked since its key was looked up: then nothing is sealed to it any more.
                let wrap = tx.reading().device_seal(principal, device)?;
                logged_in(tx, opened, Act::Device, wrap.ok_or_else(wrong)?, None)
            })
            .await
    }
}

fn device_key(
    view: &Reading<'_>,
    account: PrincipalId,
    device: DeviceId,
) -> Result<Option<SigningPublicKey>> {
    let Some(holders) = view.holders(account)? else { return Ok(None) };
    Ok(holders.unverified()?.device(device).map(|device| device.signing))
}

/// Opens a session, and answers what its holder needs to be the account.
pub(super) fn logged_in(
    tx: &mut Tx<'_>,
    opened: Opened,
    act: Act,
    wrap: SecretWrap,
    binding: Option<AccountBinding>,
) -> Result<LoggedIn> {
    let session = open::<Error>(tx, opened, act)?;
    let (reading, account) = (tx.reading(), session.principal);
    let holders = reading.holders(account)?.ok_or_else(lost)?;
    let (cards, earlier) = (reading.cards(account)?, reading.earlier(account)?);
    Ok(LoggedIn { session, cards, holders, wrap, binding, earlier })
}

/// The signing key and the digest of an account's present card.
pub(super) fn present_card(view: &Reading<'_>, account: PrincipalId) -> Result<(SigningPublicKey, Digest)> {
    let cards = view.cards(account)?;
    let card = cards.last().ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    Ok((card.unverified()?.signing, card.digest()))
}

/// Verifies a list under the card that must have signed it.
///
/// # Errors
///
/// `stale-account` if it names another card.
pub(super) fn verify(
    list: &Signed<Holders>,
    key: &SigningPublicKey,
    account: PrincipalId,
    card: Digest,
) -> Result<Holders> {
    let holders = list.unverified()?;
    check_own(holders.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    if holders.account != account {
        return Err(Error::statement("the list of holders is of another account"));
    }
    if holders.card != card {
        return Err(Error::new(ErrorCode::StaleAccount));
    }
    pryv_proxy_crypto::verified(list, key)
        .map_err(|_| Error::statement("the list of holders is not signed by the account's card"))?;
    if holders.devices.len() > MAX_DEVICES {
        return Err(Error::out_of_range("an account has 64 devices at most", MAX_DEVICES));
    }
    let mut ids = BTreeSet::new();
    for device in &holders.devices {
        if device.device != DeviceId::of(&device.signing, &device.sealing) || !ids.insert(device.device) {
            return Err(Error::malformed("a device has the id that its keys give, and is in the list once"));
        }
        if device.name.is_empty() || device.name.len() > MAX_NAME {
            return Err(Error::out_of_range("the length of `device.name`, in bytes", MAX_NAME));
        }
    }
    Ok(holders)
}

/// What may differ from one list to the next under one card.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// The key of the password.
    pub(super) password: bool,
    /// Devices are added or renamed.
    pub(super) devices: bool,
}

/// Whether a list is the next one under the same card: nobody leaves it but by a rotation.
pub(super) fn check_next(stored: &Holders, new: &Holders, may: Next) -> Result<()> {
    let follows = new.card == stored.card
        && stored.number.checked_add(1) == Some(new.number)
        && new.recovery == stored.recovery
        && new.accesses == stored.accesses
        && (may.password || new.password == stored.password)
        && (may.devices || new.devices == stored.devices);
    if !follows {
        return Err(Error::new(ErrorCode::StaleAccount));
    }
    if stored.devices.iter().any(|device| new.device(device.device).is_none()) {
        return Err(Error::malformed("a device leaves the list by a rotation of the account"));
    }
    Ok(())
}

/// An account without a list.
pub(super) fn lost() -> Error {
    Error::internal(crate::store::Error::Row("holders"))
}
