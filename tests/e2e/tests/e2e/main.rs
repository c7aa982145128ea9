//! The whole product, from outside: stories, hostile servers, secrecy, bad input, crashes, real data.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "all of this is tests, which the lints know only of functions marked as such"
)]

mod after_revoke;
mod bad_input;
mod command_line;
mod costs;
mod crash;
mod crash_points;
mod fixture;
mod hostile;
mod leak;
mod model;
mod queries;
mod readme;
mod real_data;
mod stories;
mod twin;
