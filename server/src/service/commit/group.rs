//! Groups: the card that comes with each epoch of one, and what a grant to a group, or to a member of one, may be.

use super::{Applying, Error, Result, check_sealed, rotate::check_clock};
use crate::{
    permission::Owner,
    store::{At as _, Holds, ScopeHead, Tx},
};
use pryv_proxy_crypto::{CardChain, InvalidCards, MAX_CARDS};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, Suite, Timestamp,
    access::{Access, Level},
    card::{Card, GroupPlace, PrincipalKind},
    scope::{Epoch, GroupCard, ScopePre, SealedGroup},
};
use std::collections::BTreeSet;

/// The most accesses of one account that groups hold at once: whoever reads is looked for among their members.
const MAX_GRANTED: usize = 256;
/// The most members of a group: each has a share of every epoch of it.
const MAX_MEMBERS: usize = 1_000;

/// What can be said of the card of an epoch without the store: an epoch of a group names it, and no other does.
pub(super) fn check(epoch: &Epoch, group: Option<&GroupCard>) -> Result<()> {
    let Some(GroupCard { card, pre }) = group else {
        return match epoch.card {
            None => Ok(()),
            Some(_) => Err(Error::malformed("an epoch names a card that does not come with it")),
        };
    };
    if epoch.card != Some(card.digest()) {
        return Err(Error::statement("the epoch names another card than the one that comes with it"));
    }
    if epoch.suite != Suite::HYBRID {
        return Err(Error::malformed("a group is of suite 2, whatever it is granted"));
    }
    let body = card.unverified()?;
    let place = GroupPlace { account: epoch.account, scope: epoch.scope };
    if body.group != Some(place) || body.sequence != epoch.epoch || body.hybrid != epoch.deposit {
        return Err(Error::statement("the card of a group is not that of its epoch"));
    }
    if usize::try_from(body.sequence).is_ok_and(|sequence| sequence >= MAX_CARDS) {
        return Err(Error::out_of_range("the number of cards of a group", MAX_CARDS));
    }
    if pre.is_some() != (epoch.epoch == 0) {
        return Err(Error::malformed("the key pair of a group comes with its first card, and no other"));
    }
    let Some(ScopePre { scope, suite, generation, public, owner_wrap }) = pre else { return Ok(()) };
    check_sealed("pre.owner_wrap", owner_wrap)?;
    if (*scope, *suite, *generation) != (epoch.scope, epoch.suite, 0) || *public != body.pre {
        return Err(Error::statement("the key pair of a group is not that of its card"));
    }
    Ok(())
}

/// Registers a group with its first card.
pub(super) fn found<'t>(
    tx: &mut Tx<'t>,
    applying: &Applying<'_>,
    owner: &Owner<'t>,
    head: ScopeHead,
    group: &GroupCard,
) -> Result<()> {
    let GroupCard { card, pre } = group;
    let principal = PrincipalId::of(card);
    let cards = CardChain::verify(std::slice::from_ref(card), principal).map_err(|e| invalid(&e))?;
    check_clock(cards.current().created_at, applying.now)?;
    let pre = pre.as_ref().ok_or_else(|| Error::malformed("a group comes with its key pair"))?;
    if !tx.reading().cards(principal)?.is_empty() {
        return Err(Error::new(ErrorCode::AlreadyExists));
    }
    tx.put_group(owner, pre.scope, card)?;
    Ok(tx.put_scope_pre(owner, head, pre)?)
}

/// Registers the next card of a group, with the epoch that begins.
pub(super) fn follow<'t>(
    tx: &mut Tx<'t>,
    owner: &Owner<'t>,
    epoch: &Epoch,
    head: ScopeHead,
    group: Option<&GroupCard>,
) -> Result<()> {
    let Some(GroupCard { card, .. }) = group else {
        return match head.holds {
            Holds::Members => Err(Error::malformed("an epoch of a group comes with its next card")),
            _ => Ok(()),
        };
    };
    if head.holds != Holds::Members {
        return Err(Error::malformed("only an epoch of a group comes with a card"));
    }
    let lost = || Error::internal(crate::store::Error::Row("group"));
    let place = GroupPlace { account: owner.account(), scope: epoch.scope };
    let principal = tx.reading().group_at(place)?.ok_or_else(lost)?;
    let present = tx.reading().card(principal, head.epoch)?.ok_or_else(lost)?;
    let next = CardChain::verify_next(&present, card).map_err(|e| invalid(&e))?;
    let present = present.unverified()?;
    if next.pre != present.pre || next.pre_light != present.pre_light {
        return Err(Error::statement("a group keeps its re-encryption keys"));
    }
    // Nothing is decided by its time, and who removes a member is not refused for a clock.
    Ok(tx.put_group_card(owner, principal, next.sequence, card)?)
}

