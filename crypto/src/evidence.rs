//! Evidence: accesses and revocations, verified under the grantor's own cards. A server's word for them counts nothing.

use pryv_proxy_crypto::{InvalidStatement, UnknownSuite, VerifiedCards, check_suite, verified};
use pryv_wire::{
    AccessId, ScopeId, Signed, Statement,
    access::{Access, Revocation},
};

/// Why an access was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAccess {
    /// The grant is not signed by any card of the grantor: somebody made it up.
    #[error("the access is not signed by its grantor")]
    Grant(#[source] InvalidStatement),
    /// The revocation is not signed by any card of the grantor.
    #[error("the revocation is not signed by the grantor")]
    Revocation(#[source] InvalidStatement),
    /// The grant is of a suite that is not known here.
    #[error("the access cannot be read")]
    Suite(#[source] UnknownSuite),
    /// The statement names another grantor than the one whose cards verify it.
    #[error("the statement names another grantor than the one who signed it")]
    WrongGrantor,
    /// The revocation is of another access.
    #[error("the revocation is of access {found}")]
    OtherAccess {
        /// The access that it revokes.
        found: AccessId,
    },
}

/// An access, and its revocation if there is one, as the grantor signed them.
#[derive(Clone, Debug)]
pub struct VerifiedAccess {
    access: Access,
    revocation: Option<Revocation>,
}

impl VerifiedAccess {
    /// Verifies a grant and its revocation under the cards of the grantor.
    ///
    /// # Errors
    ///
    /// [`InvalidAccess`] says what does not hold.
    pub fn verify(
        grantor: &VerifiedCards,
        grant: &Signed<Access>,
        revocation: Option<&Signed<Revocation>>,
    ) -> Result<Self, InvalidAccess> {
        let access = signed_by(grantor, grant).map_err(InvalidAccess::Grant)?;
        check_suite(access.suite).map_err(InvalidAccess::Suite)?;
        if access.grantor != grantor.principal() {
            return Err(InvalidAccess::WrongGrantor);
        }
        let revocation = match revocation {
            None => None,
            Some(signed) => {
                let revocation = signed_by(grantor, signed).map_err(InvalidAccess::Revocation)?;
                if revocation.grantor != access.grantor {
                    return Err(InvalidAccess::WrongGrantor);
                }
                if revocation.access != access.access {
                    return Err(InvalidAccess::OtherAccess { found: revocation.access });
                }
                Some(revocation)
            }
        };
        Ok(Self { access, revocation })
    }

    /// The grant.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Its end, if it was revoked.
    #[must_use]
    pub const fn revocation(&self) -> Option<&Revocation> {
        self.revocation.as_ref()
    }

    /// Whether what was written in `epoch` of `scope` was written before the access ended. A revocation that does not
    /// name the scope ended it from the first epoch on.
    #[must_use]
    pub fn counts_in(&self, scope: ScopeId, epoch: u32) -> bool {
        self.revocation.as_ref().is_none_or(|revocation| {
            revocation.last_epochs.iter().any(|last| last.scope == scope && epoch <= last.epoch)
        })
    }
}

/// Verifies a statement under any card that the signer ever had.
///
/// # Errors
///
/// [`InvalidStatement`] as the present card gives it, if none verifies.
pub fn signed_by<T: Statement>(signer: &VerifiedCards, signed: &Signed<T>) -> Result<T, InvalidStatement> {
    let mut first = None;
    for key in signer.signing_keys() {
        match verified(signed, key) {
            Ok(statement) => return Ok(statement),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(InvalidStatement::Signature(pryv_proxy_crypto::InvalidSignature)))
}

#[cfg(test)]
mod tests;
