//! Calls: a number, a method, arguments; one answer, unless the page gave it up.

use crate::{
    account,
    args::Args,
    client, collection, host,
    host::Host,
    ontology, query, received,
    table::{self, Thing},
    thrown::Thrown,
    validator::HostValidator,
};
use js_sys::Promise;
use pryv_sdk::definition::use_validator;
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// What a call answers.
pub(crate) type Answer = Result<Value, Thrown>;

/// Takes up what the worker gives this module. Once, before any call.
#[wasm_bindgen]
pub fn start(given: Host) {
    host::set(given);
    use_validator(Box::new(HostValidator));
}

/// Calls a method of what has the number `target`; zero is nobody's. Answers with JSON, or throws JSON.
#[wasm_bindgen]
pub fn call(id: u32, target: u32, method: String, args: String) -> Promise {
    let state = Rc::new(State::default());
    CALLS.with(|calls| calls.borrow_mut().insert(id, Rc::clone(&state)));
    let running = Box::pin(async move { dispatch(id, target, &method, Args::read(args)?).await });
    future_to_promise(async move {
        let answer = Abortable { running, state }.await;
        CALLS.with(|calls| calls.borrow_mut().remove(&id));
        match answer {
            Ok(value) => Ok(value.to_string().into()),
            Err(thrown) => Err(thrown.to_json().into()),
        }
    })
}

/// Gives up a call: it is not carried on with, and its request is ended.
#[wasm_bindgen]
pub fn abort(id: u32) {
    let state = CALLS.with(|calls| calls.borrow().get(&id).cloned());
    if let Some(state) = state {
        state.aborted.set(true);
        if let Some(waker) = state.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Lets go of what has this number.
#[wasm_bindgen]
pub fn release(number: u32) {
    table::remove(number);
}

async fn dispatch(id: u32, target: u32, method: &str, args: Args) -> Answer {
    if target == 0 {
        return client::connect(method, &args);
    }
    let thing = table::get(target)?;
    let answer = match &*thing {
        Thing::Client(server) => client::call(server, method, args).await,
        Thing::Account(signed) if account::is_long(method) => {
            account::long(signed, method, &args, move |done, total| advance(id, done, total)).await
        }
        Thing::Account(signed) => account::call(signed, method, args).await,
        Thing::Collection(collection, owner) => {
            let progress = move |done, total| advance(id, done, total);
            collection::call(collection, owner, method, args, progress).await
        }
        Thing::Ontology(ontology, terms, _) => ontology::call(ontology, terms, method, args).await,
        Thing::Received(received, owner) => received::call(received, owner, method, args).await,
        Thing::Link(link) => crate::link::call(link, method, &args).await,
        Thing::Records(pages) => query::next(pages, method).await,
        Thing::Audit(pages) => crate::audit::next(pages, method).await,
        Thing::Enrolment(enrolment) => crate::device::enrol(enrolment, method, &args).await,
        Thing::Joining(joining) => crate::device::join(joining, method).await,
        Thing::Group(group, owner) => crate::group::call(group, owner, method, &args).await,
        Thing::Membership(membership, owner) => crate::group::member(membership, owner, method).await,
        Thing::Contact(_) | Thing::App(_) | Thing::GroupContact(_) => Err(unknown(method)),
    };
    match &*thing {
        Thing::Account(signed) | Thing::Group(_, signed) => signed.touched(),
        Thing::Collection(_, Some(owner))
        | Thing::Ontology(.., Some(owner))
        | Thing::Received(_, Some(owner))
        | Thing::Membership(_, Some(owner)) => {
            owner.touched();
        }
        _ => {}
    }
    answer
}

/// A method that there is not.
pub(crate) fn unknown(method: &str) -> Thrown {
    Thrown::argument(&format!("there is no method `{method}`"))
}

#[expect(clippy::cast_precision_loss, reason = "a number of records is far below 2^53")]
fn advance(id: u32, done: u64, total: Option<u64>) {
    host::with(|host| host.progress(id, done as f64, total.map(|total| total as f64)));
}

thread_local! {
    static CALLS: RefCell<HashMap<u32, Rc<State>>> = RefCell::default();
}

#[derive(Default)]
struct State {
    aborted: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// A call that ends when the page gives it up.
struct Abortable {
    running: Pin<Box<dyn Future<Output = Answer>>>,
    state: Rc<State>,
}

impl Future for Abortable {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        if self.state.aborted.get() {
            return Poll::Ready(Err(Thrown::new("local", "aborted", "the call was aborted")));
        }
        *self.state.waker.borrow_mut() = Some(context.waker().clone());
        self.running.as_mut().poll(context)
    }
}
