//! Operations on groups.

use crate::crash_points::cast::{Actor, Hero, Stage, Step};
use pryv_sdk::{AccessStatus, Account};

pub(crate) struct AddMember;

impl Step for AddMember {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        ada.create_group("Family").await.unwrap();
    }

    async fn act(&self, stage: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let family = actor.account().groups().await.map_err(|error| error.code())?.pop().unwrap();
        let bob = stage.bob.found_by(actor.account()).await?;
        family.add(&bob).await.map(|_| ()).map_err(|error| error.code())
    }

    /// One is a member once.
    fn done(&self) -> &'static [&'static str] {
        &["already-exists"]
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        let family = ada.groups().await.unwrap().pop().unwrap();
        assert_eq!(family.members().await.unwrap().len(), 1);
        assert_eq!(family.card().await.unwrap().cards(), 1);
    }
}

pub(crate) struct RemoveMember;

impl Step for RemoveMember {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        let family = ada.create_group("Family").await.unwrap();
        family.add(&stage.bob.found_by(ada).await.unwrap()).await.unwrap();
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let granted = actor.account().granted().await.map_err(|error| error.code())?;
        let live = granted.iter().find(|one| !matches!(one.access.status, AccessStatus::Revoked { .. }));
        let Some(live) = live else { return Ok(()) };
        actor.account().revoke(live.access.id).await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        let family = ada.groups().await.unwrap().pop().unwrap();
        assert!(family.members().await.unwrap().is_empty());
        assert_eq!(family.card().await.unwrap().cards(), 2, "the group went on once");
    }
}
