//! What sharing costs: grant, first open, revoke and new keys, by the number of grantees, of terms, and of records.

use crate::{
    counting::Travelled,
    measure::{median, millis},
    node::Node,
    person::{Person, row},
    report::Row,
};
use pryv_sdk::{Account, Collection, Definition, Grant, Level, NewTerm, Silent, TermContent};
use serde_json::{Value, json};

/// How much to share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Grantees of one collection.
    pub(crate) grantees: &'static [usize],
    /// Terms under the one that is granted.
    pub(crate) descendants: &'static [usize],
    /// Records of one collection.
    pub(crate) records: &'static [u32],
}

/// A collection with so many records.
async fn collection(of: &Person, records: u32) -> Collection {
    let definition =
        Definition::new("https://example.org/shared", "Shared", "row", json!({ "type": "object" }));
    let collection = of.account.define(definition).await.expect("a collection");
    let rows = (0..records).map(|row| json!({ "row": row, "note": "x".repeat(200) }));
    collection.create_many(rows, &mut Silent).await.expect("an import");
    collection
}

/// Measures everything about sharing.
pub(crate) async fn measure(scale: Scale) -> Vec<Row> {
    let mut rows = Vec::new();
    for grantees in scale.grantees {
        rows.extend(by_grantees(*grantees).await);
    }
    rows.extend(by_descendants(scale.descendants).await);
    rows.extend(by_records(scale.records).await);
    rows
}

async fn by_grantees(count: usize) -> Vec<Row> {
    let node = Node::start();
    let ada = Person::sign_up(&node, "ada").await;
    let shared = collection(&ada, 100).await;
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        people.push(Person::sign_up(&node, &format!("grantee-{number}")).await);
    }
    let (mut accesses, mut costs) = (Vec::new(), Vec::new());
    for person in &people {
        let contact = ada.account.find(person.account.username()).await.expect("a contact");
        let grant = Grant::to(&contact).on(&shared, Level::Read).name("bench");
        let (access, cost) = ada.cost(ada.account.grant(grant)).await;
        accesses.push(access.expect("a grant"));
        costs.push(cost);
    }
    let mut rows = vec![row(format!("grant, the last of {count} grantees"), *costs.last().expect("a grant"))];
    let times = costs.iter().map(|cost| cost.time).collect();
    rows.push(Row::alone(format!("… median of the {count} grants"), millis(median(times)), "ms", ""));

    let last = people.last().expect("a grantee");
    let (read, cost) = last.cost(read(&last.account)).await;
    assert_eq!(read, 100, "the grantee finds what it should");
    rows.push(row(format!("first open and query by one of {count} grantees"), cost));

    let ends = accesses.first().expect("an access").id;
    let (receipt, cost) = ada.cost(ada.account.revoke(ends).into_future()).await;
    receipt.expect("a revocation");
    rows.push(row(format!("revoke, {} grantees stay (new keys, shared with each)", count - 1), cost));
    let (rotated, cost) = ada.cost(shared.rotate().into_future()).await;
    rotated.expect("new keys");
    rows.push(row(format!("rotate, {} grantees", count - 1), cost));
    let (rotated, cost) = ada.cost(shared.rotate().hard().into_future()).await;
    rotated.expect("a new key pair");
    rows.push(row("… with a new re-encryption key pair", cost));
    if count > 1 {
        let (read, cost) = last.cost(self::read(&last.account)).await;
        assert_eq!(read, 100, "who stays finds what it should");
        rows.push(row("… next open and query by one who stays (three more epochs)", cost));
    }
    rows
}

