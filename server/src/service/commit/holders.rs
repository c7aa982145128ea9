//! `set-holders`: devices that are added or renamed.

use super::{Applying, Error, Result, Signer};
use crate::{
    service::{accounts::check_wrap, holders},
    store::{At as _, Tx},
};
use pryv_wire::{
    ErrorCode, Signed,
    holder::{Holder, HolderSeal, Holders, SetHolders},
    transaction::Touched,
};
use std::collections::BTreeSet;

/// A list whose signature was verified.
pub(super) struct PreparedHolders {
    holders: Holders,
    statement: Signed<Holders>,
    seals: Vec<HolderSeal>,
}

pub(super) fn prepare(set: SetHolders, signer: &Signer) -> Result<PreparedHolders> {
    signer.is_owner()?;
    let SetHolders { statement, seals } = set;
    let card = signer.cards.last().ok_or_else(|| Error::new(ErrorCode::NotFound))?.digest();
    let holders = holders::verify(&statement, &signer.key, signer.account, card)?;
    seals.iter().try_for_each(|seal| check_wrap(&seal.wrap))?;
    Ok(PreparedHolders { holders, statement, seals })
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, set: PreparedHolders) -> Result<()> {
    let owner = applying.owner(tx)?;
    let PreparedHolders { holders, statement, seals } = set;
    let stored = tx.reading().holders(owner.account())?.ok_or_else(holders::lost)?.unverified()?;
    holders::check_next(&stored, &holders, holders::Next { password: false, devices: true })?;
    let new = holders.devices.iter().filter(|device| stored.device(device.device).is_none());
    let new: BTreeSet<Holder> = new.map(|device| Holder::Device(device.device)).collect();
    if !are_for(&seals, &new) {
        return Err(Error::malformed(
            "the account secret comes sealed to each new device, and to nobody else",
        ));
    }
    tx.set_holders(&owner, &statement, seals)?;
    applying.touched.push(Touched::Holders { number: holders.number });
    Ok(())
}

/// Whether there is one seal for each of these holders, and no other.
pub(super) fn are_for(seals: &[HolderSeal], holders: &BTreeSet<Holder>) -> bool {
    let sealed: BTreeSet<Holder> = seals.iter().map(|seal| seal.holder).collect();
    sealed == *holders && seals.len() == holders.len()
}
