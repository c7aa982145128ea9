//! Who may import whom: crates by `cargo metadata`; the server's layers, and code that must
//! not read the world, by their source text.
//!
//! That the server is built without any crate that can hold a key that opens data is the zero-knowledge claim
//! in build form. A feature flag could not hold it, because Cargo unifies features over a workspace.

mod graph;
mod manifest;
mod paths;
mod purity;
mod server;
mod sources;
mod table;

use crate::failure::Failure;
use crate::project::Project;

/// Checks all of it; gives what to tell when nothing is wrong.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, Failure> {
    let metadata = project.resolved()?;
    let graph = graph::Graph::of(project, &metadata)?;
    let layers = server::check(project)?;

    let mut findings = table::check(&graph);
    findings.extend(manifest::check(project, &metadata)?);
    findings.extend(purity::check(project)?);
    findings.extend(layers.findings);
    Failure::unless_clean("layers", findings)?;

    let mut notes = vec![format!("layers: {} crates depend on each other as they may", graph.members.len())];
    notes.push(if layers.files == 0 {
        "layers: server/src has no http, service or store yet".to_owned()
    } else {
        format!("layers: {} files of the server's layers import as they may", layers.files)
    });
    Ok(notes)
}
