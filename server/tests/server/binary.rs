//! The server as one file: started as its operator starts it, and ended in every way.

use crate::http::Http;
use pryv_wire::{account::GetChallenge, card::ResolveUsername};
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pryv-server"));
    command.env_clear().args(["--listen", "127.0.0.1:0", "--store-free", "0", "--store-free-percent", "0"]);
    command.arg("--data").arg(data).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn serve(data: &Path, arguments: &[&str]) -> (Child, SocketAddr) {
    let mut child = command(data).args(arguments).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap().parse().unwrap();
    (child, address)
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn end(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn it_serves_until_it_is_asked_to_stop() {
    for name in ["-TERM", "-INT"] {
        let dir = tempfile::tempdir().unwrap();
        let (child, address) = serve(&dir.path().join("data"), &["serve", "--log-format", "json"]);
        let http = Http::at(address);
        assert_eq!(http.post(&GetChallenge {}).await.status, 200);
        let username = "a-username-that-stays-ours";
        http.post(&ResolveUsername { username: username.into() }).await;
        http.get("/a-path-that-stays-ours").await;
        signal(&child, name);
        let output = end(child);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let log = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<serde_json::Value> =
            log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
        let told: Vec<_> = requests
            .iter()
            .map(|line| (line["path"].as_str().unwrap(), line["status"].as_u64().unwrap()))
            .collect();
        assert_eq!(told, [("/v1/challenges/get", 200), ("/v1/cards/resolve", 404), ("other", 404)]);
        assert!(!log.contains("stays-ours"), "{log}");
        let fields: Vec<_> = requests[0].as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            ["level", "message", "micros", "path", "request", "status", "target", "timestamp"]
        );
    }
}

#[tokio::test]
async fn it_starts_again_after_it_was_killed_and_keeps_backups_apart() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (child, _) = serve(&data, &[]);
    signal(&child, "-KILL");
    end(child);
    assert!(data.join("admin.sock").exists(), "left behind");
    let offline = command(&data).arg("backup").arg(dir.path().join("offline")).output().unwrap();
    assert!(offline.status.success(), "{offline:?}");
    let (child, _) = serve(&data, &[]);
    let online = command(&data).arg("backup").arg(dir.path().join("online")).output().unwrap();
    assert!(online.status.success(), "{online:?}");
    let again = command(&data).arg("backup").arg(dir.path().join("online")).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("exists already"));
    let second = command(&data).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains("in use by another process"));
    signal(&child, "-TERM");
    assert!(end(child).status.success());
    assert!(!data.join("admin.sock").exists());
    let restored = dir.path().join("restored");
    let restore = command(&restored).arg("restore").arg(dir.path().join("online")).output().unwrap();
    assert!(restore.status.success(), "{restore:?}");
    assert!(String::from_utf8(restore.stdout).unwrap().contains("node key"));
    let keyless = command(&restored).output().unwrap();
    assert_eq!(keyless.status.code(), Some(1));
    assert!(String::from_utf8(keyless.stderr).unwrap().contains("node key"));
    std::fs::copy(data.join("node.key"), restored.join("node.key")).unwrap();
    let (child, _) = serve(&restored, &[]);
    signal(&child, "-TERM");
    assert!(end(child).status.success());
}

#[test]
fn wrong_settings_are_told_in_words() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, word) in [
        (&["--limits-timeout", "soon"][..], "--limits-timeout"),
        (&["--no-such-flag"], "--no-such-flag"),
        (&["--config", "/nowhere/pryv.toml"], "/nowhere/pryv.toml"),
    ] {
        let output = command(dir.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(word));
    }
    let output =
        command(dir.path()).arg("config").env("PRYV_SERVER_SESSION_LIFETIME", "77").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("session.lifetime = 77"));
}
