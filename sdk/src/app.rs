//! Apps: what they say of themselves, before they register and after they were verified.

use crate::{distrust::Distrust, text::Fingerprint};
use pryv_crypto::evidence::signed_by;
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_wire::{
    PrincipalId,
    access::Level,
    app::{App as Answer, Manifest, Permission},
    card::PrincipalKind,
};
use std::sync::Arc;

/// What an app will say of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct AppManifest {
    pub(crate) name: String,
    pub(crate) publisher: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) permissions: Vec<Permission>,
}

impl AppManifest {
    /// An app and its publisher, by name.
    pub fn new(name: impl Into<String>, publisher: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            publisher: publisher.into(),
            redirect_uris: Vec::new(),
            permissions: Vec::new(),
        }
    }

    /// An answer to a request of the app may be sent here.
    pub fn redirect(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// The app asks for a level on the collection of a definition, by its URI.
    pub fn permission(mut self, definition: impl Into<String>, level: Level) -> Self {
        self.permissions.push(Permission { uri: definition.into(), level });
        self
    }
}

/// A registered app, verified: its cards belong to its id, and its manifest is signed by them. Compare [`App::fingerprint`] with
/// what the publisher says elsewhere: a name in a manifest is the app's own word.
#[derive(Clone, Debug)]
pub struct App {
    cards: Arc<VerifiedCards>,
    manifest: Manifest,
}

impl App {
    /// Holds an answer against the id that was asked for.
    pub(crate) fn verify(answer: &Answer, expected: PrincipalId) -> Result<Self, Distrust> {
        let app = Fingerprint::of(expected);
        let cards = CardChain::verify(&answer.cards, expected)
            .map_err(|_| Distrust::InvalidCards { principal: app })?;
        if cards.current().kind != PrincipalKind::App {
            return Err(Distrust::InvalidManifest { app });
        }
        let manifest = signed_by(&cards, &answer.manifest).map_err(|_| Distrust::InvalidManifest { app })?;
        if manifest.app != expected || manifest.fault().is_some() {
            return Err(Distrust::InvalidManifest { app });
        }
        Ok(Self { cards: Arc::new(cards), manifest })
    }

    /// The app's id.
    #[must_use]
    pub fn id(&self) -> PrincipalId {
        self.cards.principal()
    }

    /// The id, to compare with what the publisher says.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.id())
    }

    /// What the app calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Who the app says publishes it.
    #[must_use]
    pub fn publisher(&self) -> &str {
        &self.manifest.publisher
    }

    /// Where an answer to a request of the app may be sent, and nowhere else.
    #[must_use]
    pub fn redirect_uris(&self) -> &[String] {
        &self.manifest.redirect_uris
    }

    /// What it asks for: a definition's URI and a level.
    pub fn permissions(&self) -> impl Iterator<Item = (&str, Level)> {
        self.manifest.permissions.iter().map(|permission| (permission.uri.as_str(), permission.level))
    }
}

/// How the URI of the definition of every app's own data begins.
const DATA: &str = "urn:pryv:app-data:";

/// The URI of the definition of an app's own data.
pub(crate) fn data_uri(app: PrincipalId) -> String {
    format!("{DATA}{app}")
}

/// The app whose own data a definition is for, if it is for any: also where the rest is no id, so that no name of another form
/// slips through.
pub(crate) fn data_owner(uri: &str) -> Option<Option<PrincipalId>> {
    uri.strip_prefix(DATA).map(|id| id.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Random;
    use pryv_crypto::{AccountSecret, Identity};
    use pryv_wire::Timestamp;

    fn app(seed: u8, kind: PrincipalKind) -> (Identity, Answer) {
        let secret = AccountSecret::generate(&mut Random::from_seed([seed; 32]).fork());
        let (identity, card) = Identity::found(&secret, kind, Timestamp::from_millis(1)).unwrap();
        let manifest = identity.sign(&manifest(identity.principal()));
        (identity, Answer { cards: vec![card], manifest })
    }

    fn manifest(app: PrincipalId) -> Manifest {
        Manifest {
            app,
            name: "Heart".into(),
            publisher: "Example".into(),
            redirect_uris: vec!["https://app.example.org/".into()],
            permissions: vec![],
            signed_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn an_app_is_what_its_own_key_signed() {
        let (identity, answer) = app(1, PrincipalKind::App);
        let id = identity.principal();
        assert_eq!(App::verify(&answer, id).unwrap().name(), "Heart");
        let (other, others) = app(2, PrincipalKind::App);
        let code = |answer: &Answer| App::verify(answer, id).unwrap_err().code();
        let with = |manifest: pryv_wire::Signed<Manifest>| Answer { manifest, ..answer.clone() };
        assert_eq!(code(&others), "invalid-cards", "another app");
        assert_eq!(code(&with(others.manifest.clone())), "invalid-manifest", "another's manifest");
        assert_eq!(code(&with(other.sign(&manifest(id)))), "invalid-manifest", "signed by another");
        assert_eq!(
            code(&with(identity.sign(&manifest(other.principal())))),
            "invalid-manifest",
            "of another id"
        );
        let redirect = Manifest { redirect_uris: vec!["javascript:alert(1)".into()], ..manifest(id) };
        assert_eq!(code(&with(identity.sign(&redirect))), "invalid-manifest", "that sends answers anywhere");
        let (account, card) = app(3, PrincipalKind::Account);
        let error = App::verify(&card, account.principal()).unwrap_err();
        assert_eq!(error.code(), "invalid-manifest", "a person is no app");
    }

    #[test]
    fn own_data_has_an_owner() {
        let id = PrincipalId::from_bytes([7; 32]);
        assert_eq!(data_owner(&data_uri(id)), Some(Some(id)));
        assert_eq!(data_owner("urn:pryv:app-data:x"), Some(None));
        assert_eq!(data_owner("https://example.org/x"), None);
    }
}
