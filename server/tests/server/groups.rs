//! Groups: whose members read what was granted to the group, by two transforms, as long as they are members.

use crate::world::{Collection, Person, To, World, Write, code};
use pryv_crypto::{GroupKeys, grantee::Grantee, lockbox};
use pryv_engine::{Reader as _, Scan};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, Signed,
    access::{Access, GetAccess, Level, ListGranted, ListReceived},
    account::{GetChallenge, OpenSession},
    audit::{AuditFilter, AuditLine, ListAudit},
    bytes::Signature,
    card::{Card, GetCards, GroupPlace, PrincipalKind},
    record::{Filter, GetRecord, Order},
    scope::{EpochKeys as Keys, GroupCard, ListScopes, NewEpoch, OpenScope},
    transaction::{GrantAccess, Operation},
};

/// Ada's collection, granted to a group of Bob's, of which Cleo is a member.
pub(crate) struct Ward {
    pub(crate) world: World,
    pub(crate) ada: Person,
    pub(crate) bob: Person,
    pub(crate) cleo: Person,
    pub(crate) collection: Collection,
    pub(crate) group: Collection,
    pub(crate) record: pryv_wire::RecordId,
    pub(crate) to_group: AccessId,
    pub(crate) cleos: AccessId,
}

pub(crate) async fn ward() -> Ward {
    let world = World::new();
    let (ada, bob, cleo) = (world.person("ada").await, world.person("bob").await, world.person("cleo").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, None).await;
    let mut group = world.group(&bob).await;
    let to_group = world.grant(&ada, group.to(), &mut collection, Level::Read).await;
    let cleos = world.grant(&bob, &cleo, &mut group, Level::Read).await;
    Ward { world, ada, bob, cleo, collection, group, record, to_group, cleos }
}

impl Ward {
    fn by_group(&self) -> OpenScope {
        OpenScope { access: Some(self.to_group), ..World::open(&self.collection) }
    }

    async fn remove(&mut self, access: AccessId, remaining: &[(AccessId, &Person)]) {
        let revoke = self.world.new_revocation(&self.bob, &mut self.group, access, remaining);
        self.world.commit(&self.bob, self.bob.id(), vec![revoke]).await.unwrap();
    }

    fn get(&self) -> GetRecord {
        GetRecord { account: self.ada.id(), scope: self.collection.scope, record: self.record }
    }

    async fn received(
        &self,
        by: &Person,
    ) -> Result<pryv_wire::access::Accesses, pryv_server::service::Error> {
        let list = ListReceived { group: self.group.group(), limit: 1_000, after: None };
        self.world.service.list_received(by.caller.clone(), list).await
    }
}

fn rows(world: &World, table: u8) -> usize {
    let engine = world.service.store().engine();
    engine.read::<_, pryv_engine::StoreError>(|view| view.entries(&Scan::prefix(&[table]))).unwrap().len()
}

