//! Who holds instances against schemas: this program, or a validator that it was given.

use super::{Definition, Fault, SchemaError};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

/// A validator that is not part of this program: in browsers it is a module of its own, which is loaded when it is first
/// needed.
///
/// # Contract
///
/// Its verdicts are those of `pryv_schema::Schemas`, which it is made of.
pub trait Validator: Send + Sync {
    /// Takes up the types of a definition, as JSON: `{"types": …, "discriminator": …}`. Nothing if it is not at hand yet.
    fn open(&self, types: &str) -> Option<u32>;

    /// What is wrong with the schema of a type.
    fn check(&self, opened: u32, name: &str) -> Option<SchemaError>;

    /// What is wrong with an instance, given as JSON.
    fn faults(&self, opened: u32, instance: &str) -> Vec<Fault>;

    /// Lets go of what `open` took up.
    fn close(&self, opened: u32);
}

static GIVEN: OnceLock<Box<dyn Validator>> = OnceLock::new();

/// Gives this program its validator, once, before anything is defined or opened. Needed where the feature `schema` is off.
pub fn use_validator(validator: Box<dyn Validator>) {
    // The first one stays: schemas may be open in it.
    let _ = GIVEN.set(validator);
}

/// The schemas of one definition.
pub(crate) struct Schemas(Where);

enum Where {
    #[cfg(feature = "schema")]
    Here(pryv_schema::Schemas),
    Given {
        types: String,
        opened: Mutex<Option<u32>>,
    },
}

#[derive(Serialize)]
struct Types<'a> {
    types: &'a BTreeMap<String, Value>,
    discriminator: Option<&'a str>,
}

impl Schemas {
    pub(crate) fn new(definition: &Definition) -> Self {
        let discriminator = definition.discriminator.as_deref();
        #[cfg(feature = "schema")]
        if GIVEN.get().is_none() {
            return Self(Where::Here(pryv_schema::Schemas::new(&definition.types, discriminator)));
        }
        let types = Types { types: &definition.types, discriminator };
        // What was read from JSON or CBOR is written as JSON.
        let types = serde_json::to_string(&types).unwrap_or_default();
        Self(Where::Given { types, opened: Mutex::new(None) })
    }

    /// Whether the schema of a type is one.
    pub(crate) fn check(&self, name: &str) -> Result<(), SchemaError> {
        match &self.0 {
            #[cfg(feature = "schema")]
            Where::Here(schemas) => schemas.check(name),
            Where::Given { .. } => {
                let (validator, opened) = self.given()?;
                validator.check(opened, name).map_or(Ok(()), Err)
            }
        }
    }

    /// What is wrong with an instance; empty if it is valid. An instance that nobody can check is not valid.
    pub(crate) fn faults(&self, instance: &Value) -> Vec<Fault> {
        match &self.0 {
            #[cfg(feature = "schema")]
            Where::Here(schemas) => schemas.faults(instance),
            Where::Given { .. } => match self.given() {
                Ok((validator, opened)) => validator.faults(opened, &instance.to_string()),
                Err(error) => vec![error.fault()],
            },
        }
    }

    fn given(&self) -> Result<(&'static dyn Validator, u32), SchemaError> {
        let Some(validator) = GIVEN.get() else { return Err(SchemaError::NoValidator) };
        let (types, opened) = match &self.0 {
            #[cfg(feature = "schema")]
            Where::Here(_) => return Err(SchemaError::NoValidator),
            Where::Given { types, opened } => (types, opened),
        };
        let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() {
            *opened = validator.open(types);
        }
        Ok((&**validator, opened.ok_or(SchemaError::NoValidator)?))
    }
}

impl Drop for Schemas {
    fn drop(&mut self) {
        let opened = match &self.0 {
            #[cfg(feature = "schema")]
            Where::Here(_) => return,
            Where::Given { opened, .. } => opened.lock().unwrap_or_else(PoisonError::into_inner).take(),
        };
        if let (Some(validator), Some(opened)) = (GIVEN.get(), opened) {
            validator.close(opened);
        }
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schemas(..)")
    }
}
