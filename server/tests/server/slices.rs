//! Slices: what each level opens of what is filed under a term, what a new epoch owes to them, and where history begins.

use crate::{
    ontology::{File, Garden, Term},
    world::{Collection, Person, World, code, ids, matching, unindexed},
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, RecordId,
    access::{GetAccess, Level},
    record::{Filter, GetRecord, Order, QueryRecords, Recipient, RecipientKind, RecordKind, Within},
    scope::{EpochKeys, OpenScope, ScopeKind, SliceData},
    transaction::Operation,
};

const SEALED: RecipientKind = RecipientKind::Sealed;
const PENDING: RecipientKind = RecipientKind::Pending;
const WRAPPED: RecipientKind = RecipientKind::Wrapped;

/// What somebody is answered for a record.
async fn reads(world: &World, by: &Person, garden: &Garden, record: RecordId) -> Result<Bytes, ErrorCode> {
    let get = GetRecord { account: garden.collection.account, scope: garden.collection.scope, record };
    let found = world.service.get_record(by.caller.clone(), get).await;
    found.map(|found| found.record).map_err(|error| error.code())
}

async fn query(world: &World, by: &Person, garden: &Garden, within: Option<Within>) -> Vec<RecordId> {
    filtered(world, by, garden, Filter::All, within).await
}

async fn filtered(
    world: &World,
    by: &Person,
    garden: &Garden,
    filter: Filter,
    within: Option<Within>,
) -> Vec<RecordId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query = QueryRecords {
            account: garden.collection.account,
            scope: garden.collection.scope,
            filter: filter.clone(),
            unindexed: unindexed(&filter),
            within,
            state: Default::default(),
            order: Order::OldestFirst,
            limit: 2,
            after,
        };
        let page = world.service.query_records(by.caller.clone(), query).await.unwrap();
        found.extend(ids(&page));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

fn within(garden: &Garden, term: Option<Term>, descendants: bool) -> Option<Within> {
    Some(Within { ontology: garden.ontology.scope, term: term.map(|term| term.id), descendants })
}

#[tokio::test]
async fn a_reader_of_a_slice_reads_what_is_filed_at_and_below_its_term() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let garden = Garden::of(&world, &ada).await;
    let other = world.linked(&ada, "https://example.org/other", &[&garden.ontology]).await;
    let slice =
        garden.slice(Some(garden.heart), SliceData::Collections(vec![garden.collection.scope]), false);
    let (made, _) = world.slice_for(&ada, &bob, &slice, &[&garden.collection], Level::Read).await;
    let (body, heart, pulse, mind) = (garden.body, garden.heart, garden.pulse, garden.mind);
    let above = garden.filed(&world, &ada, &[body]).await;
    let at = garden.filed(&world, &ada, &[heart]).await;
    let below = garden.filed(&world, &ada, &[pulse, mind]).await;
    let beside = garden.filed(&world, &ada, &[mind]).await;
    let bare = garden.filed(&world, &ada, &[]).await;

    for record in [at, below] {
        reads(&world, &bob, &garden, record).await.unwrap();
    }
    for record in [above, beside, bare, RecordId::from_bytes([1; 16])] {
        assert_eq!(reads(&world, &bob, &garden, record).await, Err(ErrorCode::NotFound), "hidden as absent");
    }
    assert_eq!(query(&world, &bob, &garden, None).await, [at, below]);
    assert_eq!(query(&world, &ada, &garden, None).await, [above, at, below, beside, bare]);
    // Within is no way around the reach, and an intersection with it.
    for (term, descendants, owner, grantee) in [
        (Some(body), true, vec![above, at, below], vec![at, below]),
        (Some(body), false, vec![above], vec![]),
        (Some(heart), false, vec![at], vec![at]),
        (Some(pulse), true, vec![below], vec![below]),
        (Some(mind), true, vec![below, beside], vec![]),
        (None, true, vec![above, at, below, beside], vec![at, below]),
    ] {
        let asked = within(&garden, term, descendants);
        assert_eq!(query(&world, &ada, &garden, asked).await, owner);
        assert_eq!(query(&world, &bob, &garden, asked).await, grantee);
    }
    // Intersection: the other collection is closed, though it is linked.
    let get = GetRecord { account: ada.id(), scope: other.scope, record: at };
    assert_eq!(code(world.service.get_record(bob.caller.clone(), get).await), ErrorCode::NotFound);

    // The slice opens with its keys and entries, the collection without keys and without other ontologies.
    let open =
        |by: &Person, scope: &Collection| world.service.open_scope(by.caller.clone(), World::open(scope));
    let opened = open(&bob, &made).await.unwrap();
    assert_eq!((opened.kind, opened.entries.len()), (ScopeKind::Slice(slice), 1));
    assert!(matches!(opened.epochs[0].keys, EpochKeys::Grantee { .. }));
    let opened = open(&bob, &garden.collection).await.unwrap();
    assert!(matches!(opened.epochs[0].keys, EpochKeys::Deposit) && opened.slices.is_empty());
    assert_eq!(code(open(&bob, &garden.ontology).await), ErrorCode::NotFound, "no labels, no definition");
    assert_eq!(code(open(&eve, &made).await), ErrorCode::NotFound);
    let opened = open(&ada, &garden.collection).await.unwrap();
    assert_eq!(opened.slices.iter().map(|slice| slice.scope).collect::<Vec<_>>(), [made.scope]);
    let put = world.file(&bob, &garden.collection, &File { first: SEALED, ..File::default() });
    assert!(world.commit(&bob, ada.id(), vec![put]).await.is_err());
}

