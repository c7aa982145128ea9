//! Identifiers: opaque bytes of a fixed length, a distinct type for each thing named.
//!
//! In CBOR an identifier is a byte string. As text (JSON, URIs, the command line) it is base32 (RFC 4648) in lower
//! case without padding: no character that a shell, a URL or a double click would split.

use crate::{bytes::TermSalt, codec::DecodeError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// Lower-case base32 without padding.
const TEXT: data_encoding::Encoding = data_encoding::BASE32_NOPAD_NOCASE;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident($length:literal);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $length;

            /// Wraps the bytes of an identifier.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&TEXT.encode(&self.0).to_ascii_lowercase())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;

            fn from_str(text: &str) -> Result<Self, DecodeError> {
                let expected = concat!(stringify!($name), ": ", stringify!($length), " bytes in lower-case base32");
                let bytes = TEXT.decode(text.as_bytes()).map_err(|_| DecodeError::Text { expected })?;
                let id = bytes.try_into().map(Self).map_err(|_| DecodeError::Text { expected })?;
                if id.to_string() == text { Ok(id) } else { Err(DecodeError::Text { expected }) }
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = DecodeError;

            fn try_from(bytes: &[u8]) -> Result<Self, DecodeError> {
                bytes.try_into().map(Self).map_err(|_| DecodeError::Text {
                    expected: concat!(stringify!($name), ": ", stringify!($length), " bytes"),
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
                } else {
                    let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
                    Self::try_from(bytes.as_slice()).map_err(D::Error::custom)
                }
            }
        }
    )+};
}

id! {
    /// Names a principal (an account, an app, …): the SHA-256 of its first card, so that an id known out of band
    /// authenticates the keys.
    PrincipalId(32);
    /// Names a scope, the unit that can be granted. A collection is a scope.
    ScopeId(16);
    /// Names a record within its scope; made by the client, at random but for definitions and terms.
    RecordId(16);
    /// Names an access: what a grantee may do with which scopes, and until when.
    AccessId(16);
    /// Names a transaction, so that one whose answer was lost can be sent again.
    TransactionId(16);
    /// Names a session of a principal, without being its token.
    SessionId(16);
    /// Names a pending exchange: a login or a challenge.
    ChallengeId(16);
    /// Names a device of an account: the digest of its keys.
    DeviceId(16);
    /// Names a mailbox, through which two devices of an account find each other.
    MailboxId(16);
    /// Names a key and commits to it: derived from the key by HKDF.
    KeyId(16);
    /// A SHA-256 digest.
    Digest(32);
}

impl Digest {
    /// Hashes `parts` one after the other, behind a domain string and a zero byte.
    #[must_use]
    pub fn of(domain: &str, parts: &[&[u8]]) -> Self {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(domain.as_bytes());
        hash.update([0]);
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl RecordId {
    /// The record that holds the definition of a collection: one per scope, at a place both sides can name.
    #[must_use]
    pub fn definition(scope: ScopeId) -> Self {
        Self::start_of(Digest::of("pryv definition", &[scope.as_bytes()]))
    }

    /// The record of a term that is made under `parent` (absent: at the root), with a salt of its own.
    ///
    /// The id commits to the first parent. Later ones stand in the epochs that the owner signs, so that nobody else can say
    /// where a term stands.
    #[must_use]
    pub fn term(ontology: ScopeId, parent: Option<Self>, salt: TermSalt) -> Self {
        let place = crate::codec::encode(&(ontology, parent, salt));
        Self::start_of(Digest::of("pryv term", &[&place]))
    }

    fn start_of(digest: Digest) -> Self {
        let mut id = [0; Self::LENGTH];
        id.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_is_unique() {
        let id = ScopeId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string(), "gaytemzugu3doobzmfrggzdfmy");
        assert_eq!(id.to_string().parse::<ScopeId>().unwrap(), id);
        assert!(
            "GAYTEMZUGU3DOOBZMFRGGZDFMY".parse::<ScopeId>().is_err(),
            "upper case would be a second form"
        );
        assert!("gaytemzugu3doobzmfrggzdf".parse::<ScopeId>().is_err(), "too short");
    }

    #[test]
    fn json_is_text_and_cbor_is_bytes() {
        let id = ScopeId::from_bytes([7; 16]);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert_eq!(crate::encode(&id), [&[0x50][..], &[7; 16]].concat());
        assert!(crate::decode::<ScopeId>(&[0x42, 1, 2]).is_err());
    }
}
