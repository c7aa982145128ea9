//! Suite 1, the default: AES-256-GCM, X25519, recrypt on the 480-bit curve.

use super::Algorithms;
use crate::primitive::Aead;
use pryv_proxy_crypto::{pre::Curve, sealing::Sealing};
use pryv_wire::Suite;

pub(super) const ALGORITHMS: Algorithms =
    Algorithms { suite: Suite::CLASSIC, aead: Aead::Aes256Gcm, sealing: Sealing::X25519, curve: Curve::C480 };
