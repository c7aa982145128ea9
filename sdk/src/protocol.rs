//! Requests out, answers in: no network, no waiting, no clock. What can be wrong in format or cryptography is here.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod chain;
pub(crate) mod contacts;
pub(crate) mod credential;
pub(crate) mod enrolment;
pub(crate) mod entry;
pub(crate) mod epoch;
pub(crate) mod generation;
pub(crate) mod grant;
pub(crate) mod holders;
pub(crate) mod plan;
pub(crate) mod record;
pub(crate) mod reference;
pub(crate) mod scope;
pub(crate) mod tree;
pub(crate) mod versions;

#[cfg(test)]
pub(crate) mod world;
