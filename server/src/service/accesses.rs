//! Accesses: what was granted, what was received, and one by its id for those whom it concerns.

use super::{Error, Result, Service};
use crate::{
    permission::{self, Caller, Owner},
    store::{AccessEntry, GrantedPlace, Reading, ReceivedPlace},
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, PrincipalId, ScopeId, Signed, Timestamp,
    access::{Access, AccessState, Accesses, GetAccess, ListGranted, ListReceived, MAX_ACCESS_PAGE},
    encode,
};
use std::collections::{BTreeMap, BTreeSet};

/// How long the statements of one page may be together, in bytes: the first one always goes along, whatever its length.
const MAX_PAGE_BYTES: usize = 2 << 20;

impl Service {
    /// The accesses to an account, oldest first: a page of all of them for its owner, for a manager those that it granted
    /// onwards.
    ///
    /// # Errors
    ///
    /// `not-found` without an access, `not-allowed` to who manages nothing, `out-of-range`, `malformed-message` (the cursor).
    pub async fn list_granted(&self, caller: Caller, request: ListGranted) -> Result<Accesses> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let owner = match permission::owner(&view, &caller, request.account) {
                    Ok(owner) => owner,
                    Err(permission::Denied::NotAllowed) => return onward(&view, &caller, &request),
                    Err(denied) => return Err(denied.into()),
                };
                let most = page_size(request.limit)?;
                let after = cursor(request.after.as_ref(), GrantedPlace::parse)?;
                let mut page = Page::of(most);
                for (place, access) in view.granted(&owner, after.as_ref(), most.saturating_add(1))? {
                    let mut state = state(&view, owner.account(), access)?.ok_or_else(lost)?;
                    add_counts(&view, &owner, &mut state)?;
                    if !page.add(state, || place.to_cursor()) {
                        break;
                    }
                }
                let mut answer = page.into_answer();
                answer.rotated = rotated(&view, &answer.accesses)?;
                Ok(answer)
            })
        })
        .await
    }

    /// The accesses that the caller received, or a group which it is a member of, oldest first, those that are over or revoked
    /// included, a page of them.
    ///
    /// # Errors
    ///
    /// `not-found` to who is no member, `access-not-valid` outside the dates of the membership, `out-of-range`,
    /// `malformed-message` (the cursor).
    pub async fn list_received(&self, caller: Caller, request: ListReceived) -> Result<Accesses> {
        let now = self.now();
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let most = page_size(request.limit)?;
                let after = cursor(request.after.as_ref(), ReceivedPlace::parse)?;
                let mut page = Page::of(most);
                let grantee = match request.group {
                    Some(group) => match membership(&view, &caller, group)? {
                        Some(membership) if membership.is_valid_at(now) => group,
                        Some(_) => return Err(Error::new(ErrorCode::AccessNotValid)),
                        None => return Err(Error::new(ErrorCode::NotFound)),
                    },
                    None => caller.principal(),
                };
                for (place, account, access) in
                    view.received(grantee, after.as_ref(), most.saturating_add(1))?
                {
                    let state = state(&view, account, access)?.ok_or_else(lost)?;
                    if !page.add(state, || place.to_cursor()) {
                        break;
                    }
                }
                Ok(page.into_answer())
            })
        })
        .await
    }

    /// One access: for its grantor, its grantee or a member of it, and whoever reads a scope that its grantee may have written to.
    ///
    /// # Errors
    ///
    /// `not-found` to everybody else; `access-not-valid` to a member outside the dates of its membership.
    pub async fn get_access(&self, caller: Caller, request: GetAccess) -> Result<AccessState> {
        let now = self.now();
        let GetAccess { account, access } = request;
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let not_found = || Error::new(ErrorCode::NotFound);
                let mut state = state(&view, account, access)?.ok_or_else(not_found)?;
                let statement = state.statement.unverified()?;
                if let Ok(owner) = permission::owner(&view, &caller, account) {
                    add_counts(&view, &owner, &mut state)?;
                } else if ![statement.grantee, statement.grantor].contains(&caller.principal()) {
                    let membership = membership(&view, &caller, statement.grantee)?;
                    let is_member = membership.as_ref().is_some_and(|entry| entry.is_valid_at(now));
                    if !is_member && !reads_its_writes(&view, &caller, &statement, now)? {
                        let of_member = membership.map(|_| Error::new(ErrorCode::AccessNotValid));
                        return Err(of_member.unwrap_or_else(not_found));
                    }
                }
                Ok(state)
            })
        })
        .await
    }
}

/// The access by which the caller is a member of a group, whatever its dates; of a principal that is none, nobody is.
fn membership(view: &Reading<'_>, caller: &Caller, group: PrincipalId) -> Result<Option<AccessEntry>> {
    let first = view.card(group, 0)?.map(|card| card.unverified()).transpose()?;
    match first.and_then(|card| card.group) {
        Some(place) if view.group_at(place)? == Some(group) => {
            Ok(view.membership(place, caller.principal())?)
        }
        _ => Ok(None),
    }
}

