//! Grants on terms: what is under a term, old and new, and nothing beside; and what a revocation, a move and a beginning
//! without history do to it.

use super::ontologies::ontology;
use crate::fixture::{Note, contact, named, note, plain_notes, topic};
use pryv_sdk::{Access, Collection, Grant, Level, Ontology, ReceivedAccess, Silent, Term, TermId};
use pryv_test_kit::{User, World, light::Loot};
use pryv_wire::transaction::Commit;

/// Ada's account: health (heart, lungs) and money, and two collections that are filed under them.
pub(super) struct Clinic {
    pub(super) world: World,
    pub(super) ada: User,
    ontology: Ontology,
    pub(super) diary: Collection,
    pub(super) letters: Collection,
    pub(super) health: Term,
    pub(super) heart: Term,
    money: Term,
}

impl Clinic {
    pub(super) async fn new() -> Self {
        let world = World::start().await;
        let ada = world.user("ada").await;
        let ontology = ontology(&world, &ada).await;
        let uri = ontology.uri();
        let diary = ada.account.define(plain_notes(&world).linked_to(&uri)).await.unwrap();
        let letters = ada.account.define(plain_notes(&world).linked_to(&uri)).await.unwrap();
        let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
        let heart = ontology.create_term(world.canary.text("heart"), Some(&health)).await.unwrap();
        let money = ontology.create_term(world.canary.text("money"), None).await.unwrap();
        Self { world, ada, ontology, diary, letters, health, heart, money }
    }

    fn note(&self) -> Note {
        note(&self.world, &topic(&self.world))
    }

    pub(super) async fn write(&self, to: &Collection, terms: &[&Term]) -> Note {
        let note = self.note();
        to.create_in(terms.iter().copied(), &note).await.unwrap();
        note
    }

    pub(super) async fn grant(&self, to: &User, make: impl FnOnce(Grant) -> Grant) -> Access {
        let grant = make(Grant::to(&contact(&self.ada, to).await));
        self.ada.account.grant(named(&self.world, grant)).await.unwrap()
    }
}

pub(super) async fn access(user: &User) -> ReceivedAccess {
    user.account.received().await.unwrap().pop().expect("an access")
}

async fn one(user: &User, scope: &Collection) -> Collection {
    access(user).await.open(scope.scope()).await.unwrap()
}

