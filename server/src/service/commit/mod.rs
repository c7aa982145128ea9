//! Transactions: every statement is verified first, off the committer; then one job of the store authorizes,
//! checks and applies all operations, or none.
//!
//! What can be checked without the store (shapes, signatures, digests) is in each operation's `prepare`, what
//! cannot (permission, versions, epochs, uniqueness) in its `apply`.

mod applying;
mod begin_generation;
mod create_scope;
mod entries;
mod epoch;
mod expect;
mod filing;
mod grant;
mod granted;
mod group;
mod holders;
mod link;
mod link_ontology;
mod move_term;
mod place_record;
mod put_record;
mod put_term;
mod revoke;
mod rotate;

use super::{Error, Inner, Result, Service, sessions::check_open};
use crate::{
    permission::{self, Caller, Denied, Writer},
    store::Tx,
};
use applying::{Applying, OPERATION_BITS};
use begin_generation::PreparedGeneration;
use create_scope::PreparedScope;
use epoch::PreparedEpoch;
use expect::Expectation;
use grant::PreparedGrant;
use holders::PreparedHolders;
use link_ontology::PreparedLink;
use move_term::PreparedMove;
use place_record::PreparedPlacement;
use pryv_wire::{
    Digest, ErrorCode, PrincipalId, Signed, Timestamp, TransactionId,
    bytes::SigningPublicKey,
    card::Card,
    transaction::{Change, Commit, Committed, MAX_OPERATIONS, Operation},
};
use put_record::PreparedRecord;
use revoke::PreparedRevocation;
use rotate::PreparedRotation;

const _: () = assert!(MAX_OPERATIONS <= 1 << OPERATION_BITS);

/// The longest sealed part of a message (a wrap, a share, a sealed lock), in bytes.
const MAX_SEALED: usize = 4 * 1024;

/// An operation whose statements were verified.
enum Prepared {
    CreateScope(Box<PreparedScope>),
    LinkOntology(Box<PreparedLink>),
    PutRecord(Box<PreparedRecord>),
    PlaceRecord(Box<PreparedPlacement>),
    MoveTerm(Box<PreparedMove>),
    Grant(Box<PreparedGrant>),
    Revoke(Box<PreparedRevocation>),
    BeginGeneration(Box<PreparedGeneration>),
    SetHolders(Box<PreparedHolders>),
    Rotate(Box<PreparedRotation>),
    BeginEpoch(Box<PreparedEpoch>),
    Expect(Expectation),
}

/// A transaction whose statements were verified.
struct PreparedCommit {
    account: PrincipalId,
    transaction: TransactionId,
    digest: Digest,
    operations: Vec<Prepared>,
}

/// Whose statements an operation may carry.
struct Signer {
    principal: PrincipalId,
    account: PrincipalId,
    key: SigningPublicKey,
    cards: Vec<Signed<Card>>,
}

impl Signer {
    /// Only an account's own principal writes its holders.
    fn is_owner(&self) -> Result<()> {
        if self.principal == self.account { Ok(()) } else { Err(Error::new(ErrorCode::NotAllowed)) }
    }
}

impl Service {
    /// Commits a transaction. Sent again by the same principal under the same id with the same operations, it is answered as before.
    ///
    /// # Errors
    ///
    /// Any refusal of one of its operations; then none of them was applied.
    pub async fn commit(&self, caller: Caller, request: Commit) -> Result<Committed> {
        let prepared = if is_light(&request) {
            verify(&self.inner, &caller, request)?
        } else {
            let signing = caller.clone();
            self.blocking(move |inner| verify(inner, &signing, request)).await?
        };
        let now = self.now();
        let forget_at = now.plus_millis(self.inner.rules.transaction_millis);
        self.inner.store.update(move |tx| apply(tx, &caller, prepared, now, forget_at)).await
    }
}

/// Whether verifying a transaction costs less than handing it to another thread and back: a record or two.
fn is_light(request: &Commit) -> bool {
    const OPERATIONS: usize = 2;
    const BYTES: usize = 16 * 1024;
    let records = || {
        request.operations.iter().map(|operation| match operation {
            Operation::PutRecord { record } => Some(record.len()),
            Operation::ExpectRecords { .. } => Some(0),
            _ => None,
        })
    };
    request.operations.len() <= OPERATIONS
        && records().all(|length| length.is_some_and(|length| length <= BYTES))
}

fn verify(inner: &Inner, caller: &Caller, request: Commit) -> Result<PreparedCommit> {
    let (account, principal) = (request.account, caller.principal());
    let (key, cards) = inner.store.peek(|view| {
        // Said before anything else, so that a stranger learns nothing from what comes after.
        match permission::writer(&view, caller, account) {
            // Who ended its own access may hold nothing of the account any longer, and repeats what it got no answer to.
            Err(Denied::NotFound) if view.was_committed(account, principal, request.transaction)? => {}
            Err(denied) => return Err(denied.into()),
            Ok(_) => {}
        }
        let cards = view.cards(principal)?;
        let card = cards.last().ok_or_else(|| Error::new(ErrorCode::NotFound))?;
        Ok::<_, Error>((card.unverified()?.signing, cards))
    })?;
    prepare(request, &Signer { principal, account, key, cards })
}

