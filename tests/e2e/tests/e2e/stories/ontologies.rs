//! Ontologies: terms made, named, coded, moved, merged, put away and deleted; records filed under them.

use crate::fixture::{Note, note, plain_notes, topic};
use pryv_sdk::{Code, Definition, NewTerm, Ontology, Password, Silent, TermContent};
use pryv_test_kit::{User, World};
use pryv_wire::term::MAX_DEPTH;
use serde_json::json;

/// An ontology whose every text is a marker. Its terms may carry a unit.
pub(crate) async fn ontology(world: &World, user: &User) -> Ontology {
    let schema = json!({
        "type": "object",
        "properties": { "unit": { "type": "string", "title": world.canary.text("schema of a term") } },
    });
    let uri = format!("https://example.org/{}", world.canary.text("ontology URI"));
    let definition = Definition::new(uri, world.canary.text("ontology title"), "term", schema);
    user.account.define_ontology(definition).await.expect("an ontology")
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_are_made_renamed_moved_merged_and_deleted() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let ontology = ontology(&world, &ada).await;
    let label = |kind: &str| world.canary.text(kind);
    let (health, heart) = (label("health"), label("heart"));
    let top = ontology.create_term(&health, None).await.unwrap();
    let snomed = Code::new("http://snomed.info/sct", "80891009", label("heart structure"));
    let content = TermContent {
        label: heart.clone(),
        codes: vec![snomed.clone()],
        inherit: true,
        data: Some(json!({ "unit": label("unit") })),
        ..TermContent::default()
    };
    let under = ontology.create(content.clone(), Some(&top)).await.unwrap();
    let leaf = ontology.create_term(label("rate"), Some(&under)).await.unwrap();

    let taken = ontology.create_term(&heart, Some(&top)).await.unwrap_err();
    assert_eq!(taken.code(), "label-taken");
    ontology.create_term(&heart, None).await.unwrap();
    let wrong =
        TermContent { label: label("wrong"), data: Some(json!({ "unit": 1 })), ..TermContent::default() };
    assert_eq!(ontology.create(wrong, None).await.unwrap_err().code(), "invalid-record");

    // Another device sees the same tree.
    let again = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let seen = again.ontology(&ontology.uri()).await.unwrap();
    let terms = seen.terms().await.unwrap();
    assert_eq!(terms.len(), 4);
    assert_eq!(terms.path(leaf.id), [&*health, &*heart, leaf.label()]);
    assert_eq!(terms.get(under.id).unwrap().content.as_ref(), Some(&content));
    assert_eq!(terms.find(&[&health, &heart]).unwrap().id, under.id);
    assert_eq!(terms.codes(under.id), [snomed]);

    let renamed = seen.rename(terms.get(leaf.id).unwrap(), label("pulse")).await.unwrap();
    assert_eq!(ontology.rename(&leaf, label("late")).await.unwrap_err().code(), "version-conflict");
    let trashed = seen.trash(&renamed).await.unwrap();
    assert!(trashed.is_trashed());
    let back = seen.restore(&trashed).await.unwrap();
    assert!(!back.is_trashed());
    assert_eq!(seen.delete(terms.get(under.id).unwrap()).await.unwrap_err().code(), "in-use");

    // A move, and what it refuses.
    let moved = seen.move_term(&back, None).await.unwrap();
    assert_eq!(moved.parent, None);
    let terms = ontology.terms().await.unwrap();
    assert_eq!(terms.path(leaf.id), [back.label()]);
    let (top, under) = (terms.get(top.id).unwrap(), terms.get(under.id).unwrap());
    assert_eq!(ontology.move_term(top, Some(under)).await.unwrap_err().code(), "under-itself");
    let merged = ontology.merge_into_parent(under).await.unwrap();
    let terms = ontology.terms().await.unwrap();
    assert_eq!(terms.shown(merged.id).unwrap().id, top.id);
    ontology.delete(terms.get(leaf.id).unwrap()).await.unwrap();
    assert!(ontology.terms().await.unwrap().get(leaf.id).is_none());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_filed_under_terms_and_moved_between_them_without_being_written_again() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let ontology = ontology(&world, &ada).await;
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let diary = ada.account.link_ontology(&diary, &ontology).await.unwrap();
    assert_eq!(diary.ontologies(), [ontology.uri()]);
    let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
    let heart = ontology.create_term(world.canary.text("heart"), Some(&health)).await.unwrap();
    let other = ontology.create_term(world.canary.text("other"), None).await.unwrap();

    let about = topic(&world);
    let first = note(&world, &about);
    let record = diary.create_in([&heart, &other], &first).await.unwrap();
    assert_eq!(record.terms.len(), 2);
    diary.create(note(&world, &about)).await.unwrap();
    let within = async |term: &pryv_sdk::Term| {
        let found = diary.query().within(term).all::<Note>(&mut Silent).await.unwrap();
        assert!(found.rejected.is_empty());
        found.records.into_iter().map(|record| record.data).collect::<Vec<_>>()
    };
    assert_eq!(within(&health).await, std::slice::from_ref(&first), "descendants count");
    assert_eq!(within(&other).await, std::slice::from_ref(&first));
    let right = diary.query().right_under(&health).fetch::<Note>().await.unwrap();
    assert!(right.records.is_empty());

    let before = diary.get::<Note>(record.id).await.unwrap();
    diary.file(&before, [&health]).await.unwrap();
    let after = diary.get::<Note>(record.id).await.unwrap();
    assert_eq!((after.version, after.digest(), &after.data), (before.version, before.digest(), &first));
    assert_eq!(after.terms.iter().map(|filed| filed.at.term).collect::<Vec<_>>(), [health.id]);
    assert!(within(&other).await.is_empty());
    let found = diary.query().eq("/topic", about.as_str()).within(&health).fetch::<Note>().await.unwrap();
    assert_eq!(found.records.len(), 1, "it is still found by its topic");
    let second = diary.update(&after, note(&world, &about)).await.unwrap();
    assert_eq!((second.version, second.terms.len()), (2, 1), "it stays where it is filed");
    assert_eq!(diary.file(&after, [&heart]).await.unwrap_err().code(), "version-conflict");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_has_events_in_streams_unless_it_wants_none() {
    let world = World::start().await;
    let password = Password::new(world.canary.text("password"));
    let client = world.client();
    let made = client.sign_up("ada", &password).await.unwrap();
    made.defaults.unwrap();
    let uris = |there: Vec<pryv_sdk::Collection>| -> Vec<String> {
        there.iter().map(|collection| collection.definition().uri.clone()).collect()
    };
    assert_eq!(uris(made.account.collections().await.unwrap()), [pryv_sdk::account::EVENTS]);
    let streams = made.account.ontology(pryv_sdk::account::STREAMS).await.unwrap();
    let events = made.account.collection(pryv_sdk::account::EVENTS).await.unwrap();
    let heart = streams.create_term("heart", None).await.unwrap();
    events.create_in([&heart], json!({ "type": "frequency/bpm", "time": 1 })).await.unwrap();

    let bare = client.sign_up("bob", &password).without_defaults().await.unwrap().account;
    assert!(bare.collections().await.unwrap().is_empty());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_has_events_in_streams_and_properties_by_path() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (streams, events) = (ada.account.streams().await.unwrap(), ada.account.events().await.unwrap());
    let heart = streams.create_term(world.canary.text("heart"), None).await.unwrap();
    let event = json!({ "type": "frequency/bpm", "content": 62, "time": 1_795_338_000, "duration": null });
    events.create_in([&heart], &event).await.unwrap();
    let found = events.query().eq("/type", "frequency/bpm").within(&heart).fetch::<serde_json::Value>().await;
    assert_eq!(found.unwrap().records[0].data, event);

    let properties = ada.account.properties().await.unwrap();
    let (mail, city) = (world.canary.text("mail"), world.canary.text("city"));
    assert_eq!(properties.get("/email").await.unwrap(), None);
    properties.set("/email", "old").await.unwrap();
    properties.set("/email", mail.as_str()).await.unwrap();
    properties.set("/address/city", city.as_str()).await.unwrap();
    assert_eq!(properties.get("/email").await.unwrap(), Some(json!(mail)));
    assert_eq!(properties.get("email").await.unwrap_err().code(), "invalid-path");

    let term = properties.term("/address").await.unwrap();
    let contact = crate::fixture::contact(&ada, &bob).await;
    let grant = pryv_sdk::Grant::to(&contact).on_term(&term, pryv_sdk::Level::Read);
    let grant = grant.within_collections([properties.collection()]);
    ada.account.grant(crate::fixture::named(&world, grant)).await.unwrap();
    let received = bob.account.received().await.unwrap().pop().unwrap();
    let collections = received.collections().await.unwrap();
    let seen = collections[0].query().fetch::<serde_json::Value>().await.unwrap();
    let values: Vec<_> = seen.records.iter().map(|record| record.data["value"].clone()).collect();
    assert_eq!(values, [json!(city)], "the address, and not the e-mail");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_trees_are_made_at_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let ontology = ontology(&world, &ada).await;
    let label = |kind: &str| world.canary.text(kind);
    let content = |label: String| TermContent { label, ..TermContent::default() };
    let (top, under) = (label("top"), label("under"));
    let there = ontology.create_term(&top, None).await.unwrap();

    // A chain as deep as trees go, and a wide rest: more than one transaction holds.
    let mut terms = vec![NewTerm::under(&there, content(under.clone()))];
    terms.extend((0..MAX_DEPTH - 2).map(|number| NewTerm::below(number, content(label("chain")))));
    let deepest = terms.len() - 1;
    terms.extend((0..600).map(|_| NewTerm::below(3, content(label("wide")))));
    let mut told = Vec::new();
    let made = ontology.create_many(terms, &mut |done, total| told.push((done, total))).await.unwrap();
    let all = Some(made.len() as u64);
    assert_eq!(told, [(500, all), (made.len() as u64, all)]);

    let again = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let seen = again.ontology(&ontology.uri()).await.unwrap();
    for terms in [ontology.terms().await.unwrap(), seen.terms().await.unwrap()] {
        assert_eq!(terms.len(), 1 + made.len());
        assert_eq!(terms.path(made[deepest].id).len(), MAX_DEPTH);
        assert_eq!(terms.children(made[3].id).len(), 601);
        assert_eq!(terms.find(&[&top, &under]).unwrap().id, made[0].id);
        assert!(made.iter().all(|term| terms.get(term.id).unwrap().content == term.content));
    }
    // What was made is of use at once: to change, and to stand under.
    let renamed = ontology.rename(&made[deepest], label("deep")).await.unwrap();
    assert_eq!(renamed.version, 2);
    ontology.create_term(label("more"), Some(&made[600])).await.unwrap();

    // Nothing is written of a list with a fault in it.
    let before = ontology.terms().await.unwrap().len();
    let fine = || NewTerm::top(content(label("fine")));
    let mut silent = Silent;
    let mut refused = async |wrong: NewTerm| {
        let error = ontology.create_many([fine(), wrong], &mut silent).await.unwrap_err();
        assert_eq!((error.created.len(), error.in_doubt.len(), error.at), (0, 0, 1));
        error.code()
    };
    assert_eq!(refused(NewTerm::top(content(top.clone()))).await, "label-taken");
    assert_eq!(refused(NewTerm::top(content(String::new()))).await, "no-label");
    assert_eq!(refused(NewTerm::below(1, content(label("itself")))).await, "not-found");
    assert_eq!(refused(NewTerm::under(&renamed, content(label("deeper")))).await, "too-deep");
    let data = Some(json!({ "unit": 1 }));
    let wrong = TermContent { data, ..content(label("wrong")) };
    assert_eq!(refused(NewTerm::top(wrong)).await, "invalid-record");
    assert_eq!(ontology.terms().await.unwrap().len(), before);
    world.close().await;
}
