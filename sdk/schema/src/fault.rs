//! What can be wrong: with an instance, and with a schema.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One place where an instance does not match its schema.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Fault {
    /// The JSON pointer of the value at fault; empty for the whole instance.
    pub pointer: String,
    /// The keyword of the schema that it breaks, such as `type` or `required`.
    pub rule: String,
    /// What the schema asks for there, in the schema's words; no value of the instance.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the instance" } else { &self.pointer };
        write!(f, "{place}: {}", self.expected)
    }
}

/// Why a schema is not accepted. Says where in the schema, and repeats nothing of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not a JSON Schema of draft 2020-12, or refers to something outside of the definition.
    #[error(
        "not a schema of draft 2020-12, or it refers to something that is not in the definition (at `{at}`: {rule})"
    )]
    Invalid {
        /// The JSON pointer of the place in the schema.
        at: String,
        /// The keyword at fault.
        rule: String,
    },
    /// Its references make it apply to one value too often.
    #[error(
        "the references of the schema make it too costly to check, or are in a form that is not followed"
    )]
    TooCostly,
    /// The definition has no such type.
    #[error("the definition has no type of this name")]
    NoSuchType,
    /// There is no validator in this program.
    #[error("this program has no validator of JSON Schema at hand")]
    NoValidator,
}

impl SchemaError {
    /// What is said of an instance that could not be checked for this reason.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault { pointer: String::new(), rule: "schema".to_owned(), expected: self.to_string() }
    }
}