/// A term with few terms under it and with many: what is counted must not differ.
async fn by_descendants(counts: &[usize]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<[Travelled; 5]> = None;
    for count in counts {
        let node = Node::start();
        let (ada, bob, eve) = (
            Person::sign_up(&node, "ada").await,
            Person::sign_up(&node, "bob").await,
            Person::sign_up(&node, "eve").await,
        );
        let schema = json!({ "type": "object" });
        let definition = Definition::new("https://example.org/terms", "Terms", "term", schema.clone());
        let ontology = ada.account.define_ontology(definition).await.expect("an ontology");
        let top = ontology.create_term("top", None).await.expect("a term");
        let beside = ontology.create_term("beside", None).await.expect("a term");
        let content = |label: String| TermContent { label, ..TermContent::default() };
        // Ten under each, so that trees are about as wide as they are deep.
        let under = (0..*count).map(|at| match at.checked_sub(1) {
            None => NewTerm::under(&top, content("0".into())),
            Some(before) => NewTerm::below(before / 10, content(at.to_string())),
        });
        let (made, making) = ada.cost(ontology.create_many(under, &mut Silent)).await;
        let made = made.expect("terms");
        let remark = format!("{} calls, {} bytes sent", making.travelled.calls, making.travelled.sent);
        rows.push(Row::alone(format!("create {count} terms"), millis(making.time), "ms", remark));
        let definition = Definition::new("https://example.org/filed", "Filed", "row", schema)
            .linked_to("https://example.org/terms");
        let filed = ada.account.define(definition).await.expect("a collection");
        let last = made.last().expect("a term");
        filed.create_in([last], json!({ "row": 1 })).await.expect("a record");

        let mut granted = Vec::new();
        for person in [&bob, &eve] {
            let contact = ada.account.find(person.account.username()).await.expect("a contact");
            let grant = Grant::to(&contact).on_term(&top, Level::Read).name("bench");
            let (access, cost) = ada.cost(ada.account.grant(grant)).await;
            granted.push((access.expect("a grant").id, cost));
        }
        let (found, read) = eve.cost(read(&eve.account)).await;
        assert_eq!(found, 1, "the grantee finds what it should");
        let (receipt, revoked) = ada.cost(ada.account.revoke(granted[0].0).into_future()).await;
        receipt.expect("a revocation");
        let (rotated, rotating) = ada.cost(filed.rotate().into_future()).await;
        rotated.expect("new keys");
        let (moved, moving) = ada.cost(ontology.move_term(&beside, Some(&top))).await;
        moved.expect("a move");
        rows.push(row(format!("grant a term with {count} under it"), granted[1].1));
        rows.push(row("… first open by a grantee, and a record of the lowest term", read));
        rows.push(row("… revoke, one grantee stays", revoked));
        rows.push(row("… rotate the collection", rotating));
        rows.push(row("… move a term to stand under it", moving));
        let now = [granted[1].1, read, revoked, rotating, moving].map(|cost| cost.travelled);
        for (few, many) in before.iter().flatten().zip(&now) {
            assert!(
                many.calls.abs_diff(few.calls) <= 2,
                "calls do not grow with the terms: {few:?}, {many:?}"
            );
            assert!(many.sent.abs_diff(few.sent) <= 512, "nor do bytes: {few:?}, {many:?}");
        }
        before = Some(now);
    }
    rows
}

/// Everything that a grantee reads of its first access.
async fn read(account: &Account) -> usize {
    let received = account.received().await.expect("accesses");
    let opened = received.first().expect("an access").collections().await.expect("collections").remove(0);
    opened.query().all::<Value>(&mut Silent).await.expect("every record").records.len()
}

/// The same with few records and with many: what is counted must not differ.
async fn by_records(counts: &[u32]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<[Travelled; 2]> = None;
    for count in counts {
        let node = Node::start();
        let (ada, bob, eve) = (
            Person::sign_up(&node, "ada").await,
            Person::sign_up(&node, "bob").await,
            Person::sign_up(&node, "eve").await,
        );
        let shared = collection(&ada, *count).await;
        let mut granted = Vec::new();
        for person in [&bob, &eve] {
            let contact = ada.account.find(person.account.username()).await.expect("a contact");
            let grant = Grant::to(&contact).on(&shared, Level::Read).name("bench");
            let (access, cost) = ada.cost(ada.account.grant(grant)).await;
            granted.push((access.expect("a grant").id, cost));
        }
        let (receipt, revoked) = ada.cost(ada.account.revoke(granted[0].0).into_future()).await;
        receipt.expect("a revocation");
        rows.push(row(format!("grant a collection of {count} records"), granted[0].1));
        rows.push(row(format!("revoke on a collection of {count} records, one grantee stays"), revoked));
        let now = [granted[0].1.travelled, revoked.travelled];
        if let Some(before) = before {
            for (few, many) in before.iter().zip(&now) {
                assert_eq!(few.calls, many.calls, "calls do not grow with the records");
                assert!(many.sent.abs_diff(few.sent) <= 64, "nor do bytes: {few:?}, {many:?}");
                assert!(many.received.abs_diff(few.received) <= 64, "nor do bytes: {few:?}, {many:?}");
            }
        }
        before = Some(now);
    }
    rows
}
