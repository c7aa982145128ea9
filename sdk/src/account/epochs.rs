//! New epochs: of scopes that belong together, with what remains open to whom.

use super::Account;
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{
        access::Opened,
        entry::{self, Under, covers},
        epoch::{self, Beginning, Reader, Renewal, readers},
        scope::{Role, ScopeState},
        tree::Held,
    },
};
use pryv_crypto::EpochKeys;
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    AccessId, RecordId, ScopeId,
    access::Access,
    scope::{ListScopes, MovedTerm, NewEpoch, ScopeKind, Slice},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A scope and the epoch that is about to begin in it.
pub(crate) struct Begun {
    pub(crate) state: Arc<ScopeState>,
    pub(crate) beginning: Beginning,
}

/// Epochs that begin in one transaction.
#[derive(Default)]
pub(crate) struct BegunAll {
    /// Slices first: what they cover comes behind.
    pub(crate) all: Vec<Begun>,
}

impl BegunAll {
    /// The epochs, to be sent.
    pub(crate) fn to_send(&self) -> Vec<NewEpoch> {
        self.all.iter().map(|begun| begun.beginning.new.clone()).collect()
    }

    /// The scope with its new epoch.
    pub(crate) fn of(&self, scope: ScopeId) -> Option<&Begun> {
        self.all.iter().find(|begun| begun.state.scope == scope)
    }

    fn slices(&self) -> BTreeMap<ScopeId, (u32, &EpochKeys)> {
        let slices = self.all.iter().filter(|begun| begun.state.kind.slice().is_some());
        slices
            .map(|begun| (begun.state.scope, (begun.beginning.statement.epoch, &begun.beginning.keys)))
            .collect()
    }
}

/// A move that the epochs begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moving {
    pub(crate) ontology: ScopeId,
    pub(crate) term: RecordId,
    pub(crate) parent: Option<RecordId>,
}

impl Account {
    /// New epochs of scopes, each for the readers who remain by the accesses that this account signed, and with an entry for
    /// each slice that covers it.
    pub(crate) async fn begin_epochs(
        &self,
        scopes: &BTreeSet<ScopeId>,
        granted: &[Opened],
        moving: Option<Moving>,
    ) -> Result<BegunAll, Failure> {
        let mut states = Vec::with_capacity(scopes.len());
        for scope in scopes {
            states.push(self.open_scope(self.id(), *scope, &Role::Owner).await?);
        }
        self.begin_epochs_of(states, granted, &BTreeSet::new(), &|_| Vec::new(), moving).await
    }

    /// New epochs of scopes as they were opened, without the readers by accesses that end, and with `new` ones who are granted
    /// in the same transaction.
    pub(crate) async fn begin_epochs_of(
        &self,
        states: Vec<Arc<ScopeState>>,
        granted: &[Opened],
        except: &BTreeSet<AccessId>,
        new: &(dyn Fn(ScopeId) -> Vec<Reader> + Sync),
        moving: Option<Moving>,
    ) -> Result<BegunAll, Failure> {
        // A rotation that was interrupted goes on first: slices whose keys were replaced get nothing sealed to them. Then the
        // states are old, which the server refuses, and whoever calls opens them again.
        self.renew_scopes().await?;
        self.begin_renewed(states, granted, except, new, moving).await
    }

    /// As [`Account::begin_epochs_of`], of an account whose slices are under its present secret.
    pub(crate) async fn begin_renewed(
        &self,
        states: Vec<Arc<ScopeState>>,
        granted: &[Opened],
        except: &BTreeSet<AccessId>,
        new: &(dyn Fn(ScopeId) -> Vec<Reader> + Sync),
        moving: Option<Moving>,
    ) -> Result<BegunAll, Failure> {
        self.begin_behind(BegunAll::default(), states, granted, except, new, moving).await
    }

    /// New epochs of scopes, behind others that begin in the same transaction.
    async fn begin_behind(
        &self,
        mut begun: BegunAll,
        mut states: Vec<Arc<ScopeState>>,
        granted: &[Opened],
        except: &BTreeSet<AccessId>,
        new: &(dyn Fn(ScopeId) -> Vec<Reader> + Sync),
        moving: Option<Moving>,
    ) -> Result<BegunAll, Failure> {
        states.sort_by_key(|state| state.kind.slice().is_none());
        for state in states {
            let moved = moving.filter(|moving| moving.ontology == state.scope);
            let moved = moved.map(|moving| MovedTerm { term: moving.term, parent: moving.parent });
            let mut beginning = self.next_epoch(&state, granted, except, new(state.scope), moved).await?;
            beginning.new.entries = self.entries(&state, &beginning, &begun.slices(), moving).await?;
            begun.all.push(Begun { state, beginning });
        }
        Ok(begun)
    }

    /// A new epoch of a scope for the readers who remain, without the entries of slices.
    async fn next_epoch(
        &self,
        state: &ScopeState,
        granted: &[Opened],
        except: &BTreeSet<AccessId>,
        new: Vec<Reader>,
        moved: Option<MovedTerm>,
    ) -> Result<Beginning, Failure> {
        let now = self.client().now();
        let mut readers = readers(state, granted, except, now)?;
        readers.extend(new);
        let mut keyed = Vec::with_capacity(readers.len());
        for reader in readers {
            keyed.push((reader, self.cards_of(reader.grantee).await?));
        }
        let group = match state.kind {
            ScopeKind::Group => Some(self.own_group_cards(state).await?),
            _ => None,
        };
        let renewal = Renewal { moved, group: group.as_deref(), ..Renewal::default() };
        epoch::renewed(&self.identity(), state, &keyed, renewal, now, &mut self.client().rng())
    }

