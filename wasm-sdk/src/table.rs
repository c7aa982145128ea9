//! The things that a page holds, by number.

use crate::{client::Server, device::Joining, ontology::Terms, storage::Signed};
use pryv_sdk::{
    App, Collection, Contact, Enrolment, Ontology, QueryPages, ReceivedAccess,
    account::{Group, GroupContact, Membership, audit::AuditPages},
    client::OpenedLink,
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

use crate::thrown::Thrown;

/// Something that a page holds. What belongs to an account keeps it.
pub(crate) enum Thing {
    Client(Rc<Server>),
    Account(Rc<Signed>),
    Collection(Collection, Owner),
    Ontology(Ontology, Terms, Owner),
    Received(ReceivedAccess, Owner),
    Link(OpenedLink),
    Contact(Contact),
    App(App),
    Group(Group, Rc<Signed>),
    GroupContact(GroupContact),
    Membership(Membership, Owner),
    Enrolment(Enrolment),
    Joining(Joining),
    Records(RefCell<Option<QueryPages>>),
    Audit(RefCell<Option<AuditPages>>),
}

/// The account by which something is reached; none for what a link opened.
pub(crate) type Owner = Option<Rc<Signed>>;

#[derive(Default)]
struct Table {
    things: HashMap<u32, Rc<Thing>>,
    last: u32,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// Takes up something, and gives it a number.
pub(crate) fn add(thing: Thing) -> u32 {
    TABLE.with(|table| {
        let mut table = table.borrow_mut();
        table.last = table.last.wrapping_add(1).max(1);
        let number = table.last;
        table.things.insert(number, Rc::new(thing));
        number
    })
}

/// What has this number.
pub(crate) fn get(number: u32) -> Result<Rc<Thing>, Thrown> {
    let found = TABLE.with(|table| table.borrow().things.get(&number).cloned());
    found.ok_or_else(|| Thrown::new("local", "released", "this handle was released, or is another client's"))
}

/// Lets go of something.
pub(crate) fn remove(number: u32) {
    // Dropped outside of the borrow: what it owns may own others.
    let removed = TABLE.with(|table| table.borrow_mut().things.remove(&number));
    drop(removed);
}

/// A collection of the page's.
pub(crate) fn collection(number: u32) -> Result<Collection, Thrown> {
    match &*get(number)? {
        Thing::Collection(collection, _) => Ok(collection.clone()),
        _ => Err(Thrown::argument("a collection was expected")),
    }
}
