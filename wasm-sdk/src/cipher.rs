//! The cipher of the platform, `WebCrypto`: for contents of 16 KB and more.

use crate::host::{self, Host};
use js_sys::{Promise, Uint8Array};
use pryv_sdk::cipher::{ContentCipher, LongContent};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use zeroize::Zeroizing;

#[wasm_bindgen]
extern "C" {
    /// Encrypts by AES-256-GCM. Copies what it is given before it answers, and wipes the copies.
    #[wasm_bindgen(method, catch, js_name = sealContent)]
    fn seal_content(
        this: &Host,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        message: &[u8],
    ) -> Result<Promise, JsValue>;

    /// Decrypts, as [`Host::seal_content`] encrypts.
    #[wasm_bindgen(method, catch, js_name = openContent)]
    fn open_content(
        this: &Host,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        message: &[u8],
    ) -> Result<Promise, JsValue>;
}

/// Asks the host.
#[derive(Debug)]
pub(crate) struct HostCipher;

#[async_trait::async_trait(?Send)]
impl ContentCipher for HostCipher {
    async fn seal(&self, content: LongContent<'_>) -> Option<Vec<u8>> {
        let LongContent { key, nonce, aad, message } = content;
        let sealed = answer(host::with(|host| host.seal_content(key, nonce, aad, message))?).await?;
        Some(sealed.to_vec())
    }

    async fn open(&self, content: LongContent<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let LongContent { key, nonce, aad, message } = content;
        let opened = answer(host::with(|host| host.open_content(key, nonce, aad, message))?).await?;
        let content = Zeroizing::new(opened.to_vec());
        // The copy that WebCrypto made.
        opened.fill(0, 0, opened.length());
        Some(content)
    }
}

/// What was promised; nothing if the host could not do it.
async fn answer(promised: Result<Promise, JsValue>) -> Option<Uint8Array> {
    JsFuture::from(promised.ok()?).await.ok()?.dyn_into().ok()
}
