//! Places of terms that are old or invented, and keys of slices and of moved terms that are another's (classes 4, 5, 7, 10, 12).

use crate::fixture::{Note, contact, named, note, plain_notes, topic};
use crate::stories::ontologies::ontology;
use pryv_sdk::{Collection, Definition, Grant, Level, Ontology, Silent, Term};
use pryv_test_kit::{HostileTransport, User, World};
use pryv_wire::{
    scope::OpenScope,
    term::{GetTerms, ListTerms, TermNode, Terms},
};
use std::sync::Arc;

/// Ada's terms: health with heart under it, and money. A diary is filed under them.
struct Filed {
    world: World,
    server: Arc<HostileTransport>,
    ada: User,
    bob: User,
    ontology: Ontology,
    diary: Collection,
    health: Term,
    heart: Term,
    money: Term,
}

impl Filed {
    /// The liar stands before Ada, or before Bob.
    async fn begin(before_ada: bool) -> Self {
        let world = World::start().await;
        let (client, server) = world.hostile();
        let honest = world.client();
        let (to_ada, to_bob) = if before_ada { (&client, &honest) } else { (&honest, &client) };
        let (ada, bob) = (world.user_of(to_ada, "ada").await, world.user_of(to_bob, "bob").await);
        let ontology = ontology(&world, &ada).await;
        let definition: Definition = plain_notes(&world).linked_to(ontology.uri());
        let diary = ada.account.define(definition).await.unwrap();
        let label = |text: &str| world.canary.text(text);
        let health = ontology.create_term(label("health"), None).await.unwrap();
        let heart = ontology.create_term(label("heart"), Some(&health)).await.unwrap();
        let money = ontology.create_term(label("money"), None).await.unwrap();
        Self { world, server, ada, bob, ontology, diary, health, heart, money }
    }

    async fn write(&self, term: &Term) -> Note {
        let note = note(&self.world, &topic(&self.world));
        self.diary.create_in([term], &note).await.unwrap();
        note
    }

    async fn grant(&self, make: impl FnOnce(Grant) -> Grant) {
        let grant = make(Grant::to(&contact(&self.ada, &self.bob).await));
        self.ada.account.grant(named(&self.world, grant)).await.unwrap();
    }

    /// What Bob reads of the diary: records, and how many were rejected.
    async fn bobs(&self) -> Result<(Vec<Note>, usize), &'static str> {
        let access = self.bob.account.received().await.map_err(|error| error.code())?.pop().unwrap();
        let diary = access.open(self.diary.scope()).await.map_err(|error| error.code())?;
        let page = diary.query().all::<Note>(&mut Silent).await.map_err(|error| error.code())?;
        let rejected = page.rejected.len();
        Ok((page.records.into_iter().map(|record| record.data).collect(), rejected))
    }
}

