//! Sign-up: a username, a card, and what opens the account secret for whoever holds password or phrase.

use super::{
    Error, Result, Service, holders,
    opaque::PasswordSetup,
    sessions::{Opened, open},
};
use crate::store::{Account, At as _, Credential};
use pryv_proxy_crypto::{CardChain, suite::check_own};
use pryv_wire::{
    ErrorCode, PrincipalId, Signed,
    account::{
        FinishSignUp, KeyStretching, PasswordCredential, RegistrationStarted, SecretWrap, SessionOpened,
        StartSignUp,
    },
    audit::Act,
    card::{Card, PrincipalKind},
};

/// The longest wrap of an account secret, in bytes: 32 of secret, with room for suites to come.
const MAX_SECRET_WRAP: usize = 512;

impl Service {
    /// Answers the first step of a sign-up.
    ///
    /// # Errors
    ///
    /// `invalid-username`, `username-taken`, `malformed-message`.
    pub async fn start_sign_up(&self, request: StartSignUp) -> Result<RegistrationStarted> {
        check_username(&request.username)?;
        self.blocking(move |inner| {
            if inner.store.peek(|view| view.account_named(&request.username))?.is_some() {
                return Err(Error::new(ErrorCode::UsernameTaken));
            }
            let response = inner.passwords.register(&request.username, &request.request)?;
            Ok(RegistrationStarted { response })
        })
        .await
    }

    /// Stores a new account and opens its first session.
    ///
    /// # Errors
    ///
    /// `invalid-username`, `username-taken`, `already-exists` (the card), `invalid-statement`, `unknown-suite`,
    /// `out-of-range` (the stretching), `malformed-message`.
    pub async fn finish_sign_up(&self, request: FinishSignUp) -> Result<SessionOpened> {
        check_username(&request.username)?;
        let checked = self
            .blocking(move |_| {
                let id = check_first_card(&request.card)?;
                check_password(&request.password)?;
                check_wrap(&request.recovery.wrap)?;
                check_first_holders(&request, id)?;
                Ok((id, request))
            })
            .await?;
        let (id, FinishSignUp { username, card, password, recovery, holders }) = checked;
        let now = self.now();
        let opened = Opened::proved(id, now, &self.inner);
        let store = &self.inner.store;
        store
            .update(move |tx| {
                let reading = tx.reading();
                if reading.account_named(&username)?.is_some() {
                    return Err(Error::new(ErrorCode::UsernameTaken));
                }
                if reading.account(id)?.is_some() {
                    return Err(Error::new(ErrorCode::AlreadyExists));
                }
                let account = Account { username, created_at: now };
                tx.create_account(id, &account, &card, &Credential { password, recovery }, &holders)?;
                open(tx, opened, Act::SignUp)
            })
            .await
    }
}

/// 3 to 32 characters of a-z, 0-9 and `-`, not `-` at either end.
pub(super) fn is_username(username: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (3..=32).contains(&username.len())
        && username.bytes().all(allowed)
        && !username.starts_with('-')
        && !username.ends_with('-')
}

fn check_username(username: &str) -> Result<()> {
    if is_username(username) { Ok(()) } else { Err(Error::new(ErrorCode::InvalidUsername)) }
}

fn check_first_card(card: &Signed<Card>) -> Result<PrincipalId> {
    let suite = card.unverified()?.suite;
    check_own(suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    let id = PrincipalId::of(card);
    let cards = CardChain::verify(std::slice::from_ref(card), id)
        .map_err(|error| Error::statement(format!("the card does not hold: {error}")))?;
    if cards.current().kind != PrincipalKind::Account {
        return Err(Error::statement("the card is not that of an account"));
    }
    Ok(id)
}

fn check_first_holders(request: &FinishSignUp, id: PrincipalId) -> Result<()> {
    let card = request.card.unverified()?;
    let holders = holders::verify(&request.holders, &card.signing, id, request.card.digest())?;
    let keys = (holders.password, holders.recovery) == (request.password.key, request.recovery.key);
    if holders.number != 0 || !holders.devices.is_empty() || holders.accesses.is_some() || !keys {
        return Err(Error::malformed("the first list of holders names the two credentials, and nobody else"));
    }
    Ok(())
}

pub(super) fn check_password(password: &PasswordCredential) -> Result<()> {
    check_stretching(password.stretching)?;
    check_wrap(&password.wrap)?;
    PasswordSetup::check_upload(&password.upload)
}

/// The bounds that clients keep as well: neither too weak to hold, nor too strong to compute.
fn check_stretching(stretching: KeyStretching) -> Result<()> {
    let KeyStretching { memory_kib, iterations, parallelism } = stretching;
    let bounds = [
        ("memory_kib", memory_kib, 19_456..=1_048_576),
        ("iterations", iterations, 2..=16),
        ("parallelism", parallelism, 1..=4),
    ];
    for (field, value, range) in bounds {
        if !range.contains(&value) {
            let (low, high) = (range.start(), range.end());
            let limit = if value < *low { *low } else { *high };
            let reason = format!("`stretching.{field}` is {low} to {high}");
            return Err(Error::out_of_range(reason, usize::try_from(limit).unwrap_or(usize::MAX)));
        }
    }
    Ok(())
}

pub(super) fn check_wrap(wrap: &SecretWrap) -> Result<()> {
    check_own(wrap.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    if wrap.sealed.is_empty() || wrap.sealed.len() > MAX_SECRET_WRAP {
        return Err(Error::out_of_range("the length of `wrap.sealed`, in bytes", MAX_SECRET_WRAP));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_handles() {
        for good in
            ["ada", "dr-bob", "a1-", "0zz", &"a".repeat(32)].iter().filter(|name| !name.ends_with('-'))
        {
            assert!(is_username(good), "{good}");
        }
        for bad in ["", "ab", "Ada", "-ada", "ada-", "a da", "ad\u{e4}", "a_b", &"a".repeat(33)] {
            assert!(!is_username(bad), "{bad}");
        }
    }
}
