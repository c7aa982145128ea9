//! What every manifest of ours must say: workspace lints, workspace licence, not published.

use cargo_metadata::Metadata;

use crate::failure::Failure;
use crate::project::{self, Project};

const LICENCE: &str = "AGPL-3.0-only";

/// The manifests that say otherwise.
pub(super) fn check(project: &Project, metadata: &Metadata) -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let path = package.manifest_path.as_std_path();
        let at = project.relative(path).display();
        if !inherits_lints(&project::read(path)?) {
            findings.push(format!("{at} does not inherit the lints: add `[lints]` with `workspace = true`"));
        }
        // Cargo gives `publish = false` as an empty list of registries.
        if package.publish.as_ref().is_none_or(|registries| !registries.is_empty()) {
            findings.push(format!("{at} could be published: add `publish.workspace = true`"));
        }
        if package.license.as_deref() != Some(LICENCE) {
            findings.push(format!("{at} is not licensed {LICENCE}: add `license.workspace = true`"));
        }
    }
    Ok(findings)
}

/// Whether a manifest has `workspace = true` in its table `lints`.
fn inherits_lints(manifest: &str) -> bool {
    let mut table = String::new();
    for line in manifest.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let line: String = line.chars().filter(|next| !next.is_whitespace()).collect();
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut table);
        } else if (table == "lints" && line == "workspace=true")
            || (table.is_empty() && line == "lints.workspace=true")
        {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::inherits_lints;

    #[test]
    fn lints_are_inherited_in_either_notation() {
        assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true # all\n"));
        assert!(inherits_lints("lints.workspace = true\n[package]\nname = \"a\"\n"));
    }

    #[test]
    fn and_in_no_other() {
        assert!(!inherits_lints("[package]\nname = \"a\"\n"));
        assert!(!inherits_lints("[dependencies]\nworkspace = true\n"));
        assert!(!inherits_lints("[lints]\n# workspace = true\n"));
        assert!(!inherits_lints("[lints]\n[lints.rust]\nworkspace = true\n"));
    }
}
