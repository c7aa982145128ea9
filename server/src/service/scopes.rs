//! Scopes: which ones a caller may reach, and what it needs for the keys of their epochs.

use super::{Error, Result, Service, audit::Given, transforms::Wanted};
use crate::{
    permission::{self, By, Caller, Denied},
    store::{Hop, Reading, Step},
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, PrincipalId, ScopeId, Signed, Timestamp,
    audit::Act,
    scope::{
        CoveringSlice, Epoch, EpochKeys, EpochOpened, ListScopes, OpenScope, ScopeKind, ScopeOpened, Scopes,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::task::JoinSet;

/// How many capsules of one request are transformed before they are kept and others have their turn: 0.2 seconds of two
/// cores.
const BATCH: usize = 8;

impl Service {
    /// The scopes of an account that the caller may reach: all for the owner, those of valid accesses for others.
    ///
    /// # Errors
    ///
    /// `not-found` without an access, `access-not-valid` if all are outside their dates.
    pub async fn list_scopes(&self, caller: Caller, request: ListScopes) -> Result<Scopes> {
        let now = self.now();
        self.blocking(move |inner| inner.store.read(|view| scopes(&view, &caller, request.account, now)))
            .await
    }

    /// A scope with the keys of its epochs, each in the form that the caller can open.
    ///
    /// For a reader the answer is recorded as served, durably, before it is given; if the access is revoked in the
    /// meantime, nothing is given and nothing transformed is kept.
    ///
    /// # Errors
    ///
    /// `not-found`, `access-not-valid`.
    pub async fn open_scope(&self, caller: Caller, request: OpenScope) -> Result<ScopeOpened> {
        let now = self.now();
        let asked = request.clone();
        let asking = caller.clone();
        let gathered =
            self.blocking(move |inner| inner.store.read(|view| gather(&view, &asking, &asked, now))).await?;
        let ToTransform { mut opened, access, epochs, route } = match gathered {
            Gathered::Complete(opened, access) => {
                self.enter(&caller, opening(&request, access)).await?;
                return Ok(*opened);
            }
            Gathered::ToTransform(work) => *work,
        };
        let last = route.last().ok_or_else(|| lost("a transform key"))?.step;
        let kept: usize = epochs.iter().filter(|epoch| epoch.kept.is_some()).count();
        self.inner.transforms.were_kept(kept);
        let made = self.transform_missing(&caller, access, &request, &epochs, &route).await?;
        let mut unlocked = Vec::with_capacity(epochs.len());
        for Locked { epoch, generation, statement, kept, share, sealed, .. } in epochs {
            let made = || {
                let of = (last, generation, epoch);
                made.kept.get(&of).or_else(|| made.to_keep.get(&of)).cloned()
            };
            let capsule = kept.or_else(made).ok_or_else(|| lost("a capsule"))?;
            let keys = EpochKeys::Grantee { capsule, share, sealed };
            unlocked.push((epoch, EpochOpened { statement, keys }));
        }
        let served = unlocked.iter().map(|(epoch, _)| *epoch).collect();
        let entered = Some(opening(&request, Some(access)));
        self.record_served(caller, (access, last), &request, served, made.to_keep, entered).await?;
        opened.epochs = unlocked.into_iter().map(|(_, opened)| opened).collect();
        Ok(opened)
    }

    /// Transforms the capsules that were not kept, a batch at a time: other grantees have their turn between two, and
    /// what was done is kept if the caller goes away, so that a scope of a thousand epochs opens at last. The last batch
    /// is kept with the record of what is served.
    async fn transform_missing(
        &self,
        caller: &Caller,
        access: AccessId,
        request: &OpenScope,
        epochs: &[Locked],
        route: &[Hop],
    ) -> Result<Transformed> {
        let last = route.last().ok_or_else(|| lost("a transform key"))?.step;
        let missing: Vec<&Locked> = epochs.iter().filter(|epoch| epoch.kept.is_none()).collect();
        let mut made = Transformed::default();
        let mut batches = missing.chunks(BATCH).peekable();
        while let Some(batch) = batches.next() {
            let new = self.transform_all(request.account, request.scope, batch, route).await?;
            if batches.peek().is_some() {
                let by = (access, last);
                self.record_served(caller.clone(), by, request, Vec::new(), new.clone(), None).await?;
                made.kept.extend(new);
            } else {
                made.to_keep = new;
            }
        }
        Ok(made)
    }

    /// Transforms capsules along their way, several at a time as the pool allows. What is made on the way counts as made
    /// too: other grantees of the same manager go on from there.
    async fn transform_all(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        epochs: &[&Locked],
        route: &[Hop],
    ) -> Result<Capsules> {
        let mut under_way = JoinSet::new();
        for Locked { epoch, generation, capsule, on_the_way, .. } in epochs {
            let (inner, from) = (Arc::clone(&self.inner), on_the_way.clone());
            let (epoch, generation) = (*epoch, *generation);
            let mut capsule = from.as_ref().map_or(capsule, |(_, capsule)| capsule).clone();
            let behind = from.map(|(step, _)| step);
            let left = route.iter().position(|hop| Some(hop.step) == behind).map_or(0, |at| at + 1);
            let left: Vec<Hop> = route.iter().skip(left).cloned().collect();
            under_way.spawn(async move {
                let mut made = Vec::with_capacity(left.len());
                for Hop { step, key } in left {
                    let wanted = Wanted { account, step, scope, generation, epoch };
                    capsule = inner.transforms.transformed(wanted, &capsule, &key).await?;
                    made.push(((step, generation, epoch), capsule.clone()));
                }
                Ok::<_, Error>(made)
            });
        }
        let mut made = Capsules::new();
        while let Some(ended) = under_way.join_next().await {
            made.extend(ended.map_err(Error::ended)??);
        }
        Ok(made)
    }

    /// Asks for permission once more, in the transaction that records what is about to be given: a revocation either
    /// comes first, and nothing is kept or given, or comes later, and finds what it has to delete.
    async fn record_served(
        &self,
        caller: Caller,
        (access, last): (AccessId, Step),
        request: &OpenScope,
        served: Vec<u32>,
        made: Capsules,
        entered: Option<Given>,
    ) -> Result<()> {
        let (account, scope, by) = (request.account, request.scope, By::named(request.access));
        let (now, limits) = (self.now(), self.inner.audit_limits());
        let entered = entered.map(|given| given.to(&caller));
        self.inner
            .store
            .update(move |tx| {
                let read = permission::read(tx, &caller, (account, scope), by, now)?;
                let member = match last {
                    Step::Member(member) => Some(member),
                    Step::Access(_) => None,
                };
                if (read.access(), read.member()) != (Some(access), member) {
                    return Err(Error::new(ErrorCode::NotFound));
                }
                let see = permission::see(tx, &caller, (account, scope), by, now)?;
                if let Some(entry) = entered {
                    tx.append_audit(entry, now, limits)?;
                }
                for ((step, generation, epoch), capsule) in &made {
                    // One of a generation that ended meanwhile was deleted with it.
                    if tx.is_generation(account, scope, *generation)? {
                        tx.keep_capsule(&read, *step, *epoch, capsule)?;
                    }
                }
                for epoch in served {
                    tx.note_served(&see, epoch, now)?;
                }
                Ok(())
            })
            .await
    }
}

fn scopes(view: &Reading<'_>, caller: &Caller, account: PrincipalId, now: Timestamp) -> Result<Scopes> {
    match permission::owner(view, caller, account) {
        Ok(owner) => return Ok(Scopes { scopes: view.scopes(&owner)? }),
        Err(Denied::NotAllowed) => {}
        Err(denied) => return Err(denied.into()),
    }
    let (mut any, mut scopes) = (false, BTreeSet::<ScopeId>::new());
    for held in view.held_by(account, caller.principal())? {
        let entry = held?.entry;
        if !entry.is_valid_at(now) {
            continue;
        }
        any = true;
        for grant in &entry.grants {
            scopes.insert(grant.scope);
            if let Some(slice) = &grant.slice {
                scopes.extend(view.covered(account, slice)?);
            }
        }
    }
    if !any {
        return Err(Error::new(ErrorCode::AccessNotValid));
    }
    Ok(Scopes { scopes: scopes.into_iter().collect() })
}

/// That a scope is opened.
const fn opening(request: &OpenScope, access: Option<AccessId>) -> Given {
    let OpenScope { account, scope, .. } = *request;
    Given { account, scope, access, act: Act::OpenScope, records: 0 }
}

/// Transformed capsules, by whose transform key made them, their generation and their epoch.
type Capsules = BTreeMap<(Step, u32, u32), Bytes>;

/// Capsules that were transformed for one request.
#[derive(Default)]
struct Transformed {
    kept: Capsules,
    to_keep: Capsules,
}

/// One epoch behind its two locks, for a grantee.
struct Locked {
    epoch: u32,
    generation: u32,
    statement: Signed<Epoch>,
    capsule: Bytes,
    /// The capsule as it was kept for the manager or the group on the way.
    on_the_way: Option<(Step, Bytes)>,
    kept: Option<Bytes>,
    share: Bytes,
    sealed: Bytes,
}

enum Gathered {
    Complete(Box<ScopeOpened>, Option<AccessId>),
    ToTransform(Box<ToTransform>),
}

/// A scope whose capsules have yet to be transformed for a grantee.
struct ToTransform {
    opened: ScopeOpened,
    access: AccessId,
    epochs: Vec<Locked>,
    route: Vec<Hop>,
}

fn gather(view: &Reading<'_>, caller: &Caller, request: &OpenScope, now: Timestamp) -> Result<Gathered> {
    let OpenScope { account, scope, from_epoch, access: by } = *request;
    let by = By::named(by);
    let see = permission::see(view, caller, (account, scope), by, now)?;
    let definition = view.definition(&see)?.ok_or_else(|| lost("the definition of a scope"))?.envelope;
    let kind = view.scope_kind(account, scope)?.ok_or_else(|| lost("the kind of a scope"))?;
    let mut opened = ScopeOpened {
        kind,
        definition,
        epochs: Vec::new(),
        pre: None,
        readers: Vec::new(),
        entries: Vec::new(),
        indexed: Vec::new(),
        slices: Vec::new(),
    };
    if matches!(opened.kind, ScopeKind::Collection(_)) {
        opened.indexed = view.indexed(&see)?;
    }
    let Some(access) = see.access() else {
        let owner = permission::owner(view, caller, account)?;
        owner_view(view, &owner, &see, &mut opened, from_epoch, now)?;
        return Ok(Gathered::Complete(Box::new(opened), None));
    };
    hide_ontologies(&see, &mut opened.kind);
    let from_epoch = from_epoch.max(see.from_epoch());
    if !see.reads() {
        let epochs = view.epochs(&see, from_epoch)?.into_iter();
        opened.epochs =
            epochs.map(|(_, statement)| EpochOpened { statement, keys: EpochKeys::Deposit }).collect();
        return Ok(Gathered::Complete(Box::new(opened), Some(access)));
    }
    let read = permission::read(view, caller, (account, scope), by, now)?;
    if opened.kind.slice().is_some() {
        opened.entries = view.slice_entries(&see, see.from_epoch())?;
    }
    let route = view.route(&read)?;
    let last = route.last().ok_or_else(|| lost("a transform key"))?.step;
    let mut epochs = Vec::new();
    for (epoch, statement) in view.epochs(&see, from_epoch)? {
        let lockbox = view.lockbox(&see, epoch)?.ok_or_else(|| lost("a lockbox"))?;
        let share = view.share(&see, epoch)?.ok_or_else(|| lost("a share"))?;
        let kept = view.transformed_capsule(&read, last, epoch)?;
        let mut on_the_way = None;
        for hop in route.iter().filter(|hop| kept.is_none() && hop.step != last) {
            let capsule = view.transformed_capsule(&read, hop.step, epoch)?;
            on_the_way = capsule.map(|capsule| (hop.step, capsule));
        }
        let (generation, capsule, sealed) = (lockbox.generation, lockbox.capsule, lockbox.sealed);
        epochs.push(Locked { epoch, generation, statement, capsule, on_the_way, kept, share, sealed });
    }
    Ok(Gathered::ToTransform(Box::new(ToTransform { opened, access, epochs, route })))
}

/// Who sees a collection through slices alone is told of their ontologies only.
fn hide_ontologies(see: &permission::Grant<'_, permission::See>, kind: &mut ScopeKind) {
    if let ScopeKind::Collection(collection) = kind
        && !see.reach().is_whole()
    {
        let known: BTreeSet<ScopeId> = see.reach().tops().keys().map(|top| top.ontology).collect();
        collection.ontologies.retain(|ontology| known.contains(ontology));
    }
}

fn owner_view<'t>(
    view: &Reading<'t>,
    owner: &permission::Owner<'t>,
    see: &permission::Grant<'t, permission::See>,
    opened: &mut ScopeOpened,
    from_epoch: u32,
    now: Timestamp,
) -> Result<()> {
    let scope = see.scope();
    opened.epochs = owner_epochs(view, owner, see, from_epoch)?;
    let head = view.scope_head(owner.account(), scope)?.ok_or_else(|| lost("the head of a scope"))?;
    opened.pre =
        head.generation.map(|generation| view.scope_pre(owner, scope, generation)).transpose()?.flatten();
    opened.readers = view
        .entries_for(owner, scope)?
        .into_iter()
        .filter(|entry| !entry.is_over_at(now))
        .filter(|entry| entry.level(scope).is_some_and(pryv_wire::access::Level::reads))
        .map(|entry| entry.access)
        .collect();
    for (scope, slice) in view.slices_covering(owner.account(), scope, &opened.kind)? {
        let head = view.scope_head(owner.account(), scope)?.ok_or_else(|| lost("the head of a slice"))?;
        let see = permission::see_own(view, owner, scope)?;
        let present = owner_epochs(view, owner, &see, head.epoch)?.pop();
        let present = present.ok_or_else(|| lost("the present epoch of a slice"))?;
        opened.slices.push(CoveringSlice { scope, slice, present });
    }
    Ok(())
}

fn owner_epochs<'t>(
    view: &Reading<'t>,
    owner: &permission::Owner<'t>,
    see: &permission::Grant<'t, permission::See>,
    from_epoch: u32,
) -> Result<Vec<EpochOpened>> {
    let mut epochs = Vec::new();
    for (epoch, statement, wrap) in view.epochs_of_owner(owner, see, from_epoch)? {
        let lock = view.lockbox(see, epoch)?.map(|lockbox| lockbox.owner_lock);
        epochs.push(EpochOpened { statement, keys: EpochKeys::Owner { wrap, lock } });
    }
    Ok(epochs)
}

/// A row that must be there is not.
fn lost(what: &'static str) -> Error {
    Error::internal(crate::store::Error::Row(what))
}
