//! Sessions that outlive a page: the SDK's stored form, which the worker encrypts under a key that cannot be taken out.
//!
//! Once a session is kept, what is learnt of the server is kept after each call: an older state is then found out after a
//! reload as well. Two pages that hold one session merge what they learnt ([`StoredSession::merged`]).

use crate::{call::Answer, client::Server, host, object::Object, thrown::Thrown};
use js_sys::{JsString, Promise, Reflect, Uint8Array};
use pryv_sdk::{Account, Client, StoredSession};
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use zeroize::Zeroizing;

/// How often a session is merged anew because another page has kept it in the meantime.
const ATTEMPTS: usize = 8;

/// An account that is signed in, and what is kept of it.
pub(crate) struct Signed {
    pub(crate) account: Account,
    pub(crate) client: Client,
    pub(crate) origin: String,
    place: String,
    kept: Cell<Kept>,
    /// What both this page and the store knew last.
    base: RefCell<Option<Zeroizing<Vec<u8>>>>,
    /// What writes it now, until it is done.
    saving: RefCell<Option<Promise>>,
    /// Signed out: nothing is kept any more.
    gone: Cell<bool>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kept {
    /// Not asked for, or signed out.
    No,
    /// Up to date.
    Yes,
    /// Being written.
    Saving,
    /// Something was learnt while it was being written.
    Again,
}

impl Signed {
    pub(crate) fn new(account: Account, server: &Server) -> Self {
        Self {
            account,
            client: server.client.clone(),
            origin: server.origin.clone(),
            place: server.place.clone(),
            kept: Cell::new(Kept::No),
            base: RefCell::default(),
            saving: RefCell::default(),
            gone: Cell::new(false),
        }
    }

    /// Begins to keep the session; answers with a warning if nothing is kept here.
    pub(crate) async fn store(self: &Rc<Self>) -> Value {
        if self.kept.get() == Kept::No {
            // It may have been wiped, and is wanted again.
            self.base.take();
        }
        match self.save().await {
            Ok(()) => {
                self.kept.set(Kept::Yes);
                Object::new().done()
            }
            Err(thrown) => Object::new().put("warning", thrown.to_value()).done(),
        }
    }

    /// Keeps what a call may have learnt.
    pub(crate) fn touched(self: &Rc<Self>) {
        match self.kept.get() {
            Kept::No | Kept::Again => {}
            Kept::Saving => self.kept.set(Kept::Again),
            Kept::Yes => {
                self.kept.set(Kept::Saving);
                let signed = Rc::clone(self);
                let saving = future_to_promise(async move {
                    loop {
                        // What cannot be kept now is kept with the next call.
                        let _ = signed.save().await;
                        match signed.kept.get() {
                            Kept::Again => signed.kept.set(Kept::Saving),
                            Kept::Saving => {
                                signed.kept.set(Kept::Yes);
                                break;
                            }
                            Kept::No | Kept::Yes => break,
                        }
                    }
                    Ok(JsValue::UNDEFINED)
                });
                self.saving.replace(Some(saving));
            }
        }
    }

    /// Wipes what is kept of the session, once nothing writes it any more.
    pub(crate) async fn forget(&self) {
        self.kept.set(Kept::No);
        self.gone.set(true);
        if let Some(saving) = self.saving.take() {
            let _ = JsFuture::from(saving).await;
        }
        self.base.borrow_mut().take();
        let account = self.account.id().to_string();
        // What is blocked now was blocked when it was to be kept.
        let _ = ask(|host| host.wipe(&self.place, Some(&account))).await;
    }

