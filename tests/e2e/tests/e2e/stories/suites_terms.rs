//! Terms over collections of several suites: what is granted by a term is kept as well as the collections are, and goes with them
//! to a stronger suite.

use super::ontologies::ontology;
use crate::fixture::{Note, all, contact, named, note, plain_notes, topic};
use pryv_sdk::{
    Access, AccessStatus, Collection, Grant, Level, NewLink, Ontology, ReceivedAccess, ScopeId, ShareLink,
    Suite, Term,
};
use pryv_test_kit::{
    User, World,
    light::link_secret,
    transport::{Break, FaultyTransport},
};
use pryv_wire::{
    generation::NewGeneration,
    scope::{Epoch, ScopeKind},
    transaction::{Commit, Operation},
};
use std::sync::Arc;

/// Ada's account: one term, and collections of several suites that are filed under it.
struct Clinic {
    world: World,
    ada: User,
    ontology: Ontology,
    health: Term,
    heart: Term,
}

impl Clinic {
    async fn new() -> Self {
        let world = World::start().await;
        let ada = world.user("ada").await;
        let ontology = ontology(&world, &ada).await;
        let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
        let heart = ontology.create_term(world.canary.text("heart"), Some(&health)).await.unwrap();
        Self { world, ada, ontology, health, heart }
    }

    async fn collection(&self, suite: Suite) -> Collection {
        let definition = plain_notes(&self.world).linked_to(self.ontology.uri());
        self.ada.account.define(definition).suite(suite).await.unwrap()
    }

    fn note(&self) -> Note {
        note(&self.world, &topic(&self.world))
    }

    async fn write(&self, to: &Collection) -> Note {
        let note = self.note();
        to.create_in([&self.heart], &note).await.unwrap();
        note
    }

    async fn grant(&self, to: &User, make: impl FnOnce(Grant) -> Grant) -> Access {
        let grant = make(Grant::to(&contact(&self.ada, to).await));
        self.ada.account.grant(named(&self.world, grant)).await.unwrap()
    }

    /// Bob, who manages, lets somebody in.
    async fn grant_onwards(&self, bob: &User, to: &User, make: impl FnOnce(Grant) -> Grant) -> Access {
        let grant = make(Grant::to(&contact(bob, to).await));
        access(bob).await.grant(named(&self.world, grant)).await.unwrap()
    }

    /// The epochs of slices that were sent, oldest first.
    fn slice_epochs(&self) -> Vec<Epoch> {
        let operations =
            self.world.recorder.requests::<Commit>().into_iter().flat_map(|commit| commit.operations);
        let mut slices = Vec::<ScopeId>::new();
        let mut epochs = Vec::new();
        for operation in operations {
            let (new, made) = match operation {
                Operation::CreateScope { epoch, kind: ScopeKind::Slice(_), .. } => (epoch, true),
                Operation::BeginEpoch { epoch } => (epoch, false),
                _ => continue,
            };
            let statement = new.statement.unverified().unwrap();
            if made {
                slices.push(statement.scope);
            }
            if slices.contains(&statement.scope) {
                epochs.push(statement);
            }
        }
        epochs
    }

    /// The generations that were begun, oldest first.
    fn generations(&self) -> Vec<NewGeneration> {
        let operations =
            self.world.recorder.requests::<Commit>().into_iter().flat_map(|commit| commit.operations);
        let begun = operations.filter_map(|operation| match operation {
            Operation::BeginGeneration(new) => Some(*new),
            _ => None,
        });
        begun.collect()
    }

    fn slice_suites(&self) -> Vec<Suite> {
        self.slice_epochs().iter().map(|epoch| epoch.suite).collect()
    }
}

/// The one access that counts.
async fn access(user: &User) -> ReceivedAccess {
    let received = user.account.received().await.unwrap();
    received.into_iter().find(|one| one.access.status == AccessStatus::Active).expect("an access")
}

