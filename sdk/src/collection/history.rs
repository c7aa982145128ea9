//! History: the earlier versions of a record, where its collection keeps them, each verified as it was when it was written.

use super::{Collection, ReadError, get::typed};
use crate::{
    definition::History,
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{
        record::{self, Content, open_fault},
        scope::ScopeState,
        versions::Asked,
    },
    record::Record,
};
use pryv_crypto::record::{OpenedRecord, UnopenedRecord};
use pryv_wire::{
    RecordId, Timestamp,
    access::Level,
    record::{RecordHistory, RecordKind},
};
use serde::de::DeserializeOwned;

/// How many versions are asked for at once.
const PAGE: u32 = 200;

/// How many pages without a version are followed in a row.
const MAX_EMPTY_PAGES: usize = 1_000;

/// One version of a record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Version<T> {
    /// Content, as it was.
    Record(Record<T>),
    /// The record was deleted.
    Deleted {
        /// The version of the deletion.
        version: u64,
        /// When, by the clock of whoever deleted it.
        at: Timestamp,
        /// Who.
        by: pryv_wire::PrincipalId,
    },
}

impl<T> Version<T> {
    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Record(record) => record.version,
            Self::Deleted { version, .. } => *version,
        }
    }
}

/// The versions of a record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Versions<T> {
    /// The versions, newest first, without a gap.
    pub versions: Vec<Version<T>>,
    /// Whether they go back to the first one. Not, if the collection keeps no history, if the record was deleted in one that keeps
    /// it until then, or if this account's access begins later.
    pub complete: bool,
}

/// How far back an honest server goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Depth {
    /// To the first version.
    First,
    /// To the first one that the access reaches; those may have gaps between them.
    Reached,
    /// The present one only.
    Present,
}

impl Collection {
    /// Every version of a record that the collection keeps, the present one included, newest first.
    ///
    /// Each is verified by itself: its author, by which access it was written and that this access counted in its epoch, and that it
    /// is a version of this record. A version that is missing in between is an error.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]. [`Distrust::RolledBack`] or [`Distrust::Forked`], in [`Failure::Distrust`], if the server leaves a version
    /// out or shows another one than before.
    pub async fn history<T: DeserializeOwned>(&self, id: RecordId) -> Result<Versions<T>, ReadError> {
        self.may(Level::reads, LockReason::WriteOnly)?;
        let asked = self.0.account.asking();
        let mut versions: Vec<Version<T>> = Vec::new();
        let mut before: Option<u64> = None;
        let mut depth = None;
        let mut empty = 0_usize;
        loop {
            let call =
                RecordHistory { account: self.owner(), scope: self.scope(), record: id, before, limit: PAGE };
            let page = match self.0.account.call(&call).await {
                Ok(page) => page,
                Err(failure) => return Err(self.unfound(id, failure, asked).await),
            };
            for bytes in &page.versions {
                let unopened = UnopenedRecord::parse(bytes).map_err(|error| open_fault(&error))?;
                let number = unopened.protected().version;
                let state = self.state_for(std::slice::from_ref(&unopened)).await?;
                let opened = if versions.is_empty() {
                    let deleted = unopened.protected().kind == RecordKind::Tombstone;
                    depth = Some(self.depth(deleted));
                    self.0.account.open_record(&state, unopened, Some(id), asked).await?
                } else {
                    self.0.account.open_earlier(&state, unopened, id).await?
                };
                if let Some(above) = versions.last().map(Version::number) {
                    let gap = number.checked_add(1) != Some(above);
                    if number >= above
                        || (gap && depth != Some(Depth::Reached))
                        || depth == Some(Depth::Present)
                    {
                        return Err(
                            Failure::from(Distrust::Malformed { what: "the history of a record" }).into()
                        );
                    }
                }
                versions.push(read(&state, &opened)?);
            }
            empty = if page.versions.is_empty() { empty + 1 } else { 0 };
            if empty > MAX_EMPTY_PAGES {
                return Err(Failure::from(Distrust::Malformed { what: "a row of empty pages" }).into());
            }
            match page.next {
                // Each page goes further down, or the answers would have no end.
                Some(next) if before.is_none_or(|before| next < before) => before = Some(next),
                Some(_) => {
                    return Err(Failure::from(Distrust::Malformed { what: "the history of a record" }).into());
                }
                None => break,
            }
        }
        let Some(last) = versions.last().map(Version::number) else { return Err(ReadError::NotFound) };
        if last > 1 && depth == Some(Depth::First) {
            let what = "the first version of a record";
            return Err(Failure::from(Distrust::RolledBack { what, known: 1, answered: last }).into());
        }
        Ok(Versions { versions, complete: last == 1 })
    }

