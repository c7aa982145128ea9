//! The npm package of the SDK: built, packed, unpacked, and tested as whoever installs it finds it.

use std::ffi::{OsStr, OsString};
use std::fs;

use crate::demo::Programs;
use crate::failure::Failure;
use crate::machine;
use crate::process;
use crate::project::Project;

/// Where the package is built.
const OUT: &str = "wasm-sdk";

/// The program that builds it.
const BUILDER: &str = "pryv-wasm-build";

/// The tests, and where they find the package.
const TESTS: &str = "wasm-sdk/tests";

/// Builds and packs the package.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<(), Failure> {
    machine::wasm_target(project)?;
    machine::node(project)?;
    // Among all crates: with its own features alone, shared crates would be compiled again.
    process::run(project.cargo().args(["build", "--workspace", "--bin", BUILDER]))?;
    let mut builder = project.command(project.debug_folder()?.join(BUILDER));
    process::run(builder.current_dir(project.root()).args(arguments))
}

/// Builds the package, weighs it, and runs its tests over the packed form of it: those in Node, and, where there is one,
/// those in a browser.
pub(crate) fn test(
    project: &Project,
    chromium: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    run(project, &["--vectors".into()])?;
    unpack(project)?;
    // The programs that the tests start, should they be older than the sources.
    process::run(project.cargo().args(["build", "--workspace", "--bins"]))?;
    play(project, TESTS, chromium, notes)
}

/// Runs the tests in a folder by Node's test runner. Those that need a browser are called `*.browser.test.mjs`.
pub(crate) fn play(
    project: &Project,
    folder: &str,
    chromium: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let mut files = project.files(&project.root().join(folder), "mjs")?;
    files.retain(|file| {
        let name = file.to_string_lossy();
        name.ends_with(".test.mjs") && (chromium.is_some() || !name.ends_with(".browser.test.mjs"))
    });
    let mut node = project.command("node");
    // Two files at a time: each starts a server and waits for it. What hangs is ended, and named.
    node.args(["--test", "--test-concurrency=2", "--test-timeout=600000", "--test-reporter=spec"])
        .args(files);
    node.envs(Programs::of(project)?.variables());
    node.envs(chromium.map(|path| ("PRYV_CHROMIUM", path)));
    process::run_listening(&mut node, is_count, notes)
}

/// Whether a line of Node's test runner counts what ran.
pub(crate) fn is_count(line: &str) -> bool {
    ["tests", "pass", "fail"].iter().any(|word| {
        let line = line.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        line.split_once(' ').is_some_and(|(name, count)| name == *word && count.parse::<u32>().is_ok())
    })
}

/// Measures the packed package in a browser, beside the raw crates, which the module of the vectors has.
pub(crate) fn measure(project: &Project) -> Result<(), Failure> {
    run(project, &["--vectors".into()])?;
    unpack(project)?;
    let chromium = machine::chromium(project)?;
    process::run(project.cargo().args(["build", "--workspace", "--bins"]))?;
    let mut node = project.command("node");
    node.arg(project.root().join(TESTS).join("measure.mjs")).env("PRYV_CHROMIUM", chromium);
    process::run(node.envs(Programs::of(project)?.variables()))
}

/// Puts the packed package where the tests find it, as an installation does.
fn unpack(project: &Project) -> Result<(), Failure> {
    let built = project.members()?.target_directory.join(OUT).into_std_path_buf();
    let packed = project.files(&built, "tgz")?;
    let missing =
        || Failure::Missing { what: "the packed package".to_owned(), remedy: "see above".to_owned() };
    let packed = packed.first().ok_or_else(missing)?;
    let to = project.root().join(TESTS).join("node_modules/@pryv/sdk");
    let unwritten = |source| Failure::Read { path: to.clone(), source };
    if to.exists() {
        fs::remove_dir_all(&to).map_err(unwritten)?;
    }
    fs::create_dir_all(&to).map_err(unwritten)?;
    let mut tar = project.command("tar");
    tar.args([OsStr::new("-xzf"), packed.as_os_str(), OsStr::new("--strip-components=1"), OsStr::new("-C")]);
    process::run(tar.arg(&to))
}
