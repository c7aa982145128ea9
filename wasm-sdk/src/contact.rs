//! Contacts: others, pinned.

use crate::{
    object::Object,
    table::{self, Thing},
};
use pryv_sdk::Contact;
use serde_json::Value;

/// A contact, taken up.
pub(crate) fn contact(contact: Contact) -> Value {
    let shown = Object::new()
        .text("id", &contact.id())
        .put("username", contact.username())
        .text("fingerprint", &contact.fingerprint());
    shown.put("handle", table::add(Thing::Contact(contact))).done()
}
