//! Devices: the machines that hold the account secret, each with keys of its own.

use super::{Account, lock};
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{enrolment, holders},
};
use pryv_crypto::{
    DeviceKeys, Identity,
    enrolment::{DeviceCode, EnrolmentSecret},
};
use pryv_wire::{
    Bytes, DeviceId, ErrorCode, Timestamp,
    enrolment::{DeviceAnswer, DeviceRequest, GetMail, PutMail},
    holder::{Device as Entry, Holder, Holders, MAX_DEVICES, SetHolders},
    transaction::Operation,
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How often the list is made anew because another device changed it in between.
const ATTEMPTS: usize = 4;

/// The longest name of a device, in bytes.
pub const MAX_DEVICE_NAME: usize = 200;

/// A device of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Device {
    /// Names the device.
    pub id: DeviceId,
    /// What the person calls it; empty if it cannot be read.
    pub name: String,
    /// When it was added, by the clock of the device that added it.
    pub added_at: Timestamp,
    /// Whether it is this one.
    pub this: bool,
    /// Whether this client lists it for the first time, though it was not enrolled here: if the person did not add it either,
    /// somebody else has the account's keys. Revoke it.
    pub new: bool,
}

/// Why devices were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is empty or too long.
    #[error("the name of a device has 1 to {MAX_DEVICE_NAME} bytes")]
    Name,
    /// The account has as many devices as it can have.
    #[error("the account has {MAX_DEVICES} devices; revoke one")]
    TooMany,
    /// There is no such device.
    #[error("this account has no such device")]
    UnknownDevice,
    /// What was scanned or typed is not the payload of a new device.
    #[error("this is not what a new device shows")]
    InvalidPayload,
    /// Nobody came with the code while it was valid.
    #[error("no device came with this code; make another one")]
    NobodyCame,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl DeviceError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name => "invalid-name",
            Self::TooMany => "too-many-devices",
            Self::UnknownDevice => ErrorCode::NotFound.as_str(),
            Self::InvalidPayload => "invalid-payload",
            Self::NobodyCame => "nobody-came",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// An enrolment that waits for a new device to come with its code.
#[derive(Debug)]
pub struct Enrolment {
    account: Account,
    code: DeviceCode,
    secret: EnrolmentSecret,
}

impl Enrolment {
    /// The code, to be typed on the new device: 12 characters in three groups. Valid for five minutes.
    #[must_use]
    pub fn code(&self) -> Zeroizing<String> {
        self.code.words()
    }

    /// Waits for the new device, and makes it a device of the account under this name. Safe to repeat while the code is valid.
    ///
    /// # Errors
    ///
    /// See [`DeviceError`].
    pub async fn finish(&self, name: &str) -> Result<DeviceId, DeviceError> {
        let mail = GetMail { mailbox: self.secret.request_mailbox() };
        let sealed = enrolment::wait(self.account.client(), &mail).await?.ok_or(DeviceError::NobodyCame)?;
        let request = self.secret.open_request(&sealed).map_err(|_| DeviceError::InvalidPayload)?;
        self.account.enrol(&self.secret, &request, name).await
    }
}

