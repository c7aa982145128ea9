//! History: the versions of a record that its collection keeps.

use super::{
    Error, Result, Service,
    audit::Given,
    records::{MAX_LIMIT, MAX_PAGE_BYTES},
};
use crate::{
    permission::{self, By, Caller},
    store::{Versions, VersionsRequest},
};
use pryv_wire::{
    ErrorCode, RecordId,
    audit::Act,
    record::{RecordHistory, RecordVersions},
};

impl Service {
    /// Versions of one record, newest first, the present one included: for whoever may read the record; those of
    /// the definition for whoever may know of the scope.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed`, `access-not-valid`, `out-of-range`, `storage-full`.
    pub async fn record_history(&self, caller: Caller, request: RecordHistory) -> Result<RecordVersions> {
        let (now, asking) = (self.now(), caller.clone());
        let (found, given) = self
            .blocking(move |inner| {
                let RecordHistory { account, scope, record, before, limit } = request;
                let act = Act::ReadHistory;
                inner.store.read(|view| {
                    // Whoever may write and not read is held to the version of the definition that it has the key of.
                    if record == RecordId::definition(scope) {
                        let see = permission::see(&view, &asking, (account, scope), By::Any, now)?;
                        let page = view.definition_versions(&see, &asked(before, limit)?)?;
                        return answer(page, Given { account, scope, access: see.access(), act, records: 0 });
                    }
                    let grant = permission::read(&view, &asking, (account, scope), By::Any, now)?;
                    let page = view.versions(&grant, record, &asked(before, limit)?)?;
                    answer(page, Given { account, scope, access: grant.access(), act, records: 0 })
                })
            })
            .await?;
        self.enter(&caller, given).await?;
        Ok(found)
    }
}

fn asked(before: Option<u64>, limit: u32) -> Result<VersionsRequest> {
    if limit == 0 || limit > MAX_LIMIT {
        return Err(Error::out_of_range("`limit` is 1 to 1,000", 1_000));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(VersionsRequest { before, limit, bytes: MAX_PAGE_BYTES })
}

fn answer(page: Option<Versions>, given: Given) -> Result<(RecordVersions, Given)> {
    let page = page.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    let given = Given { records: page.versions.len(), ..given };
    let versions = page.versions.into_iter().map(|stored| stored.envelope).collect();
    Ok((RecordVersions { versions, next: page.next }, given))
}
