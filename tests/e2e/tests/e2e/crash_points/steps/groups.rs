//! Operations on groups.

use super::{stored, two_notes};
use crate::crash_points::cast::{Actor, Hero, Stage, Step, diary};
use pryv_sdk::{Account, Grant, Level, account::Group};

/// Ada has a group, to which she granted her collection of two notes.
async fn two_notes_for_a_group(ada: &Account) -> Group {
    two_notes(ada).await;
    let diary = ada.define(diary()).await.unwrap();
    let family = ada.create_group("Family").await.unwrap();
    let found = ada.find_group(family.id()).await.unwrap();
    ada.grant(Grant::to_group(&found).on(&diary, Level::Read)).await.unwrap();
    family
}

pub(crate) struct AddMember;

impl Step for AddMember {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes_for_a_group(ada).await;
    }

    async fn act(&self, stage: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let family = actor.account().groups().await.map_err(|error| error.code())?.pop().unwrap();
        let bob = stage.bob.found_by(actor.account()).await?;
        family.add(&bob).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stage.bob.reads(stage, ada).await, [1, 2, 99]);
    }
}

pub(crate) struct RemoveMember;

impl Step for RemoveMember {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        let family = two_notes_for_a_group(ada).await;
        family.add(&stage.bob.found_by(ada).await.unwrap()).await.unwrap();
        assert_eq!(stage.bob.reads(stage, ada).await, [1, 2]);
    }

    async fn act(&self, stage: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let family = actor.account().groups().await.map_err(|error| error.code())?.pop().unwrap();
        let bob = stage.bob.found_by(actor.account()).await?;
        family.remove(bob.id()).await.map(|_| ()).map_err(|error| error.code())
    }

    /// He is no member any longer.
    fn done(&self) -> &'static [&'static str] {
        &["not-found"]
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert!(stage.bob.reads(stage, ada).await.is_empty());
        let family = ada.groups().await.unwrap().pop().unwrap();
        assert!(family.members().await.unwrap().is_empty());
        assert_eq!(family.card().await.unwrap().cards(), 2, "the keys went on once");
        ada.maintain().await.unwrap();
        assert!(ada.maintain().await.unwrap().begun.is_empty(), "the collection follows, once");
        assert_eq!(stored(ada).await, [1, 2]);
    }
}