#[tokio::test]
async fn an_ontology_that_a_holder_does_not_reach_is_not_named() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = Garden::of(&world, &ada).await;
    let second = world.ontology(&ada, "https://example.org/second").await;
    garden.collection = world.linked(&ada, "https://example.org/both", &[&garden.ontology, &second]).await;
    let slice = garden.slice(None, SliceData::Collections(vec![garden.collection.scope]), false);
    world.slice_for(&ada, &bob, &slice, &[&garden.collection], Level::Read).await;
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&garden.collection)).await.unwrap();
    let ScopeKind::Collection(kind) = opened.kind else { panic!("a collection") };
    assert_eq!(kind.ontologies, [garden.ontology.scope]);
}

#[tokio::test]
async fn a_contributor_of_a_slice_files_within_its_reach_and_keeps_the_rest() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let garden = Garden::of(&world, &ada).await;
    let (o, collection) = (garden.ontology.scope, &garden.collection);
    let (heart, pulse, mind) = (garden.heart.id, garden.pulse.id, garden.mind.id);
    let slice = garden.slice(Some(garden.heart), SliceData::Every, true);
    let (_, access) =
        world.slice_for(&ada, &bob, &slice, &[&garden.ontology, collection], Level::Contribute).await;
    let commit = |file: File<'_>| {
        let put = world.file(&bob, collection, &File { access: Some(access), first: SEALED, ..file });
        world.commit(&bob, ada.id(), vec![put])
    };
    let new = || RecordId::from_bytes(world.id16());
    let mine = new();
    commit(File { record: mine, terms: &[(o, pulse, WRAPPED)], ..File::default() }).await.unwrap();
    for (name, terms, expected) in [
        ("no term", vec![], ErrorCode::NotAllowed),
        ("a term beside", vec![(o, mind, PENDING)], ErrorCode::NotAllowed),
        ("one within, one beside", vec![(o, pulse, WRAPPED), (o, mind, PENDING)], ErrorCode::NotAllowed),
        (
            "a term that is not there",
            vec![(o, RecordId::from_bytes([1; 16]), PENDING)],
            ErrorCode::NotAllowed,
        ),
        ("a term twice", vec![(o, pulse, WRAPPED), (o, pulse, PENDING)], ErrorCode::MalformedMessage),
        ("a sealed term", vec![(o, pulse, SEALED)], ErrorCode::MalformedMessage),
    ] {
        let refused = commit(File { record: new(), terms: &terms, ..File::default() }).await;
        assert_eq!(code(refused), expected, "{name}");
    }
    let tokens = File { record: new(), terms: &[(o, pulse, WRAPPED)], color: Some(1), ..File::default() };
    assert_eq!(code(commit(tokens).await), ErrorCode::MalformedMessage, "index keys are the collection's");
    let wrapped = File { record: new(), terms: &[(o, pulse, WRAPPED)], ..File::default() };
    let put = world.file(&bob, collection, &File { access: Some(access), first: WRAPPED, ..wrapped });
    assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::MalformedMessage);

    // A record that stands elsewhere too: the foreign term stays, pending.
    let shared = garden.filed(&world, &ada, &[garden.heart, garden.mind]).await;
    let next = |version| File { record: shared, version, ..File::default() };
    for (name, terms, expected) in [
        ("drops it", vec![(o, heart, WRAPPED)], ErrorCode::NotAllowed),
        ("wraps it", vec![(o, heart, WRAPPED), (o, mind, WRAPPED)], ErrorCode::MalformedMessage),
        (
            "adds one",
            vec![(o, heart, WRAPPED), (o, mind, PENDING), (o, garden.body.id, PENDING)],
            ErrorCode::NotAllowed,
        ),
    ] {
        assert_eq!(code(commit(File { terms: &terms, ..next(2) }).await), expected, "{name}");
    }
    commit(File { terms: &[(o, pulse, WRAPPED), (o, mind, PENDING)], ..next(2) }).await.unwrap();
    let hidden = garden.filed(&world, &ada, &[garden.mind]).await;
    let blind = File {
        record: hidden,
        version: 2,
        terms: &[(o, heart, WRAPPED), (o, mind, PENDING)],
        ..File::default()
    };
    assert_eq!(code(commit(blind).await), ErrorCode::NotFound, "what it cannot read it cannot change");
    let taken = File { record: hidden, terms: &[(o, heart, WRAPPED)], ..File::default() };
    let refused = commit(taken).await.unwrap_err();
    assert_eq!((refused.code(), refused.details().current.is_some()), (ErrorCode::AlreadyExists, false));
    let stale =
        commit(File { terms: &[(o, pulse, WRAPPED), (o, mind, PENDING)], ..next(2) }).await.unwrap_err();
    assert_eq!((stale.code(), stale.details().current.is_some()), (ErrorCode::VersionConflict, true));

    // The foreign term's readers wait until a reader of the collection places the record.
    let carol = world.person("carol").await;
    let of_mind = garden.slice(Some(garden.mind), SliceData::Every, false);
    world.slice_for(&ada, &carol, &of_mind, &[collection], Level::Read).await;
    assert_eq!(reads(&world, &carol, &garden, shared).await, Err(ErrorCode::NotFound));
    assert_eq!(query(&world, &carol, &garden, None).await, [hidden]);
    assert_eq!(
        query(&world, &ada, &garden, within(&garden, Some(garden.mind), false)).await,
        [shared, hidden]
    );
    let stored = reads(&world, &ada, &garden, shared).await.unwrap();
    let complete = |mover: &Person, access| {
        world.place(mover, collection, &stored, access, |placement| {
            placement.recipients.iter_mut().for_each(|recipient| recipient.kind = WRAPPED);
        })
    };
    let by_bob = world.commit(&bob, ada.id(), vec![complete(&bob, Some(access))]).await;
    assert_eq!(code(by_bob), ErrorCode::NotAllowed, "others' entries stay as they are");
    world.as_owner(&ada, complete(&ada, None)).await.unwrap();
    reads(&world, &carol, &garden, shared).await.unwrap();
    assert_eq!(query(&world, &carol, &garden, None).await, [shared, hidden]);
    assert_eq!(
        code(world.as_owner(&ada, complete(&ada, None)).await),
        ErrorCode::VersionConflict,
        "placed meanwhile"
    );

    // A reader of what somebody wrote may see by which access; a stranger may not.
    let eve = world.person("eve").await;
    let get = GetAccess { account: ada.id(), access };
    world.service.get_access(carol.caller.clone(), get.clone()).await.unwrap();
    assert_eq!(code(world.service.get_access(eve.caller, get).await), ErrorCode::NotFound);

    // Deleting is a version like others.
    let gone =
        File { kind: RecordKind::Tombstone, terms: &[(o, pulse, WRAPPED), (o, mind, PENDING)], ..next(3) };
    commit(gone).await.unwrap();
    reads(&world, &bob, &garden, shared).await.unwrap();
    assert_eq!(query(&world, &bob, &garden, None).await, [mine]);
}

