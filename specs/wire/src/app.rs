//! Apps: principals that publish what they are and what they ask for, signed by themselves.

use crate::{
    access::Level,
    card::Card,
    id::PrincipalId,
    signed::{Signed, Statement},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The longest manifest, in bytes of its encoding.
pub const MAX_MANIFEST: usize = 16 * 1024;

/// The longest name of an app or of its publisher, in bytes.
pub const MAX_APP_NAME: usize = 200;

/// The longest URI in a manifest, in bytes.
pub const MAX_APP_URI: usize = 2_048;

/// What an app says of itself. It proves that the app says so, and nothing else: a name is no proof of a publisher.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The app.
    pub app: PrincipalId,
    /// What it is called.
    pub name: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where an answer to a request of the app may be sent, and nowhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// What it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// When it was signed, by the app's clock.
    pub signed_at: Timestamp,
}

impl Statement for Manifest {
    const DOMAIN: &'static str = "pryv manifest";
}

/// A level that an app asks for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The URI of the definition of a collection.
    pub uri: String,
    /// The level on it.
    pub level: Level,
}

impl Manifest {
    /// What is wrong with the manifest beyond its shape; nothing if it may be registered and shown.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let name = |text: &str| {
            !text.trim().is_empty() && text.len() <= MAX_APP_NAME && !text.chars().any(char::is_control)
        };
        let uri = |text: &str| (1..=MAX_APP_URI).contains(&text.len()) && !text.chars().any(char::is_control);
        if !name(&self.name) {
            return Some("`name` has 1 to 200 bytes, and no control characters");
        }
        if !name(&self.publisher) {
            return Some("`publisher` has 1 to 200 bytes, and no control characters");
        }
        if !self.redirect_uris.iter().all(|text| uri(text) && is_redirect(text)) {
            return Some(
                "a redirect URI is `https://…`, `http://` on the same machine, or of a scheme with a dot; without a fragment",
            );
        }
        if !self.permissions.iter().all(|permission| uri(&permission.uri)) {
            return Some("the URI of a permission has 1 to 2,048 bytes, and no control characters");
        }
        None
    }
}

/// Whether an answer may be sent there (RFC 8252): to a site over TLS, to a program on the same machine, or to an app by a
/// scheme that is a reversed domain name.
fn is_redirect(uri: &str) -> bool {
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) || uri.contains('#') {
        return false;
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let host = |rest: &str| {
        let authority = rest.strip_prefix("//")?.split(['/', '?']).next()?.to_owned();
        (!authority.is_empty() && !authority.contains('@')).then_some(authority)
    };
    match scheme {
        "https" => host(rest).is_some(),
        "http" => host(rest).is_some_and(|authority| {
            let name = authority.rsplit_once(':').map_or(&*authority, |(name, _)| name);
            matches!(name, "127.0.0.1" | "[::1]" | "localhost")
        }),
        _ => {
            let allowed =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
            scheme.contains('.') && scheme.chars().all(allowed)
        }
    }
}

/// Registers an app with what it says of itself. Anybody may; the same again is done already.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterApp {
    /// The app's first card; its digest is the app's id.
    pub card: Signed<Card>,
    /// What it says of itself, signed by the card.
    pub manifest: Signed<Manifest>,
}

/// Asks for an app.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetApp {
    /// Which.
    pub app: PrincipalId,
}

/// An app, as it registered itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its cards, first one first.
    pub cards: Vec<Signed<Card>>,
    /// What it says of itself.
    pub manifest: Signed<Manifest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sent_to_sites_to_this_machine_and_to_apps() {
        for good in [
            "https://app.example.org/callback?x=1",
            "http://127.0.0.1:8080/",
            "http://localhost/x",
            "http://[::1]:1/",
            "org.example.app:/callback",
        ] {
            assert!(is_redirect(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:app",
            "http://app.example.org/",
            "http://localhost.example.org/",
            "http://user@localhost/",
            "https://app.example.org/#x",
            "https://app.example.org/ x",
            "javascript:alert(1)",
            "data:text/html,x",
            "https//x",
        ] {
            assert!(!is_redirect(bad), "{bad}");
        }
    }

    #[test]
    fn a_manifest_says_what_is_wrong_with_it() {
        let good = Manifest {
            app: PrincipalId::from_bytes([1; 32]),
            name: "Heart".into(),
            publisher: "Example".into(),
            redirect_uris: vec!["https://app.example.org/".into()],
            permissions: vec![Permission { uri: "https://example.org/heart".into(), level: Level::Read }],
            signed_at: Timestamp::from_millis(0),
        };
        assert_eq!(good.fault(), None);
        let mut uri = good.permissions.clone();
        uri[0].uri = String::new();
        for bad in [
            Manifest { name: " ".into(), ..good.clone() },
            Manifest { name: "a\u{1b}[2J".into(), ..good.clone() },
            Manifest { publisher: "x".repeat(201), ..good.clone() },
            Manifest { redirect_uris: vec!["ftp://x".into()], ..good.clone() },
            Manifest { permissions: uri, ..good.clone() },
        ] {
            assert!(bad.fault().is_some(), "{bad:?}");
        }
    }
}
