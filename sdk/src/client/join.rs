//! Joining: how a new machine becomes a device of an account, with the help of one that is.

use super::Client;
use crate::{
    account::Account,
    distrust::Distrust,
    failure::Failure,
    protocol::{
        credential::{own_keys, secret_fault},
        enrolment,
    },
};
use pryv_crypto::{
    DeviceKeys,
    enrolment::{DeviceCode, EnrolmentSecret},
};
use pryv_wire::{
    DeviceId, ErrorCode, PrincipalId, Signed,
    account::{Challenge, LoggedIn},
    enrolment::{DeviceAnswer, GetMail, PutMail},
    holder::OpenDevice,
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A machine that wants to become a device of an account.
#[derive(Debug)]
pub struct NewDevice {
    client: Client,
    keys: Arc<DeviceKeys>,
    secret: EnrolmentSecret,
    /// Typed by the person, who knows whose device it becomes.
    username: Option<String>,
}

/// Why a machine did not become a device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// What was typed is no code.
    #[error("a code has {} letters and digits, in groups of four", DeviceCode::LENGTH)]
    InvalidCode,
    /// Another machine came with this code before.
    #[error("another machine has come with this code; make a new one on the old device")]
    CodeUsed,
    /// No device answered while the code was valid.
    #[error("no device of the account answered; begin anew on both")]
    NobodyAnswered,
    /// What came was not sealed by the device that made the code or scanned the payload.
    #[error("the answer was not made with this code or payload; begin anew on both")]
    ForeignAnswer,
    /// The account does not have this device, or not any longer.
    #[error("the account does not have this device")]
    NotADevice,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl JoinError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidCode => "invalid-code",
            Self::CodeUsed => "code-used",
            Self::NobodyAnswered => "nobody-answered",
            Self::ForeignAnswer => "foreign-answer",
            Self::NotADevice => ErrorCode::WrongCredentials.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Client {
    /// A new device that shows [`NewDevice::payload`] to be scanned by a device of the account.
    #[must_use]
    pub fn new_device(&self) -> NewDevice {
        let mut rng = self.rng();
        let (keys, secret) = (Arc::new(DeviceKeys::generate(&mut rng)), EnrolmentSecret::generate(&mut rng));
        NewDevice { client: self.clone(), keys, secret, username: None }
    }

    /// A new device that comes with a code that a device of the account made. Takes as long as the stretching of a code,
    /// about 150 ms.
    ///
    /// # Errors
    ///
    /// [`JoinError::InvalidCode`].
    pub fn new_device_by_code(&self, username: &str, code: &str) -> Result<NewDevice, JoinError> {
        let code = DeviceCode::parse(code).map_err(|_| JoinError::InvalidCode)?;
        let secret = EnrolmentSecret::of_code(&code, username);
        let keys = Arc::new(DeviceKeys::generate(&mut self.rng()));
        Ok(NewDevice { client: self.clone(), keys, secret, username: Some(username.to_owned()) })
    }

    /// Opens a session by the key of a device.
    pub(crate) async fn open_device(
        &self,
        principal: PrincipalId,
        keys: &DeviceKeys,
    ) -> Result<LoggedIn, Failure> {
        let device = keys.id();
        let answer = self
            .answer_challenge(|Challenge { challenge }| OpenDevice {
                principal,
                device,
                challenge,
                signature: keys.sign_bytes(&OpenDevice::bytes(challenge, principal, device)),
            })
            .await?;
        if answer.session.principal == principal {
            Ok(answer)
        } else {
            Err(Distrust::Substituted { what: "principal" }.into())
        }
    }
}

impl NewDevice {
    /// The id that it will have in the list of the account's devices.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        self.keys.id()
    }

    /// The text to be shown as a QR code, and scanned by a device of the account. Whoever sees it can make this machine a device of
    /// *their* account, and nothing else.
    #[must_use]
    pub fn payload(&self) -> Zeroizing<String> {
        enrolment::text(&self.secret.payload(&self.keys))
    }

    /// Waits until a device of the account has enrolled this one, up to five minutes, and opens the account. Safe to repeat.
    ///
    /// # Errors
    ///
    /// See [`JoinError`].
    pub async fn finish(&self) -> Result<Account, JoinError> {
        if self.username.is_some() {
            let message = self.secret.seal_request(&self.keys, &mut self.client.rng());
            let put = PutMail { mailbox: self.secret.request_mailbox(), message };
            match self.client.ask(&put).await {
                Ok(_) => {}
                Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {
                    self.is_ours(&put).await?
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        let mail = GetMail { mailbox: self.secret.answer_mailbox() };
        let sealed = enrolment::wait(&self.client, &mail).await?.ok_or(JoinError::NobodyAnswered)?;
        let DeviceAnswer { username, principal } =
            self.secret.open_answer(&self.keys, &sealed).map_err(|_| JoinError::ForeignAnswer)?;
        if self.username.as_ref().is_some_and(|typed| *typed != username) {
            return Err(JoinError::ForeignAnswer);
        }
        let answer = self.client.open_device(principal, &self.keys).await.map_err(|failure| match failure
            .refusal()
        {
            Some(ErrorCode::WrongCredentials) => JoinError::NotADevice,
            _ => JoinError::Failed(failure),
        })?;
        let card = answer.cards.last().map(Signed::digest).ok_or(Failure::from(Distrust::WrongCard))?;
        let secret = self.keys.open(principal, card, &answer.wrap);
        let secret = secret.map_err(|error| Failure::from(secret_fault(&error)))?;
        let keys = own_keys(secret, principal, &answer).map_err(Failure::from)?;
        if keys.holders.as_ref().is_none_or(|list| list.holders.device(self.id()).is_none()) {
            return Err(Failure::from(Distrust::Substituted { what: "list of devices" }).into());
        }
        let account = Account::new(&self.client, &username, keys, &answer.session, false)?;
        account.is_device(Arc::clone(&self.keys));
        Ok(account)
    }

    /// Whether the request that lies in the mailbox is one that this machine left before.
    async fn is_ours(&self, put: &PutMail) -> Result<(), JoinError> {
        let there = self.client.ask(&GetMail { mailbox: put.mailbox }).await?;
        let request = self.secret.open_request(&there.message).map_err(|_| JoinError::CodeUsed)?;
        if DeviceId::of(&request.signing, &request.sealing) == self.id() {
            Ok(())
        } else {
            Err(JoinError::CodeUsed)
        }
    }
}
