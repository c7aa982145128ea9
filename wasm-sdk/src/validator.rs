//! The validator: another module, which the worker has loaded by the time that a call needs it.

use crate::host;
use pryv_sdk::definition::{Fault, SchemaError, Validator};

/// Asks the host.
#[derive(Debug)]
pub(crate) struct HostValidator;

impl Validator for HostValidator {
    fn open(&self, types: &str) -> Option<u32> {
        host::with(|host| host.schema_open(types))?
    }

    fn check(&self, opened: u32, name: &str) -> Option<SchemaError> {
        let error = host::with(|host| host.schema_check(opened, name))??;
        Some(serde_json::from_str(&error).unwrap_or(SchemaError::NoValidator))
    }

    fn faults(&self, opened: u32, instance: &str) -> Vec<Fault> {
        let faults = host::with(|host| host.schema_faults(opened, instance)).unwrap_or_default();
        serde_json::from_str(&faults).unwrap_or_else(|_| vec![SchemaError::NoValidator.fault()])
    }

    fn close(&self, opened: u32) {
        host::with(|host| host.schema_close(opened));
    }
}
