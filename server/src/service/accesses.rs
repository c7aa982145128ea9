//! Accesses: what was granted, what was received, and one by its id for those whom it concerns.

use super::{Error, Result, Service};
use crate::{
    permission::{self, Caller},
    store::Reading,
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, Timestamp,
    access::{Access, AccessState, Accesses, GetAccess, ListGranted, ListReceived},
};

impl Service {
    /// The accesses that the caller granted, oldest first.
    ///
    /// # Errors
    ///
    /// `not-found` and `not-allowed` to others than the owner.
    pub async fn list_granted(&self, caller: Caller, request: ListGranted) -> Result<Accesses> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let owner = permission::owner(&view, &caller, request.account)?;
                let mut accesses = Vec::new();
                for access in view.granted(&owner)? {
                    let mut state = state(&view, owner.account(), access)?.ok_or_else(lost)?;
                    state.served = view.served(&owner, access)?;
                    accesses.push(state);
                }
                Ok(Accesses { accesses })
            })
        })
        .await
    }

    /// The accesses that the caller received, oldest first, those that are over or revoked included.
    ///
    /// # Errors
    ///
    /// As the store.
    pub async fn list_received(&self, caller: Caller, _request: ListReceived) -> Result<Accesses> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let received = view.received(&caller)?.into_iter();
                let accesses = received
                    .map(|(account, access)| state(&view, account, access)?.ok_or_else(lost))
                    .collect::<Result<_>>()?;
                Ok(Accesses { accesses })
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
                    state.served = view.served(&owner, access)?;
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
    for grant in access.grants.iter().filter(|grant| grant.level.creates()) {
        match permission::read(view, caller, access.account, grant.scope, now) {
            Ok(_) => return Ok(true),
            Err(permission::Denied::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(false)
}

fn state(view: &Reading<'_>, account: PrincipalId, access: AccessId) -> Result<Option<AccessState>> {
    let found = view.access(account, access)?;
    Ok(found.map(|(statement, revocation)| AccessState {
        statement,
        revocation,
        served: Vec::new(),
        parent: None,
    }))
}

fn lost() -> Error {
    Error::internal(crate::store::Error::Row("access"))
}
