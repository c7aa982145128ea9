//! Upkeep: what an owner's client does when it runs, because a server cannot.

use super::{Account, lock};
use crate::{
    collection::{Collection, QueryError, State, WriteError},
    distrust::Distrust,
    failure::Failure,
    protocol::{
        access::Opened,
        entry::covers,
        scope::{CARD_TOLERANCE, Role, ScopeState},
    },
};
use pryv_wire::{
    AccessId, ScopeId, Timestamp,
    card::PrincipalKind,
    scope::{Epoch, ListScopes, ScopeKind, Slice},
    transaction::Operation,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How often a new epoch is made anew because another one began in between.
const ATTEMPTS: usize = 4;

/// How many records are looked at at once.
const PAGE: u32 = 500;

/// What upkeep did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Maintained {
    /// Scopes that were given new keys, and the number of their new epoch.
    pub begun: Vec<(ScopeId, u32)>,
    /// Groups that a member has left, by itself or by its dates, and that have had as many cards as they can have: the server alone shuts
    /// that member out. Grant to another group what these were granted.
    pub closed: Vec<ScopeId>,
    /// How many records were opened to the readers of terms that their writers held no key of.
    pub completed: u64,
}

impl Account {
    /// Gives new keys to every collection to which an access has expired since its present epoch began, or was ended by its
    /// holder or by the manager who had granted it; whose keys are under an account secret that was replaced; or whose reader has replaced
    /// theirs. And opens records to readers of terms that their writers could not open them to.
    ///
    /// The server refuses an expired access by itself; new keys make that hold against the server too. Call it when a
    /// program starts. Costs one call when there is nothing to do. While a holder of a slice may write, it reads the collections
    /// that the slice covers.
    ///
    /// # Errors
    ///
    /// See [`Failure`]. What was begun before a failure stays; call again to go on.
    pub async fn maintain(&self) -> Result<Maintained, Failure> {
        let mut done = Maintained { begun: self.renew_scopes().await?, ..Maintained::default() };
        let mut granted = self.granted_opened().await?;
        let now = self.client().now();
        // Groups go first, each in a transaction of its own: what they were granted is sealed to their next cards.
        let due = self.due(&granted, now).await?;
        for (scope, why) in &due {
            let state = self.open_scope(self.id(), *scope, &Role::Owner).await?;
            why.check(&state)?;
            if state.kind != ScopeKind::Group || why.is_done(&state.present()?.statement) {
                continue;
            }
            match state.is_closed() {
                true => done.closed.push(*scope),
                false => {
                    done.begun.extend(self.begin_due_group(*scope, why).await?.map(|epoch| (*scope, epoch)))
                }
            }
        }
        for attempt in 1..=ATTEMPTS {
            // Anew each time: what comes is sealed to the cards that grantees have by then.
            granted = self.granted_opened().await?;
            let mut all = self.due(&granted, now).await?;
            self.add_rotated(&granted, now, &mut all).await?;
            let mut due = BTreeSet::new();
            for (scope, why) in &all {
                let state = self.open_scope(self.id(), *scope, &Role::Owner).await?;
                why.check(&state)?;
                if state.kind != ScopeKind::Group && !why.is_done(&state.present()?.statement) {
                    due.insert(*scope);
                    if let Some(slice) = state.kind.slice() {
                        due.extend(self.covered_now(slice).await?);
                    }
                }
            }
            if due.is_empty() {
                break;
            }
            // In one transaction: what a slice covers is closed to who held the slice before.
            let begun = self.begin_epochs(&due, &granted, None).await?;
            let operations = begun.to_send().into_iter().map(|epoch| Operation::BeginEpoch { epoch });
            match self.commit(self.id(), operations.collect()).await {
                Ok(_) => {
                    for begun in &begun.all {
                        let (scope, epoch) = (begun.state.scope, begun.beginning.statement.epoch);
                        self.note_epoch(self.id(), scope, epoch);
                        done.begun.push((scope, epoch));
                    }
                    break;
                }
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {}
                Err(failure) => return Err(failure),
            }
        }
        done.completed = self.complete_pending(&granted).await?;
        Ok(done)
    }

