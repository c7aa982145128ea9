//! Terms: the shape of an ontology, as far as a caller may know of it.

use super::{Error, Result, Service};
use crate::permission::{self, Caller};
use pryv_wire::{
    ErrorCode, PrincipalId,
    term::{GetTerms, ListTerms, Terms},
};

impl Service {
    /// The terms of an ontology that the caller may know of. No ontology can be made on this server yet.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn list_terms(&self, caller: Caller, request: ListTerms) -> Result<Terms> {
        self.no_ontology(caller, request.account).await
    }

    /// Terms by their ids. No ontology can be made on this server yet.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn get_terms(&self, caller: Caller, request: GetTerms) -> Result<Terms> {
        self.no_ontology(caller, request.account).await
    }

    async fn no_ontology(&self, caller: Caller, account: PrincipalId) -> Result<Terms> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                permission::writer(&view, &caller, account)?;
                Err(Error::new(ErrorCode::NotFound))
            })
        })
        .await
    }
}
