//! Holds code, CDDL, vectors and prose together: every message, in every form, says the same.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "every function of this binary is part of a test"
)]

mod cddl;
mod derived;
mod documents;
mod invalid;
mod properties;
mod registry;
mod samples;
mod uris;
mod vectors;
