//! Asks the server, tries the keys, and holds both against the truth.

use super::{
    driver::Driver,
    keys::{Keys, Loot},
    plan::PRINCIPALS,
    truth::{Scope, Truth},
};
use pryv_wire::{
    AccessId, ErrorCode, RecordId,
    access::ListReceived,
    decode,
    record::{Envelope, Filter, GetRecord, Order, Protected, QueryRecords},
    scope::{EpochKeys, ListScopes, OpenScope, Share},
    term::ListTerms,
};
use std::collections::BTreeSet;

/// What does not agree.
pub(crate) type Deviations = Vec<String>;

/// What was compared: a model of nothing agrees with everything.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Records and labels that somebody is allowed to read.
    pub(crate) allowed: u64,
    /// Of these, instances that are read through a slice.
    pub(crate) by_slice: u64,
    /// Instances read by somebody whose every access a manager granted.
    pub(crate) onward: u64,
    /// Instances read by somebody whose every access is a group's.
    pub(crate) by_group: u64,
    /// Records and labels that are closed by rules and by keys.
    pub(crate) closed: u64,
    /// Records and labels that keys of before still open, and the rules close.
    pub(crate) once: u64,
}

impl Tally {
    fn count(&mut self, says: bool, can: bool, by_slice: bool) {
        self.allowed += u64::from(says);
        self.by_slice += u64::from(says && by_slice);
        self.closed += u64::from(!says && !can);
        self.once += u64::from(!says && can);
    }
}

/// For every principal and every record: the server allows what the truth allows; the keys that it serves open what it
/// allows; and everything that was ever sent opens no more than the truth says.
pub(crate) async fn check(driver: &Driver<'_>, truth: &Truth, tally: &mut Tally) -> Deviations {
    let mut found = Deviations::new();
    let mut everything = Loot::of(&driver.sent);
    everything.shares.extend_from_slice(&driver.leaked);
    let mut instances = Vec::new();
    for (at, record) in truth.records.iter().enumerate() {
        let stored = driver.stored(Scope::Collection(record.collection), driver.records[at].0).await;
        instances.push(stored);
    }
    let mut terms = Vec::new();
    for (at, term) in truth.terms.iter().enumerate() {
        terms.push(driver.stored(Scope::Ontology(term.ontology), driver.terms[at].0).await);
    }
    let owner = Keys::of_owner(driver, &everything);
    for (at, record) in truth.records.iter().enumerate() {
        if !owner.open(driver, &instances[at]) {
            found.push(format!("the owner does not open instance {at}: {record:?}"));
        }
    }
    for principal in 0..PRINCIPALS {
        let served = match served(driver, truth, principal, &everything).await {
            Ok(served) => served,
            Err(refused) => {
                found.push(format!("principal {principal}: {refused}"));
                continue;
            }
        };
        let (now, ever) =
            (Keys::of(driver, truth, principal, &served), Keys::of(driver, truth, principal, &everything));
        let listed = listed(driver, truth, principal).await;
        let labels = labels(driver, truth, principal).await;
        for (at, record) in truth.records.iter().enumerate().filter(|(_, record)| !record.deleted) {
            let says = truth.may_read(principal, at);
            let got =
                get(driver, principal, Scope::Collection(record.collection), driver.records[at].0).await;
            let in_list = listed.contains(&driver.records[at].0);
            if (got, in_list) != (says, says) {
                found.push(format!(
                    "instance {at}, principal {principal}: get {got}, query {in_list}, model {says}: {record:?}"
                ));
            }
            let opens = now.open(driver, &instances[at]);
            if says && !opens {
                found.push(format!(
                    "instance {at}, principal {principal}: allowed, and its keys do not open it"
                ));
            }
            let (can, could) = (truth.can_open(principal, at), ever.open(driver, &instances[at]));
            tally.count(says, can, !truth.reads_whole(principal, record.collection));
            tally.by_group += u64::from(says && truth.reads_by_group(principal));
            tally.onward += u64::from(says && truth.reads_by_manager(principal));
            if can != could {
                found.push(format!(
                    "instance {at}, principal {principal}: keys open it {could}, model {can}: {record:?}"
                ));
            }
        }
        for (at, term) in truth.terms.iter().enumerate().filter(|(_, term)| !term.deleted) {
            let says = truth.may_read_label(principal, at);
            let shown = labels.contains(&driver.terms[at].0);
            if shown != says {
                found.push(format!("term {at}, principal {principal}: list {shown}, model {says}: {term:?}"));
            }
            if says && !now.open(driver, &terms[at]) {
                found.push(format!("term {at}, principal {principal}: allowed, and its keys do not open it"));
            }
            let (can, could) = (truth.can_open_label(principal, at), ever.open(driver, &terms[at]));
            tally.count(says, can, false);
            if can != could {
                found.push(format!(
                    "term {at}, principal {principal}: keys open it {could}, model {can}: {term:?}"
                ));
            }
        }
    }
    found
}

