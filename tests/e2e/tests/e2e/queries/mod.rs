//! Queries over blind indexes, against a real server and a plain reference.

mod batch;
mod building;
mod by_type;
mod describe;
mod intervals;
mod ordered;
mod random;
mod relations;
mod shown;
mod upsert;
