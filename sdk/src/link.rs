//! Share links: URLs that open something for whoever has them. The key is in the fragment, which no browser sends.
//!
//! ```text
//! pryv://{account}/accesses/{access}#{key}
//! https://{server}/#{account}/accesses/{access}/{key}
//!
//! key = base32(kind || link secret || check)       kind: 0 without a password, 1 with one
//! check = SHA-256("pryv link check" || 0x00 || kind || link secret)[0..2]
//! ```

use pryv_crypto::LinkSecret;
use pryv_wire::{
    AccessId, Digest, PrincipalId, Uri,
    uri::{InvalidUri, SCHEME},
};
use std::fmt;
use zeroize::Zeroizing;

const SECRET: usize = LinkSecret::LENGTH;
const KEY: usize = 1 + SECRET + 2;

/// A share link. **Whoever reads its text holds what it opens**, but for the password if there is one: it prints as
/// `ShareLink(..)`, and its text is asked for by name.
pub struct ShareLink {
    account: PrincipalId,
    access: AccessId,
    secret: LinkSecret,
    password: bool,
    server: Option<String>,
}

/// Why a text is no share link.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLink {
    /// It has not the form of one.
    #[error("a share link is `{SCHEME}…#…` or `https://…/#…`")]
    Form,
    /// It does not name an access.
    #[error("the link does not name an access")]
    Name(#[source] InvalidUri),
    /// A part of its key is missing or was changed.
    #[error("the link is damaged: copy all of it, to its last character")]
    Damaged,
    /// Its key is of a kind that is not known here.
    #[error("the link is of a newer kind; update this program")]
    Kind,
}

impl InvalidLink {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form | Self::Name(_) => "no-link",
            Self::Damaged => "damaged-link",
            Self::Kind => "unknown-link-kind",
        }
    }
}

impl ShareLink {
    pub(crate) const fn new(
        account: PrincipalId,
        access: AccessId,
        secret: LinkSecret,
        password: bool,
    ) -> Self {
        Self { account, access, secret, password, server: None }
    }

    /// Reads a link in either form.
    ///
    /// # Errors
    ///
    /// See [`InvalidLink`].
    pub fn parse(text: &str) -> Result<Self, InvalidLink> {
        let (name, key, server) = if let Some(rest) = text.strip_prefix(SCHEME) {
            let (name, key) = rest.split_once('#').ok_or(InvalidLink::Form)?;
            (name, key, None)
        } else {
            let (server, rest) = text.split_once("/#").ok_or(InvalidLink::Form)?;
            if !(server.starts_with("https://") || server.starts_with("http://")) {
                return Err(InvalidLink::Form);
            }
            let (name, key) = rest.rsplit_once('/').ok_or(InvalidLink::Form)?;
            (name, key, Some(server.to_owned()))
        };
        let uri = format!("{SCHEME}{name}").parse().map_err(InvalidLink::Name)?;
        let Uri::Access { account, access } = uri else {
            return Err(InvalidLink::Name(InvalidUri::Kind));
        };
        let (secret, password) = parse_key(key)?;
        Ok(Self { account, access, secret, password, server })
    }

    /// Whose scopes it opens.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }

    /// The access that it opens.
    #[must_use]
    pub const fn access(&self) -> AccessId {
        self.access
    }

    /// Whether it opens with its password only.
    #[must_use]
    pub const fn needs_password(&self) -> bool {
        self.password
    }

    /// The server that the link names, such as `https://pryv.example.org`; absent in the `pryv://` form.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The text in the `pryv://` form, **with the key**.
    #[must_use]
    pub fn to_uri(&self) -> Zeroizing<String> {
        let name = Uri::Access { account: self.account, access: self.access }.to_string();
        self.text(&name, '#')
    }

    /// The text as a web address of a server such as `https://pryv.example.org`, **with the key**.
    #[must_use]
    pub fn to_web(&self, server: &str) -> Zeroizing<String> {
        let server = server.trim_end_matches('/');
        self.text(&format!("{server}/#{}/accesses/{}", self.account, self.access), '/')
    }

    pub(crate) const fn secret(&self) -> &LinkSecret {
        &self.secret
    }

