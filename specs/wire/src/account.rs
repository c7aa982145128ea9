//! Accounts: sign-up, login, recovery, password change (OPAQUE, RFC 9807), and sessions.

use crate::{
    bytes::{AccountBinding, Bytes, SealingPublicKey, SessionToken, Signature, SigningPublicKey},
    card::Card,
    holder::Holders,
    id::{ChallengeId, PrincipalId, SessionId},
    signed::Signed,
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// How a password is stretched: Argon2id (RFC 9106). Kept per account in the clear; the client enforces a floor, so
/// that a server cannot lower it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStretching {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl KeyStretching {
    /// What new accounts use: RFC 9106's second recommended choice (64 MiB, 3 passes, 4 lanes).
    pub const RECOMMENDED: Self = Self { memory_kib: 65_536, iterations: 3, parallelism: 4 };
}

/// The account secret, sealed to the public key of the password, of the recovery phrase or of a device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecretWrap {
    /// The algorithms of the wrap.
    pub suite: Suite,
    /// The account secret, sealed.
    pub sealed: Bytes,
}

/// First step of a sign-up: the blinded password.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StartSignUp {
    /// The wished public handle: 3 to 32 characters of `a-z`, `0-9` and `-`, not at either end.
    pub username: String,
    /// OPAQUE registration request.
    pub request: Bytes,
}

/// The server's half of a registration.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationStarted {
    /// OPAQUE registration response.
    pub response: Bytes,
}

/// What authenticates a password later, and the account secret under it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordCredential {
    /// How the password was stretched.
    pub stretching: KeyStretching,
    /// OPAQUE registration record.
    pub upload: Bytes,
    /// The public key that the password's export key gives (X25519).
    pub key: SealingPublicKey,
    /// Names the account, under another key that the password's export key gives.
    pub binding: AccountBinding,
    /// The account secret, sealed to `key`.
    pub wrap: SecretWrap,
}

/// The recovery phrase's public half, and the account secret under the phrase.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryCredential {
    /// Verifies the signature of a challenge by the phrase (Ed25519).
    pub verifier: SigningPublicKey,
    /// The public key that the phrase gives (X25519).
    pub key: SealingPublicKey,
    /// Names the account, under another key that the phrase gives.
    pub binding: AccountBinding,
    /// The account secret, sealed to `key`.
    pub wrap: SecretWrap,
}

/// Second step of a sign-up: everything the server stores of a new account.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FinishSignUp {
    /// The public handle.
    pub username: String,
    /// The account's first card; its digest is the account's id.
    pub card: Signed<Card>,
    /// Login by password.
    pub password: PasswordCredential,
    /// Recovery by phrase.
    pub recovery: RecoveryCredential,
    /// Both keys, as the account signs them: the list of number 0, without devices.
    pub holders: Signed<Holders>,
}

/// A new session.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SessionOpened {
    /// Names the session, for listing and ending it.
    pub session: SessionId,
    /// The bearer token. The server keeps only its hash.
    pub token: SessionToken,
    /// Whose session.
    pub principal: PrincipalId,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// First step of a login.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StartLogin {
    /// The public handle.
    pub username: String,
    /// OPAQUE KE1.
    pub request: Bytes,
}

/// The server's half of a login. An unknown username gets one too, which no password opens.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoginStarted {
    /// Names the pending login.
    pub login: ChallengeId,
    /// How the password was stretched.
    pub stretching: KeyStretching,
    /// OPAQUE KE2.
    pub response: Bytes,
}

/// Second step of a login.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FinishLogin {
    /// The pending login.
    pub login: ChallengeId,
    /// OPAQUE KE3.
    pub finalization: Bytes,
}

/// A login that succeeded: by password, by phrase or by the key of a device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedIn {
    /// The session.
    pub session: SessionOpened,
    /// The account's cards, first one first.
    pub cards: Vec<Signed<Card>>,
    /// Who opens the account secret.
    pub holders: Signed<Holders>,
    /// The account secret, sealed to the password, the phrase or the device that asks.
    pub wrap: SecretWrap,
    /// The binding of password or phrase; absent for a device, which knows whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<AccountBinding>,
    /// Earlier account secrets, under the keyring key of the present one; absent before the first rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Bytes>,
}

/// Asks for a challenge to sign.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetChallenge {}

/// Random bytes to sign once, within a minute.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// The random bytes.
    pub challenge: ChallengeId,
}

impl Challenge {
    /// What a principal's signing key signs to open a session.
    #[must_use]
    pub fn session_bytes(challenge: ChallengeId, principal: PrincipalId) -> Vec<u8> {
        [b"pryv session\0", &challenge.as_bytes()[..], principal.as_bytes()].concat()
    }

    /// What a recovery phrase's key signs to recover an account.
    #[must_use]
    pub fn recovery_bytes(challenge: ChallengeId, username: &str) -> Vec<u8> {
        [b"pryv recovery\0", &challenge.as_bytes()[..], username.as_bytes()].concat()
    }
}

/// Opens a session by the signing key of a card, without a password: renewal of a session, apps.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSession {
    /// Who.
    pub principal: PrincipalId,
    /// The challenge answered.
    pub challenge: ChallengeId,
    /// The card's signature over [`Challenge::session_bytes`].
    pub signature: Signature,
}

/// Proves a recovery phrase.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// The public handle.
    pub username: String,
    /// The challenge answered.
    pub challenge: ChallengeId,
    /// The phrase's signature over [`Challenge::recovery_bytes`].
    pub signature: Signature,
}

/// Starts a change of password (with a session).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StartPasswordChange {
    /// OPAQUE registration request for the new password.
    pub request: Bytes,
}

/// Replaces the password, in a session that was opened by password or phrase some minutes ago at most. Every other
/// session of the account ends.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FinishPasswordChange {
    /// The new credential.
    pub password: PasswordCredential,
    /// The next list of holders, with the new password's key in the place of the old one's.
    pub holders: Signed<Holders>,
}

/// Lists the sessions of the caller.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListSessions {}

/// One session, without its token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SessionInfo {
    /// Names the session.
    pub session: SessionId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When its token ends.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The sessions of the caller.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Open sessions, oldest first.
    pub sessions: Vec<SessionInfo>,
}

/// Ends a session of the caller.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// The session; absent: the one that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

/// An answer that says only that it was done.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Done {}
