//! Commits: a transaction is sent until it is answered, and its answer is held against the chain of changes.

use super::{Account, lock};
use crate::{
    failure::Failure,
    protocol::chain::{Chain, Fit, Head},
};
use pryv_wire::{
    PrincipalId, TransactionId,
    transaction::{Changes, Commit, Committed, ListChanges, Operation, Touched},
};

/// How many changes are asked for at once.
const PAGE: u32 = 1_000;

impl Account {
    /// Writes operations to an account, all or none. Sent again as often as needed under one id, so that they happen once.
    pub(crate) async fn commit(
        &self,
        account: PrincipalId,
        operations: Vec<Operation>,
    ) -> Result<Committed, Failure> {
        let transaction = TransactionId::from_bytes(self.client().random_bytes());
        let commit = Commit { account, transaction, operations };
        let sent = {
            let mut chains = lock(&self.0.chains);
            chains.entry(account).or_insert_with(|| Chain::resume(account, None)).sending(&commit, self.id())
        };
        let committed = self.call(&commit).await?;
        let fit = {
            let mut chains = lock(&self.0.chains);
            let chain = chains.entry(account).or_insert_with(|| Chain::resume(account, None));
            chain.accept(&sent, &committed)?
        };
        // Only the owner may read the links that others wrote in between.
        if let Fit::Gap { after } = fit
            && account == self.id()
        {
            self.follow(after).await?;
        }
        Ok(committed)
    }

    /// Fetches and verifies the links of this account's chain behind `after`, to its present end.
    async fn follow(&self, after: u64) -> Result<(), Failure> {
        let account = self.id();
        let mut next = Some(after);
        while let Some(after) = next {
            let known = self.known_head().map_or(0, |head| head.sequence);
            let page = self.call(&ListChanges { account, after, limit: PAGE }).await?;
            {
                let mut chains = lock(&self.0.chains);
                let chain = chains.entry(account).or_insert_with(|| Chain::resume(account, None));
                next = chain.extend(after, known, &page)?;
            }
            self.learn_versions(&page);
        }
        Ok(())
    }

    /// Verifies every change of this account since the first one, or since the last one that this client knows of.
    ///
    /// A server that has shown this client a write and forgotten it, or shows another history, ends as an error.
    /// Answers with the number of changes of the account.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn verify_changes(&self) -> Result<u64, Failure> {
        let whole = lock(&self.0.chains).get(&self.id()).and_then(Chain::whole);
        self.follow(whole.unwrap_or(0)).await?;
        Ok(self.known_head().map_or(0, |head| head.sequence))
    }

    /// Verifies that a head which was seen before is still part of the chain, and everything behind it.
    pub(crate) async fn verify_from(&self, seen: Head) -> Result<(), Failure> {
        let account = self.id();
        let mut chain = Chain::resume(account, Some(seen));
        let mut next = Some(seen.sequence);
        while let Some(after) = next {
            let page = self.call(&ListChanges { account, after, limit: PAGE }).await?;
            next = chain.extend(after, seen.sequence, &page)?;
            // Joined to this client's own chain: what is shown here must be what was shown elsewhere.
            self.note_change_head(0, Head { sequence: page.sequence, head: page.head })?;
        }
        self.note_change_head(0, seen)?;
        Ok(())
    }

    /// Takes note of the versions that changes wrote, by whomever: none of these records may be shown as it was before.
    fn learn_versions(&self, page: &Changes) {
        let account = self.id();
        let mut versions = lock(&self.0.versions);
        for touched in page.changes.iter().flat_map(|change| &change.touched) {
            if let Touched::Record { scope, record, version } = touched {
                versions.learn((account, *scope, *record), *version);
            }
        }
    }

    /// The last link of this account's chain that was seen.
    pub(crate) fn known_head(&self) -> Option<Head> {
        lock(&self.0.chains).get(&self.id()).and_then(Chain::head)
    }
}
