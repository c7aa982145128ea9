//! The hostile server: a proxy that lies between the real SDK and the real server.
//!
//! Each test does the same thing twice: with the lie, which must end in the error it names, and without it, which must
//! succeed. The second half shows that nothing but the lie was at fault.

mod accesses;
mod answers;
mod apps;
mod contacts;
mod groups;
mod heads;
mod history;
mod holders;
mod injection;
mod known;
mod leaving;
mod links;
mod managers;
mod own_account;
mod pages;
mod put_away;
mod records;
mod releases;
mod replaced;
mod revocations;
mod rotations;
mod scopes;
mod suites;
mod terms;
mod times;
mod whole_account;
