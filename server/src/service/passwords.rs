//! Change of password: the account secret sealed to a new export key, and every other session over.

use super::{
    Error, Result, Service,
    accounts::check_password,
    holders,
    sessions::{check_open, check_proof},
};
use crate::{
    permission::{self, Caller},
    store::{At as _, Tx},
};
use pryv_wire::{
    ErrorCode, Signed, Timestamp, TransactionId,
    account::{Done, FinishPasswordChange, RegistrationStarted, StartPasswordChange},
    holder::Holders,
    transaction::{Change, Touched},
};

impl Service {
    /// Answers the first step of a change of password.
    ///
    /// # Errors
    ///
    /// `malformed-message`.
    pub async fn start_password_change(
        &self,
        caller: Caller,
        request: StartPasswordChange,
    ) -> Result<RegistrationStarted> {
        self.blocking(move |inner| {
            let account = inner.store.peek(|view| view.account(caller.principal()))?;
            let account = account.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
            let response = inner.passwords.register(&account.username, &request.request)?;
            Ok(RegistrationStarted { response })
        })
        .await
    }

    /// Replaces the password and ends every other session, in one transaction.
    ///
    /// # Errors
    ///
    /// `proof-needed`, `stale-account`, `invalid-statement`, `unknown-suite`, `out-of-range`, `malformed-message`,
    /// `not-authenticated` if the session was ended meanwhile.
    pub async fn finish_password_change(
        &self,
        caller: Caller,
        request: FinishPasswordChange,
    ) -> Result<Done> {
        let now = self.now();
        let forget_at = now.plus_millis(self.inner.rules.transaction_millis);
        let principal = caller.principal();
        let (request, new) = self
            .blocking(move |inner| {
                check_password(&request.password)?;
                let (key, card) = inner.store.peek(|view| holders::present_card(&view, principal))?;
                let new = holders::verify(&request.holders, &key, principal, card)?;
                if new.password != request.password.key {
                    return Err(Error::malformed(
                        "the list of holders names another key than the credential",
                    ));
                }
                Ok((request, new))
            })
            .await?;
        self.inner
            .store
            .update(move |tx| {
                check_open(tx, &caller)?;
                check_proof(tx, &caller, now)?;
                let stored = tx.reading().holders(principal)?.ok_or_else(holders::lost)?;
                // Sent again after its answer was lost: it is what there is.
                if stored.digest() != request.holders.digest() {
                    let stored = stored.unverified()?;
                    let next = holders::Next { password: true, devices: false };
                    holders::check_next(&stored, &new, next)?;
                    tx.replace_password(&caller, request.password, &request.holders)?;
                    note(tx, &caller, &request.holders, new.number, now, forget_at)?;
                }
                tx.end_other_sessions(&caller)?;
                Ok(Done {})
            })
            .await
    }
}

/// Writes the new list of holders into the chain of changes, so that no device is shown the one before it without noticing:
/// what is sealed to the password from then on is sealed to the new one.
fn note(
    tx: &mut Tx<'_>,
    caller: &Caller,
    holders: &Signed<Holders>,
    number: u64,
    now: Timestamp,
    forget_at: Timestamp,
) -> Result<()> {
    let writer = permission::writer(tx, caller, caller.principal())?;
    let head = tx.chain_head(&writer)?;
    let digest = holders.digest();
    let (id, _) = digest.as_bytes().split_first_chunk().ok_or_else(holders::lost)?;
    let change = Change {
        sequence: head.sequence.saturating_add(1),
        at: now,
        author: caller.principal(),
        transaction: TransactionId::from_bytes(*id),
        operations: digest,
        touched: vec![Touched::Holders { number }],
    };
    tx.append_change(&writer, head, change, Vec::new(), forget_at)?;
    Ok(())
}