fn invalid(error: &InvalidCards) -> Error {
    Error::statement(format!("the card of the group does not hold: {error}"))
}

/// An epoch names the groups that read it, and the present card of each: to an earlier one a removed member has keys.
pub(super) fn check_readers<'t>(
    tx: &Tx<'t>,
    owner: &Owner<'t>,
    epoch: &Epoch,
    shared: &BTreeSet<AccessId>,
) -> Result<()> {
    let mut expected = Vec::new();
    for (_, access, place) in tx.reading().granted_groups(owner.account())? {
        if shared.contains(&access) {
            let lost = || Error::internal(crate::store::Error::Row("group"));
            let head = tx.reading().scope_head(place.account, place.scope)?.ok_or_else(lost)?;
            expected.push(SealedGroup { access, card: head.epoch });
        }
    }
    expected.sort_by_key(|sealed| sealed.access);
    if epoch.groups == expected {
        Ok(())
    } else {
        Err(Error::because(
            ErrorCode::StaleEpoch,
            "the epoch is not sealed to the present card of each group",
        ))
    }
}

/// Whether a group has had as many cards as it can have: nothing is granted to it any more, nobody comes to it, and who is
/// removed is removed without a next epoch.
pub(super) fn is_closed(head: ScopeHead) -> bool {
    head.holds == Holds::Members && is_last(head.epoch)
}

fn is_last(sequence: u32) -> bool {
    usize::try_from(sequence).is_ok_and(|sequence| sequence.saturating_add(1) >= MAX_CARDS)
}

fn closed() -> Error {
    Error::out_of_range("the group has had as many cards as it can have; make another one", MAX_CARDS)
}

/// Somebody is a member of a group once, so that nobody is looked for among many memberships of one caller; by another access
/// only when the first is over.
fn check_room(tx: &Tx<'_>, place: GroupPlace, member: PrincipalId, now: Timestamp) -> Result<()> {
    match tx.reading().membership(place, member)? {
        Some(before) if !before.is_over_at(now) => {
            Err(Error::because(ErrorCode::AlreadyExists, "it is a member of the group already"))
        }
        Some(_) => Ok(()),
        None if tx.reading().count_members(place, MAX_MEMBERS)? >= MAX_MEMBERS => {
            Err(Error::out_of_range("the number of members of a group", MAX_MEMBERS))
        }
        None => Ok(()),
    }
}

/// What may be granted to a grantee of this kind, on scopes that hold this. Keys are passed on once: by a manager, or by a
/// group.
pub(super) fn check_grant<'t>(
    tx: &Tx<'t>,
    access: &Access,
    grantee: &Card,
    is_membership: bool,
    now: Timestamp,
) -> Result<Option<GroupPlace>> {
    let to_group = grantee.kind == PrincipalKind::Group;
    if to_group && (is_membership || access.by.is_some()) {
        return Err(Error::new(ErrorCode::TooDeep));
    }
    let reads = access.grants.iter().all(|grant| grant.level == Level::Read);
    if is_membership {
        if access.grants.len() > 1 || !reads || access.grants.iter().any(|grant| grant.from_epoch > 0) {
            return Err(Error::malformed(
                "a membership is `read` on one group, with history, and nothing else",
            ));
        }
        if !matches!(grantee.kind, PrincipalKind::Account | PrincipalKind::App) {
            return Err(Error::malformed("accounts and apps are members of groups"));
        }
        for grant in &access.grants {
            let place = GroupPlace { account: access.account, scope: grant.scope };
            if tx.reading().scope_head(place.account, place.scope)?.is_some_and(is_closed) {
                return Err(closed());
            }
            check_room(tx, place, access.grantee, now)?;
        }
    }
    if !to_group {
        return Ok(None);
    }
    if !reads {
        return Err(Error::malformed("a group reads, and does nothing else"));
    }
    if is_last(grantee.sequence) {
        return Err(closed());
    }
    if tx.reading().count_of_groups(access.account, MAX_GRANTED)? >= MAX_GRANTED {
        return Err(Error::out_of_range("the number of accesses that groups hold", MAX_GRANTED));
    }
    grantee.group.map(Some).ok_or_else(|| Error::internal(crate::store::Error::Row("card")))
}
