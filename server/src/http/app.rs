//! The web application, embedded: files that are the same for everybody, with the headers of a page that holds keys.
//!
//! The build brings each file also compressed (`.br`, `.gz`): a request gets the smallest form that it takes.

use super::{App, context::Context};
use crate::service::Error;
use axum::{
    Router,
    extract::{Path, Request},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use pryv_wire::ErrorCode;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// Where the application is.
pub(super) const ROOT: &str = "/app/";

/// What the page may do: run its own code and `WebAssembly`, and talk to this server. No frame, no form, no other origin.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Every file by its path, and its bytes; written by the build script.
const BUILT: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/app.rs"));

static FILES: LazyLock<BTreeMap<&'static str, File>> = LazyLock::new(files);

/// One file, in every form that there is of it.
#[derive(Debug)]
struct File {
    kind: &'static str,
    /// The hash of its content, in quotes.
    tag: HeaderValue,
    /// Its name holds a hash of its content: it never changes.
    immutable: bool,
    plain: &'static [u8],
    compressed: Vec<(&'static str, &'static [u8])>,
}

/// The routes of the application; the bare address leads to it.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(enter))
        .route("/app", get(enter))
        .route(ROOT, get(index))
        .route("/app/{*path}", get(file))
}

/// A share link has its key behind the `#`: browsers keep it when they follow.
async fn enter() -> Redirect {
    Redirect::permanent(ROOT)
}

async fn index(request: Request) -> Response {
    answer("index.html", &request)
}

async fn file(Path(path): Path<String>, request: Request) -> Response {
    answer(&path, &request)
}

fn answer(path: &str, request: &Request) -> Response {
    let Some(file) = FILES.get(path) else {
        return Context::of(request).refuse(Error::new(ErrorCode::NotFound));
    };
    if request.headers().get(header::IF_NONE_MATCH) == Some(&file.tag) {
        return (StatusCode::NOT_MODIFIED, file.headers()).into_response();
    }
    let mut headers = file.headers();
    let mut body = file.plain;
    for (encoding, bytes) in &file.compressed {
        if bytes.len() < body.len() && takes(request.headers(), encoding) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            body = bytes;
        }
    }
    (headers, body).into_response()
}

/// Whether a request says that it takes an encoding.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim().eq_ignore_ascii_case(encoding)
            && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

impl File {
    fn headers(&self) -> HeaderMap {
        const ALWAYS: [(HeaderName, &str); 5] = [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (
                HeaderName::from_static("permissions-policy"),
                // For the QR code of a new device: the person is asked first, and no frame gets it.
                "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
            ),
            (header::VARY, "accept-encoding"),
        ];
        let caching = if self.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut headers: HeaderMap =
            ALWAYS.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::ETAG, self.tag.clone());
        headers
    }
}

fn files() -> BTreeMap<&'static str, File> {
    let form = |path: &str, ending: &str| {
        let wanted = format!("{path}{ending}");
        BUILT.iter().find(|(path, _)| *path == wanted).map(|(_, bytes)| *bytes)
    };
    let mut files = BTreeMap::new();
    for (path, plain) in BUILT {
        if path.ends_with(".br") || path.ends_with(".gz") {
            continue;
        }
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(plain));
        let Ok(tag) = HeaderValue::from_str(&format!("\"{hash}\"")) else { continue };
        let compressed = [("br", ".br"), ("gzip", ".gz")]
            .into_iter()
            .filter_map(|(name, ending)| Some((name, form(path, ending)?)));
        let file = File {
            kind: kind(path),
            tag,
            immutable: path.starts_with("assets/"),
            plain,
            compressed: compressed.collect(),
        };
        files.insert(*path, file);
    }
    files
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_only_to_whoever_takes_it() {
        let asks = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        assert!(takes(&asks("gzip, deflate, br"), "br"));
        assert!(takes(&asks("gzip;q=0.5, BR ; q=1"), "br"));
        assert!(!takes(&asks("gzip, br;q=0"), "br"));
        assert!(!takes(&asks("brotli"), "br"));
        assert!(!takes(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn every_file_has_a_kind_and_names_with_a_hash_never_change() {
        assert!(FILES.contains_key("index.html"));
        for (path, file) in FILES.iter() {
            assert_ne!(file.kind, "application/octet-stream", "{path}");
            assert_eq!(file.immutable, path.starts_with("assets/"), "{path}");
        }
    }
}