#[tokio::test]
async fn a_mover_within_its_reach_leaves_everything_else_byte_for_byte() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let garden = Garden::of(&world, &ada).await;
    let (o, collection) = (garden.ontology.scope, &garden.collection);
    let slice = garden.slice(Some(garden.heart), SliceData::Every, false);
    let (_, access) = world.slice_for(&ada, &bob, &slice, &[collection], Level::Contribute).await;
    let record = RecordId::from_bytes(world.id16());
    let terms = [(o, garden.heart.id, WRAPPED), (o, garden.mind.id, WRAPPED)];
    let file = File { record, terms: &terms, color: Some(3), ..File::default() };
    world.as_owner(&ada, world.file(&ada, collection, &file)).await.unwrap();
    let stored = reads(&world, &bob, &garden, record).await.unwrap();
    let place = |change: fn(&mut pryv_wire::record::Placement)| {
        world.commit(&bob, ada.id(), vec![world.place(&bob, collection, &stored, Some(access), change)])
    };
    assert_eq!(code(place(|it| it.tokens.clear()).await), ErrorCode::NotAllowed);
    assert_eq!(
        code(place(|it| it.recipients[0].key = Bytes::from(vec![1; 60])).await),
        ErrorCode::NotAllowed
    );
    assert_eq!(
        code(place(|it| it.recipients[2].key = Bytes::from(vec![1; 60])).await),
        ErrorCode::NotAllowed
    );
    assert_eq!(code(place(|it| drop(it.recipients.pop())).await), ErrorCode::NotAllowed);
    let (pulse, body) = (garden.pulse.id, garden.body.id);
    let to = |term: RecordId| {
        let change = move |it: &mut pryv_wire::record::Placement| {
            it.recipients[1] =
                Recipient { term: Some(term), key: Bytes::from(vec![2; 60]), ..it.recipients[1].clone() };
        };
        world.commit(&bob, ada.id(), vec![world.place(&bob, collection, &stored, Some(access), change)])
    };
    assert_eq!(code(to(body).await), ErrorCode::NotAllowed);
    assert_eq!(code(to(RecordId::from_bytes([9; 16])).await), ErrorCode::NotAllowed);
    to(pulse).await.unwrap();
    assert_eq!(query(&world, &ada, &garden, within(&garden, Some(garden.pulse), false)).await, [record]);
    assert!(query(&world, &ada, &garden, within(&garden, Some(garden.heart), false)).await.is_empty());
    let token = matching(vec![vec![Bytes::from(vec![3; 16])]]);
    assert_eq!(filtered(&world, &bob, &garden, token, None).await, [record], "tokens and reach together");
    let other = matching(vec![vec![Bytes::from(vec![4; 16])]]);
    assert!(filtered(&world, &bob, &garden, other, None).await.is_empty());

    // What was signed by its author cannot be changed under the name of placing.
    let current = reads(&world, &ada, &garden, record).await.unwrap();
    let mut forged: pryv_wire::record::Envelope = pryv_wire::decode(&current).unwrap();
    forged.ciphertext = Bytes::from(vec![7; 80]);
    let forged = pryv_wire::encode(&forged);
    let refused = world.as_owner(&ada, world.place(&ada, collection, &forged, None, |_| ())).await;
    assert_eq!(code(refused), ErrorCode::InvalidStatement);
    let definition = GetRecord {
        account: ada.id(),
        scope: collection.scope,
        record: RecordId::definition(collection.scope),
    };
    let definition = world.service.get_record(bob.caller.clone(), definition).await.unwrap().record;
    let placed = world.place(&bob, collection, &definition, Some(access), |_| ());
    assert_eq!(code(world.commit(&bob, ada.id(), vec![placed]).await), ErrorCode::NotAllowed);
}

