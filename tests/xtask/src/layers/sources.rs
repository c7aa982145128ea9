//! The sources of a module: its file, its folder, and none that is all tests.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::project::Project;

/// The sources of the module `name` below `folder`: `name.rs` and everything in `name/`.
pub(super) fn of_module(project: &Project, folder: &Path, name: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut files = of_folder(project, &folder.join(name))?;
    let root = folder.join(name).with_extension("rs");
    if root.is_file() {
        files.insert(0, root);
    }
    Ok(files)
}

/// The sources in `folder`; none when it is not there.
pub(super) fn of_folder(project: &Project, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = project.files(folder, "rs")?;
    files.retain(|file| !is_test(file.strip_prefix(folder).unwrap_or(file)));
    Ok(files)
}

/// Whether a source is `tests.rs`, or in a folder `tests`.
fn is_test(file: &Path) -> bool {
    file.with_extension("").components().any(|part| part.as_os_str() == "tests")
}

#[cfg(test)]
mod tests {
    use super::is_test;
    use std::path::Path;

    #[test]
    fn tests_are_told_by_their_names() {
        for (file, expected) in
            [("tests.rs", true), ("a/tests.rs", true), ("tests/b.rs", true), ("a/b.rs", false)]
        {
            assert_eq!(is_test(Path::new(file)), expected, "{file}");
        }
    }
}
