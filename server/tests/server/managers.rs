//! Managers: what they grant onwards, two transforms in a row, and what ends with them.

use crate::world::{Collection, Person, World, Write, code};
use pryv_crypto::lockbox;
use pryv_engine::{Reader as _, Scan};
use pryv_wire::{
    AccessId, ErrorCode, Timestamp,
    access::{GetAccess, LastEpoch, Level, ListGranted, Revocation},
    scope::EpochKeys as Keys,
    transaction::{GrantAccess, Operation},
};

/// Ada's collection, which Bob manages.
struct Managed {
    world: World,
    ada: Person,
    bob: Person,
    carol: Person,
    collection: Collection,
    bobs: AccessId,
}

async fn managed() -> Managed {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let bobs = world.grant(&ada, &bob, &mut collection, Level::Manage).await;
    Managed { world, ada, bob, carol, collection, bobs }
}

impl Managed {
    fn onward(&self, grantee: &Person, level: Level) -> GrantAccess {
        self.world.new_onward(&self.bob, grantee, &self.collection, level, self.bobs)
    }

    async fn grant_onward(&self, grantee: &Person, level: Level) -> AccessId {
        let grant = self.onward(grantee, level);
        let access = grant.statement.unverified().unwrap().access;
        let operation = Operation::Grant(Box::new(grant));
        self.world.commit(&self.bob, self.ada.id(), vec![operation]).await.unwrap();
        access
    }

    fn end(&self, by: &Person, access: AccessId) -> Revocation {
        let last_epochs =
            vec![LastEpoch { scope: self.collection.scope, epoch: self.collection.present().0.epoch }];
        let (account, revoker, signed_at) = (self.ada.id(), by.id(), self.world.now());
        Revocation { access, account, revoker, last_epochs, signed_at }
    }
}

fn rows(world: &World, table: u8) -> usize {
    let engine = world.service.store().engine();
    engine.read::<_, pryv_engine::StoreError>(|view| view.entries(&Scan::prefix(&[table]))).unwrap().len()
}

#[tokio::test]
async fn a_managers_grantee_opens_the_scope_after_two_transforms_each_made_once() {
    let managed = managed().await;
    let Managed { world, ada, bob, carol, collection, bobs } = &managed;
    let carols = managed.grant_onward(carol, Level::Contribute).await;
    let open = || world.service.open_scope(carol.caller.clone(), World::open(collection));
    let (one, two) = tokio::join!(open(), open());
    let (one, _) = (one.unwrap(), two.unwrap());
    let (epoch, _) = collection.present();
    let Keys::Grantee { capsule, share, sealed } = &one.epochs[0].keys else { panic!("a lockbox") };
    lockbox::open(&carol.identity, epoch, carols, capsule, share, sealed).unwrap();
    assert_eq!(rows(world, 0x26), 2, "the capsule after each of the two transforms is kept");
    // The manager goes on from what was made on the way to its grantee.
    world.service.open_scope(bob.caller.clone(), World::open(collection)).await.unwrap();
    assert_eq!(rows(world, 0x26), 2);
    let put = world.put(carol, collection, &Write { access: Some(carols), ..Write::default() });
    world.commit(carol, ada.id(), vec![put]).await.unwrap();

    // The chain is shown to all whom it concerns, and the manager's list holds what it granted.
    for caller in [ada, bob, carol] {
        let get = GetAccess { account: ada.id(), access: carols };
        let state = world.service.get_access(caller.caller.clone(), get).await.unwrap();
        assert_eq!(state.parent.unwrap().statement.unverified().unwrap().access, *bobs);
    }
    let list = ListGranted { account: ada.id(), limit: 1_000, after: None };
    assert_eq!(world.service.list_granted(ada.caller.clone(), list.clone()).await.unwrap().accesses.len(), 2);
    assert_eq!(world.service.list_granted(bob.caller.clone(), list.clone()).await.unwrap().accesses.len(), 1);
    assert_eq!(code(world.service.list_granted(carol.caller.clone(), list).await), ErrorCode::NotAllowed);
}

