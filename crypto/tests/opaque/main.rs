//! OPAQUE as we use it, against the vectors of RFC 9807, appendix C.
//!
//! The suite under test takes group, hash and key exchange from [`pryv_proxy_crypto::opaque::Suite`]; only the stretching
//! is that of the vectors, which is none. The random values of a vector are given where the protocol draws them.

// `cfg(test)` says to clippy that these are tests.
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod values;
