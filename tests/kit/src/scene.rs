//! How a test of the hostile server begins: somebody's client talks to a server that lies when told to.
//!
//! ```text
//! let scene = Scene::of_owner(2).await;                       // Ada, behind the liar, with two notes; Bob, who is honest
//! let lie = scene.server.on::<OpenScope>(|_, answer| …);
//! scene.found_out(&lie, "rolled-back", async || scene.ada.account.collection(&uri).await.map_err(|e| e.code())).await;
//! scene.world.close().await;
//! ```

use crate::{
    HostileTransport, User, World,
    notes::{note, notes, topic},
    transport::Attack,
};
use pryv_sdk::{Client, Collection, Definition, Level, RecordId};
use std::{fmt::Debug, sync::Arc};

/// Ada with a collection of notes, Bob, and a server that lies to one of them when told to.
#[derive(Debug)]
pub struct Scene {
    /// The server, and what surrounds it.
    pub world: World,
    /// A client behind the liar.
    pub client: Client,
    /// The liar.
    pub server: Arc<HostileTransport>,
    /// The owner.
    pub ada: User,
    /// Somebody else.
    pub bob: User,
    /// Ada's collection, as she holds it.
    pub diary: Collection,
    /// Its notes, oldest first.
    pub notes: Vec<RecordId>,
}

impl Scene {
    /// The liar stands between Ada and the server.
    pub async fn of_owner(count: usize) -> Self {
        Self::begin(true, count, notes).await
    }

    /// The liar stands between Bob and the server. Nothing is granted yet.
    pub async fn of_grantee(count: usize) -> Self {
        Self::begin(false, count, notes).await
    }

    /// As the others, with a definition of the test's own for notes.
    ///
    /// # Panics
    ///
    /// If the server refuses what an honest one would not.
    pub async fn begin(owner: bool, count: usize, definition: impl FnOnce(&World) -> Definition) -> Self {
        let world = World::start().await;
        let (client, server) = world.hostile();
        let honest = world.client();
        let (to_ada, to_bob) = if owner { (&client, &honest) } else { (&honest, &client) };
        let (ada, bob) = (world.user_of(to_ada, "ada").await, world.user_of(to_bob, "bob").await);
        let diary = ada.account.define(definition(&world)).await.expect("a collection");
        let mut notes = Vec::with_capacity(count);
        for _ in 0..count {
            notes.push(diary.create(note(&world, &topic(&world))).await.expect("a note").id);
        }
        Self { world, client, server, ada, bob, diary, notes }
    }

    /// Grants the collection to Bob, and gives the access.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn grant(&self, level: Level) -> pryv_sdk::Access {
        let contact = self.ada.account.find(&self.bob.username).await.expect("Bob");
        let grant = pryv_sdk::Grant::to(&contact)
            .on(&self.diary, level)
            .name(self.world.canary.text("name of an access"))
            .purpose(self.world.canary.text("purpose of an access"));
        self.ada.account.grant(grant).await.expect("a grant")
    }

    /// Asks twice: with the lie, which must have been told and must end in the error that it names; and without it, which
    /// must succeed, so that nothing but the lie was at fault.
    ///
    /// # Panics
    ///
    /// If one of this does not hold.
    pub async fn found_out<T: Debug>(
        &self,
        lie: &Attack,
        code: &str,
        ask: impl AsyncFn() -> Result<T, &'static str>,
    ) -> T {
        let answer = ask().await;
        assert!(lie.count() > 0, "the lie was not told");
        match answer {
            Err(refused) => assert_eq!(refused, code),
            Ok(believed) => panic!("the lie was believed: {believed:?} and not {code}"),
        }
        self.server.stop();
        ask().await.unwrap_or_else(|refused| panic!("without the lie: {refused}"))
    }
}