async fn all(collection: &Collection) -> Vec<Note> {
    let page = collection.query().all::<Note>(&mut Silent).await.unwrap();
    assert!(page.rejected.is_empty(), "{:?}", page.rejected);
    page.records.into_iter().map(|record| record.data).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_on_a_term_opens_what_is_under_it_old_and_new_and_nothing_beside() {
    let clinic = Clinic::new().await;
    let bob = clinic.world.user("bob").await;
    let old = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    let both = clinic.write(&clinic.diary, &[&clinic.health, &clinic.money]).await;
    clinic.write(&clinic.diary, &[&clinic.money]).await;
    clinic.write(&clinic.diary, &[]).await;
    let letter = clinic.write(&clinic.letters, &[&clinic.health]).await;
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Read)).await;

    let received = access(&bob).await;
    assert_eq!(received.terms(), [TermId::from(&clinic.health)]);
    let mut collections = received.collections().await.unwrap();
    assert_eq!(collections.len(), 2);
    collections.sort_by_key(|collection| collection.scope() != clinic.diary.scope());
    let [diary, letters] = &collections[..] else { panic!("two collections") };
    assert_eq!(*diary.definition(), *clinic.diary.definition());
    assert_eq!(all(diary).await, [old.clone(), both.clone()]);
    assert_eq!(all(letters).await, [letter]);
    let shared = received.ontologies().await.unwrap().pop().unwrap();
    let terms = shared.terms().await.unwrap();
    let mut labels: Vec<_> = terms.iter().map(Term::label).collect();
    labels.sort_unstable();
    let mut expected = [clinic.health.label(), clinic.heart.label()];
    expected.sort_unstable();
    assert_eq!(labels, expected, "the labels of the term and below, and no other");

    // New terms, new records, and an epoch that begins.
    let valves =
        clinic.ontology.create_term(clinic.world.canary.text("valves"), Some(&clinic.heart)).await.unwrap();
    let new = clinic.write(&clinic.diary, &[&valves]).await;
    assert_eq!(all(diary).await, [old, both, new]);
    assert_eq!(shared.terms().await.unwrap().len(), 3);
    let hidden = diary.query().within(&clinic.money).fetch::<Note>().await.unwrap();
    assert!(hidden.records.len() <= 1 && hidden.rejected.is_empty(), "what is under both at most");
    assert_eq!(diary.create(clinic.note()).await.unwrap_err().code(), "read-only");
    assert_eq!(shared.create_term("x", None).await.unwrap_err().code(), "read-only");
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_may_keep_the_labels_and_name_the_collections() {
    let clinic = Clinic::new().await;
    let bob = clinic.world.user("bob").await;
    let seen = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    clinic.write(&clinic.letters, &[&clinic.heart]).await;
    let narrow = |grant: Grant| {
        grant.on_term(&clinic.health, Level::Read).labels(false).within_collections([&clinic.diary])
    };
    clinic.grant(&bob, narrow).await;
    let received = access(&bob).await;
    let collections = received.collections().await.unwrap();
    assert_eq!(collections.len(), 1);
    assert_eq!(all(&collections[0]).await, [seen]);
    assert!(received.ontologies().await.unwrap().is_empty(), "no labels");
    assert!(received.open(clinic.letters.scope()).await.is_err());
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accesses_on_one_term_both_open_what_is_under_it() {
    let clinic = Clinic::new().await;
    let bob = clinic.world.user("bob").await;
    let seen = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    for _ in 0..2 {
        clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    }
    // The server gives the keys under either: each of the accesses takes them.
    let received = bob.account.received().await.unwrap();
    assert_eq!(received.len(), 2);
    for access in &received {
        assert_eq!(all(&access.open(clinic.diary.scope()).await.unwrap()).await, std::slice::from_ref(&seen));
    }
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structure_is_granted_without_what_is_filed_under_it() {
    let clinic = Clinic::new().await;
    let bob = clinic.world.user("bob").await;
    clinic.write(&clinic.diary, &[&clinic.heart]).await;
    clinic.grant(&bob, |grant| grant.on_structure(&clinic.health, Level::Manage)).await;
    let received = access(&bob).await;
    assert!(received.collections().await.unwrap().is_empty());
    let shared = received.ontologies().await.unwrap().pop().unwrap();
    let terms = shared.terms().await.unwrap();
    assert_eq!(terms.len(), 2);
    let health = terms.get(clinic.health.id).unwrap();
    let lungs = shared.create_term(clinic.world.canary.text("lungs"), Some(health)).await.unwrap();
    assert!(shared.rename(health, "x").await.is_err(), "the term of the grant itself is not below it");
    let renamed =
        shared.rename(terms.get(clinic.heart.id).unwrap(), clinic.world.canary.text("hearts")).await.unwrap();
    let seen = clinic.ontology.terms().await.unwrap();
    assert_eq!(seen.get(lungs.id).unwrap().label(), lungs.label());
    assert_eq!(seen.get(clinic.heart.id).unwrap().label(), renamed.label());
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_create_files_under_a_term_and_reads_nothing() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::CreateOnly)).await;
    clinic.grant(&carol, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    let drop = one(&bob, &clinic.diary).await;
    let note = clinic.note();
    drop.create_in([&clinic.heart], &note).await.unwrap();
    assert!(drop.create_in([&clinic.money], clinic.note()).await.is_err());
    assert_eq!(drop.query().fetch::<Note>().await.unwrap_err().code(), "write-only");
    assert_eq!(all(&clinic.diary).await, std::slice::from_ref(&note));

    // Bob holds no key of the term: the term's readers see the record once Ada's client ran.
    let carols = one(&carol, &clinic.diary).await;
    assert!(all(&carols).await.is_empty());
    assert_eq!(clinic.ada.account.maintain().await.unwrap().completed, 1);
    assert_eq!(all(&carols).await, [note]);
    assert_eq!(clinic.ada.account.maintain().await.unwrap().completed, 0);
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contributor_of_one_term_updates_a_record_that_stands_under_another_too() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    clinic.write(&clinic.diary, &[&clinic.heart, &clinic.money]).await;
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Contribute)).await;
    clinic.grant(&carol, |grant| grant.on_term(&clinic.money, Level::Read)).await;
    let bobs = one(&bob, &clinic.diary).await;
    let record = bobs.query().fetch::<Note>().await.unwrap().records.pop().unwrap();
    let changed = clinic.note();
    let written = bobs.update(&record, &changed).await.unwrap();
    assert_eq!(
        written.terms.iter().filter(|filed| filed.pending).count(),
        1,
        "money, of which Bob holds no key"
    );
    assert_eq!(all(&bobs).await, std::slice::from_ref(&changed));
    assert_eq!(all(&clinic.diary).await, std::slice::from_ref(&changed));
    let carols = one(&carol, &clinic.diary).await;
    assert!(all(&carols).await.is_empty());
    assert_eq!(clinic.ada.account.maintain().await.unwrap().completed, 1);
    assert_eq!(all(&carols).await, [changed]);
    let own = bobs.create_in([&clinic.heart], clinic.note()).await.unwrap();
    bobs.delete(&own).await.unwrap();
    assert!(bobs.create_in([&clinic.money], clinic.note()).await.is_err());
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_that_is_moved_takes_its_history_along_and_leaves_its_old_readers() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    let old = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    clinic.grant(&carol, |grant| grant.on_term(&clinic.money, Level::Read)).await;
    let (bobs, carols) = (one(&bob, &clinic.diary).await, one(&carol, &clinic.diary).await);
    assert_eq!(all(&bobs).await, std::slice::from_ref(&old));
    assert!(all(&carols).await.is_empty());

    let moved = clinic.ontology.move_term(&clinic.heart, Some(&clinic.money)).await.unwrap();
    let new = clinic.write(&clinic.diary, &[&moved]).await;
    assert!(all(&bobs).await.is_empty());
    let carols = {
        drop(carols);
        one(&carol, &clinic.diary).await
    };
    assert_eq!(all(&carols).await, [old.clone(), new.clone()]);
    assert_eq!(all(&clinic.diary).await, [old, new], "the owner reads on, with keys of both places");

    // Back again, and a record of each time opens.
    let terms = clinic.ontology.terms().await.unwrap();
    let (heart, health) = (terms.get(clinic.heart.id).unwrap(), terms.get(clinic.health.id).unwrap());
    clinic.ontology.move_term(heart, Some(health)).await.unwrap();
    let bobs = {
        drop(bobs);
        one(&bob, &clinic.diary).await
    };
    assert_eq!(all(&bobs).await.len(), 2);
    assert_eq!(access(&bob).await.ontologies().await.unwrap()[0].terms().await.unwrap().len(), 2);
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_on_a_term_closes_what_is_written_next_and_others_notice_nothing() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    let before = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    let to_bob = clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    clinic.grant(&carol, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    let (bobs, carols) = (one(&bob, &clinic.diary).await, one(&carol, &clinic.diary).await);
    assert_eq!(all(&bobs).await, std::slice::from_ref(&before));
    let receipt = clinic.ada.account.revoke(to_bob.id).await.unwrap();
    clinic.ada.account.verify_receipt(&receipt).await.unwrap();
    let after = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    let label = clinic.world.canary.text("valves");
    clinic.ontology.create_term(&label, Some(&clinic.heart)).await.unwrap();
    assert!(bobs.query().fetch::<Note>().await.is_err());
    assert_eq!(all(&carols).await, [before.clone(), after.clone()]);
    let terms = access(&carol).await.ontologies().await.unwrap()[0].terms().await.unwrap();
    assert_eq!(terms.len(), 3);

    // Bob, with everything that the server ever had.
    let mut loot = Loot::default();
    for commit in clinic.world.recorder.requests::<Commit>() {
        loot.keep(&commit);
    }
    let owner = clinic.world.by_hand(&clinic.ada).await.cards().await;
    let contains = |contents: &[Vec<u8>], text: &str| {
        contents.iter().any(|content| content.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    let stolen = loot.break_open(&clinic.world.by_hand(&bob).await.identity, &owner);
    assert!(contains(&stolen.contents, &before.text), "the harness does open what was written before");
    assert!(!contains(&stolen.contents, &after.text));
    assert!(!contains(&stolen.contents, &label));
    let read = loot.break_open(&clinic.world.by_hand(&carol).await.identity, &owner);
    for text in [&before.text, &after.text, &label] {
        assert!(contains(&read.contents, text), "the same harness opens it for who was not revoked");
    }
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_without_history_opens_what_is_written_from_then_on() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    clinic.write(&clinic.diary, &[&clinic.heart]).await;
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Read).without_history()).await;
    clinic.grant(&carol, |grant| grant.on(&clinic.letters, Level::Read).without_history()).await;
    let bobs = one(&bob, &clinic.diary).await;
    assert!(all(&bobs).await.is_empty());
    let new = clinic.write(&clinic.diary, &[&clinic.heart]).await;
    assert_eq!(all(&bobs).await, [new]);
    let carols = one(&carol, &clinic.letters).await;
    let letter = clinic.write(&clinic.letters, &[]).await;
    assert_eq!(all(&carols).await, [letter]);
    clinic.world.close().await;
}