    /// The next epoch of one scope, with what else changes; of a slice, with those of all that it covers: whoever held the
    /// slice before would go on opening what is written there, and nothing would say so.
    pub(super) async fn begin_renewal(
        &self,
        state: &Arc<ScopeState>,
        readers: &[(Reader, Arc<VerifiedCards>)],
        renewal: Renewal<'_>,
        granted: &[Opened],
    ) -> Result<BegunAll, Failure> {
        let (me, now) = (self.identity(), self.client().now());
        let mut beginning = epoch::renewed(&me, state, readers, renewal, now, &mut self.client().rng())?;
        beginning.new.entries = self.entries(state, &beginning, &BTreeMap::new(), None).await?;
        let begun = BegunAll { all: vec![Begun { state: Arc::clone(state), beginning }] };
        let Some(slice) = state.kind.slice() else { return Ok(begun) };
        let mut covered = Vec::new();
        for scope in self.covered_now(slice).await? {
            covered.push(self.open_scope(self.id(), scope, &Role::Owner).await?);
        }
        self.begin_behind(begun, covered, granted, &BTreeSet::new(), &|_| Vec::new(), None).await
    }

    /// One entry for each slice that covers a scope, for an epoch that is about to begin.
    async fn entries(
        &self,
        state: &ScopeState,
        beginning: &Beginning,
        begun: &BTreeMap<ScopeId, (u32, &EpochKeys)>,
        moving: Option<Moving>,
    ) -> Result<Vec<pryv_wire::scope::SliceEntry>, Failure> {
        let covering = state.covering.iter().filter(|covering| covers(&covering.slice, state));
        let covering: Vec<_> = covering.collect();
        let terms = covering.iter().filter_map(|slice| Some((slice.slice.ontology, slice.slice.term?)));
        self.know_terms(state, terms).await?;
        let mut trees = state.trees();
        if let Some(Moving { ontology, term, parent }) = moving {
            // What lies under the term, and under its new parent, is known before anything derives from them.
            self.know_terms(state, [Some(term), parent].into_iter().flatten().map(|term| (ontology, term)))
                .await?;
            trees = state.trees();
            if let Some(tree) = Arc::make_mut(&mut trees).get_mut(&ontology) {
                *tree = tree.with_move(term, parent);
            }
        }
        let number = beginning.statement.epoch;
        let held = Held { state, trees: &trees, next: Some((number, &beginning.keys)) };
        let me = self.identity();
        let mut rng = self.client().rng();
        let mut entries = Vec::with_capacity(covering.len());
        for covering in covering {
            let present;
            let (epoch, keys) = match begun.get(&covering.scope) {
                Some((epoch, keys)) => (*epoch, *keys),
                None => {
                    let known = self.newest_epoch(self.id(), covering.scope);
                    present = entry::present(&me, &self.own_cards(), covering, known)?;
                    (present.0, &present.1)
                }
            };
            let under = Under { scope: covering.scope, slice: &covering.slice, epoch, keys };
            entries.push(entry::make(&me, under, &held, number, &mut rng)?);
        }
        Ok(entries)
    }

    /// The scopes that an access reaches: those that it names, and what its slices cover.
    pub(crate) async fn reached_by(&self, access: &Access) -> Result<BTreeSet<ScopeId>, Failure> {
        let mut scopes: BTreeSet<ScopeId> = access.grants.iter().map(|grant| grant.scope).collect();
        let slices: Vec<&Slice> = access.grants.iter().filter_map(|grant| grant.slice.as_ref()).collect();
        if slices.is_empty() {
            return Ok(scopes);
        }
        scopes.extend(slices.iter().filter(|slice| slice.labels).map(|slice| slice.ontology));
        for state in self.own_scopes().await? {
            let covered =
                |slice: &&Slice| matches!(state.kind, ScopeKind::Collection(_)) && covers(slice, &state);
            if slices.iter().any(covered) {
                scopes.insert(state.scope);
            }
        }
        Ok(scopes)
    }

    /// What a slice covers now.
    pub(crate) async fn covered_now(&self, slice: &Slice) -> Result<BTreeSet<ScopeId>, Failure> {
        let states = self.own_scopes().await?;
        let covered = states.iter().filter(|state| covers(slice, state));
        Ok(covered.map(|state| state.scope).collect())
    }

    /// The collections that are linked to an ontology.
    pub(crate) async fn linked_to(&self, ontology: ScopeId) -> Result<Vec<Arc<ScopeState>>, Failure> {
        let mut states = self.own_scopes().await?;
        states.retain(|state| state.ontologies().contains(&ontology));
        Ok(states)
    }

    /// Every scope of this account: those that the server lists, and those that it has shown before.
    pub(crate) async fn own_scopes(&self) -> Result<Vec<Arc<ScopeState>>, Failure> {
        let account = self.id();
        // Those that were known before it was asked: another call may make one meanwhile.
        let known = self.known_scopes(account);
        let listed = self.call(&ListScopes { account }).await?.scopes;
        if let Some(hidden) = known.into_iter().find(|known| !listed.contains(known)) {
            let (known, answered) = (u64::from(self.newest_epoch(account, hidden)) + 1, 0);
            return Err(Distrust::RolledBack { what: "a scope of this account", known, answered }.into());
        }
        let mut states = Vec::with_capacity(listed.len());
        for scope in listed {
            states.push(self.open_scope(account, scope, &Role::Owner).await?);
        }
        Ok(states)
    }
}
