//! The server through its rules and through HTTP: statements made with the real keys, a clock that tests turn, an engine
//! in memory.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod apps;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod batches;
#[cfg(test)]
#[cfg(unix)]
mod binary;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod expectations;
#[cfg(test)]
mod filters;
#[cfg(test)]
mod generations;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod history;
#[cfg(test)]
mod http;
#[cfg(test)]
mod indexing;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod links;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod managers;
#[cfg(test)]
mod memberships;
#[cfg(test)]
mod node;
#[cfg(test)]
mod ontology;
#[cfg(test)]
mod places;
#[cfg(test)]
mod put_away;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod races;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod records;
#[cfg(test)]
mod revocations;
#[cfg(test)]
mod slices;
#[cfg(test)]
mod terms;
#[cfg(test)]
mod work;
#[cfg(test)]
mod world;
