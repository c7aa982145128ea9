//! Passwords and phrases: from what was typed to what is sent, and from what is answered to the account secret.

use crate::{account::OwnKeys, distrust::Distrust, failure::Failure};
use pryv_crypto::{
    AccountSecret, AccountSecrets,
    holder::{CredentialKeys, OpenSecretError},
    password::{PasswordError, UnacceptableStretching},
};
use pryv_proxy_crypto::CardChain;
use pryv_wire::{PrincipalId, account::LoggedIn, holder::Holder};

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
        OpenSecretError::OtherAccount => Distrust::OtherAccount,
        _ => Distrust::WrongWrap { what: "the account secret" },
    }
}

/// The account that a password or a phrase opens: one that it was set for, whatever the server says.
pub(crate) fn open(keys: &CredentialKeys, holder: Holder, answer: &LoggedIn) -> Result<OwnKeys, Distrust> {
    let principal = answer.session.principal;
    let cards = CardChain::verify(&answer.cards, principal).map_err(|_| Distrust::WrongCard)?;
    let card = cards.current_digest();
    let binding = answer.binding.as_ref().ok_or(Distrust::OtherAccount)?;
    let secret = keys.open(principal, card, binding, &answer.wrap).map_err(|error| secret_fault(&error))?;
    let own = own_keys(secret, principal, answer)?;
    // A list that names another key was signed before this one was set: it may hold devices that were added by who knew
    // the old one.
    let public = keys.public();
    let named =
        own.holders.as_ref().is_some_and(|list| list.holders.all().any(|one| one == (holder, public)));
    if named { Ok(own) } else { Err(Distrust::Substituted { what: "list of devices" }) }
}

/// The keys that an account secret gives, if what the server answered with it is theirs.
pub(crate) fn own_keys(
    secret: AccountSecret,
    principal: PrincipalId,
    answer: &LoggedIn,
) -> Result<OwnKeys, Distrust> {
    let count = answer.cards.len().saturating_sub(1);
    let secrets = AccountSecrets::open(secret, principal, count, answer.earlier.as_deref())
        .map_err(|_| Distrust::WrongWrap { what: "the earlier account secrets" })?;
    OwnKeys::verify(secrets, principal, answer.cards.clone(), Some(answer.holders.clone()))
}