#[tokio::test]
async fn a_member_opens_what_the_group_was_granted_after_two_transforms_each_made_once() {
    let mut ward = ward().await;
    let Ward { world, ada, bob, cleo, collection, group, to_group, .. } = &ward;
    let service = &world.service;
    let open = || service.open_scope(cleo.caller.clone(), ward.by_group());
    let (one, two) = tokio::join!(open(), open());
    let (one, _) = (one.unwrap(), two.unwrap());
    let (epoch, keys) = collection.present();
    let Keys::Grantee { capsule, share, sealed } = &one.epochs[0].keys else { panic!("a lockbox") };
    let place = GroupPlace { account: bob.id(), scope: group.scope };
    let held = group.epochs.iter().map(|(epoch, keys)| (epoch, keys));
    let held = GroupKeys::verify(&group.verified(), place, held).unwrap();
    let member = Grantee::member(&cleo.identity, &held);
    let opened = lockbox::open(member, epoch, *to_group, capsule, share, sealed).unwrap();
    assert_eq!(opened.id(), keys.id());
    assert_eq!([rows(world, 0x26), rows(world, 0x3b)], [1, 1], "one for the group, one on to Cleo");

    // Records, lists and terms know her too; the audit of Ada says who it was and by which access.
    service.get_record(cleo.caller.clone(), ward.get()).await.unwrap();
    let page = world.query(cleo, collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();
    assert_eq!(page.records.len(), 1);
    let list = ListScopes { account: ada.id() };
    assert_eq!(service.list_scopes(cleo.caller.clone(), list).await.unwrap().scopes, [collection.scope]);
    let received = ward.received(cleo).await.unwrap().accesses;
    assert_eq!(received.len(), 1);
    let get = GetAccess { account: ada.id(), access: *to_group };
    service.get_access(cleo.caller.clone(), get).await.unwrap();
    let list = ListAudit {
        account: ada.id(),
        after: 0,
        limit: 100,
        only: Some(AuditFilter { principal: Some(cleo.id()), ..AuditFilter::default() }),
    };
    let audit = service.list_audit(ada.caller.clone(), list).await.unwrap();
    let hers = audit.lines.iter().filter_map(|line| match line {
        AuditLine::Entry(entry) => Some(entry),
        _ => None,
    });
    let hers: Vec<_> = hers.collect();
    assert!(hers.len() >= 3 && hers.iter().all(|entry| entry.access == Some(*to_group)), "{hers:?}");
    let list = ListGranted { account: ada.id(), limit: 10, after: None };
    let granted = service.list_granted(ada.caller.clone(), list).await.unwrap();
    assert_eq!(granted.accesses[0].served.len(), 1, "what any member was given");

    // A second member goes on from what was made for the group.
    let dan = world.person("dan").await;
    ward.world.grant(&ward.bob, &dan, &mut ward.group, Level::Read).await;
    ward.world.service.open_scope(dan.caller.clone(), ward.by_group()).await.unwrap();
    assert_eq!([rows(&ward.world, 0x26), rows(&ward.world, 0x3b)], [1, 2]);
}

#[tokio::test]
async fn strangers_and_those_who_were_removed_are_told_nothing() {
    let mut ward = ward().await;
    let dan = ward.world.person("dan").await;
    let eve = ward.world.person("eve").await;
    let dans = ward.world.grant(&ward.bob, &dan, &mut ward.group, Level::Read).await;
    for member in [&ward.cleo, &dan] {
        ward.world.service.open_scope(member.caller.clone(), ward.by_group()).await.unwrap();
    }
    ward.remove(ward.cleos, &[(dans, &dan)]).await;
    assert_eq!(rows(&ward.world, 0x3d), 1, "the key to what led on to Cleo is gone with her membership");
    ward.world.service.sweep().await.unwrap();
    assert_eq!(rows(&ward.world, 0x3b), 1, "and so is what it opened");
    let Ward { world, ada, bob, cleo, collection, to_group, .. } = &ward;
    let service = &world.service;
    // Neither is the owner of the group a member by itself.
    for nobody in [cleo, &eve, bob] {
        let who = nobody.caller.clone();
        assert_eq!(code(service.open_scope(who.clone(), ward.by_group()).await), ErrorCode::NotFound);
        assert_eq!(code(service.open_scope(who.clone(), World::open(collection)).await), ErrorCode::NotFound);
        assert_eq!(code(service.get_record(who.clone(), ward.get()).await), ErrorCode::NotFound);
        let page = world.query(nobody, collection, Filter::All, Order::OldestFirst, 10, None).await;
        assert_eq!(code(page), ErrorCode::NotFound);
        let list = ListScopes { account: ada.id() };
        assert_eq!(code(service.list_scopes(who.clone(), list).await), ErrorCode::NotFound);
        assert_eq!(code(ward.received(nobody).await), ErrorCode::NotFound);
        let get = GetAccess { account: ada.id(), access: *to_group };
        assert_eq!(code(service.get_access(who.clone(), get).await), ErrorCode::NotFound);
        let list = ListReceived { group: Some(ada.id()), limit: 10, after: None };
        assert_eq!(code(service.list_received(who, list).await), ErrorCode::NotFound);
    }
    // By an access that is not hers, and by none, a member opens nothing; and she writes nothing.
    let other = OpenScope { access: Some(AccessId::from_bytes([9; 16])), ..World::open(collection) };
    for open in [other, World::open(collection)] {
        assert_eq!(code(service.open_scope(dan.caller.clone(), open).await), ErrorCode::NotFound);
    }
    let put = world.put(&dan, collection, &Write { access: Some(*to_group), ..Write::default() });
    assert_eq!(code(world.commit(&dan, ada.id(), vec![put]).await), ErrorCode::NotAllowed);
    service.open_scope(dan.caller.clone(), ward.by_group()).await.unwrap();

    // The end of the group's access takes what led on to its members along, in another account.
    assert_eq!(rows(world, 0x3b), 1);
    let revoke = ward.world.new_revocation(&ward.ada, &mut ward.collection, ward.to_group, &[]);
    let committed = ward.world.commit(&ward.ada, ward.ada.id(), vec![revoke]).await.unwrap();
    assert_eq!(committed.served[0].served.len(), 1);
    for table in [0x26, 0x3a, 0x3e] {
        assert_eq!(rows(&ward.world, table), 0, "table {table:x}");
    }
    ward.world.service.sweep().await.unwrap();
    for table in [0x3b, 0x3c, 0x06] {
        assert_eq!(rows(&ward.world, table), 0, "table {table:x}");
    }
    assert_eq!(
        code(ward.world.service.get_record(dan.caller.clone(), ward.get()).await),
        ErrorCode::NotFound
    );
    assert!(ward.received(&dan).await.unwrap().accesses[0].revocation.is_some(), "the evidence stays");
}

#[tokio::test]
async fn dates_of_the_membership_and_of_the_groups_access_both_count() {
    let world = World::new();
    let (ada, bob, cleo) = (world.person("ada").await, world.person("bob").await, world.person("cleo").await);
    let mut collection = world.collection(&ada).await;
    let mut group = world.group(&bob).await;
    let (now, day) = (world.now(), crate::world::DAY);
    let (from, until) = (now.plus_millis(day), now.plus_millis(3 * day));
    let grant =
        world.new_grant_between(&ada, group.to(), &mut collection, Level::Read, Some(from), Some(until));
    let access = grant.statement.unverified().unwrap().access;
    world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
    let (from, until) = (now.plus_millis(day / 2), now.plus_millis(2 * day));
    let grant = world.new_grant_between(&bob, &cleo, &mut group, Level::Read, Some(from), Some(until));
    world.commit(&bob, bob.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
    let open = async || {
        let request = OpenScope { access: Some(access), ..World::open(&collection) };
        world.service.open_scope(cleo.caller.clone(), request).await
    };
    assert_eq!(code(open().await), ErrorCode::AccessNotValid, "neither has begun");
    world.clock.advance(day / 2);
    assert_eq!(
        code(open().await),
        ErrorCode::AccessNotValid,
        "she is a member, and the group has nothing yet"
    );
    world.clock.advance(day / 2);
    open().await.unwrap();
    world.clock.advance(day);
    assert_eq!(code(open().await), ErrorCode::AccessNotValid, "she is a member no longer");
}

#[tokio::test]
async fn groups_of_one_account_and_what_a_group_may_not_be() {
    let mut ward = ward().await;
    // Bob's own collection for his own group: one account is enough.
    let mut own = ward.world.collection(&ward.bob).await;
    let own_access = ward.world.grant(&ward.bob, ward.group.to(), &mut own, Level::Read).await;
    let open = OpenScope { access: Some(own_access), ..World::open(&own) };
    ward.world.service.open_scope(ward.cleo.caller.clone(), open).await.unwrap();

    let Ward { world, ada, bob, cleo, collection, group, .. } = &mut ward;
    let commit = async |by: &Person, grant: GrantAccess| {
        code(
            world
                .commit(
                    by,
                    grant.statement.unverified().unwrap().account,
                    vec![Operation::Grant(Box::new(grant))],
                )
                .await,
        )
    };
    // No group in a group, and none below a manager.
    let mut other = world.group(bob).await;
    let nested = world.new_grant(bob, other.to(), group, Level::Read);
    assert_eq!(commit(bob, nested).await, ErrorCode::TooDeep);
    let managers = world.grant(ada, &*cleo, collection, Level::Manage).await;
    let onward = world.new_onward(cleo, other.to(), collection, Level::Read, managers);
    assert_eq!(commit(cleo, onward).await, ErrorCode::TooDeep);
    // A group reads, and members do nothing else with it.
    for level in [Level::Contribute, Level::Manage, Level::CreateOnly] {
        let refused = world.new_grant(ada, other.to(), collection, level);
        assert_eq!(commit(ada, refused).await, ErrorCode::MalformedMessage, "{level:?}");
        let refused = world.new_grant(bob, &*cleo, &mut other, level);
        assert_eq!(commit(bob, refused).await, ErrorCode::MalformedMessage, "{level:?}");
    }
    // A grant that does not say which group it is, or says another one.
    for named in [None, group.group()] {
        let mut grant = world.new_grant(bob, &*cleo, &mut other, Level::Read);
        let mut access: Access = grant.statement.unverified().unwrap();
        access.grants[0].group = named;
        grant.statement = bob.identity.sign(&access);
        assert_eq!(commit(bob, grant).await, ErrorCode::InvalidStatement);
    }
    // A group of another node, or of nobody.
    let mut elsewhere = world.new_group(bob).1;
    let unknown = world.new_grant(ada, elsewhere.to(), collection, Level::Read);
    assert_eq!(commit(ada, unknown).await, ErrorCode::NotFound);
    let none = world.new_grant(bob, &*cleo, &mut elsewhere, Level::Read);
    assert_eq!(commit(bob, none).await, ErrorCode::NotFound);
    // Nobody acts as a group, with whatever key.
    let challenge = world.service.challenge(GetChallenge {}).await.unwrap().challenge;
    let principal = group.group().unwrap();
    let signature =
        bob.identity.sign_bytes(&pryv_wire::account::Challenge::session_bytes(challenge, principal));
    let session = world.service.open_session(OpenSession { principal, challenge, signature }).await;
    assert_eq!(code(session), ErrorCode::WrongCredentials);
    let cards = world.service.get_cards(GetCards { principal }).await.unwrap();
    assert_eq!(cards.cards, group.cards);
}

#[tokio::test]
async fn an_epoch_of_a_group_comes_with_the_card_that_belongs_to_it() {
    let mut ward = ward().await;
    let Ward { world, ada, bob, cleo, collection, group, cleos, to_group, .. } = &mut ward;
    let readers = [(*cleos, To::from(&*cleo))];
    let honest = world.new_epoch_for(bob, group, &readers);
    let refused = async |epoch: NewEpoch| {
        code(world.commit(bob, bob.id(), vec![Operation::BeginEpoch { epoch }]).await)
    };
    let with = |change: &dyn Fn(&mut Card)| {
        let GroupCard { card, pre } = (**honest.group.as_ref().unwrap()).clone();
        let mut body = card.unverified().unwrap();
        change(&mut body);
        // Whoever signs it, it is not the key of the card before.
        let card: Signed<Card> = bob.identity.sign(&body);
        let mut epoch = honest.statement.unverified().unwrap();
        epoch.card = Some(card.digest());
        NewEpoch {
            statement: bob.identity.sign(&epoch),
            group: Some(Box::new(GroupCard { card, pre })),
            ..honest.clone()
        }
    };
    let without = NewEpoch { group: None, ..honest.clone() };
    assert_eq!(refused(without).await, ErrorCode::MalformedMessage, "a card that does not come along");
    let mut unnamed = honest.clone();
    let mut epoch = unnamed.statement.unverified().unwrap();
    epoch.card = None;
    unnamed.statement = bob.identity.sign(&epoch);
    assert_eq!(refused(unnamed).await, ErrorCode::InvalidStatement, "a card that is not named");
    let plain = NewEpoch { statement: bob.identity.sign(&epoch), group: None, ..honest.clone() };
    assert_eq!(refused(plain).await, ErrorCode::MalformedMessage, "no card at all");
    for (what, epoch) in [
        ("signed by the account", with(&|_| {})),
        ("of another number", with(&|card| card.sequence = 7)),
        ("with another key", with(&|card| card.hybrid = Bytes::from(vec![1; 1_216]))),
        ("of another group", with(&|card| card.group = None)),
        ("of another kind", with(&|card| card.kind = PrincipalKind::Account)),
    ] {
        assert_eq!(refused(epoch).await, ErrorCode::InvalidStatement, "{what}");
    }
    let mut garbled = honest.clone();
    let group_card = garbled.group.as_mut().unwrap();
    let body = group_card.card.unverified().unwrap();
    group_card.card = Signed::new(&body, |_| Signature::from_bytes([7; 64]));
    assert_eq!(refused(garbled).await, ErrorCode::InvalidStatement);
    // An epoch of anything else comes with none.
    let mut foreign = world.new_epoch(ada, collection, &[]);
    foreign.group = honest.group.clone();
    let begun = world.commit(ada, ada.id(), vec![Operation::BeginEpoch { epoch: foreign }]).await;
    assert_eq!(code(begun), ErrorCode::InvalidStatement);
    world.commit(bob, bob.id(), vec![Operation::BeginEpoch { epoch: honest }]).await.unwrap();

    // Ada's next epoch is sealed to that card, and to no earlier one.
    let now = To { id: group.group().unwrap(), card: &group.cards[1] };
    collection.epochs.truncate(1);
    collection.locks.truncate(1);
    for (to, taken) in [(To { card: &group.cards[0], ..now }, false), (now, true)] {
        let epoch = world.new_epoch_for(ada, collection, &[(*to_group, to)]);
        let begun = world.commit(ada, ada.id(), vec![Operation::BeginEpoch { epoch }]).await;
        if taken {
            begun.unwrap();
        } else {
            assert_eq!(code(begun), ErrorCode::StaleEpoch, "sealed to the card of before");
            collection.epochs.truncate(1);
            collection.locks.truncate(1);
        }
    }

    // Ada is told that the group has gone on, and nothing is granted to a card of before.
    let list = ListGranted { account: ada.id(), limit: 10, after: None };
    let granted = world.service.list_granted(ada.caller.clone(), list).await.unwrap();
    assert_eq!(granted.rotated, [group.group().unwrap()]);
    let mut fresh = world.new_collection(ada, "https://example.org/other").1;
    let before = To { id: group.group().unwrap(), card: &group.cards[0] };
    let late = world.new_grant(ada, before, &mut fresh, Level::Read);
    let late = world.commit(ada, ada.id(), vec![Operation::Grant(Box::new(late))]).await;
    assert_eq!(code(late), ErrorCode::InvalidStatement);
}
