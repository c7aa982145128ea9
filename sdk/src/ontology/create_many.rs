//! Creating many terms: whole trees, in transactions, with progress, and with an account of what was done when it stops.

use super::{Ontology, Term, TermContent, TermError, Terms, change::ATTEMPTS};
use crate::{
    failure::Failure,
    locked::LockReason,
    progress::Progress,
    protocol::{
        record::{Writer, to_bytes},
        scope::ScopeState,
    },
};
use pryv_crypto::Branch;
use pryv_wire::{
    Digest, RecordId,
    access::Level,
    bytes::TermSalt,
    encode,
    record::Parent,
    term::{MAX_DEPTH, TermNode},
    transaction::Operation,
};
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

/// The most terms of one transaction.
const MAX_TERMS: usize = 500;

/// The most bytes of content of one transaction; envelopes, padded, stay within the limit of a request of 8 MiB.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What an envelope adds to the content of a term, at most, beside padding.
const OVERHEAD: usize = 1_024;

/// A term to be made together with others: what it says, and where it stands.
#[derive(Clone, Debug)]
pub struct NewTerm {
    content: TermContent,
    under: Under,
}

#[derive(Clone, Debug)]
enum Under {
    Top,
    Term(Box<Term>),
    New(usize),
}

impl NewTerm {
    /// At the top of the ontology.
    #[must_use]
    pub const fn top(content: TermContent) -> Self {
        Self { content, under: Under::Top }
    }

    /// Under a term that is there.
    #[must_use]
    pub fn under(term: &Term, content: TermContent) -> Self {
        Self { content, under: Under::Term(Box::new(term.clone())) }
    }

    /// Under one of the terms that are made together with it, by its number in their list, counted from zero. That one comes
    /// before it.
    #[must_use]
    pub const fn below(number: usize, content: TermContent) -> Self {
        Self { content, under: Under::New(number) }
    }
}

/// Why not all terms were created, and which ones were.
#[derive(Debug, thiserror::Error)]
#[error("{} terms were created, then one was not (number {at}, counted from zero)", .created.len())]
pub struct BulkTermError {
    /// The terms that were created, in the order given. Go on behind them.
    pub created: Vec<Term>,
    /// Terms of which it is not known whether they were created, because no answer came that tells: all of them were, or none.
    pub in_doubt: Vec<RecordId>,
    /// The first term that is not known to be created, counted from zero.
    pub at: usize,
    /// Why.
    #[source]
    pub source: TermError,
}

impl BulkTermError {
    /// The stable code of the cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.source.code()
    }
}

/// A term whose place is decided.
struct Planned {
    term: Term,
    content: TermContent,
    salt: TermSalt,
    length: usize,
}

/// A term of a transaction, sealed.
struct Sealed {
    place: Parent,
    digest: Digest,
    operation: Operation,
}

