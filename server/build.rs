//! With the feature `app`: lists the files of the web application, as `cargo xtask app` built them, for `http/app.rs`.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_APP").is_none() {
        return Ok(());
    }
    let folder =
        |name: &str| env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("Cargo did not say {name}"));
    let server = folder("CARGO_MANIFEST_DIR")?;
    let built = server.join("../wasm-sdk/app/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    if !built.join("index.html").is_file() {
        return Err(
            "the feature `app` embeds the web application: build it first, by `cargo xtask app`".into()
        );
    }
    let mut files = Vec::new();
    list(&built.canonicalize()?, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let path = file.strip_prefix(built.canonicalize()?)?.to_string_lossy().replace('\\', "/");
        writeln!(table, "    ({path:?}, include_bytes!({:?})),", file.to_string_lossy())?;
    }
    table.push_str("]\n");
    fs::write(folder("OUT_DIR")?.join("app.rs"), table)?;
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
