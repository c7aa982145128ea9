//! Builds the JavaScript package of the SDK: compiles to wasm32, then writes the glue and the TypeScript types.
//!
//! `cargo run -p pryv-wasm-build` writes to `target/wasm-sdk/node`. The glue is made by wasm-bindgen as a library, so that
//! nothing but the package registry is needed.

use clap::Parser;
use std::{error::Error, path::PathBuf, process::Command};
use wasm_bindgen_cli_support::Bindgen;

/// Builds the JavaScript package of the SDK.
#[derive(Debug, Parser)]
struct Arguments {
    /// The cargo profile: `wasm` is what one ships, `dev` compiles fast.
    #[arg(long, default_value = "wasm")]
    profile: String,
    /// Where the package goes.
    #[arg(long, default_value = "target/wasm-sdk/node")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let compiled = Command::new("cargo")
        .args(["build", "--package", "pryv-wasm-sdk", "--lib", "--target", "wasm32-unknown-unknown"])
        .args(["--profile", &arguments.profile])
        .status()?;
    if !compiled.success() {
        return Err("the SDK does not compile to wasm32; see above".into());
    }
    let folder = if arguments.profile == "dev" { "debug" } else { arguments.profile.as_str() };
    let module = PathBuf::from("target/wasm32-unknown-unknown").join(folder).join("pryv_wasm_sdk.wasm");
    Bindgen::new()
        .input_path(module)
        .nodejs(true)
        .map_err(|error| error.to_string())?
        .typescript(true)
        .generate(&arguments.out)
        .map_err(|error| error.to_string())?;
    Ok(())
}
