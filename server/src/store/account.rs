//! Accounts: usernames, cards, and what opens the account secret for whoever holds password or phrase.

use super::{
    Error, Reading, Result, Tx,
    key::{self, Silo, Table},
};
use crate::permission::Caller;
use pryv_wire::{
    PrincipalId, Signed, Timestamp,
    account::{PasswordCredential, RecoveryCredential},
    card::Card,
    encode,
    holder::Holders,
};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Account {
    /// The public handle.
    pub username: String,
    /// When it signed up, by the node's clock.
    pub created_at: Timestamp,
}

/// How an account is opened: by password, by phrase.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Credential {
    /// Login by password.
    pub password: PasswordCredential,
    /// Recovery by phrase.
    pub recovery: RecoveryCredential,
}

impl Reading<'_> {
    /// The account behind a username.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn account_named(&self, username: &str) -> Result<Option<PrincipalId>> {
        let found = self.rows.get(&key::node(Table::Username, &[username.as_bytes()]))?;
        found.map(|id| PrincipalId::try_from(&id[..]).map_err(|_| Error::Row("username"))).transpose()
    }

    /// An account.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn account(&self, account: PrincipalId) -> Result<Option<Account>> {
        self.row("account", &Silo::of(account).key(Table::Account, &[]))
    }

    /// The cards of a principal, first one first; none if it is not of this node.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn cards(&self, principal: PrincipalId) -> Result<Vec<Signed<Card>>> {
        let rows = self.rows.entries(&Silo::of(principal).scan(Table::Card, &[]).limited(1024))?;
        rows.iter().map(|(_, row)| super::decode("card", row)).collect()
    }

    /// What opens an account.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn credential(&self, account: PrincipalId) -> Result<Option<Credential>> {
        self.row("credential", &Silo::of(account).key(Table::Credential, &[]))
    }
}

impl Tx<'_> {
    /// Writes a new account. Whoever calls has checked that neither username nor account exists.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn create_account(
        &mut self,
        id: PrincipalId,
        account: &Account,
        first_card: &Signed<Card>,
        credential: &Credential,
        holders: &Signed<Holders>,
    ) -> Result<()> {
        let silo = Silo::of(id);
        self.rows.put(&key::node(Table::Username, &[account.username.as_bytes()]), id.as_bytes())?;
        self.rows.put(&silo.key(Table::Account, &[]), &encode(account))?;
        self.rows.put(&silo.key(Table::Card, &[&0_u32.to_be_bytes()]), &encode(first_card))?;
        self.rows.put(&silo.key(Table::Holders, &[]), &encode(holders))?;
        Ok(self.rows.put(&silo.key(Table::Credential, &[]), &encode(credential))?)
    }

    /// Replaces the caller's password, and the list of holders that names its key.
    ///
    /// # Errors
    ///
    /// [`Error::Row`] if the caller has no credential; else as the engine.
    pub fn replace_password(
        &mut self,
        caller: &Caller,
        password: PasswordCredential,
        holders: &Signed<Holders>,
    ) -> Result<()> {
        let silo = Silo::of(caller.principal());
        self.rows.put(&silo.key(Table::Holders, &[]), &encode(holders))?;
        let key = silo.key(Table::Credential, &[]);
        let stored = self.rows.get(&key)?.ok_or(Error::Row("credential"))?;
        let recovery = super::decode::<Credential>("credential", &stored)?.recovery;
        Ok(self.rows.put(&key, &encode(&Credential { password, recovery }))?)
    }
}
