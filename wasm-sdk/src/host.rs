//! What the worker gives this module: progress on its way to the page, the validator, storage, a cipher.

use js_sys::Promise;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the worker gives this module (`Host` in `wasm-sdk/js/src/worker.ts`).
    #[derive(Clone, Debug)]
    pub type Host;

    #[wasm_bindgen(method)]
    pub(crate) fn progress(this: &Host, call: u32, done: f64, total: Option<f64>);

    #[wasm_bindgen(method, js_name = schemaOpen)]
    pub(crate) fn schema_open(this: &Host, types: &str) -> Option<u32>;
    #[wasm_bindgen(method, js_name = schemaCheck)]
    pub(crate) fn schema_check(this: &Host, opened: u32, name: &str) -> Option<String>;
    #[wasm_bindgen(method, js_name = schemaFaults)]
    pub(crate) fn schema_faults(this: &Host, opened: u32, instance: &str) -> String;
    #[wasm_bindgen(method, js_name = schemaClose)]
    pub(crate) fn schema_close(this: &Host, opened: u32);

    /// Encrypts and keeps a session, if what is kept of it is still of this revision; answers with whether it was.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn save(
        this: &Host,
        place: &str,
        account: &str,
        username: &str,
        revision: f64,
        session: &[u8],
    ) -> Result<Promise, JsValue>;
    /// What is kept of a session: `{ revision, session }`, decrypted.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn load(this: &Host, place: &str, account: &str) -> Result<Promise, JsValue>;
    /// Which sessions are kept: JSON.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn list(this: &Host, place: &str) -> Result<Promise, JsValue>;
    /// Wipes one session, or all of them and their key.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn wipe(this: &Host, place: &str, account: Option<&str>) -> Result<Promise, JsValue>;
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// Takes up the host, once, at the start.
pub(crate) fn set(host: Host) {
    HOST.with(|slot| *slot.borrow_mut() = Some(host));
}

/// Asks the host, if there is one.
pub(crate) fn with<T>(ask: impl FnOnce(&Host) -> T) -> Option<T> {
    HOST.with(|slot| slot.borrow().as_ref().cloned()).map(|host| ask(&host))
}
