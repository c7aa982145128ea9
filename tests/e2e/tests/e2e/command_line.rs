//! The command line against a server, as a script uses it: JSON out, exit codes, files in.

use pryv_test_kit::{
    World,
    process::{COMMAND_LINE, built},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Stdio};
use tempfile::TempDir;
use tokio::process::Command;

/// A home with a session file in it.
struct Shell {
    home: TempDir,
    server: String,
}

impl Shell {
    /// A file of the home.
    fn file(&self, name: &str, content: &str) -> String {
        let path: PathBuf = self.home.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// What a command prints, or the code of its error.
    async fn run(&self, arguments: &[&str]) -> Result<Value, String> {
        let output = Command::new(built(COMMAND_LINE, "pryv"))
            .args(arguments)
            .args(["--json", "--server", &self.server])
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (results, remarks) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() {
            return Ok(serde_json::from_str(&results)
                .unwrap_or_else(|_| panic!("{arguments:?}: {results}{remarks}")));
        }
        let error: Value =
            remarks.lines().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        Err(error["error"]["code"].as_str().unwrap_or(&remarks).to_owned())
    }

    async fn ok(&self, arguments: &[&str]) -> Value {
        self.run(arguments).await.unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_asked_for_related_put_away_and_indexed_by_the_command_line() {
    let world = World::start().await;
    let shell = Shell { home: tempfile::tempdir().unwrap(), server: world.tapped_url().await };
    let password = shell.file("password", &world.canary.text("password"));
    shell.ok(&["sign-up", "ada", "--password-file", &password]).await;
    let patients =
        json!({ "uri": "https://example.org/patients", "title": "Patients", "types": { "patient": {} } });
    shell.ok(&["define", &shell.file("patients.json", &patients.to_string())]).await;
    let mut visits = json!({
        "uri": "https://example.org/visits", "title": "Visits", "types": { "visit": {} },
        "indexes": [{ "field": "/n", "kind": "range", "from": 0, "to": 1000, "resolution": 1 }, { "field": "/patient", "kind": "equality" }],
        "relations": [{ "field": "/patient", "to": ["https://example.org/patients"], "on_delete": "restrict" }],
    });
    shell.ok(&["define", &shell.file("visits.json", &visits.to_string())]).await;
    let patient = json!({ "name": world.canary.text("name") });
    let patient = text(
        &shell.ok(&["create", "patients", "--file", &shell.file("p.json", &patient.to_string())]).await["id"],
    );
    let uri = text(&shell.ok(&["get", "patients", &patient]).await["pryv_uri"]);
    let mut made = Vec::new();
    for n in [5, 50, 500] {
        let visit = json!({ "n": n, "patient": uri, "note": world.canary.text("note") });
        made.push(text(
            &shell.ok(&["create", "visits", "--file", &shell.file("v.json", &visit.to_string())]).await["id"],
        ));
    }

    // Filters, order, selected fields, numbers.
    let above = r#"{"field": "/n", "above": 10}"#;
    let found = shell.ok(&["query", "visits", "--filter", above, "--sort", "-/n", "--select", "/n"]).await;
    let data: Vec<&Value> = found.as_array().unwrap().iter().map(|record| &record["data"]).collect();
    assert_eq!(data, [&json!({ "n": 500 }), &json!({ "n": 50 })]);
    let count = shell.ok(&["query", "visits", "--filter", above, "--count"]).await;
    assert_eq!(count["count"], 2, "{count}");
    let note = r#"{"field": "/note", "matches": "x"}"#;
    assert_eq!(shell.run(&["query", "visits", "--filter", note]).await.unwrap_err(), "not-indexed");

    // Relations.
    let around = shell.ok(&["related", "patients", &patient, "--incoming"]).await;
    assert_eq!(
        (around["records"].as_array().unwrap().len(), around["references"].as_array().unwrap().len()),
        (3, 3)
    );
    assert!(
        around["references"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["to"] == uri && one["field"] == "/patient")
    );
    assert_eq!(shell.run(&["delete", "patients", &patient]).await.unwrap_err(), "referred-to");

    // Put away and brought back.
    shell.ok(&["trash", "visits", &made[0]]).await;
    let ids = async |state: &str| -> Vec<String> {
        let found = shell.ok(&["query", "visits", "--state", state]).await;
        found.as_array().unwrap().iter().map(|record| text(&record["id"])).collect()
    };
    assert_eq!((ids("active").await.len(), ids("trashed").await), (2, vec![made[0].clone()]));
    shell.ok(&["restore", "visits", &made[0]]).await;
    assert_eq!(ids("active").await.len(), 3);

    // Another index, and what all of them show.
    visits["indexes"].as_array_mut().unwrap().push(json!({ "field": "/note", "kind": "text" }));
    visits["relations"][0]["on_delete"] = "warn".into();
    shell.ok(&["redefine", &shell.file("visits.json", &visits.to_string())]).await;
    assert_eq!(shell.ok(&["reindex", "visits"]).await["indexed"], 3);
    assert_eq!(shell.ok(&["query", "visits", "--filter", note]).await, json!([]));
    assert_eq!(shell.ok(&["leakage", "visits"]).await.as_array().unwrap().len(), 3);
    assert_eq!(shell.ok(&["describe", "visits"]).await["definition"]["relations"][0]["on_delete"], "warn");

    // What is deleted, what is left, and what leads nowhere.
    let done = shell.ok(&["delete", "patients", &patient]).await;
    assert_eq!((done["deleted"].clone(), done["dangling"].as_array().unwrap().len()), (json!(patient), 3));
    let report = shell.ok(&["check-references"]).await;
    assert_eq!((report["references"].clone(), report["faults"].as_array().unwrap().len()), (json!(3), 3));
    assert!(
        report["faults"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["target"] == uri && one["fault"] == "missing-target")
    );
    assert_eq!(shell.ok(&["deleted", "patients"]).await.as_array().map(Vec::len), Some(1));
    world.close().await;
}
