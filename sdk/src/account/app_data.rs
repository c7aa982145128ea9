//! An app's own data in somebody's account: a collection that no other app is granted.

use super::{Account, DefineError, Grant, GrantError, OpenError};
use crate::{
    access::AccessStatus,
    app::{App, data_uri},
    collection::Collection,
    definition::Definition,
    failure::Failure,
};
use pryv_wire::{PrincipalId, access::Level};
use serde_json::json;

/// Why an app was not given its own data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppDataError {
    /// Its collection could not be made.
    #[error(transparent)]
    Define(#[from] DefineError),
    /// It could not be granted.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl AppDataError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Define(error) => error.code(),
            Self::Grant(error) => error.code(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// The collection in which an app keeps its own data in this account, made and granted to it if it has none. The app reads and
    /// writes it, the person sees it, and it is granted to nobody else. Records have a unique `key` and whatever the app adds.
    ///
    /// # Errors
    ///
    /// See [`AppDataError`].
    pub async fn app_data(&self, app: &App) -> Result<Collection, AppDataError> {
        let collection = self.define(definition(app.id())).await?;
        let granted = self.granted().await?;
        let holds = granted.iter().map(|granted| &granted.access).any(|access| {
            access.grantee == app.id()
                && access.status == AccessStatus::Active
                && access
                    .scopes
                    .iter()
                    .any(|scoped| scoped.scope == collection.scope() && scoped.level == Level::Contribute)
        });
        if !holds {
            let grant = Grant::to_app(app).on(&collection, Level::Contribute).name("App data");
            self.grant(grant).await?;
        }
        Ok(collection)
    }

    /// The data that this app keeps in somebody's account, once it was given room there.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotFound`] if it was not; else as [`super::ReceivedAccess::open`].
    pub async fn own_app_data(&self, owner: PrincipalId) -> Result<Collection, OpenError> {
        let uri = data_uri(self.id());
        for received in self.received().await? {
            if received.access.account != owner || received.access.status != AccessStatus::Active {
                continue;
            }
            for scoped in received.access.scopes.iter().filter(|scoped| scoped.level == Level::Contribute) {
                let collection = received.open(scoped.scope).await?;
                if collection.definition().uri == uri {
                    return Ok(collection);
                }
            }
        }
        Err(OpenError::NotFound)
    }
}

fn definition(app: PrincipalId) -> Definition {
    let schema = json!({
        "type": "object",
        "required": ["key"],
        "properties": { "key": { "type": "string", "minLength": 1, "maxLength": 200 } },
    });
    Definition::new(data_uri(app), "App data", "app-data", schema).unique("/key")
}