#[tokio::test]
async fn a_depositor_under_a_term_leaves_pending_entries_and_reads_nothing() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut garden = Garden::of(&world, &ada).await;
    let o = garden.ontology.scope;
    let slice = garden.slice(Some(garden.heart), SliceData::Every, false);
    let (mut made, access) =
        world.slice_for(&ada, &bob, &slice, &[&garden.collection], Level::CreateOnly).await;
    world.regrant(&ada, &carol, &mut made, &slice, Level::Read).await;
    let whole = world.grant(&ada, &bob, &mut garden.collection, Level::CreateOnly).await;
    let collection = &garden.collection;
    let commit = |record, version, access, terms: &[(pryv_wire::ScopeId, RecordId, RecipientKind)]| {
        let file = File { record, version, access: Some(access), first: SEALED, terms, ..File::default() };
        world.commit(&bob, ada.id(), vec![world.file(&bob, collection, &file)])
    };
    let new = || RecordId::from_bytes(world.id16());
    let record = new();
    let (pulse, mind) = (garden.pulse.id, garden.mind.id);
    commit(record, 1, access, &[(o, pulse, PENDING)]).await.unwrap();
    for (access, terms, expected) in [
        (access, vec![(o, pulse, WRAPPED)], ErrorCode::MalformedMessage),
        (access, vec![(o, mind, PENDING)], ErrorCode::NotAllowed),
        (access, vec![], ErrorCode::NotAllowed),
        (whole, vec![(o, pulse, PENDING)], ErrorCode::NotAllowed),
    ] {
        assert_eq!(code(commit(new(), 1, access, &terms).await), expected, "{terms:?}");
    }
    commit(new(), 1, whole, &[]).await.unwrap();
    assert_eq!(code(commit(record, 2, access, &[(o, pulse, PENDING)]).await), ErrorCode::NotAllowed);
    assert_eq!(reads(&world, &bob, &garden, record).await, Err(ErrorCode::NotAllowed));
    assert_eq!(reads(&world, &carol, &garden, record).await, Err(ErrorCode::NotFound), "pending");
    assert_eq!(query(&world, &ada, &garden, within(&garden, Some(garden.heart), true)).await, [record]);
}

