//! Twins: one script, told twice with different secrets whose declared leakage is the same, leaves the server with states
//! that are equal up to random bytes. Clients that leak what the canary cannot see must be caught.

use crate::fixture::contact;
use pryv_sdk::{Definition, Grant, Level, Password, Silent};
use pryv_test_kit::{
    World,
    light::{Forged, put},
    secrecy::twin::{ServerState, differences},
};
use pryv_wire::{RecordId, TransactionId, record::RecordKind};
use serde_json::{Value, json};

/// What differs between the runs: nothing of it may show.
struct Secrets {
    /// Texts of notes. Which of them are the same is nobody's business.
    texts: [&'static str; 4],
    /// Numbers of notes, of any magnitude.
    numbers: [u64; 4],
    /// Topics, indexed for equality: that the first is the third's is declared.
    topics: [&'static str; 3],
    /// Names of everything.
    names: [&'static str; 5],
    /// The field that the query asks for: as many records match.
    wanted: &'static str,
}

const ONE: Secrets = Secrets {
    texts: ["slept well", "slept well", "slept well", "woke up at three"],
    numbers: [7, 7, 7, 12],
    topics: ["sleep", "pain", "sleep"],
    names: ["https://example.org/a", "Diary", "note", "for Doctor Bob", "a second opinion"],
    wanted: "sleep",
};

const OTHER: Secrets = Secrets {
    texts: ["took 20 mg", "took 25 mg", "none taken!", "saw a doctor about it"],
    numbers: [1_000_000, 2, 30_000, 4],
    topics: ["citalopram", "sertraline", "citalopram"],
    names: ["https://example.org/b-and-b", "Drugs", "dose", "for my lawyer", "in case of a trial"],
    wanted: "citalopram",
};

/// How a record is written past the SDK.
#[derive(Clone, Copy)]
enum Writer {
    /// As the SDK writes it.
    Honest,
    /// Without padding: its length shows.
    Unpadded,
    /// With a token of a field that is not indexed: which values are the same shows.
    Tokens,
}

fn content(secrets: &Secrets, at: usize) -> Value {
    json!({ "text": secrets.texts[at], "number": secrets.numbers[at], "topic": secrets.topics[at % 3] })
}

async fn script(secrets: &Secrets, writer: Writer) -> ServerState {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let [uri, title, kind, name, purpose] = secrets.names;
    let schema = json!({ "type": "object", "properties": { "topic": { "type": "string" } } });
    let definition = Definition::new(uri, title, kind, schema).equality("/topic");
    let diary = ada.account.define(definition).await.unwrap();
    let mut written = Vec::new();
    for at in 0..3 {
        written.push(diary.create(content(secrets, at)).await.unwrap());
    }
    diary.update(&written[1], content(secrets, 3)).await.unwrap();
    diary.delete(&written[0]).await.unwrap();
    diary.query().eq("/topic", secrets.wanted).fetch::<Value>().await.unwrap();

    let to_bob = contact(&ada, &bob).await;
    let grant = Grant::to(&to_bob).on(&diary, Level::Contribute).name(name).purpose(purpose);
    let access = ada.account.grant(grant).await.unwrap();
    let shared = bob.account.received().await.unwrap()[0].open(diary.scope()).await.unwrap();
    shared.create(content(secrets, 0)).await.unwrap();
    shared.query().all::<Value>(&mut Silent).await.unwrap();
    ada.account.revoke(access.id).await.unwrap();
    diary.create(content(secrets, 2)).await.unwrap();

    // A group of Bob's reads, with Carol in it and out of it; its title is a secret like other names.
    let carol = world.user("carol").await;
    let ward = bob.account.create_group(title).await.unwrap();
    let found = ada.account.find_group(ward.id()).await.unwrap();
    let to_group = Grant::to_group(&found).on(&diary, Level::Read).name(name).purpose(purpose);
    ada.account.grant(to_group).await.unwrap();
    ward.add(&contact(&bob, &carol).await).await.unwrap();
    let membership = carol.account.memberships().await.unwrap().pop().unwrap();
    let by_group = membership.received().await.unwrap()[0].open(diary.scope()).await.unwrap();
    by_group.query().all::<Value>(&mut Silent).await.unwrap();
    ward.remove(carol.account.id()).await.unwrap();
    ada.account.maintain().await.unwrap();
    diary.create(content(secrets, 1)).await.unwrap();
    ada.account
        .change_password(&ada.password(), &Password::new(world.canary.text("new password")))
        .await
        .unwrap();

    // Two notes with whatever writer, of another account so that all the rest stays the same.
    let by_hand = world.by_hand(&bob).await;
    let collection = by_hand.create_collection("https://example.org/by-hand", &[0xA0; 40]).await;
    for at in 0..2 {
        let record = RecordId::from_bytes(world.canary.random());
        let text = secrets.texts[at];
        let forged = |ciphertext: Vec<u8>, index| {
            let forged = Forged { record, version: 1, kind: RecordKind::Instance, ciphertext, index };
            by_hand.forge(&collection, &forged)
        };
        let envelope = match writer {
            Writer::Honest => by_hand.seal(&collection, record, 1, text.as_bytes()),
            Writer::Unpadded => forged(random(&world, 60 + text.len()), Vec::new()),
            Writer::Tokens => forged(random(&world, 96), vec![token(text)]),
        };
        let transaction = TransactionId::from_bytes(world.canary.random());
        by_hand.commit(transaction, vec![put(&envelope)]).await.unwrap();
    }
    world.close_with_state().await
}

fn random(world: &World, length: usize) -> Vec<u8> {
    world.canary.random::<512>()[..length].to_vec()
}

/// What a careless client might take for a blind token.
fn token(text: &str) -> [u8; 16] {
    let digest = pryv_wire::Digest::of("careless", &[text.as_bytes()]);
    digest.as_bytes()[..16].try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_that_differ_in_their_secrets_are_the_same_to_the_server() {
    let found = differences(&script(&ONE, Writer::Honest).await, &script(&OTHER, Writer::Honest).await);
    assert!(found.is_empty(), "the server can tell two secrets apart:\n{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_field_lengths_show_is_caught() {
    let found = differences(&script(&ONE, Writer::Unpadded).await, &script(&OTHER, Writer::Unpadded).await);
    assert!(found.is_empty(), "the first two texts are as long as each other: {found:?}");
    let other =
        Secrets { texts: ["took 20 mg", "took 250 mg", "none taken!", "saw a doctor about it"], ..OTHER };
    let found = differences(&script(&ONE, Writer::Unpadded).await, &script(&other, Writer::Unpadded).await);
    assert!(found.iter().any(|one| one.contains("transactions/commit")), "{found:?}");
    assert!(found.iter().any(|one| one.contains("row of table 40")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_tokens_show_what_is_the_same_is_caught() {
    let found = differences(&script(&ONE, Writer::Tokens).await, &script(&OTHER, Writer::Tokens).await);
    assert!(found.iter().any(|one| one.contains("row of table 42")), "{found:?}");
    assert!(found.iter().any(|one| one.contains("not in which values are the same")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_more_and_an_equality_that_is_declared_are_seen() {
    // What is declared shows, or the checker sees nothing: another pattern of topics, and a query that finds nothing.
    let other = Secrets { topics: ["citalopram", "sertraline", "sertraline"], ..OTHER };
    let found = differences(&script(&ONE, Writer::Honest).await, &script(&other, Writer::Honest).await);
    assert!(found.iter().any(|one| one.contains("row of table 42")), "{found:?}");
    assert!(found.iter().any(|one| one.contains("records/query")), "{found:?}");
}
