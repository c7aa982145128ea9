//! Calls of `Account`.

use crate::{
    app,
    args::Args,
    audit,
    call::Answer,
    collection::{self, collection, collections},
    contact::contact,
    describe,
    device::{self, maintained},
    grant, group,
    object::{Object, text},
    ontology::{ontologies, ontology, term},
    query,
    receipt::{self, receipt},
    received::{access, granted, received},
    record, related,
    storage::Signed,
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Agreement, HeadOrder, Password, Resolved, SessionInfo};
use serde_json::Value;
use std::rc::Rc;

/// An account that is signed in, taken up.
pub(crate) fn account(signed: Rc<Signed>) -> Value {
    let shown = Object::new()
        .text("id", &signed.account.id())
        .put("username", signed.account.username())
        .text("fingerprint", &signed.account.fingerprint())
        .put("words", signed.account.fingerprint().words())
        .text("uri", &signed.account.uri());
    shown.put("handle", table::add(Thing::Account(signed))).done()
}

pub(crate) async fn call(signed: &Rc<Signed>, method: &str, mut args: Args) -> Answer {
    let (on, owner) = (&signed.account, Some(Rc::clone(signed)));
    match method {
        "define" => {
            let suite = collection::suite(&args)?;
            let defining = on.define(collection::given(&mut args)?);
            let defining = match suite {
                Some(suite) => defining.suite(suite),
                None => defining,
            };
            Ok(collection(defining.await?, owner))
        }
        "collection" => Ok(collection(on.collection(args.text("uri")?).await?, owner)),
        "collections" => Ok(collections(on.collections().await?, &owner)),
        "defineOntology" => Ok(ontology(on.define_ontology(collection::given(&mut args)?).await?, owner)),
        "ontology" => Ok(ontology(on.ontology(args.text("uri")?).await?, owner)),
        "ontologies" => Ok(ontologies(on.ontologies().await?, &owner)),
        "linkOntology" => {
            let from = table::collection(args.handle("collection")?)?;
            let thing = table::get(args.handle("ontology")?)?;
            let Thing::Ontology(to, ..) = &*thing else {
                return Err(Thrown::argument("an ontology was expected"));
            };
            Ok(collection(on.link_ontology(&from, to).await?, owner))
        }
        "describe" => Ok(describe::description(on.describe().await?, &owner)),
        "batch" => query::batch(on, args.list("queries")?).await,
        "events" => Ok(collection(on.events().await?, owner)),
        "streams" => Ok(ontology(on.streams().await?, owner)),
        "find" => Ok(contact(on.find(args.text("username")?).await?)),
        "pin" => {
            on.pin(args.text("username")?, args.id("fingerprint")?);
            Ok(Value::Null)
        }
        "usernameOf" => Ok(on.username_of(args.id("principal")?).into()),
        "appData" => match &*table::get(args.handle("app")?)? {
            Thing::App(app) => Ok(collection(on.app_data(app).await?, owner)),
            _ => Err(Thrown::argument("an app was expected")),
        },
        "ownAppData" => Ok(collection(on.own_app_data(args.id("owner")?).await?, owner)),
        "grant" => Ok(access(&on.grant(grant::of(&mut args)?).await?).done()),
        "newAccessId" => Ok(text(&on.new_access_id())),
        "granted" => Ok(on.granted().await?.iter().map(granted).collect()),
        "received" => {
            let all = on.received().await?;
            Ok(all.into_iter().map(|one| received(one, owner.clone())).collect())
        }
        "revoke" => {
            let revoking = on.revoke(args.id("access")?);
            let revoking = match args.text_or_none("onwards") {
                None => revoking,
                Some("cascade") => revoking.cascade(),
                Some("adopt") => revoking.adopt(),
                Some(_) => return Err(Thrown::argument("`onwards` is `cascade` or `adopt`")),
            };
            Ok(receipt(&revoking.await?))
        }
        "verifyReceipt" => {
            on.verify_receipt(&receipt::kept(args.text("receipt")?)?).await?;
            Ok(Value::Null)
        }
        "createLink" => {
            let made = on.create_link(grant::link(&mut args)?).await?;
            Ok(Object::new()
                .put("access", access(&made.access).done())
                .put("uri", made.link.to_uri().as_str())
                .put("url", made.link.to_web(&signed.origin).as_str())
                .done())
        }
        "links" => Ok(on.links().await?.iter().map(granted).collect()),
        "resolve" => resolve(signed, &args).await,
        "createGroup" | "groups" | "group" | "findGroup" | "memberships" | "receivedByGroups" => {
            group::of_account(signed, method, &args).await
        }
        _ => look_after(signed, method, &mut args).await,
    }
}