impl Account {
    /// The devices of the account, oldest first. Show them: a new account secret is sealed to what was listed here, or enrolled
    /// here, and to no other device.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn devices(&self) -> Result<Vec<Device>, Failure> {
        let list = self.fresh_holders().await?;
        let (me, this) = (self.identity(), self.this_device());
        let new = self.show_devices(&list);
        let device = |entry: &Entry| Device {
            id: entry.device,
            name: me.keyring().unwrap_device_name(entry.device, &entry.name).unwrap_or_default(),
            added_at: entry.added_at,
            this: this == Some(entry.device),
            new: new.contains(&entry.device) && this != Some(entry.device),
        };
        Ok(list.devices.iter().map(device).collect())
    }

    /// Which device of the account this is, if it is one.
    #[must_use]
    pub fn this_device(&self) -> Option<DeviceId> {
        lock(&self.0.device).as_ref().map(|device| device.id())
    }

    /// Makes this machine a device of the account: from then on it opens sessions by a key of its own, also after the
    /// account secret was replaced, and can be revoked alone. Does nothing if it is one.
    ///
    /// # Errors
    ///
    /// See [`DeviceError`].
    pub async fn add_this_device(&self, name: &str) -> Result<DeviceId, DeviceError> {
        check_name(name)?;
        if let Some(device) = self.this_device() {
            return Ok(device);
        }
        let device = Arc::new(DeviceKeys::generate(&mut self.client().rng()));
        let (signing, sealing) = (device.signing_public(), device.sealing_public());
        self.add(&DeviceRequest { signing, sealing }, name).await?;
        let id = device.id();
        *lock(&self.0.device) = Some(device);
        Ok(id)
    }

    /// Gives a device another name.
    ///
    /// # Errors
    ///
    /// See [`DeviceError`].
    pub async fn rename_device(&self, device: DeviceId, name: &str) -> Result<(), DeviceError> {
        check_name(name)?;
        self.change(|me, devices| {
            let entry = devices.iter_mut().find(|entry| entry.device == device);
            let entry = entry.ok_or(DeviceError::UnknownDevice)?;
            entry.name = wrapped(self, me, device, name);
            Ok(true)
        })
        .await
    }

    /// Begins an enrolment by code: show [`Enrolment::code`], then wait with [`Enrolment::finish`].
    #[must_use]
    pub fn enrol_by_code(&self) -> Enrolment {
        let code = DeviceCode::generate(&mut self.client().rng());
        let secret = EnrolmentSecret::of_code(&code, self.username());
        Enrolment { account: self.clone(), code, secret }
    }

    /// Enrols a new device by the text that it shows to be scanned. Safe to repeat.
    ///
    /// # Errors
    ///
    /// See [`DeviceError`].
    pub async fn enrol_scanned(&self, payload: &str, name: &str) -> Result<DeviceId, DeviceError> {
        let payload = enrolment::parse(payload).ok_or(DeviceError::InvalidPayload)?;
        let secret = EnrolmentSecret::of_payload(&payload).ok_or(DeviceError::InvalidPayload)?;
        self.enrol(&secret, &payload.request, name).await
    }

    async fn enrol(
        &self,
        secret: &EnrolmentSecret,
        request: &DeviceRequest,
        name: &str,
    ) -> Result<DeviceId, DeviceError> {
        check_name(name)?;
        self.add(request, name).await?;
        let answer = DeviceAnswer { username: self.username().to_owned(), principal: self.id() };
        let message = secret
            .seal_answer(request, &answer, &mut self.client().rng())
            .map_err(|_| DeviceError::InvalidPayload)?;
        let put = PutMail { mailbox: secret.answer_mailbox(), message };
        match self.client().ask(&put).await {
            Ok(_) => {}
            // An earlier attempt left its answer: only who knows the secret finds the mailbox.
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {}
            Err(failure) => return Err(failure.into()),
        }
        Ok(DeviceId::of(&request.signing, &request.sealing))
    }

    /// Adds a device to the list, if it is not in it.
    async fn add(&self, request: &DeviceRequest, name: &str) -> Result<(), DeviceError> {
        let device = DeviceId::of(&request.signing, &request.sealing);
        let now = self.client().now();
        self.change(|me, devices| {
            if devices.iter().any(|entry| entry.device == device) {
                return Ok(false);
            }
            if devices.len() >= MAX_DEVICES {
                return Err(DeviceError::TooMany);
            }
            let DeviceRequest { signing, sealing } = *request;
            let name = wrapped(self, me, device, name);
            devices.push(Entry { device, signing, sealing, name, added_at: now });
            Ok(true)
        })
        .await?;
        self.note_device(device);
        Ok(())
    }

    /// Changes the list of devices, again on top of what is there if another device was faster.
    async fn change(
        &self,
        change: impl Fn(&Identity, &mut Vec<Entry>) -> Result<bool, DeviceError>,
    ) -> Result<(), DeviceError> {
        let mut attempt = 1;
        loop {
            match self.try_change(&change).await {
                Err(DeviceError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => attempt += 1,
                changed => return changed,
            }
        }
    }

    async fn try_change(
        &self,
        change: &impl Fn(&Identity, &mut Vec<Entry>) -> Result<bool, DeviceError>,
    ) -> Result<(), DeviceError> {
        let list = self.fresh_holders().await?;
        let keys = self.keys();
        let mut devices = list.devices.clone();
        if !change(&keys.identity, &mut devices)? {
            return Ok(());
        }
        let number = list
            .number
            .checked_add(1)
            .ok_or(Failure::from(Distrust::Malformed { what: "the list of devices" }))?;
        let next = Holders { number, devices, signed_at: self.client().now(), ..list.clone() };
        let new = next.all().filter(|(holder, _)| match holder {
            Holder::Device(device) => list.device(*device).is_none(),
            _ => false,
        });
        let seals = holders::seals(&keys.secrets, self.id(), next.card, new, &mut self.client().rng())?;
        let set = SetHolders { statement: keys.identity.sign(&next), seals };
        self.commit(self.id(), vec![Operation::SetHolders(Box::new(set))]).await?;
        self.fresh_holders().await?;
        Ok(())
    }
}

fn wrapped(account: &Account, me: &Identity, device: DeviceId, name: &str) -> Bytes {
    me.keyring().wrap_device_name(device, name, &mut account.client().rng())
}

const fn check_name(name: &str) -> Result<(), DeviceError> {
    if name.is_empty() || name.len() > MAX_DEVICE_NAME { Err(DeviceError::Name) } else { Ok(()) }
}
