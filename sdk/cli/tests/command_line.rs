//! The program as a script sees it: exit codes, standard output, standard error. No server is needed for these.

#![expect(clippy::unwrap_used, reason = "whatever goes wrong here fails the test")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

fn pryv(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pryv"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .current_dir(home)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn nobody_logged_in_is_a_refusal_with_the_next_step() {
    let home = home();
    let (code, results, remarks) = said(&pryv(home.path(), &["query", "blood-pressure"]));
    assert_eq!((code, results.as_str()), (Some(3), ""));
    assert_eq!(
        remarks,
        "error: nobody is logged in (profile `default`)\n  \
         next: log in with `pryv login USERNAME --server URL`, or make an account with `pryv sign-up USERNAME`\n"
    );
}

#[test]
fn with_json_an_error_is_json_on_standard_error() {
    let home = home();
    let (code, results, remarks) = said(&pryv(home.path(), &["whoami", "--json", "--profile", "bob"]));
    assert_eq!((code, results.as_str()), (Some(3), ""));
    let error: serde_json::Value = serde_json::from_str(&remarks).unwrap();
    assert_eq!(error["error"]["code"], "not-authenticated");
    assert_eq!(error["error"]["message"], "nobody is logged in (profile `bob`)");
}

#[test]
fn what_is_not_understood_is_a_usage_error() {
    let home = home();
    let (code, _, remarks) = said(&pryv(home.path(), &["frobnicate"]));
    assert_eq!(code, Some(2));
    assert!(remarks.contains("frobnicate"), "{remarks}");
    let (code, _, remarks) = said(&pryv(home.path(), &["login", "ada", "--password-stdin"]));
    assert_eq!(code, Some(2));
    assert!(remarks.contains("no server was named") && remarks.contains("--server"), "{remarks}");
    let (code, _, remarks) = said(&pryv(home.path(), &["whoami", "--profile", "../ada"]));
    assert_eq!(code, Some(2));
    assert!(remarks.contains("cannot name a profile"), "{remarks}");
}

#[test]
fn the_exit_codes_stand_in_the_help() {
    let home = home();
    let (code, results, _) = said(&pryv(home.path(), &["--help"]));
    assert_eq!(code, Some(0));
    for text in ["Exit codes:", "3  refused", "4  conflict", "sign-up", "revoke", "--profile"] {
        assert!(results.contains(text), "`{text}` in {results}");
    }
}

#[test]
fn an_unreachable_server_is_a_failure_with_the_next_step() {
    let home = home();
    fs::write(home.path().join("password"), "correct horse battery staple\n").unwrap();
    // A port that was free a moment ago, and that nobody answers on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    let (code, results, remarks) =
        said(&pryv(home.path(), &["login", "ada", "--server", &server, "--password-file", "password"]));
    assert_eq!((code, results.as_str()), (Some(1), ""), "{remarks}");
    assert!(remarks.starts_with("error: no answer from the server"), "{remarks}");
    assert!(remarks.contains("\n  next: check the address"), "{remarks}");
    assert!(!remarks.contains("correct horse"));
}

#[test]
#[cfg(unix)]
fn a_session_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let folder = home.path().join("config/pryv");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let file = folder.join("default.session");
    fs::write(&file, "{}").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, remarks) = said(&pryv(home.path(), &["whoami"]));
    assert_eq!(code, Some(1));
    assert!(remarks.contains("is open to other users of this machine (mode 0644)"), "{remarks}");
    assert!(remarks.contains("chmod 600"), "{remarks}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, _, remarks) = said(&pryv(home.path(), &["whoami"]));
    assert_eq!(code, Some(1));
    assert!(remarks.contains("is not a session file"), "{remarks}");
}

#[test]
fn a_link_that_is_damaged_is_a_usage_error_that_repeats_no_key() {
    let home = home();
    let key = "aeaq".repeat(14);
    for url in
        [format!("pryv://{}/accesses/{}#{key}", "a".repeat(52), "a".repeat(26)), format!("https://x/#{key}")]
    {
        let (code, results, remarks) = said(&pryv(home.path(), &["link", "open", &url]));
        assert_eq!((code, results.as_str()), (Some(2), ""), "{remarks}");
        assert!(!remarks.contains(&key), "{remarks}");
    }
}
