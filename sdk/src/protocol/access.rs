//! Accesses: verified under the grantor's cards, with their notes opened.

use crate::{
    access::{Access, AccessStatus, Scoped},
    distrust::Distrust,
    locked::LockReason,
};
use pryv_crypto::{Grantee, Identity, VerifiedAccess, evidence::Parties, note};
use pryv_proxy_crypto::{VerifiedCards, verified};
use pryv_wire::{
    AccessId, PrincipalId, Signed, Timestamp,
    access::{Access as Statement, AccessNote, AccessState, Grant},
    holder::Holders,
};
use std::sync::Arc;

/// An access that was verified, with the note that only the two parties read.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) evidence: Arc<VerifiedAccess>,
    pub(crate) note: Arc<AccessNote>,
    /// The grantor sealed something else than a note.
    pub(crate) unreadable: bool,
    pub(crate) state: AccessState,
}

/// The cards that verify an access: of the owner of the scopes, of the manager if one granted it, and of the grantee if it
/// ended the access itself.
#[derive(Clone, Debug)]
pub(crate) struct Signers {
    pub(crate) owner: Arc<VerifiedCards>,
    pub(crate) manager: Option<Arc<VerifiedCards>>,
    pub(crate) grantee: Option<Arc<VerifiedCards>>,
}

impl Signers {
    /// Whether these are the same cards.
    pub(crate) fn are(&self, other: &Self) -> bool {
        let digest = |cards: &Option<Arc<VerifiedCards>>| cards.as_ref().map(|cards| cards.current_digest());
        let digests = |signers: &Self| {
            (signers.owner.current_digest(), digest(&signers.manager), digest(&signers.grantee))
        };
        digests(self) == digests(other)
    }

    /// The owner alone.
    pub(crate) fn owner(owner: &Arc<VerifiedCards>) -> Self {
        Self { owner: Arc::clone(owner), manager: None, grantee: None }
    }

    fn parties(&self) -> Parties<'_> {
        Parties { owner: &self.owner, grantee: self.grantee.as_deref() }
    }
}

/// Verifies an access, with the manager's own behind it if a manager granted it.
pub(crate) fn verify(
    signers: &Signers,
    state: &AccessState,
    claimed: AccessId,
) -> Result<VerifiedAccess, Distrust> {
    let invented = |access| Distrust::InventedAccess { access };
    let verified = match (&signers.manager, &state.parent) {
        (None, _) => VerifiedAccess::verify(signers.parties(), &state.statement, state.revocation.as_ref()),
        (Some(_), None) => return Err(invented(claimed)),
        (Some(manager), Some(parent)) => {
            // The manager holds the access above, and may have ended it itself.
            let above = Parties { owner: &signers.owner, grantee: Some(manager) };
            let parent = VerifiedAccess::verify(above, &parent.statement, parent.revocation.as_ref())
                .map_err(|_| invented(claimed))?;
            VerifiedAccess::verify_onward(
                Arc::new(parent),
                signers.parties(),
                manager,
                &state.statement,
                state.revocation.as_ref(),
            )
        }
    };
    let verified = verified.map_err(|_| invented(claimed))?;
    if verified.access().access == claimed {
        Ok(verified)
    } else {
        Err(Distrust::Substituted { what: "access" })
    }
}

/// The id that an access says it has, before anything is verified: to name it in errors.
pub(crate) fn claimed(state: &AccessState) -> Result<Statement, Distrust> {
    state.statement.unverified().map_err(|_| Distrust::Malformed { what: "an access" })
}

/// Who ended an access itself, if its grantee did, as the end says of itself: whose cards must verify it.
pub(crate) fn ended_by_grantee(state: &AccessState) -> Result<Option<PrincipalId>, Distrust> {
    let Some(end) = &state.revocation else { return Ok(None) };
    let revoker = end.unverified().map_err(|_| Distrust::Malformed { what: "the end of an access" })?.revoker;
    Ok((claimed(state)?.grantee == revoker).then_some(revoker))
}

/// Opens an access that this account granted.
pub(crate) fn open_granted(
    me: &Identity,
    signers: &Signers,
    state: &AccessState,
) -> Result<Opened, Distrust> {
    let claimed = claimed(state)?;
    let evidence = verify(signers, state, claimed.access)?;
    let access = evidence.access();
    let note = if access.by.is_none() {
        let note = me.keyring().unwrap_note(claimed.access, &access.owner_note);
        Ok(note.map_err(|_| Distrust::WrongWrap { what: "the note of an access" })?)
    } else {
        // A manager's doing, whatever it sealed: it must not keep the owner from its list.
        let place = note::NotePlace {
            suite: access.suite,
            grantor: access.grantor,
            grantee: me.principal(),
            access: access.access,
        };
        note::open(me, place, &access.owner_note)
    };
    let unreadable = note.is_err();
    let note = Arc::new(note.unwrap_or_else(|_| unknown_note()));
    Ok(Opened { evidence: Arc::new(evidence), note, unreadable, state: state.clone() })
}

/// What stands for a note that does not open.
const fn unknown_note() -> AccessNote {
    AccessNote { name: String::new(), purpose: String::new(), definition_keys: Vec::new() }
}

/// What this account granted onwards as a manager. Its note is for the owner and the grantee alone.
pub(crate) fn open_onward(me: &Identity, signers: &Signers, state: &AccessState) -> Result<Opened, Distrust> {
    let evidence = verify(signers, state, claimed(state)?.access)?;
    if evidence.access().grantor != me.principal() {
        return Err(Distrust::Misplaced { what: "an access" });
    }
    let note = Arc::new(unknown_note());
    Ok(Opened { evidence: Arc::new(evidence), note, unreadable: true, state: state.clone() })
}

