//! Operations on devices, and on the account secret.

use super::{stored, two_notes, two_notes_read_by_bob};
use crate::crash_points::cast::{Actor, Hero, Stage, Step};
use pryv_sdk::Account;

pub(crate) struct Rotate;

impl Step for Rotate {
    async fn before(&self, stage: &Stage, _: &Hero, ada: &Account) {
        two_notes_read_by_bob(stage, ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.account().rotate().await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, stage: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(ada.under_replaced_keys().await.unwrap(), []);
        assert_eq!(stage.bob.reads(stage, ada).await, [1, 2, 99]);
    }
}

pub(crate) struct AddDevice;

impl Step for AddDevice {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        actor.account().add_this_device("desk").await.map(|_| ()).map_err(|error| error.code())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        // One that was added by a client that ended there stays, without anybody who holds its keys, until it is revoked.
        assert!((1..=2).contains(&ada.devices().await.unwrap().len()));
    }
}

pub(crate) struct EnrolDevice;

impl Step for EnrolDevice {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
    }

    async fn act(&self, stage: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let machine = stage.node.client().new_device();
        actor.account().enrol_scanned(&machine.payload(), "phone").await.map_err(|error| error.code())?;
        let joined = machine.finish().await.map_err(|error| error.code())?;
        assert_eq!((joined.id(), joined.this_device()), (actor.account().id(), Some(machine.id())));
        Ok(())
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(stored(ada).await, [1, 2]);
    }
}

pub(crate) struct RevokeDevice;

impl Step for RevokeDevice {
    async fn before(&self, _: &Stage, _: &Hero, ada: &Account) {
        two_notes(ada).await;
        ada.add_this_device("lost").await.unwrap();
    }

    async fn act(&self, _: &Stage, _: &Hero, actor: &Actor) -> Result<(), &'static str> {
        let devices = actor.account().devices().await.map_err(|error| error.code())?;
        match devices.first() {
            Some(lost) => {
                actor.account().revoke_device(lost.id).await.map(|_| ()).map_err(|error| error.code())
            }
            None => actor.account().maintain().await.map(|_| ()).map_err(|error| error.code()),
        }
    }

    async fn after(&self, _: &Stage, _: &Hero, ada: &Account) {
        assert_eq!(
            (ada.devices().await.unwrap(), ada.under_replaced_keys().await.unwrap()),
            (vec![], vec![])
        );
        assert_eq!(stored(ada).await, [1, 2]);
    }
}