    fn text(&self, name: &str, mark: char) -> Zeroizing<String> {
        let mut key = Zeroizing::new([0; KEY]);
        let kind = u8::from(self.password);
        let parts = std::iter::once(kind)
            .chain(self.secret.expose().iter().copied())
            .chain(check(kind, &self.secret));
        key.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        // Of the length that it will have, so that growing leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(name.len() + 1 + KEY * 2));
        text.push_str(name);
        text.push(mark);
        let mut encoded = Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&*key));
        encoded.make_ascii_lowercase();
        text.push_str(&encoded);
        text
    }
}

fn parse_key(text: &str) -> Result<(LinkSecret, bool), InvalidLink> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(InvalidLink::Damaged);
    }
    let bytes =
        data_encoding::BASE32_NOPAD_NOCASE.decode(text.as_bytes()).map_err(|_| InvalidLink::Damaged)?;
    let bytes = Zeroizing::new(bytes);
    let ((kind, rest), true) = (bytes.split_first().ok_or(InvalidLink::Damaged)?, bytes.len() == KEY) else {
        return Err(InvalidLink::Damaged);
    };
    let (secret, found) = rest.split_at_checked(SECRET).ok_or(InvalidLink::Damaged)?;
    let secret = LinkSecret::from_slice(secret).ok_or(InvalidLink::Damaged)?;
    if found != check(*kind, &secret) {
        return Err(InvalidLink::Damaged);
    }
    match kind {
        0 => Ok((secret, false)),
        1 => Ok((secret, true)),
        _ => Err(InvalidLink::Kind),
    }
}

/// Two bytes by which a damaged link is told from one that the server does not know.
fn check(kind: u8, secret: &LinkSecret) -> [u8; 2] {
    let digest = Digest::of("pryv link check", &[&[kind], secret.expose()]);
    let [first, second, ..] = *digest.as_bytes();
    [first, second]
}

impl fmt::Debug for ShareLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareLink(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(password: bool) -> ShareLink {
        let secret = LinkSecret::from_slice(&[0x71; 32]).unwrap();
        ShareLink::new(
            PrincipalId::from_bytes([0xad; 32]),
            AccessId::from_bytes([0xac; 16]),
            secret,
            password,
        )
    }

    #[test]
    fn a_link_reads_back_in_both_forms_and_its_key_is_behind_the_mark() {
        for password in [false, true] {
            let link = link(password);
            let uri = link.to_uri();
            let web = link.to_web("https://pryv.example.org/");
            for (text, server) in [(&uri, None), (&web, Some("https://pryv.example.org"))] {
                let read = ShareLink::parse(text).unwrap();
                assert_eq!((read.account(), read.access()), (link.account(), link.access()));
                assert_eq!((read.needs_password(), read.server()), (password, server));
                assert_eq!(read.secret().expose(), link.secret().expose());
                let (before, fragment) = text.split_once('#').unwrap();
                let key = &fragment[fragment.len() - 56..];
                assert!(!before.contains(key), "{before}");
            }
            assert!(web.starts_with("https://pryv.example.org/#"), "nothing of it is sent: {}", *web);
            assert!(uri.parse::<Uri>().is_err(), "a link is no name");
        }
        assert_eq!(format!("{:?}", link(true)), "ShareLink(..)");
    }

    #[test]
    fn a_damaged_link_is_told_from_an_unknown_one() {
        let text = link(false).to_uri();
        assert_eq!(ShareLink::parse(&text[..text.len() - 1]).unwrap_err(), InvalidLink::Damaged);
        let at = text.len() - 20;
        let other = if &text[at..=at] == "a" { "b" } else { "a" };
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert_eq!(ShareLink::parse(&changed).unwrap_err(), InvalidLink::Damaged);
        let (name, key) = text.split_once('#').unwrap();
        assert_eq!(
            ShareLink::parse(&format!("{name}#{}", key.to_uppercase())).unwrap_err().code(),
            "damaged-link"
        );
        assert_eq!(ShareLink::parse(name).unwrap_err(), InvalidLink::Form);
        assert_eq!(ShareLink::parse(&format!("ftp://x/#{key}")).unwrap_err(), InvalidLink::Form);
        let elsewhere = text.replace("/accesses/", "/collections/");
        assert_eq!(ShareLink::parse(&elsewhere).unwrap_err(), InvalidLink::Name(InvalidUri::Kind));
    }
}