#[tokio::test]
async fn records_name_terms_that_are_there_in_ontologies_that_are_linked() {
    let world = World::new();
    let ada = world.person("ada").await;
    let garden = Garden::of(&world, &ada).await;
    let second = world.ontology(&ada, "https://example.org/second").await;
    let apart = world.plant(&ada, &second, None).await;
    let file = |ontology, term| {
        let record = RecordId::from_bytes(world.id16());
        let terms = [(ontology, term, WRAPPED)];
        world.as_owner(
            &ada,
            world.file(&ada, &garden.collection, &File { record, terms: &terms, ..File::default() }),
        )
    };
    assert_eq!(code(file(second.scope, apart.id).await), ErrorCode::NotLinked);
    assert_eq!(code(file(garden.ontology.scope, apart.id).await), ErrorCode::NotFound);
    let data = SliceData::Collections(vec![garden.collection.scope]);
    let slice = pryv_wire::scope::Slice { ontology: second.scope, term: None, data, labels: false };
    let (create, _) = world.new_slice(&ada, &slice, &[&garden.collection]);
    assert_eq!(code(world.as_owner(&ada, create).await), ErrorCode::NotLinked);

    // A slice of every collection covers what is linked later, if its entry comes along.
    let every = pryv_wire::scope::Slice { data: SliceData::Every, ..slice };
    let made = world.slice(&ada, &every, &[]).await;
    let link = |entries| Operation::LinkOntology {
        collection: garden.collection.scope,
        ontology: second.scope,
        entries,
    };
    assert_eq!(code(world.as_owner(&ada, link(vec![])).await), ErrorCode::StaleEpoch);
    let entries = || World::entries(&made, &[&garden.collection]);
    world.as_owner(&ada, link(entries())).await.unwrap();
    assert_eq!(code(world.as_owner(&ada, link(entries())).await), ErrorCode::AlreadyExists);
    file(second.scope, apart.id).await.unwrap();
}

