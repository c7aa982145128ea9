//! The SDK for browsers and Node, through WebAssembly: arguments in, one call of the SDK, result out.

use pryv_sdk::RecoveryPhrase;
use wasm_bindgen::prelude::*;

/// The public key of a recovery phrase: what a server verifies a recovery with.
///
/// # Errors
///
/// Says which word is wrong, or that the phrase is not one.
#[wasm_bindgen(js_name = recoveryVerifier)]
pub fn recovery_verifier(words: &str) -> Result<Vec<u8>, JsError> {
    let phrase = RecoveryPhrase::parse(words)?;
    Ok(phrase.verifier().as_bytes().to_vec())
}
