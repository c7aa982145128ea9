//! Operations on an account whose notes are filed under terms.

use super::stored;
use crate::crash_points::cast::{Actor, Hero, Stage, Step, URI, diary, note, numbers};
use pryv_sdk::{Account, Definition, Grant, Level, Silent, Suite, Term};

/// The ontology that Ada's notes are filed under.
const TREE: &str = "https://example.org/tree";

pub(crate) struct RotateWithTerms;

impl Step for RotateWithTerms {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        filed_and_read_by_bob(stage, ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.account().rotate().await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(ada.under_replaced_keys().await.unwrap(), []);
        assert_eq!(written_under_and_read_by_bob(stage, ada, "top").await, [1, 2, 3]);
    }
}

pub(crate) struct GrantTerm;

impl Step for GrantTerm {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        filed(ada).await;
    }

    async fn act(&self, stage: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let (bob, top) = (stage.bob.found_by(actor.account()).await?, term(actor.account(), "top").await?);
        let grant = Grant::to(&bob).on_term(&top, Level::Read);
        actor.account().grant(grant).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(written_under_and_read_by_bob(stage, ada, "top").await, [1, 2, 3]);
    }
}

pub(crate) struct MoveTerm;

impl Step for MoveTerm {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        filed(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let ontology = actor.account().ontology(TREE).await.map_err(|error| error.code())?;
        let under = term(actor.account(), "under").await?;
        ontology.move_term(&under, None).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        let under = term(ada, "under").await.unwrap();
        assert_eq!(under.parent, None);
        // Records of both times open by its new place.
        let diary = ada.collection(URI).await.unwrap();
        diary.create_in([&under], note(3)).await.unwrap();
        let found = diary.query().within(&under).fetch::<serde_json::Value>().await.unwrap();
        assert_eq!((found.records.len(), found.rejected.len()), (2, 0));
        assert_eq!(stored(ada).await, [1, 2, 3]);
    }
}

pub(crate) struct Rewrap;

impl Step for Rewrap {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        filed_and_read_by_bob(stage, ada).await;
        let carol = stage.carol.found_by(ada).await.unwrap();
        let diary = ada.collection(URI).await.unwrap();
        let granted = ada.grant(Grant::to(&carol).on(&diary, Level::Read)).await.unwrap();
        ada.revoke(granted.id).await.unwrap();
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.diary().await?.rewrap(&mut Silent).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(written_under_and_read_by_bob(stage, ada, "top").await, [1, 2, 3]);
        assert_eq!(stored(ada).await, [1, 2, 3]);
    }
}

/// To stronger keys, of the slice that Bob reads and of the collection.
pub(crate) struct Migrate;

impl Step for Migrate {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        filed_and_read_by_bob(stage, ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let diary = actor.diary().await?;
        diary.migrate(Suite::HYBRID).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(ada.collection(URI).await.unwrap().suite(), Suite::HYBRID);
        assert_eq!(written_under_and_read_by_bob(stage, ada, "top").await, [1, 2, 3]);
    }
}

/// Ada has a collection with a note under a term, and one under a term below that.
async fn filed(ada: &Account) {
    let schema = serde_json::json!({ "type": "object" });
    let tree = ada.define_ontology(Definition::new(TREE, "Tree", "term", schema)).await.unwrap();
    let top = tree.create_term("top", None).await.unwrap();
    let under = tree.create_term("under", Some(&top)).await.unwrap();
    let diary = ada.define(diary().linked_to(TREE)).await.unwrap();
    diary.create_in([&top], note(1)).await.unwrap();
    diary.create_in([&under], note(2)).await.unwrap();
}

/// Ada has two notes under terms, which Bob reads by the upper one.
async fn filed_and_read_by_bob(stage: &Stage, ada: &Account) {
    filed(ada).await;
    let bob = stage.bob.found_by(ada).await.unwrap();
    let top = term(ada, "top").await.unwrap();
    ada.grant(Grant::to(&bob).on_term(&top, Level::Read)).await.unwrap();
}

async fn term(account: &Account, label: &str) -> Result<Term, &'static str> {
    let tree = account.ontology(TREE).await.map_err(|error| error.code())?;
    let terms = tree.terms().await.map_err(|error| error.code())?;
    let found = terms.iter().find(|term| term.label() == label);
    found.cloned().ok_or("no-such-term")
}

/// What Bob reads of Ada's diary by whatever of it is granted to him, once she has written another note under a term.
async fn written_under_and_read_by_bob(stage: &Stage, ada: &Account, label: &str) -> Vec<u64> {
    let diary = ada.collection(URI).await.unwrap();
    diary.create_in([&term(ada, label).await.unwrap()], note(3)).await.unwrap();
    let mut all = Vec::new();
    for access in stage.bob.account(stage).received().await.unwrap() {
        if access.access.grantor == ada.id() {
            all.extend(numbers(&access.open(diary.scope()).await.unwrap()).await);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