#[tokio::test]
async fn an_epoch_owes_each_slice_its_entry() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = Garden::of(&world, &ada).await;
    let slice = garden.slice(Some(garden.heart), SliceData::Every, true);
    let covered = [&garden.ontology, &garden.collection];
    let (create, _) = world.new_slice(&ada, &slice, &covered[..1]);
    assert_eq!(code(world.as_owner(&ada, create).await), ErrorCode::StaleEpoch, "an entry is missing");
    let (create, _) = world.new_slice(&ada, &slice, &[covered[0], covered[1], covered[1]]);
    assert_eq!(code(world.as_owner(&ada, create).await), ErrorCode::MalformedMessage);
    let made = world.slice(&ada, &slice, &covered).await;
    let stranger =
        Collection { scope: pryv_wire::ScopeId::from_bytes([1; 16]), ..world.new_collection(&ada, "x").1 };
    for slices in [vec![], vec![&made, &stranger], vec![&stranger]] {
        let epoch = world.next_epoch(&ada, &mut garden.collection, &[], &slices);
        assert_eq!(code(world.as_owner(&ada, Operation::BeginEpoch { epoch }).await), ErrorCode::StaleEpoch);
        garden.collection.epochs.pop();
        garden.collection.locks.pop();
    }
    let epoch = world.next_epoch(&ada, &mut garden.collection, &[], &[&made]);
    world.as_owner(&ada, Operation::BeginEpoch { epoch }).await.unwrap();
    let mut made = made;
    world.regrant(&ada, &bob, &mut made, &slice, Level::Read).await;
    let open = OpenScope { account: ada.id(), scope: made.scope, from_epoch: 0, access: None };
    let opened = world.service.open_scope(bob.caller.clone(), open).await.unwrap();
    assert_eq!(opened.entries.len(), 3, "two epochs of the collection, one of the ontology");
    // An entry under an earlier epoch of the slice would open to who was revoked since.
    let of_slice = world.next_epoch(&ada, &mut made, &[(access_of(&world, &ada).await, &bob)], &[]);
    let late = {
        let old =
            Collection { epochs: made.epochs.drain(..1).collect(), ..world.new_collection(&ada, "y").1 };
        let old = Collection { scope: made.scope, ..old };
        world.next_epoch(&ada, &mut garden.collection, &[], &[&old])
    };
    let both = vec![Operation::BeginEpoch { epoch: of_slice }, Operation::BeginEpoch { epoch: late }];
    assert_eq!(code(world.commit(&ada, ada.id(), both).await), ErrorCode::StaleEpoch);
}

async fn access_of(world: &World, ada: &Person) -> AccessId {
    let list = pryv_wire::access::ListGranted { account: ada.id(), limit: 10, after: None };
    let granted = world.service.list_granted(ada.caller.clone(), list).await.unwrap();
    granted.accesses[0].statement.unverified().unwrap().access
}