/// What has to do with the account itself.
async fn look_after(signed: &Rc<Signed>, method: &str, args: &mut Args) -> Answer {
    let on = &signed.account;
    match method {
        "audit" => audit::begin(on, args),
        "exportAudit" => {
            let mut lines = Vec::new();
            on.audit().export(&mut lines).await?;
            Ok(String::from_utf8_lossy(&lines).into())
        }
        "sessions" => Ok(on.sessions().await?.iter().map(session).collect()),
        "endSession" => {
            on.end_session(args.id("session")?).await?;
            Ok(Value::Null)
        }
        "changePassword" => {
            let present = Password::new(args.text("password")?);
            on.change_password(&present, &Password::new(args.text("newPassword")?)).await?;
            Ok(Value::Null)
        }
        "confirmPassword" => {
            on.confirm_password(&Password::new(args.text("password")?)).await?;
            Ok(Value::Null)
        }
        "underReplacedKeys" => Ok(on.under_replaced_keys().await?.iter().map(|scope| text(scope)).collect()),
        "exportEvidence" => {
            Ok(serde_json::to_string_pretty(&on.export_evidence().await?).unwrap_or_default().into())
        }
        "head" => {
            let head = on.head().await?;
            Ok(Object::new()
                .text("text", &head)
                .put("changes", head.changes())
                .put("entries", head.entries())
                .done())
        }
        "compareHead" => {
            let Agreement { changes, audit, .. } = on.compare_head(&args.text("theirs")?.parse()?).await?;
            Ok(Object::new().put("changes", relation(changes)).put("audit", relation(audit)).done())
        }
        "verifyChanges" => Ok(on.verify_changes().await?.into()),
        "maintain" => Ok(maintained(&on.maintain().await?)),
        "property" => {
            let found = on.properties().await?.get(args.text("path")?).await?;
            Ok(Object::new().put_if("value", found).done())
        }
        "setProperty" => {
            let value = args.take("value");
            on.properties().await?.set(args.text("path")?, value).await?;
            Ok(Value::Null)
        }
        "propertyTerm" => Ok(term(&on.properties().await?.term(args.text("path")?).await?)),
        "propertyCollection" => {
            Ok(collection(on.properties().await?.collection().clone(), Some(Rc::clone(signed))))
        }
        "app" => Ok(app::app(signed.client.app(args.id("id")?).await?)),
        "store" => Ok(signed.store().await),
        "logOut" => {
            signed.forget().await;
            on.log_out().await?;
            Ok(Value::Null)
        }
        _ => device::call(signed, method, args).await,
    }
}

/// Whether a call tells how far it is.
pub(crate) fn is_long(method: &str) -> bool {
    matches!(method, "rewrap" | "reindex" | "checkReferences")
}

/// What tells how far it is.
pub(crate) async fn long(
    signed: &Signed,
    method: &str,
    args: &Args,
    mut progress: impl FnMut(u64, Option<u64>) + Send,
) -> Answer {
    let on = &signed.account;
    match method {
        "rewrap" => Ok(collection::rewrapped(&on.rewrap(args.id("access")?, &mut progress).await?)),
        "reindex" => {
            let one = |(scope, done)| {
                Object::new().text("scope", &scope).put("done", collection::reindexed(&done)).done()
            };
            Ok(on.reindex(&mut progress).await?.into_iter().map(one).collect())
        }
        _ => Ok(related::report(&on.check_references(&mut progress).await?)),
    }
}

async fn resolve(signed: &Rc<Signed>, args: &Args) -> Answer {
    let uri = args.id("uri")?;
    let owner = Some(Rc::clone(signed));
    let shown = match signed.account.resolve(&uri).await? {
        Resolved::Principal(principal) => Object::new()
            .put("kind", "principal")
            .text("id", &principal.id)
            .put("principal", serde_json::to_value(principal.kind).unwrap_or_default())
            .put_if("username", principal.username),
        Resolved::Collection(found) => {
            Object::new().put("kind", "collection").put("collection", collection(found, owner))
        }
        Resolved::Instance { collection: found, record, .. } => Object::new()
            .put("kind", "instance")
            .put("collection", collection(found, owner))
            .put("record", record::take(record)),
        Resolved::Access(found) => Object::new().put("kind", "access").put("access", access(&found).done()),
        _ => {
            return Err(Thrown::new(
                "input",
                "not-resolvable",
                "this client does not open things of this kind",
            ));
        }
    };
    Ok(shown.done())
}

fn session(session: &SessionInfo) -> Value {
    Object::new()
        .text("session", &session.session)
        .time("openedAt", session.opened_at)
        .time("expiresAt", session.expires_at)
        .put("current", session.current)
        .done()
}

const fn relation(relation: HeadOrder) -> &'static str {
    match relation {
        HeadOrder::Same => "same",
        HeadOrder::Older => "older",
        HeadOrder::Newer => "newer",
        HeadOrder::Gone => "gone",
    }
}
