//! Moving a term: under another parent, with everything that stands on it. New epochs begin, so that whoever read it by its
//! old place reads nothing that is written from then on; whoever reads its new place, with history, reads the term's
//! history too.

use super::{
    Ontology, Term, TermContent,
    change::{TermError, content},
};
use crate::account::{Begun, Moving};
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{record::to_bytes, scope::Role, tree::Held},
};
use pryv_crypto::{
    Branch,
    branch::{Earlier, LinkPlace, seal_link},
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_wire::{
    encode,
    record::{Parent, RecordKind},
    term::TermLink,
    transaction::Operation,
};
use std::{collections::BTreeSet, sync::Arc};

/// How often a move is made anew because an epoch began in between.
const ATTEMPTS: usize = 4;

impl Ontology {
    /// Moves a term under another, or to the top. Begins an epoch of the ontology and of every collection that is linked to
    /// it; no record is rewritten. Does nothing if the term stands there.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn move_term(&self, term: &Term, to: Option<&Term>) -> Result<Term, TermError> {
        self.move_with(term, to, content(term)?).await
    }

    /// Merges a term into another: moves it there, and shows it as that from then on.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn merge(&self, term: &Term, into: &Term) -> Result<Term, TermError> {
        if term.parent == Some(into.id) {
            return self.merge_into_parent(term).await;
        }
        self.move_with(term, Some(into), TermContent { merged: true, ..content(term)? }).await
    }

    async fn move_with(
        &self,
        term: &Term,
        to: Option<&Term>,
        content: TermContent,
    ) -> Result<Term, TermError> {
        if !matches!(self.0.role, Role::Owner) {
            return Err(TermError::NotOwner);
        }
        if term.ontology != self.scope() || to.is_some_and(|to| to.ontology != self.scope()) {
            return Err(TermError::NotFound);
        }
        let terms = self.known().await?;
        if to.is_some_and(|to| terms.up(to.id).any(|above| above.id == term.id)) {
            return Err(TermError::UnderItself);
        }
        // As after an answer that was lost.
        let there = terms.get(term.id).filter(|there| there.parent == to.map(|to| to.id));
        if let Some(there) = there.filter(|there| there.is_merged() == content.merged) {
            return Ok(there.clone());
        }
        let moved = Term { parent: to.map(|to| to.id), ..term.clone() };
        self.check(&moved, &content).await?;
        let mut attempt = 1;
        loop {
            match self.try_move(&moved, &content).await {
                Err(TermError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                moved => return moved,
            }
        }
    }

    async fn try_move(&self, term: &Term, content: &TermContent) -> Result<Term, TermError> {
        let account = &self.0.account;
        let granted = account.granted_opened().await?;
        let mut scopes: BTreeSet<_> =
            account.linked_to(self.scope()).await?.iter().map(|state| state.scope).collect();
        scopes.insert(self.scope());
        let moving = Moving { ontology: self.scope(), term: term.id, parent: term.parent };
        let begun = account.begin_epochs(&scopes, &granted, Some(moving)).await?;
        let mut links = Vec::with_capacity(begun.all.len());
        for one in &begun.all {
            links.push(self.link(one, moving).await?.1);
        }
        let structure = begun.of(self.scope()).ok_or(TermError::NotFound)?;
        let old = term.place.ok_or(TermError::NotFound)?;
        let place = Parent { term: term.parent, since: structure.beginning.statement.epoch, salt: old.salt };
        let branch = self.link(structure, moving).await?.0;
        let version = term.version.saturating_add(1);
        let bytes = encode(content);
        let draft = Draft {
            record: term.id,
            version,
            kind: RecordKind::Term,
            definition: Some(structure.state.definition.reference),
            content: &bytes,
            tokens: NewTokens::default(),
            written_at: account.client().now(),
        };
        let me = account.identity();
        let wrong = Distrust::WrongKeys { epoch: place.since };
        let sealed =
            RecordSealer::for_reader(&me, &structure.beginning.statement, &structure.beginning.keys, None)
                .and_then(|sealer| sealer.seal_term(&draft, place, &branch, &mut account.client().rng()))
                .map_err(|_| Failure::from(wrong))?;
        let mut operations: Vec<_> =
            begun.to_send().into_iter().map(|epoch| Operation::BeginEpoch { epoch }).collect();
        operations.push(Operation::MoveTerm { record: to_bytes(&sealed.envelope), links });
        account.commit(account.id(), operations).await.map_err(|failure| match failure.is_stale() {
            true => TermError::Failed(failure),
            false => TermError::of(failure),
        })?;
        for one in &begun.all {
            account.note_epoch(account.id(), one.state.scope, one.beginning.statement.epoch);
        }
        account.note_version((account.id(), self.scope(), term.id), version, sealed.envelope.digest())?;
        self.reopen().await?;
        let moved = Term { content: Some(content.clone()), version, place: Some(place), ..term.clone() };
        self.remember_change(|terms| drop(terms.put(moved.clone())));
        Ok(moved)
    }

    /// The branch of a term at its new place, and the link to its branches of all earlier epochs, in one scope.
    async fn link(&self, begun: &Begun, moving: Moving) -> Result<(Branch, TermLink), TermError> {
        let account = &self.0.account;
        let Begun { state, beginning } = begun;
        let Moving { ontology, term, parent } = moving;
        let named = [Some(term), parent].into_iter().flatten().map(|term| (ontology, term));
        account.know_terms(state, named).await?;
        let trees = state.trees();
        let mut after = Arc::clone(&trees);
        if let Some(tree) = Arc::make_mut(&mut after).get_mut(&ontology) {
            *tree = tree.with_move(term, parent);
        }
        let epoch = beginning.statement.epoch;
        let wrong = || Failure::from(Distrust::WrongKeys { epoch });
        let held = Held { state, trees: &after, next: Some((epoch, &beginning.keys)) };
        let new = held.resolve(ontology, Some(term), epoch).ok_or_else(wrong)?;
        let before = Held::of(state, &trees);
        let mut earlier = Vec::with_capacity(state.epochs.len());
        for epoch in state.epochs.keys().copied() {
            let branch = before.resolve(ontology, Some(term), epoch).ok_or_else(wrong)?;
            let path = before.resolve(ontology, parent, epoch).ok_or_else(wrong)?.child(term);
            earlier.push(Earlier { epoch, path, branch });
        }
        let place = LinkPlace { account: account.id(), scope: state.scope, term, epoch };
        let sealed = seal_link(&new, &place, &earlier, &mut account.client().rng());
        Ok((new, TermLink { scope: state.scope, term, epoch, sealed }))
    }
}