#[tokio::test]
async fn levels_fit_what_the_slice_opens() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = Garden::of(&world, &ada).await;
    let slice = garden.slice(None, SliceData::None, true);
    let mut made = world.slice(&ada, &slice, &[&garden.ontology]).await;
    let grant = |scope: &mut Collection, said, level| {
        let grant = world.new_slice_grant(&ada, &bob, scope, said, level, 0);
        world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))])
    };
    for level in [Level::CreateOnly, Level::Contribute] {
        assert_eq!(code(grant(&mut made, Some(&slice), level).await), ErrorCode::MalformedMessage);
        assert_eq!(code(grant(&mut garden.ontology, None, level).await), ErrorCode::MalformedMessage);
    }
    let wider = garden.slice(None, SliceData::Every, true);
    for said in [None, Some(&wider)] {
        assert_eq!(code(grant(&mut made, said, Level::Read).await), ErrorCode::InvalidStatement);
    }
    for slice in
        [garden.slice(None, SliceData::None, false), garden.slice(None, SliceData::Collections(vec![]), true)]
    {
        let (create, _) = world.new_slice(&ada, &slice, &[&garden.ontology]);
        assert_eq!(code(world.as_owner(&ada, create).await), ErrorCode::MalformedMessage);
    }
    let gone = garden.slice(Some(world.new_term(&garden.ontology, None)), SliceData::None, true);
    let (create, _) = world.new_slice(&ada, &gone, &[&garden.ontology]);
    assert_eq!(code(world.as_owner(&ada, create).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn the_end_of_a_slice_begins_an_epoch_of_all_that_it_covered() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut garden = Garden::of(&world, &ada).await;
    let slice = garden.slice(Some(garden.heart), SliceData::Every, true);
    let covered = [&garden.ontology, &garden.collection];
    let (mut made, bobs) = world.slice_for(&ada, &bob, &slice, &covered, Level::Read).await;
    let carols = world.regrant(&ada, &carol, &mut made, &slice, Level::Read).await;
    let record = garden.filed(&world, &ada, &[garden.heart]).await;
    let scopes = [made.scope, garden.collection.scope, garden.ontology.scope];
    let last: Vec<_> = scopes.iter().map(|scope| (*scope, 0)).collect();
    let of_slice = world.next_epoch(&ada, &mut made, &[(carols, &carol)], &[]);
    let of_collection = world.next_epoch(&ada, &mut garden.collection, &[], &[&made]);
    let of_ontology = world.next_epoch(&ada, &mut garden.ontology, &[], &[&made]);
    let end = |last: &[_], epochs: &[&pryv_wire::scope::NewEpoch]| {
        world.as_owner(
            &ada,
            world.end(&ada, bobs, last, epochs.iter().map(|epoch| (*epoch).clone()).collect()),
        )
    };
    assert_eq!(code(end(&last, &[&of_slice]).await), ErrorCode::StaleEpoch, "the slice alone is not enough");
    assert_eq!(code(end(&last, &[&of_slice, &of_collection]).await), ErrorCode::StaleEpoch);
    assert_eq!(
        code(end(&last[..1], &[&of_slice, &of_collection, &of_ontology]).await),
        ErrorCode::StaleEpoch
    );
    // In any order: the slice's epoch comes first of itself.
    end(&last, &[&of_collection, &of_ontology, &of_slice]).await.unwrap();
    assert_eq!(reads(&world, &bob, &garden, record).await, Err(ErrorCode::NotFound));
    assert_eq!(code(world.list_terms(&bob, ada.id(), garden.ontology.scope).await), ErrorCode::NotFound);
    reads(&world, &carol, &garden, record).await.unwrap();
    let open = OpenScope { account: ada.id(), scope: made.scope, from_epoch: 0, access: None };
    let opened = world.service.open_scope(carol.caller.clone(), open).await.unwrap();
    assert_eq!((opened.epochs.len(), opened.entries.len()), (2, 4), "carol notices nothing");
}

#[tokio::test]
async fn a_slice_without_history_begins_where_all_that_it_covers_begins() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = Garden::of(&world, &ada).await;
    let o = garden.ontology.scope;
    let before = garden.filed(&world, &ada, &[garden.heart]).await;
    let changed = garden.filed(&world, &ada, &[garden.heart]).await;
    let placed = garden.filed(&world, &ada, &[garden.heart]).await;
    let slice = garden.slice(Some(garden.heart), SliceData::Every, true);
    let mut made = world.slice(&ada, &slice, &[&garden.ontology, &garden.collection]).await;
    let of_slice = Operation::BeginEpoch { epoch: world.next_epoch(&ada, &mut made, &[], &[]) };
    let of_collection = world.next_epoch(&ada, &mut garden.collection, &[], &[&made]);
    let of_ontology = world.next_epoch(&ada, &mut garden.ontology, &[], &[&made]);
    let grant = world.new_slice_grant(&ada, &bob, &mut made, Some(&slice), Level::Read, 1);
    let begin = |epoch: &pryv_wire::scope::NewEpoch| Operation::BeginEpoch { epoch: epoch.clone() };
    let granting = || Operation::Grant(Box::new(grant.clone()));
    let lacking = vec![of_slice.clone(), begin(&of_collection), granting()];
    assert_eq!(code(world.commit(&ada, ada.id(), lacking).await), ErrorCode::StaleEpoch);
    let whole = vec![of_slice, begin(&of_collection), begin(&of_ontology), granting()];
    world.commit(&ada, ada.id(), whole).await.unwrap();

    let next =
        File { record: changed, version: 2, terms: &[(o, garden.heart.id, WRAPPED)], ..File::default() };
    world.as_owner(&ada, world.file(&ada, &garden.collection, &next)).await.unwrap();
    let stored = reads(&world, &ada, &garden, placed).await.unwrap();
    world.as_owner(&ada, world.place(&ada, &garden.collection, &stored, None, |_| ())).await.unwrap();
    let after = garden.filed(&world, &ada, &[garden.pulse]).await;
    assert_eq!(reads(&world, &bob, &garden, before).await, Err(ErrorCode::NotFound));
    assert_eq!(
        reads(&world, &bob, &garden, placed).await,
        Err(ErrorCode::NotFound),
        "written before, placed later"
    );
    assert_eq!(query(&world, &bob, &garden, None).await, [changed, after]);

    let open = |scope| {
        let open = OpenScope { account: ada.id(), scope, from_epoch: 0, access: None };
        world.service.open_scope(bob.caller.clone(), open)
    };
    let opened = open(made.scope).await.unwrap();
    assert_eq!((opened.epochs.len(), opened.entries.len()), (1, 2), "no epoch and no entry from before");
    assert_eq!(open(garden.collection.scope).await.unwrap().epochs.len(), 1);
    let labels = || world.list_terms(&bob, ada.id(), o);
    assert!(labels().await.unwrap().terms.iter().all(|node| node.record.is_none()), "labels from before");
    world.as_owner(&ada, world.put_term(&ada, &garden.ontology, garden.pulse, 2, None)).await.unwrap();
    assert_eq!(labels().await.unwrap().terms.iter().filter(|node| node.record.is_some()).count(), 1);
}

