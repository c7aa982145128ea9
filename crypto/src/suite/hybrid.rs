//! Suite 2: as suite 1, but sealing to X-Wing, so that lock 2 withstands a quantum computer.

use super::Algorithms;
use crate::primitive::Aead;
use pryv_proxy_crypto::{pre::Curve, sealing::Sealing};
use pryv_wire::Suite;

pub(super) const ALGORITHMS: Algorithms =
    Algorithms { suite: Suite::HYBRID, aead: Aead::Aes256Gcm, sealing: Sealing::XWing, curve: Curve::C480 };
