//! Calls of `Client`: connecting, signing up and in, links, apps.

use crate::{
    account::account,
    app,
    args::Args,
    call::{Answer, unknown},
    collection,
    device::joining,
    link::{self, opened},
    object::{Object, text},
    storage::{self, Signed},
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Account, Client, Password, RecoveryPhrase, ShareLink};
use serde_json::Value;
use std::rc::Rc;

/// One server.
pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) origin: String,
    /// Where its sessions are kept.
    pub(crate) place: String,
}

/// Makes a client.
pub(crate) fn connect(method: &str, args: &Args) -> Answer {
    if method != "connect" {
        return Err(unknown(method));
    }
    let (client, origin) = reach(args)?;
    let place = format!("{} {origin}", args.text_or_none("storage").unwrap_or("pryv"));
    let handle = table::add(Thing::Client(Rc::new(Server { client, origin: origin.clone(), place })));
    Ok(Object::new().put("handle", handle).put("address", origin).done())
}

#[cfg(target_arch = "wasm32")]
fn reach(args: &Args) -> Result<(Client, String), Thrown> {
    use pryv_sdk::transport::fetch::FetchTransport;
    use std::{sync::Arc, time::Duration};

    let mut transport = FetchTransport::builder(args.text("address")?);
    if args.flag("allowPlainHttp") == Some(true) {
        transport = transport.allow_plain_http();
    }
    if let Some(millis) = args.number("timeout") {
        transport = transport.timeout(Duration::from_millis(millis));
    }
    let transport =
        transport.build().map_err(|error| Thrown::new("input", error.code(), error.to_string()))?;
    let origin = transport.origin().to_owned();
    #[expect(
        clippy::arc_with_non_send_sync,
        reason = "one thread, and the type that the SDK takes everywhere"
    )]
    let transport = Arc::new(transport);
    let client = Client::builder(transport).content_cipher(Arc::new(crate::cipher::HostCipher));
    Ok((client.build(), origin))
}

#[cfg(not(target_arch = "wasm32"))]
fn reach(_: &Args) -> Result<(Client, String), Thrown> {
    Err(Thrown::new("local", "no-fetch", "this build has no `fetch`: it is for WebAssembly"))
}

fn password(args: &Args, name: &str) -> Result<Password, Thrown> {
    Ok(Password::new(args.text(name)?))
}

pub(crate) async fn call(server: &Rc<Server>, method: &str, mut args: Args) -> Answer {
    let client = &server.client;
    match method {
        "signUp" => {
            let made = client.sign_up(args.text("username")?, &password(&args, "password")?).await?;
            let phrase = made.phrase.words().to_string();
            let account = taken(server, made.account);
            let defaults = made.defaults.is_ok();
            Ok(Object::new().put("account", account).put("phrase", phrase).put("defaults", defaults).done())
        }
        "logIn" => {
            let account = client.log_in(args.text("username")?, &password(&args, "password")?).await?;
            Ok(taken(server, account))
        }
        "recover" => {
            let phrase = RecoveryPhrase::parse(args.text("phrase")?)?;
            let new = password(&args, "newPassword")?;
            Ok(taken(server, client.recover(args.text("username")?, &phrase, &new).await?))
        }
        "resume" => match storage::resume(server, args.text_or_none("username")).await? {
            Some(signed) => Ok(account(signed)),
            None => Ok(Value::Null),
        },
        "storedAccounts" => storage::list(server).await,
        "wipe" => storage::wipe(server).await,
        "openLink" => {
            let link = ShareLink::parse(args.text("link")?)?;
            let password = args.text_or_none("password").map(Password::new);
            Ok(opened(client.open_link(&link, password.as_ref()).await?))
        }
        "parseLink" => Ok(link::info(&ShareLink::parse(args.text("link")?)?)),
        "checkPhrase" => {
            RecoveryPhrase::parse(args.text("phrase")?)?;
            Ok(Value::Null)
        }
        "checkPassword" => {
            password(&args, "password")?.judge(args.text("username")?)?;
            Ok(Value::Null)
        }
        "leakage" => Ok(collection::leakage(&collection::given(&mut args)?)),
        "app" => Ok(app::app(client.app(args.id("id")?).await?)),
        "registerApp" => {
            let manifest = app::manifest(args.take("manifest"))?;
            Ok(taken(server, client.register_app(manifest).await?))
        }
        "newDevice" => Ok(joining(server, client.new_device())),
        "newDeviceByCode" => {
            let device = client.new_device_by_code(args.text("username")?, args.text("code")?)?;
            Ok(joining(server, device))
        }
        "address" => Ok(text(&server.origin)),
        _ => Err(unknown(method)),
    }
}

fn taken(server: &Server, signed_in: Account) -> Value {
    account(Rc::new(Signed::new(signed_in, server)))
}