/// Changes the node of one term in a list of terms.
fn changing(
    term: &Term,
    change: impl Fn(&mut TermNode) + Send + Sync + 'static,
) -> impl Fn(&ListTerms, &mut Terms) + Send + Sync + 'static {
    let id = term.id;
    move |_, answer| answer.terms.iter_mut().filter(|node| node.term == id).for_each(&change)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_that_is_put_back_where_it_stood_is_refused() {
    let filed = Filed::begin(true).await;
    let Filed { server, ontology, heart, health, money, .. } = &filed;
    let before = ontology.terms().await.unwrap();
    assert_eq!(before.get(heart.id).unwrap().parent, Some(health.id));
    ontology.move_term(before.get(heart.id).unwrap(), Some(money)).await.unwrap();

    // The whole node as it was: to Ada, what is filed under it would be wrapped for the readers of health.
    let parent = Some(health.id);
    let lie = server.on::<ListTerms>(changing(heart, move |node| (node.parent, node.since) = (parent, 0)));
    assert_eq!(ontology.terms().await.unwrap_err().code(), "rolled-back");
    assert_eq!(lie.count(), 1);
    server.stop();
    // As if the move had led somewhere else.
    let lie = server.on::<ListTerms>(changing(heart, move |node| node.parent = parent));
    assert_eq!(ontology.terms().await.unwrap_err().code(), "misplaced");
    assert_eq!(lie.count(), 1);
    server.stop();
    assert_eq!(ontology.terms().await.unwrap().get(heart.id).unwrap().parent, Some(money.id));
    filed.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_the_owner_did_not_give_is_refused() {
    let filed = Filed::begin(true).await;
    let Filed { server, ada, ontology, health, money, .. } = &filed;
    let parent = Some(health.id);
    let lie = server.on::<ListTerms>(changing(money, move |node| node.parent = parent));
    assert_eq!(ontology.terms().await.unwrap_err().code(), "misplaced");
    assert_eq!(lie.count(), 1);
    server.stop();

    // The same to somebody who files by ids alone: nothing is wrapped for the readers of health.
    let again = filed.world.hostile();
    let there = again.0.resume(ada.account.export_session()).unwrap();
    let id = money.id;
    let lie = again.1.on::<GetTerms>(move |_, answer| {
        answer.terms.iter_mut().filter(|node| node.term == id).for_each(|node| node.parent = parent);
    });
    let diary = there.collection(&filed.diary.definition().uri).await.unwrap();
    let words = note(&filed.world, &topic(&filed.world));
    assert_eq!(diary.create_in([money], &words).await.unwrap_err().code(), "misplaced");
    assert!(lie.count() > 0);
    again.1.stop();
    diary.create_in([money], &words).await.unwrap();
    filed.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_of_another_term_is_refused() {
    let filed = Filed::begin(true).await;
    let Filed { server, ontology, heart, money, .. } = &filed;
    let there = ontology.terms().await.unwrap();
    let id = money.id;
    let lie = server.on::<ListTerms>({
        let other = heart.id;
        move |_, answer| {
            let record = answer.terms.iter().find(|node| node.term == other).unwrap().record.clone();
            answer
                .terms
                .iter_mut()
                .filter(|node| node.term == id)
                .for_each(|node| node.record = record.clone());
        }
    });
    assert_eq!(ontology.terms().await.unwrap_err().code(), "misplaced");
    assert_eq!(lie.count(), 1);
    server.stop();
    assert_eq!(ontology.terms().await.unwrap().len(), there.len());
    filed.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_slice_that_the_owner_did_not_put_there_are_refused() {
    let filed = Filed::begin(false).await;
    let Filed { server, bob, health, heart, diary, .. } = &filed;
    let seen = filed.write(heart).await;
    filed.grant(|grant| grant.on_term(health, Level::Read)).await;
    let slice = bob.account.received().await.unwrap().pop().unwrap().access.scopes[0].scope;

    // What opens the labels, in the place of what opens the diary: sealed by the owner, and of another scope.
    let diary = diary.scope();
    let lie = server.on::<OpenScope>(move |asked, answer| {
        if asked.scope == slice {
            let other = answer.entries.iter().find(|entry| entry.scope != diary).unwrap().sealed.clone();
            let mine = answer.entries.iter_mut().filter(|entry| entry.scope == diary);
            mine.for_each(|entry| entry.sealed = other.clone());
        }
    });
    assert_eq!(filed.bobs().await, Err("wrong-wrap"));
    assert!(lie.count() > 0);
    server.stop();
    assert_eq!(filed.bobs().await, Ok((vec![seen], 0)));
    filed.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_moved_term_held_opens_with_its_own_links_only() {
    let filed = Filed::begin(false).await;
    let Filed { server, ontology, health, heart, money, .. } = &filed;
    let old = filed.write(money).await;
    filed.write(heart).await;
    let terms = ontology.terms().await.unwrap();
    ontology.move_term(terms.get(money.id).unwrap(), Some(health)).await.unwrap();
    let terms = ontology.terms().await.unwrap();
    ontology.move_term(terms.get(heart.id).unwrap(), None).await.unwrap();
    filed.grant(|grant| grant.on_term(health, Level::Read)).await;

    // The links of another term, and none at all: what was filed before the move is told apart, and nothing passes for it.
    let id = money.id;
    for sealed in [Some(pryv_wire::Bytes::from(vec![7; 92])), None] {
        let lie = server.on::<GetTerms>(move |_, answer| {
            for node in answer.terms.iter_mut().filter(|node| node.term == id) {
                match &sealed {
                    Some(sealed) => node.links.iter_mut().for_each(|link| link.sealed = sealed.clone()),
                    None => node.links.clear(),
                }
            }
        });
        assert_eq!(filed.bobs().await, Ok((vec![], 1)));
        assert!(lie.count() > 0);
        server.stop();
    }
    assert_eq!(filed.bobs().await, Ok((vec![old], 0)));
    filed.world.close().await;
}
