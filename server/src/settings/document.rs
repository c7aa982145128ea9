//! The document of all settings: `SETTINGS.md` is what this writes, or the test below fails.

use super::{SETTINGS, Settings};

const HEAD: &str = "# Settings of the server

Every setting of `pryv-server`, with its unit, its default, and why. They come from a TOML file (`--config FILE`, or
the environment variable `PRYV_SERVER_CONFIG`), then the environment, then flags; what comes later counts more.

A setting `limits.timeout` is the key `timeout` of the table `[limits]` in the file, `PRYV_SERVER_LIMITS_TIMEOUT` in the
environment and `--limits-timeout` on the command line: capital letters and underscores there, dashes here. `pryv-server
config` prints the settings in effect, as such a file.

| setting | unit | default | what for |
|---|---|---|---|
";

/// The document.
fn document() -> String {
    let defaults = Settings::default();
    let mut text = String::from(HEAD);
    for setting in SETTINGS {
        let value = (setting.show)(&defaults);
        let value = if value.is_empty() { "none".to_owned() } else { format!("`{value}`") };
        let row = [&format!("`{}`", setting.name), setting.unit, &value, setting.why].join(" | ");
        text.push_str(&format!("| {row} |\n"));
    }
    text
}

#[test]
fn the_document_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/SETTINGS.md");
    if std::env::var_os("PRYV_WRITE_DOCUMENTS").is_some() {
        std::fs::write(path, document()).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        found,
        document(),
        "write it anew: PRYV_WRITE_DOCUMENTS=1 cargo test -p pryv-server the_document"
    );
}
