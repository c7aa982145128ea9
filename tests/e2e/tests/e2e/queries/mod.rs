//! Queries over blind indexes, against a real server and a plain reference.

mod batch;
mod building;
mod describe;
mod intervals;
mod ordered;
mod random;
mod upsert;
