//! Sign-up: a new account, and a recovery phrase that has been proven to work.

use super::Client;
use crate::{
    account::{Account, DefineError, OwnKeys},
    exchange::Repeat,
    failure::Failure,
    password::{Password, WeakPassword},
    protocol::credential::{PasswordFault, password_fault},
};
use pryv_crypto::{
    AccountSecret, AccountSecrets, Identity, holder::first_list, password::ClientRegistration,
    recovery::RecoveryPhrase,
};
use pryv_wire::{
    Digest, ErrorCode, PrincipalId,
    account::{Challenge, FinishSignUp, OpenSession, RecoveryCredential, SessionOpened, StartSignUp},
    card::PrincipalKind,
};
use std::{future::IntoFuture, pin::Pin};

/// A new account, and the phrase that recovers it.
#[derive(Debug)]
pub struct SignedUp {
    /// The account, signed in.
    pub account: Account,
    /// Shown to the person once, to be kept on paper. Without password and phrase the data is lost, for everybody.
    pub phrase: RecoveryPhrase,
    /// Whether the streams and events are there that every account has. The account exists either way: what is missing of them is
    /// made by the first [`Account::events`].
    pub defaults: Result<(), DefineError>,
}

/// A sign-up; await it.
#[derive(Debug)]
#[must_use = "an account is made when this is awaited"]
pub struct SigningUp<'a> {
    client: &'a Client,
    username: &'a str,
    password: &'a Password,
    defaults: bool,
}

impl SigningUp<'_> {
    /// Leaves the account empty: for applications that define every collection themselves.
    pub const fn without_defaults(mut self) -> Self {
        self.defaults = false;
        self
    }

    async fn run(self) -> Result<SignedUp, SignUpError> {
        let (account, phrase) = self.client.make_account(self.username, self.password).await?;
        let defaults = if self.defaults { account.events().await.map(drop) } else { Ok(()) };
        Ok(SignedUp { account, phrase, defaults })
    }
}

#[cfg(not(target_arch = "wasm32"))]
type Running<'a> = Pin<Box<dyn Future<Output = Result<SignedUp, SignUpError>> + Send + 'a>>;
#[cfg(target_arch = "wasm32")]
type Running<'a> = Pin<Box<dyn Future<Output = Result<SignedUp, SignUpError>> + 'a>>;

impl<'a> IntoFuture for SigningUp<'a> {
    type Output = Result<SignedUp, SignUpError>;
    type IntoFuture = Running<'a>;

    fn into_future(self) -> Running<'a> {
        Box::pin(self.run())
    }
}

/// Why a sign-up did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignUpError {
    /// The password is too weak.
    #[error("the password is not accepted")]
    WeakPassword(#[source] WeakPassword),
    /// The username has characters or a length that are not allowed.
    #[error("{}", ErrorCode::InvalidUsername.message())]
    InvalidUsername,
    /// Somebody has the username.
    #[error("the username is taken; choose another")]
    UsernameTaken,
    /// The recovery phrase did not open what it must open. Nothing was sent.
    #[error("the recovery phrase did not prove itself; nothing was sent: repeat, and report it if it stays")]
    PhraseNotProven,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl SignUpError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WeakPassword(_) => "weak-password",
            Self::InvalidUsername => ErrorCode::InvalidUsername.as_str(),
            Self::UsernameTaken => ErrorCode::UsernameTaken.as_str(),
            Self::PhraseNotProven => "phrase-not-proven",
            Self::Failed(failure) => failure.code(),
        }
    }

    fn of(failure: Failure) -> Self {
        match failure.refusal() {
            Some(ErrorCode::UsernameTaken) => Self::UsernameTaken,
            Some(ErrorCode::InvalidUsername) => Self::InvalidUsername,
            _ => Self::Failed(failure),
        }
    }
}

