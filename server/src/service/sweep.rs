//! Sweeping: what time has ended is removed, a little at a time.

use super::{Result, Service};

/// How many rows one transaction removes.
const BATCH: usize = 500;

/// What one sweep removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Swept {
    /// Sessions that were over.
    pub sessions: usize,
    /// Answers of transactions that are no longer kept.
    pub transactions: usize,
    /// Rows that ended memberships and accesses of groups left.
    pub leftovers: usize,
}

impl Service {
    /// Removes ended sessions, forgotten answers and what ended memberships left, until nothing is left.
    ///
    /// # Errors
    ///
    /// As the store.
    pub async fn sweep(&self) -> Result<Swept> {
        let mut swept = Swept::default();
        loop {
            let now = self.now();
            let (sessions, transactions, leftovers) = self
                .inner
                .store
                .update(move |tx| {
                    Ok::<_, super::Error>((
                        tx.sweep_sessions(now, BATCH)?,
                        tx.sweep_transactions(now, BATCH)?,
                        tx.sweep_leftovers(BATCH)?,
                    ))
                })
                .await?;
            swept.sessions = swept.sessions.saturating_add(sessions);
            swept.transactions = swept.transactions.saturating_add(transactions);
            swept.leftovers = swept.leftovers.saturating_add(leftovers);
            if [sessions, transactions, leftovers].iter().all(|swept| *swept < BATCH) {
                return Ok(swept);
            }
        }
    }
}
