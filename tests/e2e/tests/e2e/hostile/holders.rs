//! What a server can lie about when devices come and account secrets are replaced, with the help of who took an earlier
//! secret (classes 2, 4, 8 and 10).

use crate::fixture::{all, contact, grant, note, notes, received, topic};
use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    holder::{HolderPlace, first_list, seal},
};
use pryv_sdk::{Level, Password};
use pryv_test_kit::{World, clock::START, light::LightAccount};
use pryv_wire::{
    Signed,
    access::AccessNote,
    account::{FinishLogin, LoggedIn},
    card::{Cards, GetCards, PrincipalKind, ResolveUsername},
    enrolment::{GetMail, PutMail},
    holder::{GetHolders, Holder, Holders, HoldersShown},
    record::GetRecord,
    scope::{EpochKeys as Keys, EpochOpened, OpenScope},
};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

/// The list of holders of an account, as the server has it.
async fn shown(by_hand: &LightAccount) -> (HoldersShown, Holders) {
    let shown = by_hand.call(&GetHolders {}).await.unwrap();
    let list = shown.holders.unverified().unwrap();
    (shown, list)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_the_servers_own_behind_a_password_is_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    // Everything that the server needs is public: the key of Ada's password. It makes an account of its own around it.
    let (_, honest): (_, LoggedIn) = {
        world.client().log_in(&ada.username, &ada.password()).await.unwrap();
        world.recorder.of::<FinishLogin>().pop().unwrap()
    };
    let mut rng = ChaCha20Rng::from_entropy();
    let secret = AccountSecret::generate(&mut rng);
    let (identity, card) = Identity::found(&secret, PrincipalKind::Account, START).unwrap();
    let keys = honest.holders.unverified().unwrap();
    let place = HolderPlace { account: identity.principal(), card: card.digest(), holder: Holder::Password };
    let wrap = seal(&secret, place, &keys.password, &mut rng).unwrap();
    let holders = first_list(&identity, card.digest(), keys.password, keys.recovery, START);
    let (client, server) = world.hostile();
    let lie = server.on::<FinishLogin>(move |_, answer| {
        answer.session.principal = identity.principal();
        answer.cards = vec![card.clone()];
        answer.holders = holders.clone();
        answer.wrap = wrap.clone();
    });
    let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("other-account", 1));
    server.stop();
    let lie = server.on::<FinishLogin>(|_, answer| answer.binding = None);
    let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("other-account", 1));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_holders_that_the_account_did_not_sign_gets_no_secret() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, mallory) = (world.user_of(&client, "ada").await, world.user("mallory").await);
    let (_, theirs) = shown(&world.by_hand(&mallory).await).await;
    let by_hand = world.by_hand(&mallory).await;
    // The server puts its own key in the place of the password's, and signs as it can.
    let lie = server.on::<GetHolders>(move |_, answer| {
        let list = answer.holders.unverified().unwrap();
        answer.holders = by_hand.identity.sign(&Holders { password: theirs.password, ..list });
    });
    for refused in [
        ada.account.rotate().await.map(drop).unwrap_err().code(),
        ada.account.add_this_device("desk").await.unwrap_err().code(),
        ada.account.devices().await.unwrap_err().code(),
    ] {
        assert_eq!(refused, "invalid-signature");
    }
    assert_eq!(lie.count(), 3);
    server.stop();

    // An older list that the account did sign: the device that was added since is not in it.
    let (before, _) = shown(&world.by_hand(&ada).await).await;
    ada.account.add_this_device("desk").await.unwrap();
    let lie = server.on::<GetHolders>(move |_, answer| *answer = before.clone());
    assert_eq!(ada.account.rotate().await.map(drop).unwrap_err().code(), "rolled-back");
    assert_eq!(lie.count(), 1);
    server.stop();
    ada.account.rotate().await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_true_before_a_rotation_or_a_new_password_is_refused_after() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (client, server) = world.hostile();
    let before = {
        world.client().log_in(&ada.username, &ada.password()).await.unwrap();
        world.recorder.of::<FinishLogin>().pop().unwrap().1
    };
    ada.account.rotate().await.unwrap();
    type Lie = fn(&LoggedIn, &mut LoggedIn);
    let lies: [(Lie, &str); 5] = [
        (|old, answer| answer.wrap = old.wrap.clone(), "wrong-wrap"),
        (|old, answer| answer.holders = old.holders.clone(), "invalid-signature"),
        (|_, answer| answer.earlier = None, "wrong-wrap"),
        (
            |old, answer| {
                answer.cards = old.cards.clone();
                answer.wrap = old.wrap.clone();
            },
            "wrong-wrap",
        ),
        (|_, answer| answer.cards.swap(0, 1), "wrong-card"),
    ];
    for (number, (lie, code)) in lies.into_iter().enumerate() {
        let before = before.clone();
        let told = server.on::<FinishLogin>(move |_, answer| lie(&before, answer));
        let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
        assert_eq!((refused.code(), told.count()), (code, 1), "lie {number}: {refused:?}");
        server.stop();
    }
    // A list from before the password was changed names another key than the one that opened.
    let (old, _) = shown(&world.by_hand(&ada).await).await;
    let new = Password::new(world.canary.text("new password"));
    ada.account.change_password(&ada.password(), &new).await.unwrap();
    let lie = server.on::<FinishLogin>(move |_, answer| answer.holders = old.holders.clone());
    assert_eq!(client.log_in(&ada.username, &new).await.unwrap_err().code(), "substituted");
    assert_eq!(lie.count(), 1);
    server.stop();
    client.log_in(&ada.username, &new).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_chain_of_cards_is_refused_and_a_successor_accepted() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user("bob").await);
    // Who took Bob's keys makes a next card of their own.
    let stolen = world.by_hand(&bob).await;
    contact(&ada, &bob).await;
    bob.account.rotate().await.unwrap();
    assert_eq!(contact(&ada, &bob).await.id(), bob.account.id(), "a card that the one before signed");
    let honest = world.by_hand(&bob).await.call(&GetCards { principal: bob.account.id() }).await.unwrap();
    let forked = {
        let next = honest.cards[1].unverified().unwrap();
        let card = pryv_wire::card::Card { signing: stolen.identity.signing_public(), ..next };
        vec![honest.cards[0].clone(), stolen.identity.sign(&card)]
    };
    let lie = server.on::<ResolveUsername>(move |_, answer: &mut Cards| answer.cards = forked.clone());
    assert_eq!(ada.account.find(&bob.username).await.unwrap_err().code(), "forked");
    server.stop();
    let first = honest.cards[..1].to_vec();
    let withheld = server.on::<ResolveUsername>(move |_, answer: &mut Cards| answer.cards = first.clone());
    assert_eq!(ada.account.find(&bob.username).await.unwrap_err().code(), "rolled-back");
    assert_eq!((lie.count(), withheld.count()), (1, 1));
    // Also for a client that was started again.
    let again = client.resume(ada.account.export_session()).unwrap();
    assert_eq!(again.find(&bob.username).await.unwrap_err().code(), "rolled-back");
    server.stop();
    again.find(&bob.username).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_key_signs_after_its_time_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, mallory) = (world.user("bob").await, world.user("mallory").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let stolen = world.by_hand(&ada).await;
    let granted = ada.account.granted().await.unwrap().pop().unwrap().access;
    ada.account.rotate().await.unwrap();

    // An access for Mallory, dated back, by the old key: the owner's own client would seal the next epoch to it.
    let invented = {
        let mut access = granted.statement.unverified().unwrap();
        access.access = pryv_wire::AccessId::from_bytes([9; 16]);
        access.grantee = mallory.account.id();
        let note = AccessNote { name: "x".into(), purpose: String::new(), definition_keys: Vec::new() };
        let mut rng = ChaCha20Rng::from_entropy();
        access.owner_note = stolen.identity.keyring().wrap_note(access.access, &note, &mut rng);
        stolen.identity.sign(&access)
    };
    let lie = server.on::<pryv_wire::access::ListGranted>(move |_, answer| {
        let mut state = answer.accesses[0].clone();
        state.statement = invented.clone();
        answer.accesses.push(state);
    });
    for refused in [
        ada.account.granted().await.unwrap_err().code(),
        ada.account.maintain().await.unwrap_err().code(),
        ada.account.rotate().await.unwrap_err().code(),
    ] {
        assert_eq!(refused, "replaced-key");
    }
    assert_eq!(lie.count(), 3);
    server.stop();

    // An epoch behind the present one, whose keys the thief knows.
    let scope = diary.scope();
    let lie = server.on::<OpenScope>(move |_, answer| {
        let last = answer.epochs.last().unwrap().statement.unverified().unwrap();
        let mut rng = ChaCha20Rng::from_entropy();
        let keys = EpochKeys::generate(&mut rng);
        let epoch = keys.statement(last.account, scope, last.epoch + 1, START);
        let wrap = stolen.identity.keyring().wrap_epoch(&epoch, &keys, &mut rng).unwrap();
        let keys = Keys::Owner { wrap, lock: None };
        answer.epochs.push(EpochOpened { statement: stolen.identity.sign(&epoch), keys });
    });
    let refused = ada.account.collection(&diary.definition().uri).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("replaced-key", 1));
    server.stop();
    ada.account.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(all(&received(&bob).await).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_a_new_epoch_by_an_old_key_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let stolen = world.by_hand(&ada).await;
    ada.account.rotate().await.unwrap();
    let written = diary.create(note(&world, &topic(&world))).await.unwrap();
    // The same record, signed by the earlier card instead of the present one.
    let lie = server.on::<GetRecord>(move |_, answer| {
        let mut envelope: pryv_wire::record::Envelope = pryv_wire::decode(&answer.record).unwrap();
        envelope.signature = stolen.identity.sign_bytes(&envelope.signed_bytes());
        answer.record = pryv_wire::encode(&envelope).into();
    });
    let again = client.resume(ada.account.export_session()).unwrap();
    let there = again.collection(&diary.definition().uri).await.unwrap();
    let refused = there.get::<serde_json::Value>(written.id).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-signature", 1));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_that_the_server_meddles_with_enrols_nobody() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    // The server answers with a request of its own for the mailbox: it does not know the code.
    let enrolment = ada.account.enrol_by_code();
    let lie =
        server.instead::<GetMail>(|_| Some(pryv_wire::enrolment::Mail { message: vec![7; 120].into() }));
    assert_eq!(enrolment.finish("phone").await.unwrap_err().code(), "invalid-payload");
    assert_eq!(lie.count(), 1);
    server.stop();
    assert_eq!(ada.account.devices().await.unwrap(), []);

    // And with an answer of its own: the new device does not become one of the server's account.
    let machine = client.new_device();
    server.on_request::<PutMail>(|put| put.message = vec![7; 120].into());
    ada.account.enrol_scanned(&machine.payload(), "phone").await.unwrap();
    assert_eq!(machine.finish().await.unwrap_err().code(), "foreign-answer");
    server.stop();
    assert!(ada.account.enrol_scanned("pryv-device:1:AAAA", "x").await.is_err());
    // What the server saw of a code or payload is in no message: the canary finds neither secret nor keys.
    let seen: Signed<Holders> = shown(&world.by_hand(&ada).await).await.0.holders;
    assert_eq!(seen.unverified().unwrap().devices.len(), 1);
    world.close().await;
}