/// Checks that the accesses which earlier cards of this account signed are those that the rotation named.
pub(crate) fn check_earlier(
    cards: &VerifiedCards,
    holders: &Holders,
    granted: &[AccessState],
) -> Result<(), Distrust> {
    let Some(named) = holders.accesses else { return Ok(()) };
    let present = &cards.current().signing;
    let earlier = granted.iter().map(|state| &state.statement);
    // What managers granted onwards is signed by them.
    let own = |statement: &&Signed<Statement>| statement.unverified().is_ok_and(|access| access.by.is_none());
    let earlier = earlier.filter(own).filter(|statement| verified(statement, present).is_err());
    if Holders::accesses_digest(earlier.map(Signed::digest)) == named {
        Ok(())
    } else {
        Err(Distrust::ReplacedKey { what: "one of the accesses listed" })
    }
}

/// Opens an access that this account received.
///
/// Its note stands inside what the grantor signed, and the server cannot look into it. One that does not open is the
/// grantor's doing, whoever that is: it must not keep the accesses of others from being listed.
pub(crate) fn open_received<'a>(
    holder: impl Into<Grantee<'a>>,
    signers: &Signers,
    state: &AccessState,
) -> Result<Opened, Distrust> {
    let holder = holder.into();
    let claimed = claimed(state)?;
    let evidence = verify(signers, state, claimed.access)?;
    let access = evidence.access();
    if access.grantee != holder.principal() {
        return Err(Distrust::Misplaced { what: "an access" });
    }
    let (grantor, grantee) = (access.grantor, access.grantee);
    let place = note::NotePlace { suite: access.suite, grantor, grantee, access: access.access };
    let note = note::open(holder, place, &access.note);
    let unreadable = note.is_err();
    let note = Arc::new(note.unwrap_or_else(|_| unknown_note()));
    Ok(Opened { evidence: Arc::new(evidence), note, unreadable, state: state.clone() })
}

/// The access as a caller sees it.
pub(crate) fn view(opened: &Opened, now: Timestamp) -> Access {
    let access = opened.evidence.access();
    Access {
        id: access.access,
        account: access.account,
        grantor: access.grantor,
        by: access.by,
        grantee: access.grantee,
        name: opened.note.name.clone(),
        purpose: opened.note.purpose.clone(),
        unreadable: opened.unreadable,
        scopes: access.grants.iter().map(scoped).collect(),
        valid_from: access.valid_from,
        valid_until: access.valid_until,
        terms: access.terms,
        max_uses: access.max_uses,
        signed_at: access.signed_at,
        status: status(&opened.evidence, now),
        statement: opened.state.statement.clone(),
        revocation: opened.state.revocation.clone(),
    }
}

fn scoped(grant: &Grant) -> Scoped {
    let Grant { scope, level, slice, group, from_epoch, .. } = grant;
    Scoped { scope: *scope, level: *level, slice: slice.clone(), group: *group, from_epoch: *from_epoch }
}

/// What an access is at a time.
pub(crate) fn status(evidence: &VerifiedAccess, now: Timestamp) -> AccessStatus {
    let access = evidence.access();
    match evidence.end() {
        Some(revocation) => AccessStatus::Revoked { at: revocation.signed_at, by: revocation.revoker },
        None if access.valid_from.is_some_and(|from| now < from) => AccessStatus::NotYetValid,
        None if access.valid_until.is_some_and(|until| until <= now) => AccessStatus::Expired,
        None => AccessStatus::Active,
    }
}

/// Why an access does not count at a time; nothing if it does.
pub(crate) fn reason(evidence: &VerifiedAccess, now: Timestamp) -> Option<LockReason> {
    let access = evidence.access();
    match status(evidence, now) {
        AccessStatus::Active => None,
        AccessStatus::NotYetValid => {
            Some(LockReason::NotYetValid { from: access.valid_from.unwrap_or_default() })
        }
        AccessStatus::Expired => Some(LockReason::Expired { until: access.valid_until.unwrap_or_default() }),
        AccessStatus::Revoked { .. } => Some(LockReason::Revoked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::world::{NOW, World};
    use pryv_wire::{Bytes, access::Level};

    #[test]
    fn a_note_that_does_not_open_does_not_hide_an_access() {
        let mut world = World::new();
        let grant = world.grant(Level::Read, None);
        let mut access = world.grants[grant].0.statement.unverified().unwrap();
        access.note = Bytes::from(vec![1; 304]);
        let statement = world.ada.identity.sign(&access);
        let state = AccessState { statement, revocation: None, served: Vec::new(), parent: None, uses: None };
        let opened = open_received(&world.bob.identity, &world.signers(), &state).unwrap();
        let seen = view(&opened, NOW);
        assert_eq!((seen.id, seen.unreadable, seen.name.as_str()), (access.access, true, ""));
        let honest = world.grants[grant].0.statement.clone();
        let state =
            AccessState { statement: honest, revocation: None, served: Vec::new(), parent: None, uses: None };
        let opened = open_received(&world.bob.identity, &world.signers(), &state).unwrap();
        assert_eq!((view(&opened, NOW).unreadable, view(&opened, NOW).name.as_str()), (false, "For Bob"));
    }
}
