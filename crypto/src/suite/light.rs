//! Suite 3, for small machines: ChaCha20-Poly1305, X25519, recrypt on the 256-bit curve, whose security is about 100 bits.

use super::Algorithms;
use crate::primitive::Aead;
use pryv_proxy_crypto::{pre::Curve, sealing::Sealing};
use pryv_wire::Suite;

pub(super) const ALGORITHMS: Algorithms = Algorithms {
    suite: Suite::LIGHT,
    aead: Aead::ChaCha20Poly1305,
    sealing: Sealing::X25519,
    curve: Curve::C256,
};
