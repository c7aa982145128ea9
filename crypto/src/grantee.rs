//! Grantees: who opens what was made for the holder of an access, itself or as a member of a group.

use crate::{
    group::GroupKeys, identity::Identity, pre::CapsuleNotOpened, primitive::NotOpened, secret::Secret,
};
use pryv_proxy_crypto::{pre::Capsule, sealing::Sealing};
use pryv_wire::PrincipalId;
use std::sync::Arc;

/// Who opens what was made for the holder of an access.
///
/// A member of a group opens what is sealed to the group with the keys that the group's epochs give, and what is
/// transformed, on from the group to itself, with its own.
#[derive(Clone, Copy, Debug)]
pub struct Grantee<'a> {
    me: &'a Identity,
    group: Option<&'a GroupKeys>,
}

impl<'a> From<&'a Identity> for Grantee<'a> {
    fn from(me: &'a Identity) -> Self {
        Self { me, group: None }
    }
}

impl<'a> From<&'a Arc<Identity>> for Grantee<'a> {
    fn from(me: &'a Arc<Identity>) -> Self {
        Self { me, group: None }
    }
}

impl<'a> Grantee<'a> {
    /// A member who opens what its group was granted.
    #[must_use]
    pub const fn member(me: &'a Identity, group: &'a GroupKeys) -> Self {
        Self { me, group: Some(group) }
    }

    /// Who holds the access: the principal itself, or the group.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        match self.group {
            Some(group) => group.group(),
            None => self.me.principal(),
        }
    }

    /// Opens something that was sealed to the holder.
    pub(crate) fn unseal<T>(
        &self,
        sealing: Sealing,
        open: impl Fn(&Secret<32>) -> Result<T, NotOpened>,
    ) -> Result<T, NotOpened> {
        match self.group {
            Some(group) => group.opens(sealing, NotOpened, open),
            None => self.me.opens(|keys| open(keys.sealing(sealing))),
        }
    }

    /// Opens a capsule that was transformed on to whoever opens.
    pub(crate) fn decapsulate(&self, capsule: &Capsule) -> Result<Secret<32>, CapsuleNotOpened> {
        self.me.opens(|keys| keys.pre(capsule.curve()).open(capsule))
    }
}
