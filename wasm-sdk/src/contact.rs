//! Contacts: others, pinned.

use crate::{
    object::Object,
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::Contact;
use serde_json::Value;

/// A contact, taken up.
pub(crate) fn contact(contact: Contact) -> Value {
    let shown = Object::new()
        .text("id", &contact.id())
        .put("username", contact.username())
        .text("fingerprint", &contact.fingerprint())
        .put("words", contact.fingerprint().words());
    shown.put("handle", table::add(Thing::Contact(contact))).done()
}

/// The contact that has this number.
pub(crate) fn contact_of(number: u32) -> Result<Contact, Thrown> {
    match &*table::get(number)? {
        Thing::Contact(contact) => Ok(contact.clone()),
        _ => Err(Thrown::argument("a contact was expected")),
    }
}
