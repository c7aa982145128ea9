//! The operations.

mod devices;
mod groups;
mod terms;

pub(crate) use devices::{AddDevice, EnrolDevice, RevokeDevice, Rotate};
pub(crate) use groups::{AddMember, RemoveMember};
pub(crate) use terms::{GrantTerm, Migrate, MoveTerm, Rewrap, RotateWithTerms};

use super::cast::{Actor, Hero, Stage, Step, URI, diary, new_password, note, numbers, password};
use pryv_sdk::{AccessStatus, Account, Grant, Level, RecoveryPhrase, Silent};
use pryv_test_kit::clock::hours;
use pryv_wire::Clock as _;
use serde_json::Value;

pub(crate) struct SignUp;

impl Step for SignUp {
    fn needs_account(&self) -> bool {
        false
    }

    async fn act(&self, _: &Stage, hero: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.client.sign_up(&hero.username, &password()).await.map(|_| ()).map_err(|error| error.code())
    }

    /// The account is there, and the password of the person who made it opens it.
    fn done(&self) -> &'static [&'static str] {
        &["username-taken"]
    }
}

pub(crate) struct Define;

impl Step for Define {
    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.account().define(diary()).await.map(|_| ()).map_err(|error| error.code())
    }
}

/// Ada has a collection with two notes.
async fn two_notes(ada: &Account) {
    let diary = ada.define(diary()).await.unwrap();
    for number in 1..=2 {
        diary.create(note(number)).await.unwrap();
    }
}

/// Ada has a collection with two notes, which Bob reads.
async fn two_notes_read_by_bob(stage: &Stage, ada: &Account) {
    two_notes(ada).await;
    let diary = ada.define(diary()).await.unwrap();
    let bob = stage.bob.found_by(ada).await.unwrap();
    ada.grant(Grant::to(&bob).on(&diary, Level::Read)).await.unwrap();
    assert_eq!(stage.bob.reads(stage, ada).await, [1, 2]);
}

/// The numbers in Ada's collection, each one once, without the note that shows that all can go on.
async fn stored(ada: &Account) -> Vec<u64> {
    let mut numbers = numbers(&ada.collection(URI).await.unwrap()).await;
    numbers.retain(|number| *number != 99);
    numbers.sort_unstable();
    numbers
}

pub(crate) struct Create;

impl Step for Create {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let diary = actor.diary().await?;
        diary.create(note(3)).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        // A client that lost its memory with its process cannot know that the first one was made: it is there twice then,
        // and not half.
        let mut numbers = stored(ada).await;
        numbers.dedup();
        assert_eq!(numbers, [1, 2, 3]);
    }
}

pub(crate) struct CreateMany;

impl Step for CreateMany {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let many: Vec<_> = (3..=8).map(note).collect();
        let diary = actor.diary().await?;
        diary.create_many(many.iter(), &mut Silent).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        let mut numbers = stored(ada).await;
        numbers.dedup();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

/// The note of a number.
async fn found(actor: &Actor, number: u64) -> Result<Option<pryv_sdk::Record<Value>>, &'static str> {
    let all = actor.diary().await?.query().all::<Value>(&mut Silent).await.map_err(|error| error.code())?;
    Ok(all.records.into_iter().find(|record| record.data["number"] == number))
}

pub(crate) struct Update;

impl Step for Update {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let Some(old) = found(actor, 2).await? else { return Ok(()) };
        let diary = actor.diary().await?;
        diary.update(&old, note(5)).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stored(ada).await, [1, 5]);
    }
}

pub(crate) struct Delete;

impl Step for Delete {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let Some(old) = found(actor, 2).await? else { return Ok(()) };
        actor.diary().await?.delete(&old).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stored(ada).await, [1]);
    }
}

pub(crate) struct GrantRead;

impl Step for GrantRead {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, stage: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let (bob, diary) = (stage.bob.found_by(actor.account()).await?, actor.diary().await?);
        let grant = Grant::to(&bob).on(&diary, Level::Read).name("for Bob");
        actor.account().grant(grant).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stage.bob.reads(stage, ada).await, [1, 2, 99]);
    }
}

pub(crate) struct Revoke;

impl Step for Revoke {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        two_notes_read_by_bob(stage, ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let granted = actor.account().granted().await.map_err(|error| error.code())?;
        let live = granted.iter().find(|one| !matches!(one.access.status, AccessStatus::Revoked { .. }));
        let Some(live) = live else { return Ok(()) };
        actor.account().revoke(live.access.id).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert!(stage.bob.reads(stage, ada).await.is_empty());
        assert_eq!(stored(ada).await, [1, 2]);
    }
}

pub(crate) struct Leave;

impl Step for Leave {
    /// Here it is Bob who grants.
    async fn before(&self, stage: &Stage, hero: &Hero, _: &Account) {
        let bob = stage.bob.account(stage);
        let diary = bob.define(diary()).await.unwrap();
        let ada = bob.find(&hero.username).await.unwrap();
        bob.grant(Grant::to(&ada).on(&diary, Level::Read)).await.unwrap();
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let received = actor.account().received().await.map_err(|error| error.code())?;
        let live = received.iter().find(|one| !matches!(one.access.status, AccessStatus::Revoked { .. }));
        let Some(live) = live else { return Ok(()) };
        live.leave().await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        let bob = stage.bob.account(stage);
        let granted = bob.granted().await.unwrap();
        let hers = granted.iter().find(|granted| granted.access.grantee == ada.id()).unwrap();
        assert!(hers.access.was_left());
        assert_eq!(bob.maintain().await.unwrap().begun.len(), 1);
    }
}

pub(crate) struct Maintain;

impl Step for Maintain {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
        let diary = ada.define(diary()).await.unwrap();
        let bob = stage.bob.found_by(ada).await.unwrap();
        let until = stage.node.clock.now().plus_millis(3_600_000);
        ada.grant(Grant::to(&bob).on(&diary, Level::Read).until(until)).await.unwrap();
        stage.node.clock.advance(hours(2));
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.account().maintain().await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert!(ada.maintain().await.unwrap().begun.is_empty(), "nothing is left to do");
        assert_eq!(stored(ada).await, [1, 2]);
    }
}

pub(crate) struct ChangePassword;

impl Step for ChangePassword {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let mut changed = actor.account().change_password(&password(), &new_password()).await;
        if matches!(&changed, Err(error) if error.code() == "wrong-credentials") {
            changed = actor.account().change_password(&new_password(), &new_password()).await;
        }
        changed.map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stored(ada).await, [1, 2]);
    }
}

pub(crate) struct Recover;

impl Step for Recover {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, hero: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let phrase = RecoveryPhrase::parse(hero.phrase.as_deref().unwrap()).unwrap();
        let recovered = actor.client.recover(&hero.username, &phrase, &new_password()).await;
        recovered.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stored(ada).await, [1, 2]);
    }
}

/// An operation that takes its own traces for somebody else's.
pub(crate) struct Unrepeatable;

impl Step for Unrepeatable {
    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        if actor.diary().await.is_ok() {
            return Err("exists-already");
        }
        actor.account().define(diary()).await.map(|_| ()).map_err(|error| error.code())
    }
}
