//! What each part weighs on its way to a browser, and what it may.

use crate::failure::Failure;
use flate2::{Compression, write::GzEncoder};
use std::{fmt, fs, io::Write as _, path::Path};

/// What everything but the validator is to weigh, gzipped: it does not yet.
const CORE_GOAL: usize = 330 * 1_000;

/// The most that it may weigh, gzipped: what it has weighed, so that it grows lighter only.
const CORE_LIMIT: usize = 1_400 * 1_000;

/// The files that a browser loads for the SDK, and those that it loads for the validator when that is first needed.
/// The glue of the validator is loaded with the rest.
const VALIDATOR: &str = "wasm/schema_bg.wasm";

/// What the parts weigh.
#[derive(Debug)]
pub(crate) struct Weights(Vec<Weight>);

#[derive(Debug)]
struct Weight {
    part: String,
    plain: usize,
    gzipped: usize,
}

/// Weighs what a browser loads.
pub(crate) fn of(package: &Path) -> Result<Weights, Failure> {
    let dist = package.join("dist");
    let mut weights = Vec::new();
    let mut scripts = Weight { part: "scripts".to_owned(), plain: 0, gzipped: 0 };
    for folder in [dist.clone(), dist.join("wasm")] {
        let mut files: Vec<_> = fs::read_dir(&folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(Failure::file(&folder))?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        for file in files {
            let name = file.strip_prefix(&dist).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            let node = name.contains("node");
            if node || !(name.ends_with(".js") || name.ends_with(".wasm")) {
                continue;
            }
            let bytes = fs::read(&file).map_err(Failure::file(&file))?;
            let gzipped = gzip(&bytes).map_err(Failure::file(&file))?;
            if name.ends_with(".js") && !name.starts_with("wasm/") {
                (scripts.plain, scripts.gzipped) = (scripts.plain + bytes.len(), scripts.gzipped + gzipped);
            } else {
                weights.push(Weight { part: name, plain: bytes.len(), gzipped });
            }
        }
    }
    weights.push(scripts);
    Ok(Weights(weights))
}

fn gzip(bytes: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish().map(|gzipped| gzipped.len())
}

impl Weights {
    fn core(&self) -> usize {
        self.0.iter().filter(|weight| weight.part != VALIDATOR).map(|weight| weight.gzipped).sum()
    }

    /// Fails if the core is too heavy.
    pub(crate) fn judge(&self) -> Result<(), Failure> {
        let weight = self.core();
        if weight > CORE_LIMIT {
            return Err(Failure::TooHeavy { part: "the core", weight, limit: CORE_LIMIT });
        }
        Ok(())
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<22} {:>10} {:>10}", "part", "bytes", "gzipped")?;
        for weight in &self.0 {
            writeln!(f, "{:<22} {:>10} {:>10}", weight.part, weight.plain, weight.gzipped)?;
        }
        write!(
            f,
            "core gzipped: {} bytes (all but {VALIDATOR}); at most {CORE_LIMIT}, the goal is {CORE_GOAL}",
            self.core()
        )
    }
}
