//! The envelope: one encrypted item, of four parts or five.

use crate::{
    bytes::{Bytes, Signature},
    codec::encode,
    id::{AccessId, Digest, PrincipalId},
    time::Timestamp,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, SeqAccess, Visitor},
    ser::SerializeTuple as _,
};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use std::fmt;

/// One encrypted item. An array on the wire, in this order; the last part is left out if there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// [`Protected`](super::Protected), encoded.
    pub protected: Bytes,
    /// [`Placement`](super::Placement), encoded.
    pub placement: Bytes,
    /// The padded content, encrypted.
    pub ciphertext: Bytes,
    /// The author's signature over [`Envelope::signed_bytes`].
    pub signature: Signature,
    /// Who replaced the placement since the record was written.
    pub moved: Option<MovedPlacement>,
}

/// Who replaced the placement of a record, without touching its content. An array on the wire, in this order.
#[derive(Clone, Copy, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct MovedPlacement {
    /// Who.
    pub mover: PrincipalId,
    /// The access that allowed it; null for the owner.
    pub access: Option<AccessId>,
    /// How often this version was placed again: one first, then one more each.
    pub number: u32,
    /// When, by the mover's clock.
    pub moved_at: Timestamp,
    /// The mover's signature over [`MovedPlacement::signed_bytes`].
    pub signature: Signature,
}

impl MovedPlacement {
    /// What the mover signs: the record, the new placement, and what stands beside the signature.
    #[must_use]
    pub fn signed_bytes(&self, record: Digest, placement: Digest) -> Vec<u8> {
        let beside = encode(&(self.mover, self.access, self.number, self.moved_at));
        [b"pryv placing\0", &record.as_bytes()[..], placement.as_bytes(), &beside].concat()
    }
}

impl Envelope {
    /// What names this version of the record: the digest of the protected part and of the ciphertext.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let ciphertext = Digest::of("pryv ciphertext", &[&self.ciphertext]);
        Digest::of("pryv record", &[ciphertext.as_bytes(), &self.protected])
    }

    /// What the author signs.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        [b"pryv record\0", &self.digest().as_bytes()[..]].concat()
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple(if self.moved.is_some() { 5 } else { 4 })?;
        parts.serialize_element(&self.protected)?;
        parts.serialize_element(&self.placement)?;
        parts.serialize_element(&self.ciphertext)?;
        parts.serialize_element(&self.signature)?;
        if let Some(moved) = &self.moved {
            parts.serialize_element(moved)?;
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the four or five parts of an envelope")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Envelope, A::Error> {
        fn part<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
            parts: &mut A,
            at: usize,
        ) -> Result<T, A::Error> {
            parts.next_element()?.ok_or_else(|| A::Error::invalid_length(at, &Parts))
        }
        let envelope = Envelope {
            protected: part(&mut parts, 0)?,
            placement: part(&mut parts, 1)?,
            ciphertext: part(&mut parts, 2)?,
            signature: part(&mut parts, 3)?,
            moved: parts.next_element()?,
        };
        match parts.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(envelope),
            Some(_) => Err(A::Error::invalid_length(6, &Self)),
        }
    }
}