    /// One version of a record, verified as those of [`Collection::history`]; none if the server says that there is no such version
    /// for this account: it is yet to be written, was not kept, or lies before this account's access.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; [`Distrust::RolledBack`] if the server leaves out a version that it has to keep.
    pub async fn version<T: DeserializeOwned>(
        &self,
        id: RecordId,
        number: u64,
    ) -> Result<Option<Version<T>>, ReadError> {
        self.may(Level::reads, LockReason::WriteOnly)?;
        let asked = self.0.account.asking();
        let present = self.versions_page(id, None, asked).await?;
        let Some(newest) = present else { return Err(ReadError::NotFound) };
        let deleted = newest.protected().kind == RecordKind::Tombstone;
        let state = self.state_for(std::slice::from_ref(&newest)).await?;
        let opened = self.0.account.open_record(&state, newest, Some(id), asked).await?;
        let last = opened.protected.version;
        if number == last {
            return read(&state, &opened).map(Some);
        }
        if number == 0 || number > last {
            return Ok(None);
        }
        if let Some(earlier) = self.versions_page(id, number.checked_add(1), asked).await?
            && earlier.protected().version == number
        {
            let state = self.state_for(std::slice::from_ref(&earlier)).await?;
            let opened = self.0.account.open_earlier(&state, earlier, id).await?;
            return read(&state, &opened).map(Some);
        }
        match self.depth(deleted) {
            Depth::First => {
                let what = "an earlier version of a record";
                Err(Failure::from(Distrust::RolledBack { what, known: number, answered: last }).into())
            }
            Depth::Reached | Depth::Present => Ok(None),
        }
    }

    /// The newest version of a record below one, as it came.
    async fn versions_page(
        &self,
        record: RecordId,
        before: Option<u64>,
        asked: Asked,
    ) -> Result<Option<UnopenedRecord>, ReadError> {
        let call = RecordHistory { account: self.owner(), scope: self.scope(), record, before, limit: 1 };
        let page = match self.0.account.call(&call).await {
            Ok(page) => page,
            Err(failure) => return Err(self.unfound(record, failure, asked).await),
        };
        let first = page.versions.first().map(|bytes| UnopenedRecord::parse(bytes));
        Ok(first.transpose().map_err(|error| open_fault(&error))?)
    }

    /// How far back an honest server goes.
    fn depth(&self, deleted: bool) -> Depth {
        if !self.0.role.sees_all(self.scope()) {
            return Depth::Reached;
        }
        match self.definition().history {
            History::Everything => Depth::First,
            History::Versions if !deleted => Depth::First,
            _ => Depth::Present,
        }
    }
}

fn read<T: DeserializeOwned>(state: &ScopeState, opened: &OpenedRecord) -> Result<Version<T>, ReadError> {
    Ok(match record::read(state, opened).map_err(Failure::from)? {
        Content::Instance(record) => Version::Record(typed(record).map_err(|_| ReadError::Shape)?),
        Content::Deleted { version } => {
            Version::Deleted { version, at: opened.protected.written_at, by: opened.protected.author }
        }
    })
}
