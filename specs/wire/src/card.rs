//! Cards: what a principal publishes of its keys, signed by itself.

use crate::{
    bytes::{Bytes, SealingPublicKey, SigningPublicKey},
    id::{Digest, PrincipalId, ScopeId},
    signed::{Signed, Statement},
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What kind of principal holds the keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PrincipalKind {
    /// A person's account.
    Account,
    /// An application.
    App,
    /// Whoever holds the secret of a share link.
    Link,
    /// The members of a group, who read what it was granted. Nobody acts as it.
    Group,
}

/// The public keys of a principal. The first card is signed by its own signing key and gives the principal its id;
/// each later card is signed by the key of the card before it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The algorithms of the card itself. It carries keys for every suite.
    pub suite: Suite,
    /// The kind of principal.
    pub kind: PrincipalKind,
    /// Zero in the first card, one more in each that follows.
    pub sequence: u32,
    /// The digest of the card before this one; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Verifies the principal's statements and records (Ed25519).
    pub signing: SigningPublicKey,
    /// Seals to the principal in suites 1 and 3 (HPKE, X25519).
    pub sealing: SealingPublicKey,
    /// Seals to the principal in suite 2 (HPKE, X-Wing).
    pub hybrid: Bytes,
    /// Grants to the principal in suites 1 and 2: a proxy re-encryption public key on the 480-bit curve.
    pub pre: Bytes,
    /// Grants to the principal in suite 3: a proxy re-encryption public key on the 256-bit curve.
    pub pre_light: Bytes,
    /// When the card was made, by the principal's clock.
    pub created_at: Timestamp,
    /// When the card ends; absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// Of a group, and of nobody else: where its members are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupPlace>,
}

/// Where the members of a group are kept: a scope of its owner's account. The same in each card of the group.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GroupPlace {
    /// The owner's account.
    pub account: PrincipalId,
    /// The scope that its members read.
    pub scope: ScopeId,
}

impl Statement for Card {
    const DOMAIN: &'static str = "pryv card";
}

impl PrincipalId {
    /// The id that a first card gives its principal.
    #[must_use]
    pub fn of(first: &Signed<Card>) -> Self {
        Self::from_bytes(*first.digest().as_bytes())
    }
}

/// Asks for the cards of a principal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetCards {
    /// Whose cards.
    pub principal: PrincipalId,
}

/// Asks for the principal behind a username.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveUsername {
    /// The public handle.
    pub username: String,
}

/// The cards of a principal, first one first. The server's word for the username is no proof of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cards {
    /// The principal that the server says these are.
    pub principal: PrincipalId,
    /// The public handle of an account; absent for other principals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The chain, from the first card to the present one.
    pub cards: Vec<Signed<Card>>,
}
