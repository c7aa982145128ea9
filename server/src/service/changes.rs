//! The chain of changes of an account, for its owner.

use super::{Error, Result, Service};
use crate::permission::{self, Caller};
use pryv_wire::transaction::{Changes, ListChanges};

/// The most changes of one page.
const MAX_LIMIT: u32 = 1_000;

impl Service {
    /// Changes behind a number, and where the chain stands.
    ///
    /// # Errors
    ///
    /// `not-found` and `not-allowed` to others than the owner, `out-of-range`.
    pub async fn list_changes(&self, caller: Caller, request: ListChanges) -> Result<Changes> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let owner = permission::owner(&view, &caller, request.account)?;
                if request.limit == 0 || request.limit > MAX_LIMIT {
                    return Err(Error::out_of_range("`limit` is 1 to 1,000", 1_000));
                }
                let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
                let head = view.head(&owner)?;
                let changes = view.changes(&owner, request.after, limit)?;
                Ok(Changes { changes, sequence: head.sequence, head: head.head })
            })
        })
        .await
    }
}
