//! Terms: the shape of an ontology, its labels, and the earlier keys of terms that were moved, each as far as a caller
//! may know of it.

use super::{Error, Result, Service, audit::Given};
use crate::{
    permission::{self, Caller, Shape, Top, View},
    store::{At as _, Reading, StoredRecord, Tree},
};
use pryv_wire::{
    ErrorCode, RecordId,
    audit::Act,
    record::RecordKind,
    term::{GetTerms, ListTerms, MAX_TERMS, TermNode, Terms},
};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes of records in one answer, but for the last one.
const MAX_BYTES: usize = 4 << 20;

impl Service {
    /// One page of the terms of an ontology that the caller may know of, depth first.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed` (to readers of a collection only), `access-not-valid`, `out-of-range`, `storage-full`.
    pub async fn list_terms(&self, caller: Caller, request: ListTerms) -> Result<Terms> {
        let (now, asking) = (self.now(), caller.clone());
        let (terms, given) = self
            .blocking(move |inner| {
                inner.store.read(|view| {
                    let shape = permission::shape(&view, &asking, request.account, request.ontology, now)?;
                    if shape.views().is_empty() {
                        return Err(Error::new(ErrorCode::NotAllowed));
                    }
                    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
                    if !(1..=MAX_TERMS).contains(&limit) {
                        return Err(Error::out_of_range("`limit` is 1 to 1,000", MAX_TERMS));
                    }
                    let terms = Walk::over(&view, &shape).list(&request, limit)?;
                    let given = given(&shape, &terms);
                    Ok((terms, given))
                })
            })
            .await?;
        self.enter(&caller, given).await?;
        Ok(terms)
    }

    /// Terms by their ids, each behind its ancestors.
    ///
    /// # Errors
    ///
    /// `not-found`, `access-not-valid`, `out-of-range`, `storage-full`.
    pub async fn get_terms(&self, caller: Caller, request: GetTerms) -> Result<Terms> {
        let (now, asking) = (self.now(), caller.clone());
        let (terms, given) = self
            .blocking(move |inner| {
                inner.store.read(|view| {
                    let shape = permission::shape(&view, &asking, request.account, request.ontology, now)?;
                    if request.terms.is_empty() || request.terms.len() > MAX_TERMS {
                        return Err(Error::out_of_range("a call names 1 to 1,000 terms", MAX_TERMS));
                    }
                    let terms = Walk::over(&view, &shape).get(&request.terms)?;
                    let given = given(&shape, &terms);
                    Ok((terms, given))
                })
            })
            .await?;
        self.enter(&caller, given).await?;
        Ok(terms)
    }
}

/// What a caller is about to be told of an ontology.
fn given(shape: &Shape<'_>, terms: &Terms) -> Given {
    let (account, scope, access) = (shape.account(), shape.ontology(), shape.access());
    Given { account, scope, access, act: Act::ReadTerms, records: terms.terms.len() }
}

/// The terms of one answer.
struct Walk<'a, 't> {
    view: &'a Reading<'t>,
    shape: &'a Shape<'t>,
    tree: Tree<'a>,
    views: BTreeMap<Option<RecordId>, Vec<&'a View>>,
    answer: Vec<TermNode>,
    bytes: usize,
}

impl<'a, 't> Walk<'a, 't> {
    fn over(view: &'a Reading<'t>, shape: &'a Shape<'t>) -> Self {
        let tree = Tree::of(view.reading(), shape.account());
        let mut views: BTreeMap<Option<RecordId>, Vec<&'a View>> = BTreeMap::new();
        for view in shape.views() {
            views.entry(view.top).or_default().push(view);
        }
        Self { view, shape, tree, views, answer: Vec::new(), bytes: 0 }
    }

    fn list(mut self, request: &ListTerms, limit: usize) -> Result<Terms> {
        let not_found = || Error::new(ErrorCode::NotFound);
        let tops = match request.under {
            None => self.tops()?,
            Some(term) if self.views_of(term)?.is_empty() => return Err(not_found()),
            Some(term) => vec![Some(term)],
        };
        let mut tops = tops.into_iter();
        let (mut top, mut next) = (tops.next(), None);
        match request.after {
            None => next = self.first_of(top)?,
            Some(after) => {
                while let Some(here) = top {
                    if self.is_under(after, here)? {
                        next = self.behind(after, here)?;
                        break;
                    }
                    top = tops.next();
                }
                if top.is_none() {
                    return Err(not_found());
                }
            }
        }
        let mut last = None;
        loop {
            while next.is_none() && top.is_some() {
                top = tops.next();
                next = self.first_of(top)?;
            }
            let (Some(term), Some(here)) = (next, top) else {
                return Ok(Terms { terms: self.answer, next: None });
            };
            if self.answer.len() >= limit || self.bytes >= MAX_BYTES {
                return Ok(Terms { terms: self.answer, next: last });
            }
            self.add(term)?;
            last = Some(term);
            next = self.behind(term, here)?;
        }
    }

