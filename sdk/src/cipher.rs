//! The seam to a cipher of the platform: it encrypts and decrypts long contents, where it is faster than this code.
//!
//! A browser has AES-256-GCM in hardware (`WebCrypto`), and only by promises; hence the seam. What it makes is what this code makes.

use crate::transport::MaybeSend;
use async_trait::async_trait;
pub use pryv_crypto::record::LongContent;
use std::fmt::Debug;
use zeroize::Zeroizing;

/// AES-256-GCM of the platform, for contents of 16 KB and more.
///
/// # Contract
///
/// - It computes what the standard says, or answers with nothing: then the content is encrypted or decrypted without it.
/// - It keeps neither the key nor the content, and wipes what it copied of them.
#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
pub trait ContentCipher: Debug + MaybeSend {
    /// Encrypts: the ciphertext with its tag of 16 bytes behind it.
    async fn seal(&self, content: LongContent<'_>) -> Option<Vec<u8>>;

    /// Decrypts, with the tag checked.
    async fn open(&self, content: LongContent<'_>) -> Option<Zeroizing<Vec<u8>>>;
}
