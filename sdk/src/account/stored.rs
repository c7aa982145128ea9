//! Stored sessions: what lets a program go on later without asking for the password.

use super::{Account, Inner, OwnKeys, lock, seen::Seen, session::Session};
use crate::{
    client::Client,
    failure::Failure,
    protocol::{
        audit::{self, Audit},
        chain::{self, Chain},
        contacts::{Contacts, Pins},
        versions::{Place, Versions},
    },
    text::{base64url, from_base64url},
};
use pryv_crypto::DeviceKeys;
use pryv_wire::{AccessId, PrincipalId, ScopeId, Signed, card::Card, holder::Holders};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex},
};
use zeroize::Zeroizing;

/// How many records' versions are stored, of those met last: about 100 bytes each.
pub(super) const STORED_VERSIONS: usize = 2_000;

/// A session in a form to be stored. **It holds the account secret: whoever reads it is the account.**
///
/// Keep it where only the person can read it (a file of mode 0600, the keychain of the operating system). It also holds what
/// was seen of the server (pins of contacts, heads of chains, versions of the records met last, epochs, accesses that ended), so that a server cannot show an older state to a program that
/// was started again.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSession {
    pub(crate) version: u32,
    pub(crate) username: String,
    pub(crate) principal: PrincipalId,
    #[serde(serialize_with = "write_secret", deserialize_with = "read_secret")]
    pub(crate) secret: Zeroizing<Vec<u8>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<SecretText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<SecretText>,
    pub(crate) cards: Vec<Signed<Card>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) holders: Option<Signed<Holders>>,
    /// The sequence of the card under which every scope has keys.
    #[serde(default)]
    keyed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<Seen>,
    pub(super) session: Option<Session>,
    pub(super) pins: Pins,
    pub(super) chains: BTreeMap<PrincipalId, chain::Known>,
    #[serde(default)]
    pub(super) audit: audit::Known,
    /// The records that were met last, with their versions.
    #[serde(default)]
    pub(super) versions: Vec<(Place, u64)>,
    #[serde(default)]
    pub(super) epochs: Vec<(PrincipalId, ScopeId, u32)>,
    #[serde(default)]
    pub(super) ended: Vec<(PrincipalId, AccessId)>,
}

impl StoredSession {
    pub(crate) const VERSION: u32 = 2;

    /// The public handle of the account.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The account's id.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        self.principal
    }
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// A secret of a stored session, in base64url.
pub(crate) struct SecretText(Zeroizing<Vec<u8>>);

impl SecretText {
    fn of(secret: &[u8]) -> Self {
        Self(Zeroizing::new(secret.to_vec()))
    }
}

impl std::ops::Deref for SecretText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_secret(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_secret(deserializer).map(Self)
    }
}

fn write_secret<S: Serializer>(secret: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Zeroizing::new(base64url(secret)))
}

fn read_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    from_base64url(&text).map(Zeroizing::new).ok_or_else(|| D::Error::custom("expected base64url"))
}

impl Account {
    /// The session in a form to be stored, **with the account secret inside**. See [`StoredSession`].
    #[must_use]
    pub fn export_session(&self) -> StoredSession {
        let keys = self.keys();
        let chains = lock(&self.0.chains).iter().map(|(account, chain)| (*account, chain.known())).collect();
        StoredSession {
            version: StoredSession::VERSION,
            username: self.0.username.clone(),
            principal: self.id(),
            secret: Zeroizing::new(keys.secrets.present().expose().to_vec()),
            earlier: keys.secrets.earlier().iter().map(|secret| SecretText::of(secret.expose())).collect(),
            device: lock(&self.0.device).as_ref().map(|device| SecretText::of(device.expose())),
            cards: keys.signed_cards.clone(),
            holders: keys.holders.as_ref().map(|list| list.signed.clone()),
            keyed: *lock(&self.0.keyed),
            seen: lock(&self.0.seen).clone(),
            session: *lock(&self.0.session),
            pins: lock(&self.0.contacts).pins.clone(),
            chains,
            audit: lock(&self.0.audit).known(),
            versions: lock(&self.0.versions).known_last(STORED_VERSIONS),
            epochs: lock(&self.0.epochs)
                .iter()
                .map(|((owner, scope), epoch)| (*owner, *scope, *epoch))
                .collect(),
            ended: self.ended().into_iter().collect(),
        }
    }

    /// Takes up a stored session whose secret and cards were verified.
    pub(crate) fn resume(
        client: &Client,
        stored: StoredSession,
        keys: OwnKeys,
        device: Option<DeviceKeys>,
    ) -> Result<Self, Failure> {
        let StoredSession {
            username,
            principal: me,
            keyed,
            seen,
            session,
            pins,
            chains,
            audit,
            versions,
            epochs,
            ended,
            ..
        } = stored;
        let chains: HashMap<_, _> =
            chains.into_iter().map(|(account, known)| (account, Chain::restore(account, known))).collect();
        Ok(Self(Arc::new(Inner {
            client: client.clone(),
            username,
            me,
            seen: Mutex::new(seen.or_else(|| Seen::first(&keys))),
            keys: Mutex::new(Arc::new(keys)),
            device: Mutex::new(device.map(Arc::new)),
            keyed: Mutex::new(keyed),
            session: Mutex::new(session),
            contacts: Mutex::new(Contacts::new(pins)),
            chains: Mutex::new(chains),
            audit: Mutex::new(Audit::restore(me, audit)),
            versions: Mutex::new(Versions::restore(versions)),
            scopes: Mutex::default(),
            epochs: Mutex::new(
                epochs.into_iter().map(|(owner, scope, epoch)| ((owner, scope), epoch)).collect(),
            ),
            evidence: Mutex::default(),
            ended: Mutex::new(ended.into_iter().collect()),
        })))
    }
}