fn prepare(request: Commit, signer: &Signer) -> Result<PreparedCommit> {
    if request.operations.is_empty() || request.operations.len() > MAX_OPERATIONS {
        return Err(Error::out_of_range("a transaction has 1 to 1,000 operations", MAX_OPERATIONS));
    }
    expect::check_number(&request.operations)?;
    let rotates = |operation: &Operation| matches!(operation, Operation::RotateAccount(_));
    if request.operations.len() > 1 && request.operations.iter().any(rotates) {
        return Err(Error::malformed("a rotation of the account is alone in its transaction"));
    }
    let digest = request.digest();
    let Commit { account, transaction, operations } = request;
    let operations = operations
        .into_iter()
        .map(|operation| {
            Ok(match operation {
                Operation::CreateScope { epoch, definition, kind, entries } => Prepared::CreateScope(
                    Box::new(create_scope::prepare(epoch, definition, kind, entries, signer)?),
                ),
                Operation::LinkOntology { collection, ontology, entries } => {
                    Prepared::LinkOntology(Box::new(link_ontology::prepare(collection, ontology, entries)?))
                }
                Operation::PlaceRecord { scope, record, version, envelope } => Prepared::PlaceRecord(
                    Box::new(place_record::prepare((scope, record, version), envelope, signer)?),
                ),
                Operation::MoveTerm { record, links } => {
                    Prepared::MoveTerm(Box::new(move_term::prepare(record, links, signer)?))
                }
                Operation::PutRecord { record } => {
                    Prepared::PutRecord(Box::new(put_record::prepare(record, signer)?))
                }
                Operation::Grant(grant) => Prepared::Grant(Box::new(grant::prepare(*grant, signer)?)),
                Operation::Revoke { statement, below, epochs } => {
                    Prepared::Revoke(Box::new(revoke::prepare(statement, below, epochs, signer)?))
                }
                Operation::BeginGeneration(new) => {
                    Prepared::BeginGeneration(Box::new(begin_generation::prepare(*new, signer)?))
                }
                Operation::SetHolders(set) => Prepared::SetHolders(Box::new(holders::prepare(*set, signer)?)),
                Operation::RotateAccount(rotate) => {
                    Prepared::Rotate(Box::new(rotate::prepare(*rotate, signer)?))
                }
                Operation::BeginEpoch { epoch } => {
                    Prepared::BeginEpoch(Box::new(epoch::prepare(epoch, signer)?))
                }
                Operation::ExpectRecords { scope, records } => {
                    Prepared::Expect(expect::prepare_records(scope, records)?)
                }
                Operation::ExpectNone { scope, epoch, since, tokens } => {
                    Prepared::Expect(expect::prepare_none(scope, epoch, since, tokens)?)
                }
                _ => return Err(Error::malformed("the operation is not known here")),
            })
        })
        .collect::<Result<_>>()?;
    Ok(PreparedCommit { account, transaction, digest, operations })
}

fn apply(
    tx: &mut Tx<'_>,
    caller: &Caller,
    commit: PreparedCommit,
    now: Timestamp,
    forget_at: Timestamp,
) -> Result<Committed> {
    let PreparedCommit { account, transaction, digest, operations } = commit;
    check_open(tx, caller)?;
    if let Some(before) = tx.repeated(account, caller.principal(), transaction)? {
        if before.committed.change.operations == digest {
            return Ok(before.committed);
        }
        return Err(Error::new(ErrorCode::TransactionReused));
    }
    let writer: Writer<'_> = permission::writer(tx, caller, account)?;
    let head = tx.chain_head(&writer)?;
    let sequence = head.sequence.saturating_add(1);
    let mut applying = Applying::new(caller, account, now, sequence, operations.len());
    let mut expected = Vec::new();
    for (index, operation) in operations.into_iter().enumerate() {
        match operation {
            Prepared::Expect(expectation) => expected.push(expectation),
            Prepared::CreateScope(scope) => create_scope::apply(tx, &mut applying, *scope, index)?,
            Prepared::LinkOntology(link) => link_ontology::apply(tx, &mut applying, &link)?,
            Prepared::PutRecord(record) => put_record::apply(tx, &mut applying, &record, index)?,
            Prepared::PlaceRecord(placement) => place_record::apply(tx, &mut applying, &placement)?,
            Prepared::MoveTerm(moved) => move_term::apply(tx, &mut applying, &moved)?,
            Prepared::Grant(grant) => grant::apply(tx, &mut applying, *grant, index)?,
            Prepared::Revoke(revocation) => revoke::apply(tx, &mut applying, *revocation)?,
            Prepared::BeginGeneration(new) => begin_generation::apply(tx, &mut applying, *new)?,
            Prepared::SetHolders(set) => holders::apply(tx, &mut applying, *set)?,
            Prepared::Rotate(rotate) => rotate::apply(tx, &mut applying, *rotate)?,
            Prepared::BeginEpoch(epoch) => {
                let owner = applying.owner(tx)?;
                epoch::apply(tx, &mut applying, &owner, *epoch)?;
            }
        }
    }
    applying.check_moves()?;
    expect::check(tx, &applying, &expected)?;
    let Applying { touched, served, .. } = applying;
    let change =
        Change { sequence, at: now, author: caller.principal(), transaction, operations: digest, touched };
    Ok(tx.append_change(&writer, head, change, served, forget_at)?)
}

/// Refuses sealed parts that hold nothing or too much.
fn check_sealed(field: &str, sealed: &[u8]) -> Result<()> {
    if sealed.is_empty() {
        return Err(Error::malformed(format!("`{field}` is empty")));
    }
    if sealed.len() > MAX_SEALED {
        return Err(Error::out_of_range(format!("the length of `{field}`, in bytes"), MAX_SEALED));
    }
    Ok(())
}
