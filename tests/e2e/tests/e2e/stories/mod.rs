//! Stories: what people do with the product, against a real server, under the scanner.

mod accounts;
mod backup;
mod contributing;
mod dates;
mod devices;
mod lists;
mod names;
mod programs;
mod reencryption;
mod retries;
mod sessions;
mod sharing;
mod writing;
