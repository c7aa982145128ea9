//! Apps: what they say of themselves.

use crate::{
    args::Args,
    object::{Object, text},
    record::level,
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{App, AppManifest};
use serde_json::Value;

/// A verified app, taken up.
pub(crate) fn app(app: App) -> Value {
    let permission = |(uri, level): (&str, pryv_sdk::Level)| {
        Object::new().put("uri", uri).put("level", crate::record::level_text(level)).done()
    };
    let shown = Object::new()
        .text("id", &app.id())
        .text("fingerprint", &app.fingerprint())
        .put("name", app.name())
        .put("publisher", app.publisher())
        .list("redirectUris", app.redirect_uris(), |uri| text(uri))
        .list("permissions", app.permissions(), permission);
    shown.put("handle", table::add(Thing::App(app))).done()
}

/// A manifest that is to be registered.
pub(crate) fn manifest(value: Value) -> Result<AppManifest, Thrown> {
    let mut args = Args::of(value)?;
    let mut manifest = AppManifest::new(args.text("name")?, args.text("publisher")?);
    for uri in args.list("redirectUris")? {
        manifest = manifest.redirect(uri.as_str().unwrap_or_default());
    }
    for permission in args.list("permissions")? {
        let permission = Args::of(permission)?;
        manifest = manifest.permission(permission.text("uri")?, level(permission.text("level")?)?);
    }
    Ok(manifest)
}
