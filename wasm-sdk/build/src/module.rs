//! The two wasm modules: compiled by Cargo, bound by wasm-bindgen.

use crate::{command, failure::Failure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// One module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module {
    krate: &'static str,
    name: &'static str,
}

impl Module {
    /// Everything but the validator.
    pub(crate) const CORE: Self = Self { krate: "pryv-wasm-sdk", name: "core" };
    /// The JSON Schema validator.
    pub(crate) const SCHEMA: Self = Self { krate: "pryv-wasm-schema", name: "schema" };

    /// The vectors of the specifications: for tests, and no part of the package.
    pub(crate) const VECTORS: Self = Self { krate: "pryv-vectors", name: "vectors" };

    /// Compiles the module. Each by itself: Cargo would give both the features of either.
    pub(crate) fn compile(self, profile: &str) -> Result<(), Failure> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["rustc", "--package", self.krate, "--lib", "--target", TARGET, "--profile", profile]);
        // Alone: beside an `rlib`, Cargo leaves link-time optimization out.
        cargo.args(["--crate-type", "cdylib"]);
        command::run(&mut cargo, "install Rust through rustup (https://rustup.rs)")
    }

    fn compiled(self, profile: &str) -> PathBuf {
        let folder = if profile == "dev" { "debug" } else { profile };
        let file = format!("{}.wasm", self.krate.replace('-', "_"));
        Path::new("target").join(TARGET).join(folder).join(file)
    }

    /// Writes the module and its glue.
    pub(crate) fn bind(self, profile: &str, to: &Path) -> Result<(), Failure> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::Glue { module: self.name, reason: error.to_string() };
        let mut bindgen = Bindgen::new();
        bindgen
            .input_path(self.compiled(profile))
            .web(true)
            .map_err(|error| failed(&error))?
            .out_name(self.name)
            // Where the file is, whoever loads it says.
            .omit_default_module_path(true)
            .remove_name_section(profile == "wasm")
            .remove_producers_section(true)
            .typescript(true)
            .generate(to)
            .map_err(|error| failed(&error))
    }
}
