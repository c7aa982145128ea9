//! Devices: those of an account, and a machine that becomes one.

use crate::{
    account::account,
    args::Args,
    call::{Answer, unknown},
    client::Server,
    object::{Object, text},
    storage::Signed,
    table::{self, Thing},
};
use pryv_sdk::{Device, Enrolment, Maintained, NewDevice};
use serde_json::Value;
use std::rc::Rc;

/// A machine that wants to become a device, and the server that it asks.
pub(crate) struct Joining {
    device: NewDevice,
    server: Rc<Server>,
}

/// A machine that wants to become a device, taken up.
pub(crate) fn joining(server: &Rc<Server>, device: NewDevice) -> Value {
    let shown = Object::new().text("id", &device.id()).put("payload", device.payload().as_str());
    shown.put("handle", table::add(Thing::Joining(Joining { device, server: Rc::clone(server) }))).done()
}

/// Waits until a device of the account has enrolled this machine.
pub(crate) async fn join(joining: &Joining, method: &str) -> Answer {
    match method {
        "finish" => {
            let joined = joining.device.finish().await?;
            Ok(account(Rc::new(Signed::new(joined, &joining.server))))
        }
        _ => Err(unknown(method)),
    }
}

/// Waits until the machine with the code has come.
pub(crate) async fn enrol(enrolment: &Enrolment, method: &str, args: &Args) -> Answer {
    match method {
        "finish" => Ok(text(&enrolment.finish(args.text("name")?).await?)),
        _ => Err(unknown(method)),
    }
}

/// Calls of `Account` about devices.
pub(crate) async fn call(signed: &Signed, method: &str, args: &Args) -> Answer {
    let on = &signed.account;
    match method {
        "devices" => Ok(on.devices().await?.iter().map(device).collect()),
        "addThisDevice" => Ok(text(&on.add_this_device(args.text("name")?).await?)),
        "renameDevice" => {
            on.rename_device(args.id("device")?, args.text("name")?).await?;
            Ok(Value::Null)
        }
        "revokeDevice" => Ok(maintained(&on.revoke_device(args.id("device")?).await?)),
        "rotate" => Ok(maintained(&on.rotate().await?)),
        "enrolByCode" => {
            let enrolment = on.enrol_by_code();
            let shown = Object::new().put("code", enrolment.code().as_str());
            Ok(shown.put("handle", table::add(Thing::Enrolment(enrolment))).done())
        }
        "enrolScanned" => Ok(text(&on.enrol_scanned(args.text("payload")?, args.text("name")?).await?)),
        _ => Err(unknown(method)),
    }
}

fn device(device: &Device) -> Value {
    Object::new()
        .text("id", &device.id)
        .put("name", device.name.as_str())
        .time("addedAt", device.added_at)
        .put("current", device.this)
        .put("new", device.new)
        .done()
}

/// What upkeep did.
pub(crate) fn maintained(done: &Maintained) -> Value {
    let begun = |(scope, epoch): &(pryv_sdk::ScopeId, u32)| {
        Object::new().text("scope", scope).put("epoch", *epoch).done()
    };
    Object::new().list("begun", &done.begun, begun).put("completed", done.completed).done()
}
