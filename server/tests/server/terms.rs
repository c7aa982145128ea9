//! Terms: the shape of an ontology, who changes it and who sees what of it.

use crate::{
    ontology::{File, Garden, Term, term_ids},
    world::{World, code},
};
use pryv_wire::{
    ErrorCode, RecordId,
    access::Level,
    bytes::TermSalt,
    record::{GetRecord, Parent, RecordKind},
    scope::{ListScopes, OpenScope, ScopeKind, Slice, SliceData},
    term::{ListTerms, MAX_DEPTH},
    transaction::Operation,
};

#[tokio::test]
async fn terms_are_made_changed_and_deleted_where_they_may_stand() {
    let world = World::new();
    let ada = world.person("ada").await;
    let garden = Garden::of(&world, &ada).await;
    let Garden { ontology, body, heart, pulse, mind, .. } = &garden;

    let listed = world.list_terms(&ada, ada.id(), ontology.scope).await.unwrap();
    let mut roots = [vec![body.id, heart.id, pulse.id], vec![mind.id]];
    roots.sort();
    assert_eq!(term_ids(&listed), roots.concat(), "depth first, by id");
    assert!(listed.terms.iter().all(|node| node.record.is_some() && node.links.is_empty()));
    let got = world.get_terms(&ada, ada.id(), ontology.scope, &[pulse.id, mind.id, heart.id]).await.unwrap();
    assert_eq!(term_ids(&got), [body.id, heart.id, pulse.id, mind.id], "each behind what it stands under");
    assert_eq!((got.terms[2].parent, got.terms[2].salt), (Some(heart.id), pulse.parent.salt));

    let put = |term, version| world.as_owner(&ada, world.put_term(&ada, ontology, term, version, None));
    put(*heart, 2).await.unwrap();
    assert_eq!(code(put(*heart, 2).await), ErrorCode::VersionConflict);
    let elsewhere = |parent| Term { parent, ..*heart };
    let moved = Parent { term: Some(mind.id), ..heart.parent };
    assert_eq!(code(put(elsewhere(moved), 3).await), ErrorCode::MalformedMessage, "a move needs epochs");
    let later = Parent { since: 1, ..heart.parent };
    assert_eq!(code(put(elsewhere(later), 3).await), ErrorCode::MalformedMessage);
    assert_eq!(code(put(*heart, 1).await), ErrorCode::AlreadyExists);
    let nowhere = world.new_term(ontology, Some(RecordId::from_bytes([9; 16])));
    assert_eq!(code(put(nowhere, 1).await), ErrorCode::NotFound);
    let mut forged = world.new_term(ontology, Some(body.id));
    forged.parent.salt = TermSalt::from_bytes([0; 16]);
    assert_eq!(code(put(forged, 1).await), ErrorCode::InvalidStatement, "the id commits to the first place");

    let delete = |term, version| world.as_owner(&ada, world.delete_term(&ada, ontology, term, version, None));
    assert_eq!(code(delete(*body, 2).await), ErrorCode::InUse, "it has children");
    let record = garden.filed(&world, &ada, &[*mind]).await;
    assert_eq!(code(delete(*mind, 2).await), ErrorCode::InUse, "a record is filed under it");
    let gone = File { record, version: 2, kind: RecordKind::Tombstone, ..File::default() };
    world.as_owner(&ada, world.file(&ada, &garden.collection, &gone)).await.unwrap();
    delete(*mind, 2).await.unwrap();
    assert_eq!(code(delete(*mind, 3).await), ErrorCode::NotFound);
    assert_eq!(code(put(*mind, 3).await), ErrorCode::NotFound, "a deleted term stays so");
    let under = world.new_term(ontology, Some(mind.id));
    assert_eq!(code(put(under, 1).await), ErrorCode::NotFound);
    assert_eq!(world.list_terms(&ada, ada.id(), ontology.scope).await.unwrap().terms.len(), 3);
    assert_eq!(code(delete(*pulse, 7).await), ErrorCode::VersionConflict);

    // What is of another kind of scope is not taken.
    let instance = world.put(&ada, ontology, &crate::world::Write::default());
    assert_eq!(code(world.as_owner(&ada, instance).await), ErrorCode::MalformedMessage);
    let term = world.new_term(&garden.collection, None);
    let put = world.put_term(&ada, &garden.collection, term, 1, None);
    assert_eq!(code(world.as_owner(&ada, put).await), ErrorCode::MalformedMessage);
}

