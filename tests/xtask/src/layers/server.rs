//! The layers inside the server: `http` uses `service`, `service` uses `store`, and never the other way.

use super::paths::{self, paths};
use super::sources;
use crate::failure::Failure;
use crate::project::{self, Project};

/// What a layer must not name.
struct Layer {
    name: &'static str,
    /// Modules at the root of the server.
    modules: &'static [&'static str],
    /// Other crates.
    crates: &'static [&'static str],
}

const WEB: &[&str] = &["axum", "axum_server", "http", "hyper", "tower", "tower_http"];

const LAYERS: [Layer; 3] = [
    // Handlers see rules, never tables.
    Layer { name: "http", modules: &["store"], crates: &["pryv_engine", "redb", "sled"] },
    // Rules know no status, no header, no route.
    Layer { name: "service", modules: &["http"], crates: WEB },
    Layer { name: "store", modules: &["http", "service"], crates: WEB },
];

/// What the check found, and in how many files it looked.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) files: usize,
    pub(super) findings: Vec<String>,
}

/// Reads the sources of the three layers.
pub(super) fn check(project: &Project) -> Result<Outcome, Failure> {
    let source = project.root().join("server/src");
    let mut outcome = Outcome { files: 0, findings: Vec::new() };
    let mut absent = Vec::new();
    for layer in &LAYERS {
        let files = sources::of_module(project, &source, layer.name)?;
        if files.is_empty() {
            absent.push(layer.name);
        }
        outcome.files += files.len();
        for file in files {
            let at = project.relative(&file).display();
            let found = broken(layer, &project::read(&file)?);
            outcome.findings.extend(found.into_iter().map(|finding| format!("{at}:{finding}")));
        }
    }
    // Renaming one layer must not switch its check off.
    if absent.len() < LAYERS.len() {
        let missing = absent.into_iter().map(|name| format!("server/src has no layer `{name}`"));
        outcome.findings.extend(missing);
    }
    Ok(outcome)
}

fn broken(layer: &Layer, source: &str) -> Vec<String> {
    paths(source).iter().filter_map(|path| finding(layer, path)).collect()
}

fn finding(layer: &Layer, path: &paths::Path) -> Option<String> {
    let mut segments = path.segments.iter().map(String::as_str);
    let first = segments.next()?;
    let forbidden = match first {
        "crate" => segments.next().is_some_and(|module| layer.modules.contains(&module)),
        // From a layer's files the other layers are reached by going up: no module inside has their names.
        "super" | "self" => segments
            .find(|segment| !matches!(*segment, "super" | "self"))
            .is_some_and(|module| layer.modules.contains(&module)),
        other => layer.crates.contains(&other),
    };
    forbidden.then(|| format!("{}: `{}` must not name `{}`", path.line, layer.name, path.segments.join("::")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(layer: &str, source: &str) -> Vec<String> {
        let layer = LAYERS.iter().find(|candidate| candidate.name == layer).expect("a layer");
        broken(layer, source)
    }

    #[test]
    fn handlers_reach_rules_but_no_tables() {
        assert_eq!(findings("http", "use crate::service::Service; use axum::Router;"), [""; 0]);
        for source in [
            "use crate::store::Store;",
            "use crate::{service, store};",
            "use super::store;",
            "fn f() { crate::store::open() }",
            "use pryv_engine::Engine;",
        ] {
            assert_eq!(findings("http", source).len(), 1, "{source}");
        }
    }

    #[test]
    fn rules_know_no_http() {
        assert_eq!(findings("service", "use crate::store::Store; use crate::grant::Grant;"), [""; 0]);
        for source in [
            "use axum::http::StatusCode;",
            "use http::StatusCode;",
            "use crate::http::Failure;",
            "fn f(status: ::http::StatusCode) {}",
        ] {
            assert_eq!(findings("service", source).len(), 1, "{source}");
        }
    }

    #[test]
    fn the_store_knows_neither() {
        assert_eq!(findings("store", "use pryv_engine::Engine; use super::accounts;"), [""; 0]);
        assert_eq!(
            findings("store", "\nuse crate::service::Error;"),
            ["2: `store` must not name `crate::service::Error`"]
        );
        assert_eq!(findings("store", "use super::super::service::authorize;").len(), 1);
        assert_eq!(findings("store", "async fn f(_: axum::Json<u8>) {}").len(), 1);
    }
}
