//! Accesses: what was granted, what was received, and one by its id for those whom it concerns.

use super::{Error, Result, Service};
use crate::{
    permission::{self, Caller, Owner},
    store::{GrantedPlace, Reading, ReceivedPlace},
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, PrincipalId, ScopeId, Timestamp,
    access::{Access, AccessState, Accesses, GetAccess, ListGranted, ListReceived, MAX_ACCESS_PAGE},
    encode,
};
use std::collections::BTreeSet;

/// How long the statements of one page may be together, in bytes: the first one always goes along, whatever its length.
const MAX_PAGE_BYTES: usize = 2 << 20;

impl Service {
    /// The accesses that the caller granted, oldest first, a page of them.
    ///
    /// # Errors
    ///
    /// `not-found` and `not-allowed` to others than the owner, `out-of-range`, `malformed-message` (the cursor).
    pub async fn list_granted(&self, caller: Caller, request: ListGranted) -> Result<Accesses> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let owner = permission::owner(&view, &caller, request.account)?;
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
                Ok(page.into_answer())
            })
        })
        .await
    }

    /// The accesses that the caller received, oldest first, those that are over or revoked included, a page of them.
    ///
    /// # Errors
    ///
    /// `out-of-range`, `malformed-message` (the cursor).
    pub async fn list_received(&self, caller: Caller, request: ListReceived) -> Result<Accesses> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let most = page_size(request.limit)?;
                let after = cursor(request.after.as_ref(), ReceivedPlace::parse)?;
                let mut page = Page::of(most);
                for (place, account, access) in
                    view.received(&caller, after.as_ref(), most.saturating_add(1))?
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

    /// One access: for its grantor, its grantee, and whoever reads a scope that its grantee may have written to.
    ///
    /// # Errors
    ///
    /// `not-found` to everybody else.
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
                } else if statement.grantee != caller.principal()
                    && !reads_its_writes(&view, &caller, &statement, now)?
                {
                    return Err(not_found());
                }
                Ok(state)
            })
        })
        .await
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

fn state(view: &Reading<'_>, account: PrincipalId, access: AccessId) -> Result<Option<AccessState>> {
    let found = view.access(account, access)?;
    Ok(found.map(|(statement, revocation)| AccessState {
        statement,
        revocation,
        served: Vec::new(),
        parent: None,
        uses: None,
    }))
}

/// What the grantor is told beside the statements: what was served, and how often a link was used.
fn add_counts<'t>(view: &Reading<'t>, owner: &Owner<'t>, state: &mut AccessState) -> Result<()> {
    let access = state.statement.unverified()?;
    state.served = view.served(owner, access.access)?;
    state.uses = view.link(access.grantee)?.map(|link| link.uses);
    Ok(())
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
        Self { answer: Accesses { accesses: Vec::new(), next: None }, most, bytes: 0, last: None }
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