impl Client {
    /// Makes an account, with the streams and events that every account has ([`SigningUp::without_defaults`] leaves them out);
    /// await what it answers. Takes as long as the stretching of the password: about 150 ms at the recommended strength.
    ///
    /// The recovery phrase is proven before anything is sent: it is read again from its words, and opens the very wrap
    /// that the server will store.
    ///
    /// # Errors
    ///
    /// See [`SignUpError`].
    pub const fn sign_up<'a>(&'a self, username: &'a str, password: &'a Password) -> SigningUp<'a> {
        SigningUp { client: self, username, password, defaults: true }
    }

    async fn make_account(
        &self,
        username: &str,
        password: &Password,
    ) -> Result<(Account, RecoveryPhrase), SignUpError> {
        if !is_username(username) {
            return Err(SignUpError::InvalidUsername);
        }
        password.judge(username).map_err(SignUpError::WeakPassword)?;
        let mut rng = self.rng();
        let secret = AccountSecret::generate(&mut rng);
        let (identity, card) = Identity::found(&secret, PrincipalKind::Account, self.now())
            .map_err(|_| SignUpError::PhraseNotProven)?;
        let phrase = RecoveryPhrase::generate(&mut rng);
        let (me, digest) = (identity.principal(), card.digest());
        let recovery =
            phrase.credential(&secret, me, digest, &mut rng).ok_or(SignUpError::PhraseNotProven)?;
        prove(&phrase, &recovery, &secret, me, digest)?;

        let (registration, request) = ClientRegistration::start(password.expose(), &mut rng)
            .map_err(|_| SignUpError::WeakPassword(WeakPassword::TooLong))?;
        let start = StartSignUp { username: username.to_owned(), request };
        let response = self.ask(&start).await.map_err(SignUpError::of)?.response;
        let stretching = self.stretching();
        let registered = registration.finish(&response, &stretching, &mut rng).map_err(|error| {
            match password_fault(&error) {
                PasswordFault::Failed(failure) => SignUpError::Failed(failure),
                PasswordFault::Wrong => SignUpError::WeakPassword(WeakPassword::TooLong),
            }
        })?;
        let password = registered.credential(stretching, &secret, me, digest, &mut rng);
        let password = password.ok_or(SignUpError::PhraseNotProven)?;
        let holders = first_list(&identity, digest, password.key, recovery.key, self.now());
        let finish = FinishSignUp {
            username: username.to_owned(),
            card: card.clone(),
            password,
            recovery,
            holders: holders.clone(),
        };
        let session = self.finish_sign_up(&finish, &identity).await?;
        let keys = OwnKeys::verify(AccountSecrets::first(secret), me, vec![card], Some(holders))
            .map_err(Failure::from)?;
        let account = Account::new(self, username, keys, &session, true)?;
        Ok((account, phrase))
    }

    /// Sends the last step. If its answer was lost, the account may exist: then a signature opens it, which nobody else
    /// could have signed up to.
    async fn finish_sign_up(
        &self,
        finish: &FinishSignUp,
        identity: &Identity,
    ) -> Result<SessionOpened, SignUpError> {
        match self.call(finish, None, Repeat::Safe).await {
            Ok(session) => Ok(session),
            Err(failure) => match failure.refusal() {
                Some(ErrorCode::UsernameTaken | ErrorCode::AlreadyExists) => {
                    let opened = self.answer_challenge(|challenge| open_session(identity, challenge)).await;
                    opened.map_err(|_| SignUpError::UsernameTaken)
                }
                _ => Err(SignUpError::of(failure)),
            },
        }
    }
}

/// The call that opens a session by signature.
pub(crate) fn open_session(identity: &Identity, Challenge { challenge }: Challenge) -> OpenSession {
    let principal = identity.principal();
    let signature = identity.sign_bytes(&Challenge::session_bytes(challenge, principal));
    OpenSession { principal, challenge, signature }
}

/// Goes the whole way of a recovery, from the words on paper to the account secret.
fn prove(
    phrase: &RecoveryPhrase,
    recovery: &RecoveryCredential,
    secret: &AccountSecret,
    account: PrincipalId,
    card: Digest,
) -> Result<(), SignUpError> {
    let not_proven = SignUpError::PhraseNotProven;
    let Ok(read) = RecoveryPhrase::parse(&phrase.words()) else { return Err(not_proven) };
    let keys = read.keys();
    let Ok(opened) = keys.open(account, card, &recovery.binding, &recovery.wrap) else {
        return Err(not_proven);
    };
    let named = (read.verifier(), keys.public()) == (recovery.verifier, recovery.key);
    if opened.expose() == secret.expose() && named { Ok(()) } else { Err(not_proven) }
}

/// Whether a text is a username: 3 to 32 characters of `a-z`, `0-9` and `-`, not at either end.
pub(crate) fn is_username(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (3..=32).contains(&text.len())
        && text.chars().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Random;

    #[test]
    fn a_phrase_that_opens_something_else_is_not_reported_as_recovery() {
        let mut rng = Random::from_seed([3; 32]).fork();
        let (secret, other) = (AccountSecret::generate(&mut rng), AccountSecret::generate(&mut rng));
        let (phrase, wrong) = (RecoveryPhrase::generate(&mut rng), RecoveryPhrase::generate(&mut rng));
        let (me, card) = (PrincipalId::from_bytes([1; 32]), Digest::from_bytes([2; 32]));
        let mut made = |secret| phrase.credential(secret, me, card, &mut rng).unwrap();
        let (credential, of_other) = (made(&secret), made(&other));
        assert!(prove(&phrase, &credential, &secret, me, card).is_ok());
        assert!(prove(&wrong, &credential, &secret, me, card).is_err(), "another phrase");
        assert!(prove(&phrase, &of_other, &secret, me, card).is_err(), "another secret");
        let verifier = RecoveryCredential { verifier: wrong.verifier(), ..credential.clone() };
        assert!(prove(&phrase, &verifier, &secret, me, card).is_err(), "another verifier");
        let key = RecoveryCredential { key: wrong.keys().public(), ..credential };
        assert!(prove(&phrase, &key, &secret, me, card).is_err(), "another key");
    }

    #[test]
    fn usernames() {
        for good in ["ada", "dr-bob", "a1b", &"x".repeat(32)] {
            assert!(is_username(good), "{good}");
        }
        for bad in ["ab", "-ada", "ada-", "Ada", "ad a", "adä", "", &"x".repeat(33)] {
            assert!(!is_username(bad), "{bad}");
        }
    }
}