async fn get(driver: &Driver<'_>, principal: usize, scope: Scope, record: RecordId) -> bool {
    let get = GetRecord { account: driver.account(), scope: driver.scopes[&scope], record };
    driver.service.get_record(driver.callers[1 + principal].clone(), get).await.is_ok()
}

/// Every instance that the queries of a principal find.
async fn listed(driver: &Driver<'_>, truth: &Truth, principal: usize) -> BTreeSet<RecordId> {
    let mut all = BTreeSet::new();
    for collection in 0..truth.links.len() {
        let query = QueryRecords {
            account: driver.account(),
            scope: driver.scopes[&Scope::Collection(collection)],
            filter: Filter::All,
            unindexed: None,
            order: Order::OldestFirst,
            limit: 1_000,
            after: None,
            within: None,
            state: Default::default(),
        };
        let page = driver.service.query_records(driver.callers[1 + principal].clone(), query).await;
        let records = page.map(|page| page.records).unwrap_or_default();
        all.extend(records.iter().map(|record| {
            let envelope: Envelope = decode(record).unwrap();
            decode::<Protected>(&envelope.protected).unwrap().record
        }));
    }
    all
}

/// Every term whose label a principal is shown.
async fn labels(driver: &Driver<'_>, truth: &Truth, principal: usize) -> BTreeSet<RecordId> {
    let mut all = BTreeSet::new();
    for ontology in 0..truth.ontologies {
        let list = ListTerms {
            account: driver.account(),
            ontology: driver.scopes[&Scope::Ontology(ontology)],
            under: None,
            after: None,
            limit: 1_000,
        };
        let listed = driver.service.list_terms(driver.callers[1 + principal].clone(), list).await;
        let nodes = listed.map(|listed| listed.terms).unwrap_or_default();
        all.extend(nodes.into_iter().filter(|node| node.record.is_some()).map(|node| node.term));
    }
    all
}

/// The accesses that the group received, if the principal is a member; if it is none, the server does not say.
async fn received_by_group(
    driver: &Driver<'_>,
    truth: &Truth,
    principal: usize,
) -> Result<Vec<AccessId>, String> {
    if !driver.scopes.contains_key(&Scope::Group) {
        return Ok(Vec::new());
    }
    let list = ListReceived { group: Some(driver.group_id()), limit: 1_000, after: None };
    let listed = driver.service.list_received(driver.callers[1 + principal].clone(), list).await;
    if listed.is_ok() != truth.is_member(principal) {
        return Err(format!("what the group received is listed {}: {listed:?}", listed.is_ok()));
    }
    let accesses = listed.map(|listed| listed.accesses).unwrap_or_default();
    Ok(accesses.iter().map(|state| state.statement.unverified().unwrap().access).collect())
}

/// What the server serves to a principal now, in every scope that it may open.
async fn served(
    driver: &Driver<'_>,
    truth: &Truth,
    principal: usize,
    everything: &Loot,
) -> Result<Loot, String> {
    let caller = &driver.callers[1 + principal];
    let account = driver.account();
    let mut loot = Loot { above: everything.above.clone(), ..Loot::default() };
    let by_group = received_by_group(driver, truth, principal).await?;
    let scopes = driver.service.list_scopes(caller.clone(), ListScopes { account }).await;
    for scope in scopes.map(|scopes| scopes.scopes).unwrap_or_default() {
        let mut opens = false;
        // By its own accesses, and by each that the group received.
        for access in [None].into_iter().chain(by_group.iter().copied().map(Some)) {
            driver.keep_capsules(truth, principal, scope, access).await;
            let open = OpenScope { account, scope, from_epoch: 0, access };
            let opened = match driver.service.open_scope(caller.clone(), open).await {
                Err(error) if error.code() == ErrorCode::NotFound => continue,
                opened => {
                    opened.map_err(|error| format!("a scope that is listed does not open: {error:?}"))?
                }
            };
            opens = true;
            loot.entries.extend(opened.entries);
            for epoch in opened.epochs {
                let statement = epoch.statement.unverified().unwrap();
                if let EpochKeys::Grantee { share, .. } = epoch.keys {
                    let (_, access, ..): (String, _, pryv_wire::ScopeId, u32, Option<u32>) =
                        decode(&share).unwrap();
                    loot.shares.push(Share { access, scope, epoch: statement.epoch, sealed: share });
                }
            }
        }
        if !opens {
            return Err("a scope that is listed does not open".to_owned());
        }
    }
    for ontology in 0..truth.ontologies {
        let list = ListTerms {
            account,
            ontology: driver.scopes[&Scope::Ontology(ontology)],
            under: None,
            after: None,
            limit: 1_000,
        };
        if let Ok(listed) = driver.service.list_terms(caller.clone(), list).await {
            loot.links.extend(listed.terms.into_iter().flat_map(|node| node.links));
        }
    }
    Ok(loot)
}