#[tokio::test]
async fn a_tree_is_bounded_and_listed_in_pages() {
    let world = World::new();
    let ada = world.person("ada").await;
    let ontology = world.ontology(&ada, "https://example.org/deep").await;
    let mut above = None;
    for _ in 0..MAX_DEPTH {
        above = Some(world.plant(&ada, &ontology, above).await.id);
    }
    let deeper = world.new_term(&ontology, above);
    let put = world.put_term(&ada, &ontology, deeper, 1, None);
    assert_eq!(code(world.as_owner(&ada, put).await), ErrorCode::OutOfRange);

    let all = term_ids(&world.list_terms(&ada, ada.id(), ontology.scope).await.unwrap());
    assert_eq!(all.len(), MAX_DEPTH);
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let list =
            ListTerms { account: ada.id(), ontology: ontology.scope, under: Some(all[2]), after, limit: 7 };
        let page = world.service.list_terms(ada.caller.clone(), list).await.unwrap();
        paged.extend(term_ids(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, all[2..]);
    let list = |under, after, limit| {
        let list = ListTerms { account: ada.id(), ontology: ontology.scope, under, after, limit };
        world.service.list_terms(ada.caller.clone(), list)
    };
    assert_eq!(code(list(None, None, 0).await), ErrorCode::OutOfRange);
    assert_eq!(code(list(None, None, 1_001).await), ErrorCode::OutOfRange);
    assert_eq!(
        code(list(Some(all[5]), Some(all[1]), 1).await),
        ErrorCode::NotFound,
        "a cursor from elsewhere"
    );
    assert_eq!(code(world.get_terms(&ada, ada.id(), ontology.scope, &[]).await), ErrorCode::OutOfRange);
    let none =
        world.get_terms(&ada, ada.id(), ontology.scope, &[RecordId::from_bytes([1; 16])]).await.unwrap();
    assert!(none.terms.is_empty());
}

#[tokio::test]
async fn whoever_reads_the_structure_sees_labels_below_and_no_data() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let garden = Garden::of(&world, &ada).await;
    let Garden { ontology, collection, body, heart, pulse, mind } = &garden;
    let record = garden.filed(&world, &ada, &[*pulse]).await;
    let slice = garden.slice(Some(*heart), SliceData::None, true);
    let (_, access) = world.slice_for(&ada, &bob, &slice, &[ontology], Level::Read).await;

    let listed = world.list_terms(&bob, ada.id(), ontology.scope).await.unwrap();
    assert_eq!(term_ids(&listed), [heart.id, pulse.id]);
    assert!(listed.terms.iter().all(|node| node.record.is_some()));
    let asked = [body.id, heart.id, pulse.id, mind.id, RecordId::from_bytes([3; 16])];
    let got = world.get_terms(&bob, ada.id(), ontology.scope, &asked).await.unwrap();
    assert_eq!(
        term_ids(&got),
        [heart.id, pulse.id],
        "nothing above, nothing beside, nothing that is not there"
    );
    let get = |scope, record| {
        world.service.get_record(bob.caller.clone(), GetRecord { account: ada.id(), scope, record })
    };
    get(ontology.scope, pulse.id).await.unwrap();
    assert_eq!(code(get(ontology.scope, body.id).await), ErrorCode::NotFound);
    assert_eq!(code(get(collection.scope, record).await), ErrorCode::NotFound, "no data");
    let open = |scope| {
        let open = OpenScope { account: ada.id(), scope, from_epoch: 0, access: None };
        world.service.open_scope(bob.caller.clone(), open)
    };
    assert_eq!(code(open(collection.scope).await), ErrorCode::NotFound);
    assert_eq!(open(ontology.scope).await.unwrap().kind, ScopeKind::Ontology);
    let list = ListScopes { account: ada.id() };
    let scopes = world.service.list_scopes(bob.caller.clone(), list.clone()).await.unwrap().scopes;
    assert!(scopes.contains(&ontology.scope) && !scopes.contains(&collection.scope));

    let new = world.new_term(ontology, Some(heart.id));
    for term in [(new, 1), (*pulse, 2)] {
        let put = world.put_term(&bob, ontology, term.0, term.1, Some(access));
        assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::NotAllowed);
    }
    assert_eq!(code(world.list_terms(&eve, ada.id(), ontology.scope).await), ErrorCode::NotFound);
    assert_eq!(code(world.list_terms(&bob, ada.id(), collection.scope).await), ErrorCode::NotFound);
    let absent = world.get_terms(&eve, ada.id(), pryv_wire::ScopeId::from_bytes([1; 16]), &[heart.id]).await;
    let hidden = world.get_terms(&eve, ada.id(), ontology.scope, &[heart.id]).await;
    assert_eq!((code(absent), code(hidden)), (ErrorCode::NotFound, ErrorCode::NotFound));
}

