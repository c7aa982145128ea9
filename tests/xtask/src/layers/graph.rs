//! Which package depends on which, by name.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;

use cargo_metadata::{DependencyKind, Metadata, PackageId};

use crate::failure::Failure;
use crate::project::Project;

/// The dependencies of a build, reduced to names.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Our crates and their folders, from the workspace's root.
    pub(super) members: BTreeMap<String, PathBuf>,
    /// What each package needs: normal dependencies, and for our crates those of build scripts too.
    pub(super) needs: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads the resolved dependencies. Features are unified over the workspace, so that a package may show
    /// more needs than when built alone; never fewer.
    pub(super) fn of(project: &Project, metadata: &Metadata) -> Result<Self, Failure> {
        let names: HashMap<&PackageId, String> =
            metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
        let mut graph = Self::default();
        for package in metadata.workspace_packages() {
            let folder = package.manifest_path.as_std_path().parent().unwrap_or(project.root());
            graph.members.insert(package.name.to_string(), project.relative(folder).to_path_buf());
        }
        let resolve = metadata.resolve.as_ref().ok_or_else(|| Failure::Missing {
            what: "the resolved dependencies in `cargo metadata`".to_owned(),
            remedy: "check that Cargo is the pinned one (rust-toolchain.toml)".to_owned(),
        })?;
        for node in &resolve.nodes {
            let Some(from) = names.get(&node.id) else { continue };
            let ours = graph.members.contains_key(from);
            for dependency in &node.deps {
                let counts = dependency.dep_kinds.iter().any(|found| match found.kind {
                    DependencyKind::Normal => true,
                    DependencyKind::Build => ours,
                    _ => false,
                });
                if let (true, Some(to)) = (counts, names.get(&dependency.pkg)) {
                    graph.needs.entry(from.clone()).or_default().insert(to.clone());
                }
            }
        }
        Ok(graph)
    }

    /// Our crates that `from` names itself.
    pub(super) fn ours_of<'a>(&'a self, from: &str) -> impl Iterator<Item = &'a str> {
        let needs = self.needs.get(from).into_iter().flatten();
        needs.map(String::as_str).filter(|to| self.members.contains_key(*to))
    }

    /// The shortest way from one package to another, both included.
    pub(super) fn way(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let (from, _) = self.needs.get_key_value(from)?;
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = VecDeque::from([from.as_str()]);
        while let Some(here) = waiting.pop_front() {
            if here == to {
                let mut way = vec![here];
                let mut last = here;
                while let Some(before) = came_from.get(last) {
                    way.insert(0, before);
                    last = before;
                }
                return Some(way);
            }
            for next in self.needs.get(here).into_iter().flatten() {
                if next != from && !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, here);
                    waiting.push_back(next);
                }
            }
        }
        None
    }
}
