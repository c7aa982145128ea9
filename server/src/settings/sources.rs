//! The sources of settings and their order: defaults, file, environment, flags.

use super::{
    Settings,
    list::{SETTINGS, Setting},
    value,
};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What is wrong with the settings, in words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file could not be read.
    #[error("the settings file {} could not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the settings file {} is not TOML: {message}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A name that there is not.
    #[error("there is no setting {name:?} ({from}); `pryv-server config` prints them all")]
    Unknown {
        /// The name.
        name: String,
        /// Where it was found.
        from: String,
    },
    /// A value that cannot be.
    #[error("{name} ({from}): {problem}")]
    Value {
        /// The setting.
        name: String,
        /// Where it was found.
        from: String,
        /// What is wrong.
        problem: String,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Together(&'static str),
}

/// Puts the settings together. `environment` and `flags` are pairs of name and value; flags are named by setting.
///
/// # Errors
///
/// The first thing that is wrong, and where it was found.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    let mut settings = Settings::default();
    if let Some(file) = file {
        read_file(&mut settings, file)?;
    }
    for (name, text) in environment {
        let setting = SETTINGS.iter().find(|setting| setting.variable() == name);
        if let Some(setting) = setting {
            set(&mut settings, setting, &text, &format!("environment variable {name}"))?;
        } else if name.starts_with("PRYV_SERVER_") && name != "PRYV_SERVER_CONFIG" {
            return Err(SettingsError::Unknown { name, from: "environment".to_owned() });
        }
    }
    for (name, text) in flags {
        let from = "command line".to_owned();
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        let setting = setting.ok_or(SettingsError::Unknown { name, from })?;
        set(&mut settings, setting, &text, &format!("flag --{}", setting.flag()))?;
    }
    check(&settings)?;
    Ok(settings)
}

fn set(settings: &mut Settings, setting: &Setting, text: &str, from: &str) -> Result<(), SettingsError> {
    (setting.set)(settings, text).map_err(|problem| SettingsError::Value {
        name: setting.name.to_owned(),
        from: from.to_owned(),
        problem,
    })
}

fn check(settings: &Settings) -> Result<(), SettingsError> {
    if settings.tls_cert.is_some() != settings.tls_key.is_some() {
        return Err(SettingsError::Together("tls.cert and tls.key go together: set both or neither"));
    }
    let positive = [
        (settings.session_lifetime, "session.lifetime must be at least 1 second"),
        (settings.limits_timeout, "limits.timeout must be at least 1 second"),
        (settings.sweep_every, "sweep.every must be at least 1 second"),
    ];
    match positive.into_iter().find(|(value, _)| *value == 0) {
        Some((_, problem)) => Err(SettingsError::Together(problem)),
        None => Ok(()),
    }
}

fn read_file(settings: &mut Settings, path: &Path) -> Result<(), SettingsError> {
    let text = fs::read_to_string(path)
        .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|error| SettingsError::NotToml { path: path.to_owned(), message: error.to_string() })?;
    let from = path.display().to_string();
    for (name, text) in flatten("", &table) {
        let unknown = || SettingsError::Unknown { name: name.clone(), from: from.clone() };
        let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(unknown)?;
        set(settings, setting, &text, &from)?;
    }
    Ok(())
}

fn flatten(prefix: &str, table: &toml::Table) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => pairs.extend(flatten(&name, inner)),
            toml::Value::String(text) => pairs.push((name, text.clone())),
            toml::Value::Integer(number) => pairs.push((name, number.to_string())),
            toml::Value::Boolean(truth) => pairs.push((name, truth.to_string())),
            // No setting takes one: the value is refused where the setting is known.
            other => pairs.push((name, format!("a TOML {}", other.type_str()))),
        }
    }
    pairs
}

impl Settings {
    /// The settings as a file that gives the same settings, with unit and reason beside each.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text =
            String::from("# Settings of pryv-server. Environment and flags count more than this file.\n");
        for setting in SETTINGS {
            let (name, variable, flag) = (setting.name, setting.variable(), setting.flag());
            let shown = (setting.show)(self);
            // Writing to a string does not fail.
            let _written = write!(
                text,
                "\n# {}\n# Unit: {}. Environment: {variable}. Flag: --{flag}\n{name} = {}\n",
                setting.why,
                setting.unit,
                value::toml(&shown),
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn later_sources_count_more() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pryv.toml");
        fs::write(&file, "listen = \"127.0.0.1:1\"\n[limits]\ntimeout = 5\nconcurrency = 7\n").unwrap();
        let environment = pairs(&[
            ("PRYV_SERVER_LISTEN", "127.0.0.1:2"),
            ("PRYV_SERVER_LIMITS_TIMEOUT", "6"),
            ("HOME", "/"),
        ]);
        let flags = pairs(&[("listen", "127.0.0.1:3")]);
        let settings = load(Some(&file), environment, flags).unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!((settings.limits_timeout, settings.limits_concurrency), (6, 7));
        assert_eq!(settings.store_queue, Settings::default().store_queue);
    }

    #[test]
    fn what_is_printed_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pryv.toml");
        let settings = Settings {
            store_engine: pryv_engine::EngineKind::Sled,
            metrics_listen: Some("127.0.0.1:9".parse().unwrap()),
            data: PathBuf::from("a \"quoted\" path"),
            ..Settings::default()
        };
        fs::write(&file, settings.to_toml()).unwrap();
        assert_eq!(load(Some(&file), [], []).unwrap(), settings);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let error = load(None, pairs(&[("PRYV_SERVER_LISEN", "x")]), []).unwrap_err().to_string();
        assert!(error.contains("PRYV_SERVER_LISEN") && error.contains("environment"), "{error}");
        let error = load(None, [], pairs(&[("limits.timeout", "soon")])).unwrap_err().to_string();
        assert!(error.contains("--limits-timeout") && error.contains("\"soon\""), "{error}");
        let error = load(None, [], pairs(&[("tls.cert", "a.pem")])).unwrap_err().to_string();
        assert!(error.contains("tls.key"), "{error}");
        let error = load(Some(Path::new("/nowhere/at/all")), [], []).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }

    #[test]
    fn every_setting_has_its_own_names() {
        let names: std::collections::BTreeSet<_> = SETTINGS.iter().map(Setting::variable).collect();
        assert_eq!(names.len(), SETTINGS.len());
    }
}