#[tokio::test]
async fn whoever_manages_terms_does_it_below_and_reads_no_data() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let garden = Garden::of(&world, &ada).await;
    let Garden { ontology, collection, body, heart, pulse, mind } = &garden;
    let record = garden.filed(&world, &ada, &[*pulse]).await;
    let slice = garden.slice(Some(*heart), SliceData::None, true);
    let (_, access) = world.slice_for(&ada, &bob, &slice, &[ontology], Level::Manage).await;
    let put = |term, version| {
        world.commit(&bob, ada.id(), vec![world.put_term(&bob, ontology, term, version, Some(access))])
    };
    let delete = |term, version| {
        world.commit(&bob, ada.id(), vec![world.delete_term(&bob, ontology, term, version, Some(access))])
    };
    let new = world.new_term(ontology, Some(pulse.id));
    put(new, 1).await.unwrap();
    put(new, 2).await.unwrap();
    delete(new, 3).await.unwrap();
    put(*pulse, 2).await.unwrap();
    assert_eq!(code(delete(*pulse, 3).await), ErrorCode::InUse);
    assert_eq!(code(put(*heart, 2).await), ErrorCode::NotAllowed, "the term of the slice itself");
    assert_eq!(code(delete(*heart, 2).await), ErrorCode::NotAllowed);
    assert_eq!(code(put(*mind, 2).await), ErrorCode::NotFound, "it knows nothing beside");
    assert_eq!(code(put(*body, 2).await), ErrorCode::NotFound);
    for parent in [None, Some(mind.id), Some(body.id), Some(RecordId::from_bytes([7; 16]))] {
        let term = world.new_term(ontology, parent);
        assert_eq!(code(put(term, 1).await), ErrorCode::NotAllowed, "{parent:?}");
    }
    let (account, scope) = (ada.id(), collection.scope);
    let get = GetRecord { account, scope, record };
    assert_eq!(code(world.service.get_record(bob.caller.clone(), get).await), ErrorCode::NotFound);
    // Without naming the access, nothing.
    let unnamed = world.put_term(&bob, ontology, *pulse, 3, None);
    assert_eq!(code(world.commit(&bob, ada.id(), vec![unnamed]).await), ErrorCode::NotAllowed);
}

#[tokio::test]
async fn a_reader_of_data_sees_labels_if_the_slice_has_them_and_touches_no_term() {
    for (labels, level) in
        [(false, Level::Read), (false, Level::Manage), (true, Level::Contribute), (true, Level::CreateOnly)]
    {
        let world = World::new();
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let Garden { ontology, collection, heart, pulse, .. } = &Garden::of(&world, &ada).await;
        let data = if labels { SliceData::Every } else { SliceData::Collections(vec![collection.scope]) };
        let slice = Slice { ontology: ontology.scope, term: Some(heart.id), data, labels };
        let covered = if labels { vec![collection, ontology] } else { vec![collection] };
        let (_, access) = world.slice_for(&ada, &bob, &slice, &covered, level).await;
        let listed = world.list_terms(&bob, ada.id(), ontology.scope).await.unwrap();
        assert_eq!(term_ids(&listed), [heart.id, pulse.id], "the shape is needed to open what is below");
        let shown = labels && level.reads();
        assert!(listed.terms.iter().all(|node| node.record.is_some() == shown), "{labels} {level:?}");
        let new = world.new_term(ontology, Some(heart.id));
        let put = world.put_term(&bob, ontology, new, 1, Some(access));
        let refused = code(world.commit(&bob, ada.id(), vec![put]).await);
        let expected = if labels { ErrorCode::NotAllowed } else { ErrorCode::NotFound };
        assert_eq!(refused, expected, "{labels} {level:?}");
    }
}

