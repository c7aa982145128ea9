//! `rotate-account`: the next card of an account, and a new account secret for everybody who remains.

use super::{Applying, Error, Result, Signer, holders::are_for};
use crate::{
    permission::Owner,
    service::{accounts::check_wrap, holders},
    store::{At as _, Rotation, Tx},
};
use pryv_proxy_crypto::CardChain;
use pryv_wire::{
    Bytes, Digest, ErrorCode, Signed, Timestamp,
    card::Card,
    holder::{HolderSeal, Holders, MAX_ROTATIONS, RotateAccount},
    transaction::Touched,
};

/// The longest wrap of earlier account secrets, in bytes: 255 of them, with room for suites to come.
const MAX_EARLIER: usize = 16 * 1024;
/// How far the clock of who makes a card may be off, in milliseconds: grantors compare its time with their epochs'.
const CLOCK_TOLERANCE: u64 = 600_000;

/// A rotation whose statements were verified.
pub(super) struct PreparedRotation {
    sequence: u32,
    card: Signed<Card>,
    created_at: Timestamp,
    previous: Option<Digest>,
    accesses: Digest,
    holders: Holders,
    statement: Signed<Holders>,
    seals: Vec<HolderSeal>,
    earlier: Bytes,
}

pub(super) fn prepare(rotate: RotateAccount, signer: &Signer) -> Result<PreparedRotation> {
    signer.is_owner()?;
    let RotateAccount { card, statement, seals, earlier } = rotate;
    let body = card.unverified()?;
    if body.previous != signer.cards.last().map(Signed::digest) {
        return Err(Error::new(ErrorCode::StaleAccount));
    }
    let chain: Vec<_> = signer.cards.iter().chain([&card]).cloned().collect();
    let cards = CardChain::verify(&chain, signer.account)
        .map_err(|error| Error::statement(format!("the card does not hold: {error}")))?;
    let sequence = cards.current().sequence;
    if sequence > MAX_ROTATIONS {
        let limit = usize::try_from(MAX_ROTATIONS).unwrap_or(usize::MAX);
        return Err(Error::out_of_range("how often an account is rotated", limit));
    }
    let holders = holders::verify(&statement, &cards.current().signing, signer.account, card.digest())?;
    seals.iter().try_for_each(|seal| check_wrap(&seal.wrap))?;
    if !are_for(&seals, &holders.all().map(|(holder, _)| holder).collect()) {
        return Err(Error::malformed("the account secret comes sealed to each holder, and to nobody else"));
    }
    let accesses = holders
        .accesses
        .ok_or_else(|| Error::malformed("a rotation says which accesses earlier cards signed"))?;
    if earlier.is_empty() || earlier.len() > MAX_EARLIER {
        return Err(Error::out_of_range("the length of `earlier`, in bytes", MAX_EARLIER));
    }
    let (created_at, previous) = (body.created_at, body.previous);
    Ok(PreparedRotation {
        sequence,
        card,
        created_at,
        previous,
        accesses,
        holders,
        statement,
        seals,
        earlier,
    })
}

/// The digest of every access that the owner's cards signed: one that was granted while the rotation was made is not left
/// out of it.
fn signed_by_owner<'t>(tx: &Tx<'t>, owner: &Owner<'t>) -> Result<Digest> {
    let mut own = Vec::new();
    for statement in tx.all_granted(owner)? {
        // What managers granted onwards is signed by them.
        if statement.unverified()?.by.is_none() {
            own.push(statement.digest());
        }
    }
    Ok(Holders::accesses_digest(own))
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, rotate: PreparedRotation) -> Result<()> {
    let owner = applying.owner(tx)?;
    let stored = tx.reading().holders(owner.account())?.ok_or_else(holders::lost)?.unverified()?;
    let PreparedRotation {
        sequence,
        card,
        created_at,
        previous,
        accesses,
        holders,
        statement,
        seals,
        earlier,
    } = rotate;
    let follows = previous == Some(stored.card)
        && accesses == signed_by_owner(tx, &owner)?
        && stored.number.checked_add(1) == Some(holders.number)
        && (holders.password, holders.recovery) == (stored.password, stored.recovery);
    if !follows {
        return Err(Error::new(ErrorCode::StaleAccount));
    }
    let known = |device: &pryv_wire::holder::Device| {
        stored.device(device.device).is_some_and(|stored| stored.added_at == device.added_at)
    };
    if !holders.devices.iter().all(known) {
        return Err(Error::malformed("a rotation keeps devices or drops them, and adds none"));
    }
    check_clock(created_at, applying.now)?;
    let rotation = Rotation { sequence, card: &card, holders: &statement, seals, earlier: &earlier };
    tx.rotate(&owner, rotation)?;
    tx.end_all_sessions(&owner)?;
    applying.touched.push(Touched::Card { sequence });
    applying.touched.push(Touched::Holders { number: holders.number });
    Ok(())
}

/// Refuses a card whose time is far from now.
pub(super) fn check_clock(created_at: Timestamp, now: Timestamp) -> Result<()> {
    if created_at > now.plus_millis(CLOCK_TOLERANCE) || now > created_at.plus_millis(CLOCK_TOLERANCE) {
        return Err(Error::because(
            ErrorCode::OutOfRange,
            "the clock of who made the card is ten minutes off or more",
        ));
    }
    Ok(())
}
