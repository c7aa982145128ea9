//! Passwords and phrases: from what was typed to what is sent, and from what is answered to the account secret.

use crate::{distrust::Distrust, failure::Failure};
use pryv_crypto::{
    AccountSecret, Identity,
    password::{OpenSecretError, PasswordError, UnacceptableStretching},
};
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_wire::{PrincipalId, Signed, card::Card};

/// What an error of the password protocol means.
pub(crate) enum PasswordFault {
    /// The password is wrong, or the account does not exist.
    Wrong,
    /// The server is not to be believed, or the password cannot be used.
    Failed(Failure),
}

pub(crate) fn password_fault(error: &PasswordError) -> PasswordFault {
    let distrust = |distrust: Distrust| PasswordFault::Failed(distrust.into());
    match error {
        PasswordError::WrongPassword | PasswordError::Unusable => PasswordFault::Wrong,
        PasswordError::Stretching(UnacceptableStretching::TooWeak) => distrust(Distrust::WeakStretching),
        PasswordError::Stretching(_) => distrust(Distrust::ExcessiveStretching),
        _ => distrust(Distrust::Malformed { what: "the password answer" }),
    }
}

/// What an error of opening the account secret means.
pub(crate) fn secret_fault(error: &OpenSecretError) -> Distrust {
    match error {
        OpenSecretError::Suite(unknown) => {
            Distrust::UnknownSuite { what: "the wrap of the account secret", number: unknown.0.number() }
        }
        _ => Distrust::WrongWrap { what: "the account secret" },
    }
}

/// Takes up the identity that an account secret gives, under cards that the server shows for it.
pub(crate) fn identity(
    secret: &AccountSecret,
    cards: &[Signed<Card>],
    principal: PrincipalId,
) -> Result<(Identity, VerifiedCards), Distrust> {
    let verified = CardChain::verify(cards, principal).map_err(|_| Distrust::WrongCard)?;
    let identity = Identity::resume(secret, &verified).map_err(|_| Distrust::WrongCard)?;
    Ok((identity, verified))
}
