//! Stories: what people do with the product, against a real server, under the scanner.

mod accounts;
mod apps;
mod audit;
mod backup;
mod contributing;
mod dates;
mod devices;
mod groups;
mod history;
mod links;
mod lists;
mod managers;
mod memberships;
mod names;
pub(crate) mod ontologies;
mod programs;
mod reencryption;
mod retries;
mod rewrap;
mod rotation;
mod sessions;
mod sharing;
mod suites;
mod suites_rotation;
mod suites_terms;
mod terms;
mod writing;