    async fn save(&self) -> Result<(), Thrown> {
        let account = self.account.id().to_string();
        for _ in 0..ATTEMPTS {
            let stored = load(&self.place, &account).await?;
            if self.gone.get() {
                return Err(unavailable("signed out"));
            }
            if stored.is_none() && self.base.borrow().is_some() {
                // Somebody signed out on another page: what was wiped there is not written again from here.
                self.kept.set(Kept::No);
                return Err(unavailable("wiped on another page"));
            }
            let mut session = self.account.export_session();
            let mut revision = 0.0;
            if let Some(stored) = stored {
                revision = stored.revision;
                let base = self.base.borrow().as_ref().and_then(|base| read(base));
                // Without a common base, nothing was changed here but what grows.
                let base = base.or_else(|| read(&stored.session));
                if let (Some(base), Some(stored)) = (base, read(&stored.session)) {
                    session = session.merged(&base, stored);
                }
            }
            let bytes = Zeroizing::new(serde_json::to_vec(&session).map_err(|_| unavailable("not written"))?);
            if self.base.borrow().as_ref().is_some_and(|base| **base == *bytes) && revision > 0.0 {
                return Ok(());
            }
            let username = self.account.username();
            let saved = ask(|host| host.save(&self.place, &account, username, revision, &bytes)).await?;
            if self.gone.get() {
                // Signed out while it was being written.
                ask(|host| host.wipe(&self.place, Some(&account))).await?;
                return Err(unavailable("signed out"));
            }
            if saved.is_truthy() {
                *self.base.borrow_mut() = Some(bytes);
                return Ok(());
            }
        }
        Err(unavailable("other pages keep writing"))
    }
}

/// Takes up a session that is kept: of this username, or the one kept last.
pub(crate) async fn resume(server: &Server, username: Option<&str>) -> Result<Option<Rc<Signed>>, Thrown> {
    let Ok(kept) = list(server).await else { return Ok(None) };
    let mut kept = kept.as_array().cloned().unwrap_or_default().into_iter();
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
    let found =
        kept.find(|one| username.is_none_or(|username| text(one, "username").as_deref() == Some(username)));
    let Some(account) = found.and_then(|one| text(&one, "id")) else { return Ok(None) };
    let Some(Found { session, .. }) = load(&server.place, &account).await? else { return Ok(None) };
    let damaged = || {
        Thrown::new("local", "damaged-session", "the stored session is damaged; log in again")
            .next("log in again")
    };
    let stored = read(&session).ok_or_else(damaged)?;
    let signed = Signed::new(server.client.resume(stored)?, server);
    signed.kept.set(Kept::Yes);
    *signed.base.borrow_mut() = Some(session);
    Ok(Some(Rc::new(signed)))
}

/// Which sessions are kept, the one kept last first.
pub(crate) async fn list(server: &Server) -> Answer {
    let listed = ask(|host| host.list(&server.place)).await?;
    let listed = listed.as_string().unwrap_or_default();
    Ok(serde_json::from_str(&listed).unwrap_or_else(|_| Value::Array(Vec::new())))
}

/// Wipes every session that is kept of a server, and the key to them.
pub(crate) async fn wipe(server: &Server) -> Answer {
    ask(|host| host.wipe(&server.place, None)).await?;
    Ok(Value::Null)
}

struct Found {
    revision: f64,
    session: Zeroizing<Vec<u8>>,
}

async fn load(place: &str, account: &str) -> Result<Option<Found>, Thrown> {
    let found = ask(|host| host.load(place, account)).await?;
    if found.is_null() || found.is_undefined() {
        return Ok(None);
    }
    let field = |name: &str| Reflect::get(&found, &JsString::from(name)).unwrap_or(JsValue::NULL);
    let revision = field("revision").as_f64().unwrap_or_default();
    let Ok(bytes) = field("session").dyn_into::<Uint8Array>() else {
        return Err(unavailable("what was kept is not of its form"));
    };
    let session = Zeroizing::new(bytes.to_vec());
    // The copy that WebCrypto made.
    bytes.fill(0, 0, bytes.length());
    Ok(Some(Found { revision, session }))
}

fn read(bytes: &[u8]) -> Option<StoredSession> {
    serde_json::from_slice(bytes).ok()
}

async fn ask(ask: impl FnOnce(&host::Host) -> Result<Promise, JsValue>) -> Result<JsValue, Thrown> {
    let asked = host::with(ask).ok_or_else(|| unavailable("no storage"))?;
    let said = |error: JsValue| {
        let said = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        unavailable(&said.unwrap_or_default())
    };
    JsFuture::from(asked.map_err(said)?).await.map_err(said)
}

fn unavailable(why: &str) -> Thrown {
    let words = "this browser keeps nothing here: the session lives as long as the page";
    let thrown = Thrown::new("local", "storage-unavailable", words)
        .next("allow storage for this page, or leave private browsing");
    if why.is_empty() { thrown } else { thrown.because(why) }
}
