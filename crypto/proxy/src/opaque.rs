//! The OPAQUE cipher suite (RFC 9807), named once for client and server.
//!
//! ristretto255 with SHA-512 for the oblivious function and the key exchange (3DH), Argon2id (RFC 9106) for stretching.
//! Identities are the defaults of the RFC (the public keys).

/// ristretto255, SHA-512, 3DH, Argon2id.
#[derive(Clone, Copy, Debug)]
pub struct Suite;

impl opaque_ke::CipherSuite for Suite {
    type OprfCs = opaque_ke::Ristretto255;
    type KeyExchange = opaque_ke::TripleDh<opaque_ke::Ristretto255, sha2::Sha512>;
    type Ksf = argon2::Argon2<'static>;
}

/// The context that both sides bind to every login.
pub const CONTEXT: &[u8] = b"pryv v2";