#[tokio::test]
async fn a_reader_of_the_collection_without_history_is_shown_none() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = Garden::of(&world, &ada).await;
    let before = garden.filed(&world, &ada, &[]).await;
    let epoch = world.next_epoch(&ada, &mut garden.collection, &[], &[]);
    let grant = world.new_slice_grant(&ada, &bob, &mut garden.collection, None, Level::Contribute, 1);
    let access = grant.statement.unverified().unwrap().access;
    let granting = || Operation::Grant(Box::new(grant.clone()));
    let without = world.as_owner(&ada, granting()).await;
    assert_eq!(code(without), ErrorCode::StaleEpoch, "the epoch has not begun");
    world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch }, granting()]).await.unwrap();
    let after = garden.filed(&world, &ada, &[]).await;
    assert_eq!(query(&world, &bob, &garden, None).await, [after]);
    assert_eq!(reads(&world, &bob, &garden, before).await, Err(ErrorCode::NotFound));
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&garden.collection)).await.unwrap();
    assert_eq!(opened.epochs.len(), 1);
    let next = File { record: before, version: 2, access: Some(access), ..File::default() };
    let put = world.file(&bob, &garden.collection, &next);
    assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::NotFound);
    // A reader of the whole collection may learn where a term stands that it is told of, and no label.
    let shape = world.get_terms(&bob, ada.id(), garden.ontology.scope, &[garden.pulse.id]).await.unwrap();
    assert_eq!(shape.terms.len(), 3);
    assert!(shape.terms.iter().all(|node| node.record.is_none()));
    assert_eq!(code(world.list_terms(&bob, ada.id(), garden.ontology.scope).await), ErrorCode::NotAllowed);
    // An epoch of later is shared with it as with others.
    let unshared = world.next_epoch(&ada, &mut garden.collection, &[], &[]);
    assert_eq!(
        code(world.as_owner(&ada, Operation::BeginEpoch { epoch: unshared }).await),
        ErrorCode::StaleEpoch
    );
}
