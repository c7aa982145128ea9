//! Sign-up, login, recovery, change of password, sessions.

use crate::world::{DAY, PASSWORD, START, World, code};
use pryv_crypto::holder::first_list;
use pryv_server::service::Rules;
use pryv_wire::{
    Bytes, ChallengeId, ErrorCode, SessionId, Suite,
    account::{
        Challenge, EndSession, FinishLogin, GetChallenge, KeyStretching, ListSessions, OpenSession, Recover,
        StartLogin, StartSignUp,
    },
    bytes::{SessionToken, Signature},
    card::{GetCards, ResolveUsername},
};

#[tokio::test]
async fn who_signed_up_logs_in_with_the_password_and_not_with_another() {
    let world = World::new();
    let ada = world.person("ada").await;
    let logged_in = world.log_in("ada", PASSWORD).await.unwrap();
    assert_eq!(logged_in.session.principal, ada.id());
    assert_eq!(logged_in.cards, [ada.card]);
    assert_eq!(code(world.log_in("ada", "another").await), ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn an_unknown_username_is_answered_like_a_wrong_password() {
    let world = World::new();
    world.person("ada").await;
    assert_eq!(code(world.log_in("nobody", PASSWORD).await), ErrorCode::WrongCredentials);
    assert_eq!(code(world.log_in("Not a username!", PASSWORD).await), ErrorCode::WrongCredentials);
    let start = |username: &str| {
        let (_, request) = pryv_crypto::password::ClientLogin::start(PASSWORD, &mut world.rng()).unwrap();
        world.service.start_login(StartLogin { username: username.into(), request })
    };
    let (known, unknown) = (start("ada").await.unwrap(), start("nobody").await.unwrap());
    assert_eq!(known.response.len(), unknown.response.len());
}

#[tokio::test]
async fn a_username_is_taken_once_and_well_formed() {
    let world = World::new();
    let (early, ..) = world.finish_sign_up("ada").await;
    world.person("ada").await;
    assert_eq!(code(world.service.finish_sign_up(early).await), ErrorCode::UsernameTaken);
    let start = StartSignUp { username: "ada".into(), request: Bytes::default() };
    assert_eq!(code(world.service.start_sign_up(start).await), ErrorCode::UsernameTaken);
    let start = StartSignUp { username: "-ada".into(), request: Bytes::default() };
    assert_eq!(code(world.service.start_sign_up(start).await), ErrorCode::InvalidUsername);
    let start = StartSignUp { username: "bob".into(), request: Bytes::from(&b"garbage"[..]) };
    assert_eq!(code(world.service.start_sign_up(start).await), ErrorCode::MalformedMessage);
}

#[tokio::test]
async fn a_sign_up_that_does_not_hold_together_is_refused() {
    let world = World::new();
    let ada = world.person("ada").await;
    let (good, ..) = world.finish_sign_up("bob").await;
    let mut same_card = good.clone();
    same_card.card = ada.card.clone();
    let keys = (good.password.key, good.recovery.key);
    same_card.holders = first_list(&ada.identity, ada.card.digest(), keys.0, keys.1, world.now());
    assert_eq!(code(world.service.finish_sign_up(same_card).await), ErrorCode::AlreadyExists);
    let mut unsigned = good.clone();
    let card = unsigned.card.unverified().unwrap();
    unsigned.card = pryv_wire::Signed::new(&card, |_| Signature::from_bytes([3; 64]));
    assert_eq!(code(world.service.finish_sign_up(unsigned).await), ErrorCode::InvalidStatement);
    let mut future = good.clone();
    future.password.wrap.suite = Suite::from_number(99);
    assert_eq!(code(world.service.finish_sign_up(future).await), ErrorCode::UnknownSuite);
    let mut weak = good.clone();
    weak.password.stretching = KeyStretching { memory_kib: 1, iterations: 1, parallelism: 1 };
    assert_eq!(code(world.service.finish_sign_up(weak).await), ErrorCode::OutOfRange);
    let mut useless = good.clone();
    useless.password.upload = Bytes::from(vec![0; 192]);
    assert_eq!(code(world.service.finish_sign_up(useless).await), ErrorCode::MalformedMessage);
    world.service.finish_sign_up(good).await.unwrap();
}

#[tokio::test]
async fn a_login_is_finished_once_and_within_a_minute() {
    let world = World::new();
    world.person("ada").await;
    let unknown =
        FinishLogin { login: ChallengeId::from_bytes([1; 16]), finalization: Bytes::from(vec![0; 64]) };
    assert_eq!(code(world.service.finish_login(unknown).await), ErrorCode::WrongCredentials);
    let mut rng = world.rng();
    let begin = async |rng: &mut rand_chacha::ChaCha20Rng| {
        let (login, request) = pryv_crypto::password::ClientLogin::start(PASSWORD, rng).unwrap();
        let started =
            world.service.start_login(StartLogin { username: "ada".into(), request }).await.unwrap();
        let done = login.finish(&started.response, &started.stretching, rng).unwrap();
        FinishLogin { login: started.login, finalization: done.finalization }
    };
    let finish = begin(&mut rng).await;
    world.service.finish_login(finish.clone()).await.unwrap();
    assert_eq!(code(world.service.finish_login(finish).await), ErrorCode::WrongCredentials, "a second time");
    let late = begin(&mut rng).await;
    world.clock.advance(60_000);
    assert_eq!(code(world.service.finish_login(late).await), ErrorCode::WrongCredentials, "a minute later");
}

#[tokio::test]
async fn pending_logins_are_bounded() {
    let world = World::with(Rules { pending: 3, ..Rules::default() });
    let start = async || {
        let (_, request) = pryv_crypto::password::ClientLogin::start(PASSWORD, &mut world.rng()).unwrap();
        world.service.start_login(StartLogin { username: "nobody".into(), request }).await
    };
    for _ in 0..3 {
        start().await.unwrap();
    }
    assert_eq!(code(start().await), ErrorCode::Overloaded);
    world.clock.advance(60_000);
    start().await.unwrap();
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_is_swept() {
    let world = World::with(Rules { session_millis: 1_000, ..Rules::default() });
    let ada = world.person("ada").await;
    world.clock.advance(999);
    world.service.caller(&ada.session.token).unwrap();
    world.clock.advance(1);
    assert_eq!(code(world.service.caller(&ada.session.token)), ErrorCode::NotAuthenticated);
    world.clock.advance(1);
    assert_eq!(world.service.sweep().await.unwrap().sessions, 1);
    assert_eq!(world.service.sweep().await.unwrap().sessions, 0);
    let stranger = SessionToken::from_bytes([0; 32]);
    assert_eq!(code(world.service.caller(&stranger)), ErrorCode::NotAuthenticated);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = World::new();
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let second = world.log_in("ada", PASSWORD).await.unwrap().session;
    let listed = world.service.list_sessions(ada.caller.clone(), ListSessions {}).await.unwrap().sessions;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().filter(|session| session.current).count(), 1);
    let end = EndSession { session: Some(second.session) };
    assert_eq!(
        code(world.service.end_session(bob.caller, end.clone()).await),
        ErrorCode::NotFound,
        "another's"
    );
    world.service.end_session(ada.caller.clone(), end.clone()).await.unwrap();
    assert_eq!(code(world.service.caller(&second.token)), ErrorCode::NotAuthenticated);
    assert_eq!(code(world.service.end_session(ada.caller.clone(), end).await), ErrorCode::NotFound);
    world.service.end_session(ada.caller, EndSession { session: None }).await.unwrap();
    assert_eq!(code(world.service.caller(&ada.session.token)), ErrorCode::NotAuthenticated);
}

#[tokio::test]
async fn beyond_the_most_sessions_the_oldest_ends() {
    let world = World::with(Rules { sessions_per_account: 2, ..Rules::default() });
    let ada = world.person("ada").await;
    world.clock.advance(1);
    let second = world.log_in("ada", PASSWORD).await.unwrap().session;
    world.clock.advance(1);
    let third = world.log_in("ada", PASSWORD).await.unwrap().session;
    assert_eq!(code(world.service.caller(&ada.session.token)), ErrorCode::NotAuthenticated);
    world.service.caller(&second.token).unwrap();
    world.service.caller(&third.token).unwrap();
}

#[tokio::test]
async fn a_session_opens_by_signature_once_for_each_challenge() {
    let world = World::new();
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let ask = || async { world.service.challenge(GetChallenge {}).await.unwrap().challenge };
    let signed = |challenge, by: &crate::world::Person, principal| OpenSession {
        principal,
        challenge,
        signature: by.identity.sign_bytes(&Challenge::session_bytes(challenge, principal)),
    };
    let open = signed(ask().await, &ada, ada.id());
    let opened = world.service.open_session(open.clone()).await.unwrap();
    assert_eq!(opened.principal, ada.id());
    assert_eq!(code(world.service.open_session(open).await), ErrorCode::WrongCredentials, "replayed");
    let forged = signed(ask().await, &bob, ada.id());
    assert_eq!(code(world.service.open_session(forged).await), ErrorCode::WrongCredentials, "by another");
    let nobody = signed(ask().await, &ada, pryv_wire::PrincipalId::from_bytes([1; 32]));
    assert_eq!(code(world.service.open_session(nobody).await), ErrorCode::WrongCredentials);
    let late = signed(ask().await, &ada, ada.id());
    world.clock.advance(60_000);
    assert_eq!(code(world.service.open_session(late).await), ErrorCode::WrongCredentials, "too late");
}

#[tokio::test]
async fn the_phrase_recovers_the_account() {
    let world = World::new();
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let recover = async |username: &str, phrase: &pryv_crypto::recovery::RecoveryPhrase| {
        let challenge = world.service.challenge(GetChallenge {}).await.unwrap().challenge;
        let signature = phrase.sign_bytes(&Challenge::recovery_bytes(challenge, username));
        world.service.recover(Recover { username: username.into(), challenge, signature }).await
    };
    let recovered = recover("ada", &ada.phrase).await.unwrap();
    assert_eq!(recovered.session.principal, ada.id());
    let binding = recovered.binding.unwrap();
    let opened = ada.phrase.keys().open(ada.id(), ada.card.digest(), &binding, &recovered.wrap);
    assert!(opened.is_ok(), "the wrap is the phrase's");
    assert_eq!(code(recover("ada", &bob.phrase).await), ErrorCode::WrongCredentials);
    assert_eq!(code(recover("nobody", &ada.phrase).await), ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let world = World::new();
    let ada = world.person("ada").await;
    let other = world.log_in("ada", PASSWORD).await.unwrap().session;
    let mut rng = world.rng();
    // A login that began under the old password.
    let (old, request) = pryv_crypto::password::ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let begun = world.service.start_login(StartLogin { username: "ada".into(), request }).await.unwrap();
    let old = old.finish(&begun.response, &begun.stretching, &mut rng).unwrap();

    let change = world.new_password(&ada, &ada.caller, "new password").await;
    world.service.finish_password_change(ada.caller.clone(), change.clone()).await.unwrap();
    // Sent again after its answer was lost.
    world.service.finish_password_change(ada.caller.clone(), change).await.unwrap();

    world.service.caller(&ada.session.token).unwrap();
    assert_eq!(code(world.service.caller(&other.token)), ErrorCode::NotAuthenticated);
    assert_eq!(code(world.log_in("ada", PASSWORD).await), ErrorCode::WrongCredentials);
    world.log_in("ada", "new password").await.unwrap();
    let late = FinishLogin { login: begun.login, finalization: old.finalization };
    assert_eq!(code(world.service.finish_login(late).await), ErrorCode::WrongCredentials, "begun before");
}

#[tokio::test]
async fn cards_are_for_anybody() {
    let world = World::new();
    let ada = world.person("ada").await;
    let resolved = world.service.resolve_username(ResolveUsername { username: "ada".into() }).await.unwrap();
    assert_eq!((resolved.principal, resolved.username.as_deref()), (ada.id(), Some("ada")));
    assert_eq!(world.service.get_cards(GetCards { principal: ada.id() }).await.unwrap(), resolved);
    let unknown = ResolveUsername { username: "nobody".into() };
    assert_eq!(code(world.service.resolve_username(unknown).await), ErrorCode::NotFound);
    let listed = world.service.list_sessions(ada.caller, ListSessions {}).await.unwrap();
    assert_eq!(listed.sessions[0].opened_at.as_millis(), START);
    assert_eq!(listed.sessions[0].expires_at.as_millis(), START + DAY / 24);
    assert_ne!(listed.sessions[0].session, SessionId::from_bytes([0; 16]));
}

#[tokio::test]
async fn who_was_logged_out_changes_nothing_with_a_request_that_was_under_way() {
    let world = World::new();
    let ada = world.person("ada").await;
    let stolen = world.log_in("ada", PASSWORD).await.unwrap().session;
    // The token was accepted with the head of a request whose body is still on its way.
    let thief = world.service.caller(&stolen.token).unwrap();
    let change = async |caller: &pryv_server::permission::Caller, password: &str| {
        let change = world.new_password(&ada, caller, password).await;
        world.service.finish_password_change(caller.clone(), change).await
    };
    change(&ada.caller, "a new password").await.unwrap();
    assert_eq!(code(change(&thief, "the thief's").await), ErrorCode::NotAuthenticated);
    let (operation, _) = world.new_collection(&ada, crate::world::URI);
    let commit = pryv_wire::transaction::Commit {
        account: ada.id(),
        transaction: pryv_wire::TransactionId::from_bytes(world.id16()),
        operations: vec![operation],
    };
    assert_eq!(code(world.service.commit(thief, commit).await), ErrorCode::NotAuthenticated);
    assert!(world.service.caller(&ada.session.token).is_ok(), "the session of who changed the password");
    assert!(world.log_in("ada", "a new password").await.is_ok());
}

#[tokio::test]
async fn a_password_is_replaced_by_who_has_just_shown_one() {
    let world = World::new();
    let ada = world.person("ada").await;
    // A session by the account's signature: a device can open one whenever it likes.
    let challenge = world.service.challenge(GetChallenge {}).await.unwrap().challenge;
    let signature = ada.identity.sign_bytes(&Challenge::session_bytes(challenge, ada.id()));
    let opened =
        world.service.open_session(OpenSession { principal: ada.id(), challenge, signature }).await.unwrap();
    let by_key = world.service.caller(&opened.token).unwrap();
    let change = world.new_password(&ada, &by_key, "a new password").await;
    let refused = world.service.finish_password_change(by_key, change.clone()).await;
    assert_eq!(code(refused), ErrorCode::ProofNeeded);
    let by_password = world.log_in("ada", PASSWORD).await.unwrap().session;
    let by_password = world.service.caller(&by_password.token).unwrap();
    world.clock.advance(599_000);
    let late = by_password.clone();
    world.service.finish_password_change(by_password, change).await.unwrap();
    world.clock.advance(2_000);
    let change = world.new_password(&ada, &late, "yet another password").await;
    assert_eq!(code(world.service.finish_password_change(late, change).await), ErrorCode::ProofNeeded);
}