    fn get(mut self, terms: &[RecordId]) -> Result<Terms> {
        let (mut given, mut last) = (BTreeSet::new(), None);
        for term in terms {
            if self.bytes >= MAX_BYTES {
                return Ok(Terms { terms: self.answer, next: last });
            }
            let mut path = self.tree.path(self.shape.ontology(), *term)?;
            path.reverse();
            for term in path {
                if !given.contains(&term) && self.may_know(term)? {
                    given.insert(term);
                    self.add(term)?;
                }
            }
            last = Some(*term);
        }
        Ok(Terms { terms: self.answer, next: None })
    }

    /// The highest terms that the caller may list, by id; none for the whole ontology.
    fn tops(&mut self) -> Result<Vec<Option<RecordId>>> {
        if self.views.contains_key(&None) {
            return Ok(vec![None]);
        }
        let mut tops = Vec::new();
        for top in self.views.keys().flatten() {
            let path = self.tree.path(self.shape.ontology(), *top)?;
            if !path.is_empty() && !path.iter().skip(1).any(|above| self.views.contains_key(&Some(*above))) {
                tops.push(Some(*top));
            }
        }
        Ok(tops)
    }

    fn is_under(&mut self, term: RecordId, top: Option<RecordId>) -> Result<bool> {
        let ontology = self.shape.ontology();
        Ok(self.tree.is_under(ontology, term, Top { ontology, term: top })?)
    }

    fn first_of(&self, top: Option<Option<RecordId>>) -> Result<Option<RecordId>> {
        match top {
            None => Ok(None),
            Some(Some(term)) => Ok(Some(term)),
            Some(None) => self.child(None, None),
        }
    }

    fn child(&self, parent: Option<RecordId>, after: Option<RecordId>) -> Result<Option<RecordId>> {
        let (account, ontology) = (self.shape.account(), self.shape.ontology());
        Ok(self.view.children(account, ontology, parent, after, 1)?.first().copied())
    }

    /// The next term of a walk depth first through everything under the top.
    fn behind(&mut self, term: RecordId, top: Option<RecordId>) -> Result<Option<RecordId>> {
        if let Some(child) = self.child(Some(term), None)? {
            return Ok(Some(child));
        }
        let mut at = term;
        while Some(at) != top {
            let Some(place) = self.tree.place(self.shape.ontology(), at)? else { return Ok(None) };
            if let Some(sibling) = self.child(place.parent, Some(at))? {
                return Ok(Some(sibling));
            }
            match place.parent {
                Some(parent) => at = parent,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn views_of(&mut self, term: RecordId) -> Result<Vec<&'a View>> {
        let path = self.tree.path(self.shape.ontology(), term)?;
        if path.is_empty() {
            return Ok(Vec::new());
        }
        let above = path.into_iter().map(Some).chain([None]);
        Ok(above.filter_map(|top| self.views.get(&top)).flatten().copied().collect())
    }

    /// Whoever reads a linked collection as a whole may know where a term stands that it can name.
    fn may_know(&mut self, term: RecordId) -> Result<bool> {
        Ok(!self.shape.collections().is_empty() || !self.views_of(term)?.is_empty())
    }

    fn add(&mut self, term: RecordId) -> Result<()> {
        let ontology = self.shape.ontology();
        let Some(place) = self.tree.place(ontology, term)? else { return Ok(()) };
        let views = self.views_of(term)?;
        let mut record = None;
        if let Some(from) = views.iter().filter_map(|view| view.labels).min() {
            let stored = self.view.term_record(self.shape, term)?.ok_or_else(lost)?;
            if from == 0 || epoch_of(&stored)? >= from {
                record = Some(stored.envelope);
            }
        }
        let mut links = self.view.term_links(self.shape, term)?;
        links.retain(|link| {
            self.shape.collections().contains(&link.scope)
                || views.iter().any(|view| view.uses(ontology, link.scope, link.epoch))
        });
        let sealed: usize = links.iter().map(|link| link.sealed.len()).sum();
        let length = record.as_ref().map_or(0, |record| record.len());
        self.bytes = self.bytes.saturating_add(length).saturating_add(sealed);
        self.answer.push({
            let crate::store::TermPlace { parent, since, salt } = place;
            TermNode { term, parent, since, salt, record, links }
        });
        Ok(())
    }
}

/// The epoch of the ontology whose keys open a term record.
fn epoch_of(stored: &StoredRecord) -> Result<u32> {
    let placement = stored.placement()?;
    let first = placement.recipients.first().filter(|_| stored.kind == RecordKind::Term);
    Ok(first.ok_or_else(lost)?.epoch)
}

fn lost() -> Error {
    Error::internal(crate::store::Error::Row("term"))
}
