//! What ontologies cost, by how many an account has and how many terms they have.

use crate::{
    measure::millis,
    node::Node,
    person::{Cost, Person, row},
    report::Row,
};
use pryv_sdk::{Definition, NewTerm, Ontology, Silent, TermContent};
use serde_json::json;

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Ontologies of one account.
    pub(crate) ontologies: usize,
    /// Terms of each.
    pub(crate) terms: usize,
}

/// Fills an account with ontologies; measures the first and the last of them, which must cost the same, moves apart.
pub(crate) async fn measure(scale: Scale) -> Vec<Row> {
    let Scale { ontologies, terms } = scale;
    let node = Node::start();
    let ada = Person::sign_up(&node, "ada").await;
    let (mut rows, mut first) = (Vec::new(), None);
    for number in 1..=ontologies {
        let (ontology, making) = one(&ada, number, terms).await;
        if number == 1 || number == ontologies {
            let remark = format!("{} calls, {} bytes sent", making.travelled.calls, making.travelled.sent);
            let what = format!("create ontology {number} of {ontologies}, {terms} terms");
            rows.push(Row::alone(what, millis(making.time), "ms", remark));
            let costs = used(&ada, &ontology, terms).await;
            for (what, cost) in &costs {
                rows.push(row(format!("… {what}"), *cost));
            }
            // A move looks at every collection of the account for the keys that go along, and does grow.
            let calls = costs.split_last().map(|(_, rest)| rest.iter().map(|(_, cost)| cost.travelled.calls));
            let calls: Vec<_> = calls.expect("costs").collect();
            assert_eq!(*first.get_or_insert_with(|| calls.clone()), calls, "calls grow with the ontologies");
        }
    }
    rows
}

async fn one(ada: &Person, number: usize, terms: usize) -> (Ontology, Cost) {
    let uri = format!("https://example.org/ontology-{number}");
    let definition = Definition::new(uri, "Terms", "term", json!({ "type": "object" }));
    let ontology = ada.account.define_ontology(definition).await.expect("an ontology");
    let top = ontology.create_term("top", None).await.expect("a term");
    let content = |label: String| TermContent { label, ..TermContent::default() };
    // Ten under each, so that trees are about as wide as they are deep.
    let under = (0..terms - 1).map(|at| match at.checked_sub(1) {
        None => NewTerm::under(&top, content("0".into())),
        Some(before) => NewTerm::below(before / 10, content(at.to_string())),
    });
    let (made, cost) = ada.cost(ontology.create_many(under, &mut Silent)).await;
    assert_eq!(made.expect("terms").len(), terms - 1);
    (ontology, cost)
}

/// What a person does in an ontology that is there.
async fn used(ada: &Person, ontology: &Ontology, terms: usize) -> [(&'static str, Cost); 4] {
    let uri = ontology.uri();
    let (there, opening) = ada.cost(ada.account.ontology(&uri)).await;
    let there = there.expect("the ontology");
    let (all, listing) = ada.cost(there.terms()).await;
    let all = all.expect("its terms");
    assert_eq!(all.len(), terms);
    let last = all.iter().find(|term| term.label() == (terms - 2).to_string()).expect("the last one").clone();
    let (made, adding) = ada.cost(there.create_term("another", Some(&last))).await;
    let made = made.expect("a term");
    let (moved, moving) = ada.cost(there.move_term(&made, None)).await;
    moved.expect("a move");
    [
        ("open it by its URI", opening),
        ("list all its terms, opened and checked", listing),
        ("add a term to the lowest one", adding),
        ("move that to the top", moving),
    ]
}