#[tokio::test]
async fn a_move_comes_with_the_epochs_that_make_it_so() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = Garden::of(&world, &ada).await;
    let (body, heart, pulse, mind) = (garden.body, garden.heart, garden.pulse, garden.mind);
    let labels = garden.slice(Some(body), SliceData::Every, true);
    let covered = [&garden.ontology, &garden.collection];
    let (slice, _) = world.slice_for(&ada, &bob, &labels, &covered, Level::Read).await;
    let list = || world.list_terms(&bob, ada.id(), garden.ontology.scope);
    assert_eq!(list().await.unwrap().terms.len(), 3);

    type Change = fn(&mut Vec<Operation>);
    let incomplete: [(&str, ErrorCode, Change); 5] = [
        ("no move", ErrorCode::StaleEpoch, |operations| drop(operations.pop())),
        ("no epoch of the ontology", ErrorCode::StaleEpoch, |operations| drop(operations.remove(0))),
        ("no epoch of the collection", ErrorCode::StaleEpoch, |operations| drop(operations.remove(1))),
        ("no link", ErrorCode::StaleEpoch, |operations| {
            let Some(Operation::MoveTerm { links, .. }) = operations.last_mut() else { panic!("a move") };
            links.pop();
        }),
        ("no entry", ErrorCode::StaleEpoch, |operations| {
            let Operation::BeginEpoch { epoch } = &mut operations[1] else { panic!("an epoch") };
            epoch.entries.clear();
        }),
    ];
    for (name, expected, change) in incomplete {
        let (mut operations, _) = world.moving(&ada, &mut garden, heart, 2, Some(mind.id), &[&slice]);
        change(&mut operations);
        assert_eq!(code(world.commit(&ada, ada.id(), operations).await), expected, "{name}");
        undo(&mut garden);
    }
    for (to, expected) in [
        (Some(heart.id), ErrorCode::MalformedMessage),
        (Some(pulse.id), ErrorCode::MalformedMessage),
        (Some(body.id), ErrorCode::MalformedMessage),
        (Some(RecordId::from_bytes([8; 16])), ErrorCode::NotFound),
    ] {
        let (operations, _) = world.moving(&ada, &mut garden, heart, 2, to, &[&slice]);
        assert_eq!(code(world.commit(&ada, ada.id(), operations).await), expected, "under {to:?}");
        undo(&mut garden);
    }

    let (operations, moved) = world.moving(&ada, &mut garden, heart, 2, Some(mind.id), &[&slice]);
    world.commit(&ada, ada.id(), operations).await.unwrap();
    let ontology = garden.ontology.scope;
    let listed = world.list_terms(&bob, ada.id(), ontology).await.unwrap();
    assert_eq!(term_ids(&listed), [body.id], "what was moved away is out of reach");
    let got = world.get_terms(&ada, ada.id(), ontology, &[pulse.id]).await.unwrap();
    assert_eq!(term_ids(&got), [mind.id, heart.id, pulse.id]);
    assert_eq!((got.terms[1].since, got.terms[1].links.len()), (1, 2));
    let (operations, _) = world.moving(&ada, &mut garden, moved, 3, None, &[&slice]);
    world.commit(&ada, ada.id(), operations).await.unwrap();
    let got = world.get_terms(&ada, ada.id(), ontology, &[heart.id]).await.unwrap();
    assert_eq!((got.terms[0].parent, got.terms[0].since), (None, 2));
    assert!(got.terms[0].links.iter().all(|link| link.epoch == 2), "the newest link holds all earlier keys");
}

fn undo(garden: &mut Garden) {
    for scope in [&mut garden.ontology, &mut garden.collection] {
        scope.epochs.pop();
        scope.locks.pop();
    }
}