async fn one(user: &User, scope: &Collection) -> Collection {
    access(user).await.open(scope.scope()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_over_several_suites_opens_to_readers_writers_managers_and_links() {
    let clinic = Clinic::new().await;
    let world = &clinic.world;
    let (bob, carol, dave, erin) = (
        world.user("bob").await,
        world.user("carol").await,
        world.user("dave").await,
        world.user("erin").await,
    );
    let collections = [
        clinic.collection(Suite::LIGHT).await,
        clinic.collection(Suite::HYBRID).await,
        clinic.collection(Suite::CLASSIC).await,
    ];
    let mut first = Vec::new();
    for collection in &collections {
        first.push(clinic.write(collection).await);
    }
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Manage)).await;
    assert_eq!(clinic.slice_suites(), [Suite::HYBRID], "as the best kept of what it opens");
    clinic.grant(&carol, |grant| grant.on_term(&clinic.health, Level::Contribute)).await;
    clinic.grant(&dave, |grant| grant.on_term(&clinic.health, Level::CreateOnly)).await;
    let to_erin = clinic.grant_onwards(&bob, &erin, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    let link = NewLink::of(named(world, Grant::to_link().on_term(&clinic.health, Level::Read)));
    let created = clinic.ada.account.create_link(link).await.unwrap();
    let text = created.link.to_uri();
    world.canary.plant("key of a link", text.split_once('#').unwrap().1.as_bytes());
    world.canary.plant("secret of a link", &link_secret(&text));
    let visitor = world.client().open_link(&ShareLink::parse(&text).unwrap(), None).await.unwrap();

    for (collection, first) in collections.iter().zip(&first) {
        let mut written = vec![first.clone()];
        // Carol writes what everybody reads; Dave what the owner's client completes.
        let by_carol = clinic.note();
        one(&carol, collection).await.create_in([&clinic.heart], &by_carol).await.unwrap();
        written.push(by_carol);
        let by_dave = clinic.note();
        one(&dave, collection).await.create_in([&clinic.heart], &by_dave).await.unwrap();
        assert_eq!(all(&one(&erin, collection).await).await, written);
        assert_eq!(clinic.ada.account.maintain().await.unwrap().completed, 1);
        written.push(by_dave);
        for user in [&bob, &carol, &erin] {
            assert_eq!(all(&one(user, collection).await).await, written, "{:?}", collection.suite());
        }
        assert_eq!(all(&visitor.open(collection.scope()).await.unwrap()).await, written);
        assert_eq!(all(collection).await, written);
        // A record goes on to the other term and back, whoever sealed it.
        let shared = one(&carol, collection).await;
        let record = shared.query().fetch::<Note>().await.unwrap().records.remove(0);
        let changed = clinic.note();
        shared.update(&record, &changed).await.unwrap();
        assert!(all(&one(&erin, collection).await).await.contains(&changed));
    }

    // Erin is out of all of them, and the others notice nothing; nor does the suite of the slice fall.
    let erins = one(&erin, &collections[1]).await;
    clinic.ada.account.revoke(to_erin.id).await.unwrap();
    assert_eq!(clinic.slice_suites().last(), Some(&Suite::HYBRID));
    for collection in &collections {
        let after = clinic.write(collection).await;
        for user in [&bob, &carol] {
            assert!(all(&one(user, collection).await).await.contains(&after));
        }
        let shown = visitor.open(collection.scope()).await.unwrap();
        assert!(all(&shown).await.contains(&after));
    }
    assert_eq!(erins.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    let terms = access(&bob).await.ontologies().await.unwrap()[0].terms().await.unwrap();
    assert_eq!(terms.len(), 2);
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_goes_to_a_stronger_suite_before_a_collection_that_it_covers() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    let diary = clinic.collection(Suite::LIGHT).await;
    let mut written = vec![clinic.write(&diary).await];
    // One slice with labels, which are classic; one with nothing but what is light.
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Read)).await;
    clinic
        .grant(&carol, |grant| {
            grant.on_term(&clinic.health, Level::Contribute).labels(false).within_collections([&diary])
        })
        .await;
    assert_eq!(clinic.slice_suites(), [Suite::CLASSIC, Suite::LIGHT]);
    let (bobs, carols) = (one(&bob, &diary).await, one(&carol, &diary).await);
    assert_eq!((all(&bobs).await, all(&carols).await), (written.clone(), written.clone()));

    for suite in [Suite::CLASSIC, Suite::HYBRID] {
        let before = clinic.world.recorder.requests::<Commit>().len();
        let rotated = diary.migrate(suite).await.unwrap();
        assert_eq!(rotated.suite, suite);
        // The slices first: nothing of the collection was ever sealed to a slice that is kept worse.
        let commits = clinic.world.recorder.requests::<Commit>().split_off(before);
        let scopes: Vec<ScopeId> = commits
            .iter()
            .flat_map(|commit| &commit.operations)
            .filter_map(|operation| match operation {
                Operation::BeginEpoch { epoch } => Some(epoch.statement.unverified().unwrap().scope),
                _ => None,
            })
            .collect();
        assert_eq!(scopes.last(), Some(&diary.scope()));
        // And each with what it covers, so that nothing stands under an epoch of it that is over.
        let others = [diary.scope(), clinic.ontology.scope()];
        let slices = scopes.iter().filter(|scope| !others.contains(scope)).count();
        assert_eq!(slices, if suite == Suite::CLASSIC { 1 } else { 2 });
        assert_eq!(scopes.iter().filter(|scope| **scope == diary.scope()).count(), slices + 1);
        written.push(clinic.write(&diary).await);
        let by_carol = clinic.note();
        carols.create_in([&clinic.heart], &by_carol).await.unwrap();
        written.push(by_carol);
        for collection in [&bobs, &carols, &diary] {
            assert_eq!(all(collection).await, written);
        }
        // A device that was never here opens every epoch of slice and collection.
        let there = clinic.world.client().log_in(&bob.username, &bob.password()).await.unwrap();
        let afresh = there.received().await.unwrap().pop().unwrap().open(diary.scope()).await.unwrap();
        assert_eq!(all(&afresh).await, written);
    }
    assert!(clinic.slice_suites().ends_with(&[Suite::HYBRID, Suite::HYBRID]));

    // A collection that is made later, or linked later, in a stronger suite than a slice that opens all of them.
    let other = Clinic::new().await;
    let dana = other.world.user("dana").await;
    other.grant(&dana, |grant| grant.on_term(&other.health, Level::Read)).await;
    assert_eq!(other.slice_suites(), [Suite::CLASSIC]);
    let made = other.collection(Suite::HYBRID).await;
    assert_eq!(other.slice_suites(), [Suite::CLASSIC, Suite::HYBRID]);
    let second = other.write(&made).await;
    assert_eq!(all(&one(&dana, &made).await).await, [second]);

    let third = Clinic::new().await;
    let dana = third.world.user("dana").await;
    third.grant(&dana, |grant| grant.on_term(&third.health, Level::Read)).await;
    let alone = third.ada.account.define(plain_notes(&third.world)).suite(Suite::HYBRID).await.unwrap();
    let linked = third.ada.account.link_ontology(&alone, &third.ontology).await.unwrap();
    assert_eq!(third.slice_suites(), [Suite::CLASSIC, Suite::HYBRID]);
    let last = third.write(&linked).await;
    assert_eq!(all(&one(&dana, &linked).await).await, [last]);
    for clinic in [clinic, other, third] {
        clinic.world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_managers_granted_keeps_a_slice_on_its_curve_until_it_ends() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    let diary = clinic.collection(Suite::LIGHT).await;
    let first = clinic.write(&diary).await;
    let narrow =
        |grant: Grant, level| grant.on_term(&clinic.health, level).labels(false).within_collections([&diary]);
    clinic.grant(&bob, |grant| narrow(grant, Level::Manage)).await;
    let to_carol = clinic.grant_onwards(&bob, &carol, |grant| narrow(grant, Level::Read)).await;
    let carols = one(&carol, &diary).await;
    assert_eq!(all(&carols).await, std::slice::from_ref(&first));

    assert_eq!(diary.migrate(Suite::HYBRID).await.unwrap_err().code(), "kept-by-managers");
    // New keys in the same suite, hard as well: whom a manager let in goes on.
    let rotated = diary.rotate().hard().await.unwrap();
    assert_eq!(
        (rotated.suite, rotated.generation),
        (Suite::LIGHT, None),
        "nobody was granted the collection"
    );
    let begun = clinic.generations();
    let slice = clinic.slice_epochs()[0].scope;
    assert_eq!(begun.iter().map(|new| new.pre.scope).collect::<Vec<_>>(), [slice], "but a slice of it");
    assert_eq!(begun[0].transforms.len(), 1, "Bob's; Carol's leads on from there");
    let second = clinic.write(&diary).await;
    assert_eq!(all(&carols).await, [first.clone(), second.clone()]);

    clinic.ada.account.revoke(to_carol.id).await.unwrap();
    let rotated = diary.migrate(Suite::HYBRID).await.unwrap();
    assert_eq!(rotated.suite, Suite::HYBRID);
    let third = clinic.write(&diary).await;
    assert_eq!(all(&one(&bob, &diary).await).await, [first, second, third.clone()]);
    assert_eq!(carols.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    // On the new curve Bob lets Carol in again.
    clinic.grant_onwards(&bob, &carol, |grant| narrow(grant, Level::Read)).await;
    assert!(all(&one(&carol, &diary).await).await.contains(&third));
    clinic.world.close().await;
}

/// Ends Ada's client at each call of a migration, before and behind it; each time another one goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_broke_off_goes_on_wherever_it_was() {
    let clinic = Clinic::new().await;
    let bob = clinic.world.user("bob").await;
    let diary = clinic.collection(Suite::LIGHT).await;
    let mut written = vec![clinic.write(&diary).await];
    clinic
        .grant(&bob, |grant| {
            grant.on_term(&clinic.health, Level::Read).labels(false).within_collections([&diary])
        })
        .await;
    let bobs = one(&bob, &diary).await;
    let uri = diary.definition().uri.clone();
    let session = serde_json::to_string(&clinic.ada.account.export_session()).unwrap();
    let mut broken = 0;
    'all: for nth in 1.. {
        for how in [Break::BeforeRequest, Break::AfterRequest] {
            let network = FaultyTransport::new(clinic.world.transport());
            let client = clinic.world.client_over(Arc::<FaultyTransport>::clone(&network));
            let account = client.resume(serde_json::from_str(&session).unwrap()).unwrap();
            let there = account.collection(&uri).await.unwrap();
            network.arm(nth, how);
            let ended = there.migrate(Suite::HYBRID).await;
            assert_eq!(ended.is_err(), network.is_broken(), "{nth} {how:?}: {ended:?}");
            written.push(clinic.write(&diary).await);
            assert_eq!(all(&bobs).await, written, "{nth} {how:?}");
            if ended.is_ok() {
                break 'all;
            }
            broken += 1;
        }
    }
    assert!(broken >= 8, "{broken}");
    assert_eq!(clinic.slice_suites(), [Suite::LIGHT, Suite::HYBRID], "each step was done once");
    assert_eq!(clinic.ada.account.collection(&uri).await.unwrap().suite(), Suite::HYBRID);
    clinic.world.close().await;
}
