//! Accounts driven by hand, message by message: for load, for lies that the SDK would never tell, and for whoever plays
//! the server or a revoked grantee.

mod forge;
mod link;
mod thief;

pub use forge::{Collection, Forged, put, random_record, random_transaction};
pub use link::{foreign_link_card, guessed_link, link_secret};
pub use thief::{Loot, Opened};

use crate::clock::START;
use pryv_crypto::{
    AccountSecret, AccountSecrets, Identity,
    holder::first_list,
    password::{ClientLogin, ClientRegistration, ExportKey, Registered},
    recovery::RecoveryPhrase,
};
use pryv_proxy_crypto::CardChain;
use pryv_sdk::transport::{Request, Transport};
use pryv_wire::{
    PrincipalId, Problem,
    account::{
        Challenge, FinishLogin, FinishSignUp, GetChallenge, KeyStretching, OpenSession, PasswordCredential,
        SessionOpened, StartLogin, StartSignUp,
    },
    bytes::SessionToken,
    card::{GetCards, PrincipalKind},
    decode, encode,
    operation::Call,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;

/// The least stretching that the client accepts, so that tests are quick.
pub const CHEAP: KeyStretching = KeyStretching { memory_kib: 19_456, iterations: 2, parallelism: 1 };

/// How long an answer may be, whatever it is.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Why a call had no success.
#[derive(Debug)]
pub enum CallError {
    /// The server refused.
    Refused(Problem),
    /// No answer came, or not a whole one: whether the server acted is not known.
    Lost(String),
}

/// Sends one message, once.
///
/// # Errors
///
/// [`CallError`].
pub async fn call<C: Call>(
    transport: &dyn Transport,
    token: Option<&SessionToken>,
    message: &C,
) -> Result<C::Answer, CallError> {
    let body = encode(message);
    let request = Request { path: C::PATH, body: &body, token, max_answer: MAX_ANSWER };
    let answer = transport.send(request).await.map_err(|error| CallError::Lost(error.to_string()))?;
    if answer.status == 200 {
        return decode(&answer.body).map_err(|error| CallError::Lost(error.to_string()));
    }
    match decode(&answer.body) {
        Ok(problem) => Err(CallError::Refused(problem)),
        Err(_) => Err(CallError::Lost(format!("status {}", answer.status))),
    }
}

/// A password that was registered, and a phrase.
#[derive(Debug)]
pub struct Credentials {
    registered: Registered,
    phrase: RecoveryPhrase,
}

impl Credentials {
    /// Registers a password under a name, and draws a phrase.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn register(transport: &dyn Transport, username: &str, password: &str) -> Self {
        let mut rng = ChaCha20Rng::from_entropy();
        let (registration, request) =
            ClientRegistration::start(password, &mut rng).expect("a usable password");
        let start = StartSignUp { username: username.to_owned(), request };
        let started = call(transport, None, &start).await.expect("a sign-up begins");
        let registered = registration.finish(&started.response, &CHEAP, &mut rng).expect("a registration");
        Self { registered, phrase: RecoveryPhrase::generate(&mut rng) }
    }
}

/// An account whose keys the test holds.
#[derive(Debug)]
pub struct LightAccount {
    /// Its keys.
    pub identity: Arc<Identity>,
    /// Its session.
    pub token: SessionToken,
    transport: Arc<dyn Transport>,
}

impl LightAccount {
    /// Makes an account.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn sign_up(transport: Arc<dyn Transport>, username: &str, password: &str) -> Self {
        let credentials = Credentials::register(&*transport, username, password).await;
        Self::found(transport, username, &credentials).await
    }

    /// Makes an account with a password and a phrase that others may have too. By the password it is opened only if that was
    /// registered under the same name.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn found(transport: Arc<dyn Transport>, username: &str, credentials: &Credentials) -> Self {
        let mut rng = ChaCha20Rng::from_entropy();
        let secret = AccountSecret::generate(&mut rng);
        let (identity, card) = Identity::found(&secret, PrincipalKind::Account, START).expect("usable keys");
        let (me, digest) = (identity.principal(), card.digest());
        let Credentials { registered, phrase } = credentials;
        let keys = registered.export_key.keys();
        let password = PasswordCredential {
            stretching: CHEAP,
            upload: registered.upload.clone(),
            key: keys.public(),
            binding: keys.bind(me),
            wrap: keys.seal(&secret, me, digest, &mut rng).expect("a usable key"),
        };
        let recovery = phrase.credential(&secret, me, digest, &mut rng).expect("a usable key");
        let finish = FinishSignUp {
            username: username.to_owned(),
            card,
            holders: first_list(&identity, digest, password.key, recovery.key, START),
            password,
            recovery,
        };
        let session = call(&*transport, None, &finish).await.expect("a sign-up ends");
        Self { identity: Arc::new(identity), token: session.token, transport }
    }

    /// Takes up an account by its password, as whoever holds it can: with all of its keys.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn log_in(transport: Arc<dyn Transport>, username: &str, password: &str) -> Self {
        let (logged_in, export_key) = open_login(&*transport, username, password).await;
        let principal = logged_in.session.principal;
        let cards = CardChain::verify(&logged_in.cards, principal).expect("cards that verify");
        let binding = logged_in.binding.expect("the binding of a password");
        let secret = export_key.keys().open(principal, cards.current_digest(), &binding, &logged_in.wrap);
        let (secret, count) = (secret.expect("the wrap opens"), logged_in.cards.len() - 1);
        let secrets = AccountSecrets::open(secret, principal, count, logged_in.earlier.as_deref());
        let secrets = secrets.expect("the earlier secrets open");
        let identity = Identity::resume_chain(&secrets, &cards).expect("the cards of these secrets");
        Self { identity: Arc::new(identity), token: logged_in.session.token, transport }
    }

    /// Who.
    #[must_use]
    pub fn id(&self) -> PrincipalId {
        self.identity.principal()
    }

    /// Sends one message in this account's session.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn call<C: Call>(&self, message: &C) -> Result<C::Answer, CallError> {
        call(&*self.transport, Some(&self.token), message).await
    }

    /// Opens a new session by signature, at another server if one is given.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn renew(&mut self, transport: Arc<dyn Transport>) -> SessionOpened {
        self.transport = transport;
        let Challenge { challenge } =
            call(&*self.transport, None, &GetChallenge {}).await.expect("a challenge");
        let principal = self.id();
        let signature = self.identity.sign_bytes(&Challenge::session_bytes(challenge, principal));
        let open = OpenSession { principal, challenge, signature };
        let session = call(&*self.transport, None, &open).await.expect("a session by signature");
        self.token = session.token;
        session
    }

    /// The cards of this account, as the server answers them.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn cards(&self) -> pryv_proxy_crypto::VerifiedCards {
        let found = self.call(&GetCards { principal: self.id() }).await.expect("the account's cards");
        CardChain::verify(&found.cards, self.id()).expect("cards that verify")
    }
}

async fn open_login(
    transport: &dyn Transport,
    username: &str,
    password: &str,
) -> (pryv_wire::account::LoggedIn, ExportKey) {
    let mut rng = ChaCha20Rng::from_entropy();
    let (login, request) = ClientLogin::start(password, &mut rng).expect("a usable password");
    let start = StartLogin { username: username.to_owned(), request };
    let started = call(transport, None, &start).await.expect("a login begins");
    let finished =
        login.finish(&started.response, &started.stretching, &mut rng).expect("the right password");
    let finish = FinishLogin { login: started.login, finalization: finished.finalization };
    (call(transport, None, &finish).await.expect("a login ends"), finished.export_key)
}