    /// The next epoch of a group that is due; its number.
    async fn begin_due_group(&self, scope: ScopeId, why: &Due) -> Result<Option<u32>, Failure> {
        for attempt in 1..=ATTEMPTS {
            let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
            if why.is_done(&state.present()?.statement) {
                break;
            }
            let granted = self.granted_opened().await?;
            match self.begin_alone(state, &granted).await {
                Ok(epoch) => return Ok(Some(epoch)),
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(None)
    }

    /// The next epoch of one scope, in a transaction of its own; its number.
    async fn begin_alone(&self, state: Arc<ScopeState>, granted: &[Opened]) -> Result<u32, Failure> {
        let (scope, number) = (state.scope, state.last_epoch().saturating_add(1));
        let group = state.group().filter(|_| state.kind == ScopeKind::Group);
        let next = self.begin_renewed(vec![state], granted, &BTreeSet::new(), &|_| Vec::new(), None).await?;
        let operations = next.to_send().into_iter().map(|epoch| Operation::BeginEpoch { epoch });
        self.commit(self.id(), operations.collect()).await?;
        self.note_epoch(self.id(), scope, number);
        if let Some(group) = group {
            // What is sealed to the group from here on is sealed to its next card.
            self.fresh_cards_of(group).await?;
        }
        Ok(number)
    }

    /// The scopes whose keys are still under an account secret that was replaced: what [`Account::maintain`] has left to do
    /// after a rotation.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn under_replaced_keys(&self) -> Result<Vec<ScopeId>, Failure> {
        let mut under = Vec::new();
        for scope in self.call(&ListScopes { account: self.id() }).await?.scopes {
            let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
            if state.is_before(self.own_cards().current().sequence)? && !state.is_closed() {
                under.push(scope);
            }
        }
        Ok(under)
    }

    /// Gives new keys to every scope whose own are under an account secret that was replaced: groups first, because what they
    /// were granted is sealed to their next cards, then slices, because what they cover is sealed to them. Each in a transaction of its own, so that it goes on wherever it was interrupted.
    pub(crate) async fn renew_scopes(&self) -> Result<Vec<(ScopeId, u32)>, Failure> {
        let card = self.own_cards().current().sequence;
        let mut begun = Vec::new();
        if card <= *lock(&self.0.keyed) {
            return Ok(begun);
        }
        let mut due = Vec::new();
        for state in self.own_scopes().await? {
            if state.is_before(card)? && !state.is_closed() {
                due.push((state.kind != ScopeKind::Group, state.kind.slice().is_none(), state.scope));
            }
        }
        due.sort_unstable();
        let granted = self.granted_opened().await?;
        for (_, _, scope) in due {
            begun.extend(self.renew_one(scope, &granted).await?.map(|number| (scope, number)));
        }
        *lock(&self.0.keyed) = card;
        Ok(begun)
    }

    /// Gives new keys to one scope, if its own are under an account secret that was replaced; the number of the epoch that
    /// began.
    async fn renew_one(&self, scope: ScopeId, granted: &[Opened]) -> Result<Option<u32>, Failure> {
        for attempt in 1..=ATTEMPTS {
            let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
            if !state.is_before(self.own_cards().current().sequence)? {
                break;
            }
            match self.begin_alone(state, granted).await {
                Ok(number) => return Ok(Some(number)),
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {
                    // A grantee may have gone on: its next card is at hand behind this.
                    self.granted_opened().await?;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(None)
    }

    /// Goes on with a rotation, if the present keys of one of this account's scopes are under a secret that was replaced:
    /// whoever took that one could have begun the epoch, and would read what is written to it. Answers whether the scope
    /// must be opened again.
    pub(crate) async fn renew_before_writing(&self, state: &ScopeState) -> Result<bool, Failure> {
        let replaced = state.owner == self.id() && state.is_before(self.own_cards().current().sequence)?;
        if replaced {
            self.renew_scopes().await?;
            // A server that had left it out of the list of scopes shows it only now: it is renewed whatever was done before.
            self.renew_one(state.scope, &self.granted_opened().await?).await?;
        }
        Ok(replaced)
    }

    /// Adds the scopes that a grantee with a later card reads, as of when that card was made.
    async fn add_rotated(
        &self,
        granted: &[Opened],
        now: Timestamp,
        scopes: &mut BTreeMap<ScopeId, Due>,
    ) -> Result<(), Failure> {
        let live = granted.iter().filter(|opened| opened.evidence.revocation().is_none());
        let accesses = live.map(|opened| opened.evidence.access());
        for access in accesses.filter(|access| access.valid_until.is_none_or(|until| now < until)) {
            let Some(cards) = self.known_cards(access.grantee) else { continue };
            if cards.current_digest() == access.grantee_card {
                continue;
            }
            if cards.current().kind == PrincipalKind::Group {
                for grant in &access.grants {
                    let due = scopes.entry(grant.scope).or_default();
                    due.groups.insert(access.access, cards.current().sequence);
                }
                continue;
            }
            let made = cards.current().created_at;
            // Renewed at once, and once more when no clock can be so far off that an epoch from before the card looks later.
            let surely = made.plus_millis(CARD_TOLERANCE);
            let since = if surely <= now { surely } else { made.min(now) };
            for scope in self.reached_by(access).await? {
                let due = scopes.entry(scope).or_default();
                due.begun_since = due.begun_since.max(Some(since));
            }
        }
        Ok(())
    }

    /// The scopes that are due, as far as the accesses say it.
    async fn due(&self, granted: &[Opened], now: Timestamp) -> Result<BTreeMap<ScopeId, Due>, Failure> {
        let mut scopes: BTreeMap<ScopeId, Due> = BTreeMap::new();
        for opened in granted {
            let access = opened.evidence.access();
            match opened.evidence.revocation() {
                // The owner's own revocations bring their epochs with them.
                Some(end) if end.revoker == access.account => {}
                Some(end) => {
                    for last in end.last_epochs.iter().filter(|last| access.level(last.scope).is_some()) {
                        scopes.entry(last.scope).or_default().ended_in.insert(last.epoch);
                    }
                }
                None => {
                    let Some(until) = access.valid_until.filter(|until| *until <= now) else { continue };
                    for scope in self.reached_by(access).await? {
                        let due = scopes.entry(scope).or_default();
                        due.begun_since = due.begun_since.max(Some(until));
                    }
                }
            }
        }
        Ok(scopes)
    }

    /// Opens records to the readers of terms that their writers held no key of. Only holders of slices write such records, so
    /// that nothing is read while nobody holds one that writes.
    async fn complete_pending(&self, granted: &[Opened]) -> Result<u64, Failure> {
        let live = granted.iter().filter(|opened| opened.evidence.revocation().is_none());
        let grants = live.flat_map(|opened| &opened.evidence.access().grants);
        let writes: Vec<&Slice> =
            grants.filter(|grant| grant.level.creates()).filter_map(|grant| grant.slice.as_ref()).collect();
        let mut completed = 0;
        if !writes.iter().any(|slice| slice.has_data()) {
            return Ok(completed);
        }
        for state in self.own_scopes().await? {
            if !writes.iter().any(|slice| slice.has_data() && covers(slice, &state)) {
                continue;
            }
            let collection = Collection::new(self, Role::Owner, state);
            let mut query = collection.query().state(State::All).limit(PAGE);
            loop {
                let page = query.fetch::<Value>().await.map_err(of_query)?;
                for record in &page.records {
                    match collection.complete(record).await {
                        Ok(done) => completed += u64::from(done),
                        Err(WriteError::Failed(failure)) => return Err(failure),
                        // Somebody wrote a version in the meantime: it is looked at the next time.
                        Err(_) => {}
                    }
                }
                let Some(next) = page.next else { break };
                query = query.page(next);
            }
        }
        Ok(completed)
    }
}

/// Why a scope is due for a new epoch.
#[derive(Clone, Debug, Default)]
struct Due {
    /// When the last access to it expired, or the last of its readers made another card.
    begun_since: Option<Timestamp>,
    /// The last epochs in which accesses counted that their holders or managers ended. Counted in epochs: the clocks of others
    /// are no measure.
    ended_in: BTreeSet<u32>,
    /// Groups that read it and have gone on, by the access, with the card to seal to. Epochs say which one they were sealed to:
    /// the clock of the group's owner is no measure.
    groups: BTreeMap<AccessId, u32>,
}

impl Due {
    /// Nobody ends an access behind the present epoch: such an end would count for ever, or never.
    fn check(&self, state: &ScopeState) -> Result<(), Distrust> {
        match self.ended_in.last() {
            Some(last) if *last > state.last_epoch() => Err(Distrust::RolledBack {
                what: "a scope of this account",
                known: u64::from(*last),
                answered: u64::from(state.last_epoch()),
            }),
            _ => Ok(()),
        }
    }

    /// Whether the present epoch is new enough.
    fn is_done(&self, epoch: &Epoch) -> bool {
        let follows = |(access, card): (&AccessId, &u32)| {
            epoch.groups.iter().any(|sealed| sealed.access == *access && sealed.card >= *card)
        };
        self.begun_since.is_none_or(|at| at <= epoch.started_at)
            && self.ended_in.last().is_none_or(|last| *last < epoch.epoch)
            && self.groups.iter().all(follows)
    }
}

/// A query without conditions fails for what can go wrong in every operation only.
fn of_query(error: QueryError) -> Failure {
    match error {
        QueryError::Failed(failure) => failure,
        _ => Distrust::Malformed { what: "a page of records" }.into(),
    }
}
