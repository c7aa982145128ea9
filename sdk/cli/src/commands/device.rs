//! Commands about devices: list, add, enrol, join, rename, revoke, rotate.

use crate::{
    arguments::{Device as Wanted, Enrol, Join},
    failure::{Exit, Failure},
    output::Output,
    qr,
    session::Session,
    visible::visible,
};
use pryv_sdk::{Account, DeviceId, Maintained};
use serde_json::json;

/// `pryv device …`.
pub(super) async fn device(account: &Account, wanted: &Wanted, output: &mut Output) -> Result<(), Failure> {
    match wanted {
        Wanted::List => list(account, output).await,
        Wanted::Add { name } => added(account.add_this_device(name).await?, name, output),
        Wanted::Enrol(wanted) => enrol(account, wanted, output).await,
        Wanted::Rename { device, name } => {
            let device = find(account, device).await?;
            account.rename_device(device, name).await?;
            output.result(&json!({ "device": device, "name": name }), || "Renamed.".to_owned())
        }
        Wanted::Revoke { device } => {
            let device = find_to_revoke(account, device).await?;
            let done = account.revoke_device(device).await?;
            replaced(Some(device), &done, output)
        }
        Wanted::Rotate => replaced(None, &account.rotate().await?, output),
    }
}

async fn list(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let devices = account.devices().await?;
    let value = devices.iter().map(|device| {
        json!({ "device": device.id, "name": device.name, "added_at": device.added_at, "this": device.this })
    });
    output.result(&value.collect(), || {
        if devices.is_empty() {
            return "No devices. `pryv device add NAME` makes this machine one.".to_owned();
        }
        let line = |device: &pryv_sdk::Device| {
            let this = match (device.this, device.new) {
                (true, _) => "  (this one)",
                (_, true) => "  (new: is it yours? if not, revoke it)",
                _ => "",
            };
            format!("{}  {}{this}", device.id, visible(&device.name))
        };
        devices.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

async fn enrol(account: &Account, wanted: &Enrol, output: &mut Output) -> Result<(), Failure> {
    let Enrol { name, scanned } = wanted;
    if let Some(scanned) = scanned {
        return added(account.enrol_scanned(scanned, name).await?, name, output);
    }
    let enrolment = account.enrol_by_code();
    output.line(&format!(
        "On the new machine, within five minutes:\n\n  pryv join {} --code {}\n",
        account.username(),
        *enrolment.code()
    ))?;
    output.remark("Waiting for it ...")?;
    added(enrolment.finish(name).await?, name, output)
}

fn added(device: DeviceId, name: &str, output: &mut Output) -> Result<(), Failure> {
    output.result(&json!({ "device": device, "name": name }), || format!("{device}  {}", visible(name)))
}

fn replaced(device: Option<DeviceId>, done: &Maintained, output: &mut Output) -> Result<(), Failure> {
    let begun: Vec<_> =
        done.begun.iter().map(|(scope, epoch)| json!({ "scope": scope, "epoch": epoch })).collect();
    output.result(&json!({ "revoked": device, "begun": begun }), || {
        let first = if device.is_some() { "The device is off the account." } else { "The keys of the account are replaced." };
        format!(
            "{first} Collections with new keys: {}. Your other devices go on by themselves; password and recovery phrase\n\
             stay the same. What a lost device has read it keeps; what is written from now on it cannot open.",
            begun.len()
        )
    })
}

/// A device by its id, the beginning of it, or its name.
async fn find(account: &Account, wanted: &str) -> Result<DeviceId, Failure> {
    let devices = account.devices().await?;
    named(&devices, wanted)
}

/// A device to be taken off. The others get the new keys: none that was not shown before.
async fn find_to_revoke(account: &Account, wanted: &str) -> Result<DeviceId, Failure> {
    let devices = account.devices().await?;
    let found = named(&devices, wanted)?;
    let new: Vec<_> = devices.iter().filter(|device| device.new && device.id != found).collect();
    if new.is_empty() {
        return Ok(found);
    }
    let list: Vec<_> = new.iter().map(|device| format!("{}  {}", device.id, visible(&device.name))).collect();
    let says = format!("devices were added since this machine last listed them: {}", list.join(", "));
    Err(Failure::new("new-devices", says).next(
        "if they are yours, look at them with `pryv device list`, and repeat; if not, revoke them first",
    ))
}

fn named(devices: &[pryv_sdk::Device], wanted: &str) -> Result<DeviceId, Failure> {
    let mut found =
        devices.iter().filter(|device| device.name == wanted || device.id.to_string().starts_with(wanted));
    match (found.next(), found.next()) {
        (Some(device), None) => Ok(device.id),
        (None, _) => Err(Failure::new("not-found", format!("there is no device `{}`", visible(wanted)))
            .next("list them with `pryv device list`")),
        (Some(_), Some(_)) => Err(Failure::usage(format!("`{}` means several devices", visible(wanted)))
            .next("name it by its id: `pryv device list`")),
    }
}

/// `pryv join`.
pub(super) async fn join(session: &Session, wanted: &Join, output: &mut Output) -> Result<(), Failure> {
    let (client, server) = session.client()?;
    if let Some(username) = &wanted.username {
        session.is_free_for(username)?;
    }
    let device = match (&wanted.username, &wanted.code) {
        (Some(username), Some(code)) => client.new_device_by_code(username, code)?,
        _ => {
            let device = client.new_device();
            let payload = device.payload();
            output.line(&qr::drawn(&payload)?)?;
            output.line(&format!(
                "On a device of the account, within five minutes:\n\n  pryv device enrol NAME --scanned {}\n",
                *payload
            ))?;
            device
        }
    };
    output.remark("Waiting for the other device ...")?;
    let account = device.finish().await?;
    if wanted.username.is_none() && session.is_free_for(account.username()).is_err() {
        let _ended = account.log_out().await;
        return Err(Failure::new("profile-in-use", "this profile holds the session of another account")
            .next(format!("join again with `--profile {}`", account.username()))
            .exit(Exit::Conflict));
    }
    session.keep_new(&account, &server)?;
    let value = json!({ "username": account.username(), "id": account.id(), "device": device.id() });
    output.result(&value, || {
        format!("This machine is a device of `{}` at {server}.", visible(account.username()))
    })
}