#[tokio::test]
async fn a_manager_grants_within_its_access_and_nobody_else_grants() {
    let managed = managed().await;
    let Managed { world, ada, bob, carol, collection, bobs } = &managed;
    let dave = world.person("dave").await;
    let carols = managed.grant_onward(carol, Level::Contribute).await;
    let refused = async |signer: &Person, grant: GrantAccess| {
        code(world.commit(signer, ada.id(), vec![Operation::Grant(Box::new(grant))]).await)
    };
    let changed = |signer: &Person, change: &dyn Fn(&mut pryv_wire::access::Access)| {
        let mut grant = managed.onward(&dave, Level::Read);
        let mut access = grant.statement.unverified().unwrap();
        change(&mut access);
        grant.statement = signer.identity.sign(&access);
        grant
    };
    let manager = managed.onward(&dave, Level::Manage);
    assert_eq!(refused(bob, manager).await, ErrorCode::NotAllowed, "a manager of its own");
    assert_eq!(refused(bob, managed.onward(ada, Level::Read)).await, ErrorCode::NotAllowed, "to the owner");
    let by_none = changed(bob, &|access| access.by = None);
    assert_eq!(refused(bob, by_none).await, ErrorCode::NotAllowed, "as if it owned it");
    let other = changed(bob, &|access| access.by = Some(AccessId::from_bytes([9; 16])));
    assert_eq!(refused(bob, other).await, ErrorCode::NotAllowed, "by an access that is not its own");
    let mut scope = changed(bob, &|access| {
        access.grants[0].scope = pryv_wire::ScopeId::from_bytes([9; 16]);
        (access.grants[0].level, access.grants[0].transform) = (Level::CreateOnly, None);
    });
    (scope.shares, scope.transforms) = (vec![], vec![]);
    assert_eq!(refused(bob, scope).await, ErrorCode::NotAllowed, "another scope");
    let in_ada = changed(bob, &|access| access.grantor = ada.id());
    assert_eq!(refused(bob, in_ada).await, ErrorCode::InvalidStatement, "in the owner's name");
    let unsigned = changed(carol, &|_| {});
    assert_eq!(refused(bob, unsigned).await, ErrorCode::InvalidStatement, "signed by somebody else");
    let deeper = world.new_onward(carol, &dave, collection, Level::Read, carols);
    assert_eq!(refused(carol, deeper).await, ErrorCode::NotAllowed, "by who was granted to onwards");
    let mut fewer = managed.onward(&dave, Level::Read);
    fewer.shares.clear();
    assert_eq!(refused(bob, fewer).await, ErrorCode::StaleEpoch, "without shares");
    let strangers = world.new_onward(&dave, carol, collection, Level::Read, *bobs);
    assert_eq!(refused(&dave, strangers).await, ErrorCode::NotFound, "a stranger learns nothing");
    managed.grant_onward(&dave, Level::Read).await;
}

#[tokio::test]
async fn dates_of_a_manager_bound_what_it_grants() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let until = world.now().plus_millis(1_000);
    let grant = world.new_grant_between(&ada, &bob, &mut collection, Level::Manage, None, Some(until));
    let bobs = grant.statement.unverified().unwrap().access;
    world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
    let attempt = async |valid_until: Option<Timestamp>| {
        let mut grant = world.new_onward(&bob, &carol, &collection, Level::Read, bobs);
        let mut access = grant.statement.unverified().unwrap();
        access.valid_until = valid_until;
        grant.statement = bob.identity.sign(&access);
        world.commit(&bob, ada.id(), vec![Operation::Grant(Box::new(grant))]).await
    };
    assert_eq!(code(attempt(None).await), ErrorCode::NotAllowed);
    assert_eq!(code(attempt(Some(until.plus_millis(1))).await), ErrorCode::NotAllowed);
    attempt(Some(until)).await.unwrap();
    world.clock.advance(1_000);
    assert_eq!(code(attempt(Some(until)).await), ErrorCode::AccessNotValid);
    let opened = world.service.open_scope(carol.caller.clone(), World::open(&collection)).await;
    assert_eq!(code(opened), ErrorCode::AccessNotValid);
}