fn reads_its_writes(view: &Reading<'_>, caller: &Caller, access: &Access, now: Timestamp) -> Result<bool> {
    let mut written: BTreeSet<ScopeId> = BTreeSet::new();
    for grant in access.grants.iter().filter(|grant| grant.level.creates()) {
        match &grant.slice {
            Some(slice) => written.extend(view.covered(access.account, slice)?),
            None => drop(written.insert(grant.scope)),
        }
    }
    Ok(permission::reads_any(view, caller, access.account, &written, now)?)
}

/// An access and what became of it, with the manager's access behind it if a manager granted it: a chain is verified whole.
fn state(view: &Reading<'_>, account: PrincipalId, access: AccessId) -> Result<Option<AccessState>> {
    let Some((statement, revocation)) = view.access(account, access)? else { return Ok(None) };
    let parent = match view.manager_of(account, access)? {
        None => None,
        Some(by) => {
            let (statement, revocation) = view.access(account, by)?.ok_or_else(lost)?;
            Some(Box::new(AccessState {
                statement,
                revocation,
                served: Vec::new(),
                parent: None,
                uses: None,
            }))
        }
    };
    Ok(Some(AccessState { statement, revocation, served: Vec::new(), parent, uses: None }))
}

/// What the caller granted onwards by the accesses that it holds, a page of it.
fn onward(view: &Reading<'_>, caller: &Caller, request: &ListGranted) -> Result<Accesses> {
    let account = request.account;
    let entries = view.entries_of(account, caller.principal())?;
    if !entries.iter().any(AccessEntry::manages) {
        return Err(Error::new(ErrorCode::NotAllowed));
    }
    let most = page_size(request.limit)?;
    let after = cursor(request.after.as_ref(), |bytes| <[u8; 32]>::try_from(bytes).ok())?;
    let mut held: Vec<AccessId> =
        entries.iter().filter(|entry| entry.manages()).map(|entry| entry.access).collect();
    held.sort_unstable();
    let mut page = Page::of(most);
    'page: for by in held {
        for (access, _) in view.below(account, by)? {
            let mut place = [0; 32];
            let ids = by.as_bytes().iter().chain(access.as_bytes());
            place.iter_mut().zip(ids).for_each(|(to, from)| *to = *from);
            if after.is_some_and(|after| place <= after) {
                continue;
            }
            let state = state(view, account, access)?.ok_or_else(lost)?;
            if !page.add(state, || Bytes::from(place)) {
                break 'page;
            }
        }
    }
    Ok(page.into_answer())
}

/// What the grantor is told beside the statements: what was served, and how often a link was used.
fn add_counts<'t>(view: &Reading<'t>, owner: &Owner<'t>, state: &mut AccessState) -> Result<()> {
    let access = state.statement.unverified()?;
    state.served = view.served(owner, access.access)?;
    state.uses = view.link(access.grantee)?.map(|link| link.uses);
    Ok(())
}

/// The grantees of accesses who have another card by now than the one that an access was sealed to.
fn rotated(view: &Reading<'_>, accesses: &[AccessState]) -> Result<Vec<PrincipalId>> {
    let mut sealed_to = BTreeMap::new();
    for state in accesses.iter().filter(|state| state.revocation.is_none()) {
        let access = state.statement.unverified()?;
        sealed_to.entry(access.grantee).or_insert_with(Vec::new).push(access.grantee_card);
    }
    let mut rotated = Vec::new();
    for (grantee, cards) in sealed_to {
        let present = view.cards(grantee)?.last().map(Signed::digest);
        if present.is_some_and(|present| cards.iter().any(|card| *card != present)) {
            rotated.push(grantee);
        }
    }
    Ok(rotated)
}

fn lost() -> Error {
    Error::internal(crate::store::Error::Row("access"))
}

/// A page that is being filled: bounded by a number, and by bytes, because whoever grants writes a note of up to 64 KiB
/// into the list of somebody else.
struct Page {
    answer: Accesses,
    most: usize,
    bytes: usize,
    last: Option<Bytes>,
}

impl Page {
    const fn of(most: usize) -> Self {
        Self {
            answer: Accesses { accesses: Vec::new(), next: None, rotated: Vec::new() },
            most,
            bytes: 0,
            last: None,
        }
    }

    /// Adds an access that stands at a place; if the page is full instead, it ends with a cursor, and the answer is no.
    fn add(&mut self, state: AccessState, place: impl FnOnce() -> Bytes) -> bool {
        let bytes = self.bytes.saturating_add(encode(&state).len());
        let accesses = &mut self.answer.accesses;
        if accesses.len() >= self.most || (!accesses.is_empty() && bytes > MAX_PAGE_BYTES) {
            self.answer.next = self.last.take();
            return false;
        }
        accesses.push(state);
        self.bytes = bytes;
        self.last = Some(place());
        true
    }

    fn into_answer(self) -> Accesses {
        self.answer
    }
}

fn page_size(limit: u32) -> Result<usize> {
    match usize::try_from(limit) {
        Ok(most) if (1..=MAX_ACCESS_PAGE).contains(&limit) => Ok(most),
        _ => Err(Error::out_of_range("`limit` is 1 to 1,000", 1_000)),
    }
}

fn cursor<T>(after: Option<&Bytes>, parse: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>> {
    after
        .map(|cursor| parse(cursor).ok_or_else(|| Error::malformed("`after` is not a cursor of this list")))
        .transpose()
}
