//! Evidence: what an account signed of its accesses, as one message that proves itself without a server.

use crate::{
    access::{Access, Revocation},
    card::Card,
    id::PrincipalId,
    scope::Epoch,
    signed::Signed,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The cards of an account, the accesses that it granted and ended, and the epochs that say when each counted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The account.
    pub account: PrincipalId,
    /// Its cards, first one first: they prove everything below, and the id proves them.
    pub cards: Vec<Signed<Card>>,
    /// Its accesses, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accesses: Vec<AccessEvidence>,
    /// The epochs of the scopes that they grant, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<Signed<Epoch>>,
    /// When it was put together, by the account's clock. Not signed.
    pub exported_at: Timestamp,
}

/// An access and its end, as they were signed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessEvidence {
    /// The grant.
    pub statement: Signed<Access>,
    /// Its end, once revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Signed<Revocation>>,
    /// The cards of its grantee, first one first, if the grantee ended it: they prove the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grantee_cards: Vec<Signed<Card>>,
}