#[tokio::test]
async fn a_manager_does_not_go_without_what_it_granted() {
    let mut managed = managed().await;
    let carols = managed.grant_onward(&managed.carol, Level::Read).await;
    let dave = managed.world.person("dave").await;
    let daves = managed.world.grant(&managed.ada, &dave, &mut managed.collection, Level::Read).await;
    managed
        .world
        .service
        .open_scope(managed.carol.caller.clone(), World::open(&managed.collection))
        .await
        .unwrap();
    let (below, of_dave) = (managed.end(&managed.ada, carols), managed.end(&managed.ada, daves));
    let by_bob = managed.end(&managed.bob, carols);
    let Managed { world, ada, bob, carol, collection, bobs } = &mut managed;

    let revoke = world.new_revocation(ada, collection, *bobs, &[(daves, &dave)]);
    let Operation::Revoke { statement, epochs, .. } = revoke else { panic!() };
    let with =
        |below: Vec<_>| Operation::Revoke { statement: statement.clone(), below, epochs: epochs.clone() };
    let sign = |end: &Revocation| ada.identity.sign(end);
    let commit = async |operation| world.commit(ada, ada.id(), vec![operation]).await;
    assert_eq!(code(commit(with(vec![])).await), ErrorCode::StaleEpoch, "Carol is left out");
    assert_eq!(code(commit(with(vec![sign(&of_dave)])).await), ErrorCode::StaleEpoch, "Dave is not below");
    let twice = with(vec![sign(&below), sign(&below)]);
    assert_eq!(code(commit(twice).await), ErrorCode::StaleEpoch, "Carol twice");
    let bobs_word = with(vec![bob.identity.sign(&by_bob)]);
    assert_eq!(code(commit(bobs_word).await), ErrorCode::InvalidStatement, "Bob's word");
    let committed = commit(with(vec![sign(&below)])).await.unwrap();
    let served: Vec<_> = committed.served.iter().map(|served| (served.access, served.served.len())).collect();
    assert_eq!(served, [(*bobs, 0), (carols, 1)]);
    assert_eq!([rows(world, 0x25), rows(world, 0x26)], [1, 0], "Dave's transform key is all that is left");
    for gone in [bob, carol] {
        let opened = world.service.open_scope(gone.caller.clone(), World::open(collection)).await;
        assert_eq!(code(opened), ErrorCode::NotFound);
    }
    let opened = world.service.open_scope(dave.caller.clone(), World::open(collection)).await.unwrap();
    assert_eq!(opened.epochs.len(), 2);
}

#[tokio::test]
async fn a_manager_ends_what_it_granted_and_nothing_else() {
    let managed = managed().await;
    let carols = managed.grant_onward(&managed.carol, Level::Read).await;
    let Managed { world, ada, bob, carol, collection, bobs } = &managed;
    world.service.open_scope(carol.caller.clone(), World::open(collection)).await.unwrap();
    let revoke = async |signer: &Person, end: &Revocation| {
        let statement = signer.identity.sign(end);
        let revoke = Operation::Revoke { statement, below: vec![], epochs: vec![] };
        world.commit(signer, ada.id(), vec![revoke]).await
    };
    assert_eq!(code(revoke(bob, &managed.end(bob, *bobs)).await), ErrorCode::StaleEpoch, "Carol is left out");
    assert_eq!(code(revoke(carol, &managed.end(carol, *bobs)).await), ErrorCode::NotAllowed, "the manager's");
    assert_eq!(
        code(revoke(bob, &managed.end(ada, carols)).await),
        ErrorCode::InvalidStatement,
        "as the owner"
    );
    let early = Revocation { last_epochs: vec![], ..managed.end(bob, carols) };
    assert_eq!(code(revoke(bob, &early).await), ErrorCode::StaleEpoch);
    let committed = revoke(bob, &managed.end(bob, carols)).await.unwrap();
    assert_eq!(committed.served[0].served.len(), 1);
    assert_eq!(code(revoke(bob, &managed.end(bob, carols)).await), ErrorCode::AlreadyExists);
    assert_eq!([rows(world, 0x24), rows(world, 0x25), rows(world, 0x26)], [1, 1, 1], "what is left is Bob's");
    let opened = world.service.open_scope(carol.caller.clone(), World::open(collection)).await;
    assert_eq!(code(opened), ErrorCode::NotFound);
    world.service.open_scope(bob.caller.clone(), World::open(collection)).await.unwrap();
}
