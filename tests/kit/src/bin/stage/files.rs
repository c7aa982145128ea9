//! Files, under the strictest policy that the SDK runs under.

use axum::{body::Body, response::Response};
use http::{StatusCode, header};
use std::path::{Component, Path, PathBuf};

/// Scripts of this origin, and WebAssembly; no `eval`, no inline script, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// As [`POLICY`], without WebAssembly: for the test that says so in words. At `/no-wasm/…`.
const NO_WASM: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'";

/// Answers with a file of one of these folders.
pub(crate) fn serve(folders: &[PathBuf], path: &str) -> Response {
    let (policy, path) = match path.strip_prefix("/no-wasm/") {
        Some(rest) => (NO_WASM, rest),
        None => (POLICY, path.trim_start_matches('/')),
    };
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let found = folders.iter().map(|folder| folder.join(path)).find(|file| plain && file.is_file());
    let Some((file, bytes)) = found.and_then(|file| Some((file.clone(), std::fs::read(file).ok()?))) else {
        let mut none = Response::new(Body::empty());
        *none.status_mut() = StatusCode::NOT_FOUND;
        return none;
    };
    let kind = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    };
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(Body::from(bytes))
        .expect("a response")
}