impl Ontology {
    /// Makes many terms, up to 500 in one transaction, and tells `progress` after each transaction. Labels, places and data of
    /// all of them are checked before anything is sent.
    ///
    /// # Errors
    ///
    /// [`BulkTermError`] at the first term that is refused: the transactions before it stay.
    pub async fn create_many(
        &self,
        terms: impl IntoIterator<Item = NewTerm>,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Term>, BulkTermError> {
        let stopped =
            |created: Vec<Term>, in_doubt, at, source| BulkTermError { created, in_doubt, at, source };
        let may = self.level().is_none_or(Level::manages);
        if !may {
            let read_only = Failure::from(LockReason::ReadOnly);
            return Err(stopped(Vec::new(), Vec::new(), 0, read_only.into()));
        }
        let known =
            self.known().await.map_err(|failure| stopped(Vec::new(), Vec::new(), 0, failure.into()))?;
        let planned =
            self.plan(&known, terms).map_err(|(at, error)| stopped(Vec::new(), Vec::new(), at, error))?;
        drop(known);
        let mut created = Vec::with_capacity(planned.len());
        let mut rest = &planned[..];
        while !rest.is_empty() {
            let (batch, behind) = rest.split_at(full(rest));
            match self.create_batch(batch).await {
                Ok(made) => created.extend(made),
                Err(error) => {
                    let doubt = matches!(&error, TermError::Failed(failure) if failure.leaves_doubt());
                    let in_doubt = batch.iter().filter(|_| doubt).map(|planned| planned.term.id).collect();
                    let at = created.len();
                    return Err(stopped(created, in_doubt, at, error));
                }
            }
            rest = behind;
            progress.advance(created.len() as u64, Some(planned.len() as u64));
        }
        Ok(created)
    }

    /// Decides the place of each term; on failure, at which one.
    fn plan(
        &self,
        known: &Terms,
        terms: impl IntoIterator<Item = NewTerm>,
    ) -> Result<Vec<Planned>, (usize, TermError)> {
        let schemas = &self.state().definition.schemas;
        let mut planned: Vec<Planned> = Vec::new();
        let mut depths: Vec<usize> = Vec::new();
        let mut labels: HashMap<Option<RecordId>, HashSet<String>> = HashMap::new();
        for (at, NewTerm { content, under }) in terms.into_iter().enumerate() {
            let (parent, above) = match under {
                Under::Top => (None, 0),
                Under::Term(term) if term.ontology == self.scope() => {
                    (Some(term.id), known.up(term.id).count().max(1))
                }
                Under::New(number) if number < at => (
                    planned.get(number).map(|planned| planned.term.id),
                    depths.get(number).copied().unwrap_or_default(),
                ),
                Under::Term(_) | Under::New(_) => return Err((at, TermError::NotFound)),
            };
            if above >= MAX_DEPTH {
                return Err((at, TermError::TooDeep));
            }
            if content.label.is_empty() {
                return Err((at, TermError::NoLabel));
            }
            let there = labels.entry(parent).or_insert_with(|| {
                let siblings = known.siblings(parent).filter(|term| !term.is_merged());
                siblings.map(|term| term.label().to_owned()).collect()
            });
            if !there.insert(content.label.clone()) {
                return Err((at, TermError::LabelTaken { label: content.label }));
            }
            let faults = content.data.as_ref().map(|data| schemas.faults(data)).unwrap_or_default();
            if !faults.is_empty() {
                return Err((at, TermError::Invalid { faults }));
            }
            let salt = TermSalt::from_bytes(self.0.account.client().random_bytes());
            let term = Term {
                id: RecordId::term(self.scope(), parent, salt),
                ontology: self.scope(),
                parent,
                content: None,
                version: 0,
                place: None,
            };
            let length = encode(&content).len();
            planned.push(Planned { term, content, salt, length: length + length / 8 + OVERHEAD });
            depths.push(above + 1);
        }
        Ok(planned)
    }

    /// Creates the terms of one transaction.
    async fn create_batch(&self, batch: &[Planned]) -> Result<Vec<Term>, TermError> {
        let account = &self.0.account;
        let mut state = self.reopen().await?;
        let mut attempt = 1;
        let new: HashSet<_> = batch.iter().map(|planned| planned.term.id).collect();
        let outside = |planned: &Planned| planned.term.parent.filter(|parent| !new.contains(parent));
        loop {
            if account.renew_before_writing(&state).await? {
                state = self.reopen().await?;
            }
            let above: HashSet<_> = batch.iter().filter_map(outside).collect();
            account.know_terms(&state, above.into_iter().map(|parent| (self.scope(), parent))).await?;
            let sealed = self.seal(&state, batch)?;
            let operations = sealed.iter().map(|sealed| sealed.operation.clone()).collect();
            match account.commit(self.owner(), operations).await {
                Ok(_) => return self.made(&state, batch, &sealed),
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                    state = self.reopen().await?;
                }
                Err(failure) => return Err(TermError::of(failure)),
            }
        }
    }

    fn seal(&self, state: &Arc<ScopeState>, batch: &[Planned]) -> Result<Vec<Sealed>, TermError> {
        let account = &self.0.account;
        let (me, epoch) = (account.identity(), state.last_epoch());
        let writer = Writer::new(&me, &self.0.role, state, account.client().now())?;
        let mut rng = account.client().rng();
        // Of what stands above, each branch is derived once.
        let mut branches: HashMap<Option<RecordId>, Branch> = HashMap::new();
        let mut sealed = Vec::with_capacity(batch.len());
        for Planned { term, content, salt, .. } in batch {
            let branch = match branches.entry(term.parent) {
                Entry::Occupied(above) => above.get().child(term.id),
                Entry::Vacant(above) => above.insert(self.branch(state, term.parent, epoch)?).child(term.id),
            };
            let place = Parent { term: term.parent, since: epoch, salt: *salt };
            let envelope = writer.term(term.id, 1, Some(&encode(content)), place, &branch, &mut rng)?;
            branches.insert(Some(term.id), branch);
            let operation = Operation::PutRecord { record: to_bytes(&envelope) };
            sealed.push(Sealed { place, digest: envelope.digest(), operation });
        }
        Ok(sealed)
    }

    /// The terms as they are now, remembered.
    fn made(&self, state: &ScopeState, batch: &[Planned], sealed: &[Sealed]) -> Result<Vec<Term>, TermError> {
        let mut made = Vec::with_capacity(batch.len());
        let mut nodes = Vec::with_capacity(batch.len());
        for (Planned { term, content, .. }, Sealed { place, digest, .. }) in batch.iter().zip(sealed) {
            self.0.account.note_version((self.owner(), self.scope(), term.id), 1, *digest)?;
            let Parent { term: parent, since, salt } = *place;
            nodes.push(TermNode { term: term.id, parent, since, salt, record: None, links: Vec::new() });
            let content = Some(content.clone());
            made.push(Term { content, version: 1, place: Some(*place), ..term.clone() });
        }
        state.learn(self.scope(), &nodes, Some(&state.moves())).map_err(Failure::from)?;
        self.remember_change(|terms| made.iter().for_each(|term| drop(terms.put(term.clone()))));
        Ok(made)
    }
}

/// How many of the terms fill a transaction: one at least.
fn full(terms: &[Planned]) -> usize {
    let mut bytes = 0_usize;
    let fits = terms.iter().take(MAX_TERMS).take_while(|planned| {
        bytes = bytes.saturating_add(planned.length);
        bytes <= MAX_BYTES
    });
    fits.count().max(1).min(terms.len())
}
