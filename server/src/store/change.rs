//! The chain of changes, and the answers kept for transactions that are sent again.

use super::{
    Error, Reading, Result, Tx,
    key::{self, Silo, Table, tail},
};
use crate::permission::{Owner, Writer};
use pryv_engine::Scan;
use pryv_wire::{
    Digest, PrincipalId, Timestamp, TransactionId, encode,
    transaction::{Change, Committed, ServedAccess},
};
use serde::{Deserialize, Serialize};

/// Where an account's chain stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The number of the last change; zero without any.
    pub sequence: u64,
    /// The head of the chain at that number.
    pub head: Digest,
}

/// A transaction that was committed before.
#[derive(Debug)]
pub struct Repeated {
    /// What was answered.
    pub committed: Committed,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct ChangeRow {
    change: Change,
    previous: Digest,
    served: Vec<ServedAccess>,
}

impl ChangeRow {
    fn into_committed(self) -> Committed {
        let Self { change, previous, served } = self;
        let head = change.head(previous);
        Committed { change, previous, head, served }
    }
}

fn transaction_key(account: PrincipalId, author: PrincipalId, transaction: TransactionId) -> Vec<u8> {
    Silo::of(account).key(Table::Transaction, &[author.as_bytes(), transaction.as_bytes()])
}

impl<'t> Reading<'t> {
    pub(super) fn head_of(&self, account: PrincipalId) -> Result<Head> {
        let Some(row) = self.rows.get(&Silo::of(account).key(Table::Head, &[]))? else {
            return Ok(Head { sequence: 0, head: Change::genesis(account) });
        };
        let (sequence, head) = row.split_first_chunk::<8>().ok_or(Error::Row("head"))?;
        let head = Digest::try_from(head).map_err(|_| Error::Row("head"))?;
        Ok(Head { sequence: u64::from_be_bytes(*sequence), head })
    }

    fn change_at(&self, account: PrincipalId, sequence: u64) -> Result<Option<ChangeRow>> {
        self.row("change", &Silo::of(account).key(Table::Change, &[&sequence.to_be_bytes()]))
    }

    /// Whether this writer committed a transaction under this id, whose answer is still kept.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn was_committed(
        &self,
        account: PrincipalId,
        author: PrincipalId,
        transaction: TransactionId,
    ) -> Result<bool> {
        Ok(self.rows.get(&transaction_key(account, author, transaction))?.is_some())
    }

    /// Where the chain stands.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn head(&self, owner: &Owner<'t>) -> Result<Head> {
        self.head_of(owner.account())
    }

    /// Changes behind a number, in order.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn changes(&self, owner: &Owner<'t>, after: u64, limit: usize) -> Result<Vec<Change>> {
        let silo = Silo::of(owner.account());
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        let start = silo.key(Table::Change, &[&first.to_be_bytes()]);
        let all = silo.scan(Table::Change, &[]);
        let scan = all.hi().map_or_else(|| Scan::from(&start), |end| Scan::range(&start, end));
        let rows = self.rows.entries(&scan.limited(limit))?;
        rows.iter().map(|(_, row)| super::decode::<ChangeRow>("change", row).map(|row| row.change)).collect()
    }
}

impl<'t> Tx<'t> {
    /// Where the chain stands.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn chain_head(&self, writer: &Writer<'t>) -> Result<Head> {
        use super::At as _;
        self.reading().head_of(writer.account())
    }

    /// A transaction of this writer that was committed before under this id.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn repeated(
        &self,
        account: PrincipalId,
        author: PrincipalId,
        transaction: TransactionId,
    ) -> Result<Option<Repeated>> {
        use super::At as _;
        let Some(row) = self.rows.get(&transaction_key(account, author, transaction))? else {
            return Ok(None);
        };
        let sequence = <[u8; 8]>::try_from(&row[..]).map_err(|_| Error::Row("transaction"))?;
        let row = self.reading().change_at(account, u64::from_be_bytes(sequence))?;
        let committed = row.ok_or(Error::Row("transaction"))?.into_committed();
        Ok(Some(Repeated { committed }))
    }

    /// Adds a link to the chain, and keeps the answer until `forget_at`.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn append_change(
        &mut self,
        writer: &Writer<'t>,
        before: Head,
        change: Change,
        served: Vec<ServedAccess>,
        forget_at: Timestamp,
    ) -> Result<Committed> {
        let account = writer.account();
        let silo = Silo::of(account);
        let (sequence, transaction) = (change.sequence.to_be_bytes(), change.transaction);
        let row = ChangeRow { change, previous: before.head, served };
        self.rows.put(&silo.key(Table::Change, &[&sequence]), &encode(&row))?;
        let committed = row.into_committed();
        let head = [&sequence[..], committed.head.as_bytes()].concat();
        self.rows.put(&silo.key(Table::Head, &[]), &head)?;
        self.rows.put(&transaction_key(account, writer.author(), transaction), &sequence)?;
        let (forget_at, author) = (forget_at.as_millis().to_be_bytes(), writer.author());
        let expiry: [&[u8]; 4] = [&forget_at, account.as_bytes(), author.as_bytes(), transaction.as_bytes()];
        self.rows.put(&key::node(Table::TransactionExpiry, &expiry), &[])?;
        Ok(committed)
    }

    /// Forgets the answers of up to `most` transactions whose time has come. Answers how many.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn sweep_transactions(&mut self, now: Timestamp, most: usize) -> Result<usize> {
        let start = key::node(Table::TransactionExpiry, &[]);
        let end = key::node(Table::TransactionExpiry, &[&now.as_millis().to_be_bytes()]);
        let due = self.rows.entries(&Scan::range(&start, &end).limited(most))?;
        for (expiry, _) in &due {
            let names: [u8; 80] = tail(expiry).ok_or(Error::Row("transaction expiry"))?;
            let (account, rest) = names.split_first_chunk::<32>().ok_or(Error::Row("transaction expiry"))?;
            self.rows
                .delete(&Silo::of(PrincipalId::from_bytes(*account)).key(Table::Transaction, &[rest]))?;
            self.rows.delete(expiry)?;
        }
        Ok(due.len())
    }
}
