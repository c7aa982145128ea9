//! Enrolment: the text that a new device shows, and waiting for the mail of the other one.

use crate::{client::Client, failure::Failure, text};
use pryv_wire::{
    Bytes, ErrorCode, decode, encode,
    enrolment::{DevicePayload, GetMail},
};
use std::time::Duration;
use zeroize::Zeroizing;

/// What a payload begins with.
const SCHEME: &str = "pryv-device:1:";

/// How often a mailbox is looked into, and how long is waited in between: five minutes, as long as a message stays.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(500);

/// The text of a payload, to be shown as a QR code.
pub(crate) fn text(payload: &DevicePayload) -> Zeroizing<String> {
    let encoded = Zeroizing::new(encode(payload));
    let base64 = Zeroizing::new(text::base64url(&encoded));
    let mut text = Zeroizing::new(String::with_capacity(SCHEME.len() + base64.len()));
    text.push_str(SCHEME);
    text.push_str(&base64);
    text
}

/// The payload of a text that was scanned.
pub(crate) fn parse(scanned: &str) -> Option<DevicePayload> {
    let bytes = Zeroizing::new(text::from_base64url(scanned.trim().strip_prefix(SCHEME)?)?);
    decode(&bytes).ok()
}

/// Waits for the message of a mailbox; none if it does not come.
pub(crate) async fn wait(client: &Client, mail: &GetMail) -> Result<Option<Bytes>, Failure> {
    for _ in 0..LOOKS {
        match client.ask(mail).await {
            Ok(found) => return Ok(Some(found.message)),
            Err(failure) if failure.refusal() == Some(ErrorCode::NotFound) => client.pause(PAUSE).await,
            Err(failure) => return Err(failure),
        }
    }
    Ok(None)
}
