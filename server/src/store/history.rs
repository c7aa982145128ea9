//! History: the earlier versions of records, where their collection keeps them; of definitions always.

use super::{
    At as _, Reading, Result, Tx,
    key::{Silo, Table},
    record::{StoredRecord, shows},
    tree::Tree,
};
use crate::permission::{Create, Grant, Read, See};
use pryv_engine::Scan;
use pryv_wire::{
    PrincipalId, RecordId, ScopeId,
    record::RecordKind,
    scope::{History, ScopeKind},
};

/// Versions of one record, newest first, and where the next page starts.
#[derive(Debug, Default)]
pub struct Versions {
    /// The versions.
    pub versions: Vec<StoredRecord>,
    /// Continue below this version; none on the last page.
    pub next: Option<u64>,
}

/// Which versions are asked for.
#[derive(Clone, Copy, Debug)]
pub struct VersionsRequest {
    /// Only versions below this one.
    pub before: Option<u64>,
    /// The most versions.
    pub limit: usize,
    /// The most bytes of envelopes, but for the first one.
    pub bytes: usize,
}

fn version_key(account: PrincipalId, scope: ScopeId, place: u64, version: u64) -> Vec<u8> {
    let parts: [&[u8]; 3] = [scope.as_bytes(), &place.to_be_bytes(), &version.to_be_bytes()];
    Silo::of(account).key(Table::Version, &parts)
}

impl<'t> Reading<'t> {
    /// The versions of a record that are kept and that the grant reaches, the present one included; none if it does not reach
    /// the present one.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn versions(
        &self,
        grant: &Grant<'t, Read>,
        record: RecordId,
        request: &VersionsRequest,
    ) -> Result<Option<Versions>> {
        let Some(present) = self.record(grant, record)? else { return Ok(None) };
        let reach = |tree: &mut Tree<'_>, stored: &StoredRecord| shows(tree, grant.reach(), stored);
        self.versions_of(grant.account(), grant.scope(), present, request, reach).map(Some)
    }

    /// The versions of a scope's definition, for whoever may know of it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn definition_versions(
        &self,
        grant: &Grant<'t, See>,
        request: &VersionsRequest,
    ) -> Result<Option<Versions>> {
        let Some(present) = self.definition(grant)? else { return Ok(None) };
        self.versions_of(grant.account(), grant.scope(), present, request, |_, _| Ok(true)).map(Some)
    }

    fn versions_of(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        present: StoredRecord,
        request: &VersionsRequest,
        shown: impl Fn(&mut Tree<'_>, &StoredRecord) -> Result<bool>,
    ) -> Result<Versions> {
        let before = request.before.unwrap_or(u64::MAX);
        let mut page = Page::of(request);
        let place = present.created;
        if present.version < before {
            page.take(present);
        }
        let start = version_key(account, scope, place, 0);
        let end = version_key(account, scope, place, before);
        // One more than fits tells whether there is a next page.
        let most = request.limit.saturating_add(1);
        let rows = self.rows.entries(&Scan::range(&start, &end).reversed().limited(most))?;
        let more = rows.len() >= most;
        let mut tree = Tree::of(self.reading(), account);
        let mut last = None;
        for (_, row) in rows {
            let stored = StoredRecord::decode(place, &row)?;
            last = Some(stored.version);
            if shown(&mut tree, &stored)? && !page.take(stored) {
                return Ok(page.versions);
            }
        }
        // Versions that the grant does not reach were read for nothing: the next page goes on below them.
        page.versions.next = last.filter(|_| more);
        Ok(page.versions)
    }
}

/// A page as it fills.
struct Page<'r> {
    request: &'r VersionsRequest,
    bytes: usize,
    versions: Versions,
}

impl<'r> Page<'r> {
    fn of(request: &'r VersionsRequest) -> Self {
        Self { request, bytes: 0, versions: Versions::default() }
    }

    /// Takes a version if there is room; without, the page ends before it.
    fn take(&mut self, stored: StoredRecord) -> bool {
        let full = self.versions.versions.len() >= self.request.limit || self.bytes >= self.request.bytes;
        if full && let Some(last) = self.versions.versions.last() {
            self.versions.next = Some(last.version);
            return false;
        }
        self.bytes = self.bytes.saturating_add(stored.envelope.len());
        self.versions.versions.push(stored);
        true
    }
}

impl<'t> Tx<'t> {
    /// An earlier version of a scope's definition, whose present one is `stored`, for one who may write to it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn earlier_definition(
        &self,
        grant: &Grant<'t, Create>,
        stored: &StoredRecord,
        version: u64,
    ) -> Result<Option<StoredRecord>> {
        let (account, scope) = (grant.account(), grant.scope());
        let row = self.rows.get(&version_key(account, scope, stored.created, version))?;
        row.map(|row| StoredRecord::decode(stored.created, &row)).transpose()
    }

    /// Keeps the version that another one takes the place of, if its scope keeps any; drops what is kept of a record that is
    /// deleted, unless its scope keeps everything.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub(super) fn succeed(
        &mut self,
        account: PrincipalId,
        scope: ScopeId,
        old: &StoredRecord,
        next: RecordKind,
    ) -> Result<()> {
        let history = match self.reading().scope_kind(account, scope)? {
            // What instances were validated against stays: they name it by version and digest.
            _ if old.kind == RecordKind::Definition => History::Everything,
            Some(ScopeKind::Collection(kind)) => kind.history,
            _ => History::None,
        };
        match history {
            History::Versions if next == RecordKind::Tombstone => {
                let parts: [&[u8]; 2] = [scope.as_bytes(), &old.created.to_be_bytes()];
                let kept = Silo::of(account).scan(Table::Version, &parts);
                self.delete_all(&kept)
            }
            History::Versions | History::Everything => {
                let key = version_key(account, scope, old.created, old.version);
                Ok(self.rows.put(&key, &old.to_row())?)
            }
            _ => Ok(()),
        }
    }
}
