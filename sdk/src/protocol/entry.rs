//! Entries: what an owner gives the holders of a slice, for each epoch of each scope that the slice covers.

use super::{
    scope::ScopeState,
    tree::{Held, Tree},
};
use crate::distrust::Distrust;
use pryv_crypto::{
    EpochKeys, Identity,
    evidence::signed_by_card,
    slice::{EntryPlace, seal_entry},
};
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    ScopeId,
    scope::{CoveringSlice, EpochKeys as Keys, Slice, SliceEntry},
};
use rand::{CryptoRng, RngCore};

/// A slice, with the epoch of it that entries are sealed under.
#[derive(Clone, Copy)]
pub(crate) struct Under<'a> {
    pub(crate) scope: ScopeId,
    pub(crate) slice: &'a Slice,
    pub(crate) epoch: u32,
    pub(crate) keys: &'a EpochKeys,
}

/// Whether a slice covers a scope, by what is known of the scope.
pub(crate) fn covers(slice: &Slice, state: &ScopeState) -> bool {
    if state.scope == slice.ontology {
        slice.labels
    } else {
        state.ontologies().contains(&slice.ontology) && slice.covers(state.scope)
    }
}

/// Makes the entry of a slice for one epoch of a scope: `held` holds the keys of that epoch.
pub(crate) fn make(
    me: &Identity,
    under: Under<'_>,
    held: &Held<'_>,
    epoch: u32,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<SliceEntry, Distrust> {
    let state = held.state;
    let wrong = Distrust::WrongKeys { epoch };
    let next = held.next.filter(|(number, _)| *number == epoch).map(|(_, keys)| keys);
    let keys = match next {
        Some(keys) => keys,
        None => state.keys.get(&(state.scope, epoch)).ok_or(wrong.clone())?,
    };
    let branch = held.resolve(under.slice.ontology, under.slice.term, epoch).ok_or(wrong)?;
    let place = EntryPlace {
        account: me.principal(),
        slice: under.scope,
        slice_epoch: under.epoch,
        scope: state.scope,
        epoch,
    };
    let sealed = seal_entry(me, under.keys, &place, &branch, &keys.definition(), rng);
    Ok(SliceEntry { slice: under.scope, slice_epoch: under.epoch, scope: state.scope, epoch, sealed })
}

/// Makes the entry of a slice for the first epoch of a new collection. `tree` is of the slice's ontology.
pub(crate) fn make_first(
    me: &Identity,
    under: Under<'_>,
    tree: &Tree,
    scope: ScopeId,
    keys: &EpochKeys,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<SliceEntry, Distrust> {
    let top = keys.data(under.slice.ontology);
    let branch = tree.descend(top, under.slice.term).ok_or(Distrust::Misplaced { what: "a term" })?;
    let place =
        EntryPlace { account: me.principal(), slice: under.scope, slice_epoch: under.epoch, scope, epoch: 0 };
    let sealed = seal_entry(me, under.keys, &place, &branch, &keys.definition(), rng);
    Ok(SliceEntry { slice: under.scope, slice_epoch: under.epoch, scope, epoch: 0, sealed })
}

/// The present keys of a slice that the server says to cover a scope of this account: signed, this account's, and not of an
/// epoch before one that is `known`, which somebody may hold whose access has ended.
pub(crate) fn present(
    me: &Identity,
    cards: &VerifiedCards,
    covering: &CoveringSlice,
    known: u32,
) -> Result<(u32, EpochKeys), Distrust> {
    let (statement, signer) = signed_by_card(cards, &covering.present.statement)
        .map_err(|_| Distrust::InvalidSignature { what: "an epoch" })?;
    // Whoever took an earlier account secret would read what is sealed under it.
    if signer < cards.current().sequence {
        return Err(Distrust::ReplacedKey { what: "the present epoch of a slice" });
    }
    let own = statement.account == me.principal()
        && statement.scope == covering.scope
        && me.slice_id(&covering.slice) == covering.scope;
    if !own {
        return Err(Distrust::Misplaced { what: "an epoch" });
    }
    if statement.epoch < known {
        let (known, answered) = (known.into(), statement.epoch.into());
        return Err(Distrust::RolledBack { what: "the epochs of a slice", known, answered });
    }
    let Keys::Owner { wrap, .. } = &covering.present.keys else {
        return Err(Distrust::Substituted { what: "kind of keys" });
    };
    let keys = me
        .keyring()
        .unwrap_epoch(&statement, wrap)
        .map_err(|_| Distrust::WrongWrap { what: "the keys of an epoch" })?;
    Ok((statement.epoch, keys))
}
