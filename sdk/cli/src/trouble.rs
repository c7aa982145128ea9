//! Trouble of the SDK in the words, the next step and the exit code of the command line.

use crate::failure::{Exit, Failure};
use pryv_sdk::{
    account::{
        ChangePasswordError, CompareError, CreateLinkError, DefineError, DeviceError, FindError, GrantError,
        GroupError, LeaveError, OpenError, RenewError, ResolveError, RevokeError, RotateError,
        audit::{ExportError, InvalidExport},
    },
    client::{JoinError, LogInError, OpenLinkError, RecoverError, ResumeError, SignUpError},
    collection::{BulkError, QueryError, ReadError, RedefineError},
    ontology::{BulkTermError, TermError},
    transport::http::ConnectError,
};
use std::error::Error;

/// The failure for an error with a stable code.
pub(crate) fn failure(code: &str, error: &dyn Error) -> Failure {
    let mut failure = Failure::new(code, error.to_string()).exit(exit(code));
    if let Some(source) = error.source() {
        failure = failure.because(source);
    }
    match next(code) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

fn exit(code: &str) -> Exit {
    match code {
        "not-authenticated" | "wrong-credentials" | "session-ended" | "not-granted" | "not-yet-valid"
        | "expired" | "revoked" | "write-only" | "read-only" | "epoch-not-held" | "not-allowed"
        | "access-not-valid" | "exceeds-own-access" | "granted-onwards" | "kept-by-managers"
        | "still-grants" | "held-by-group" | "held-by-link" | "proof-needed" | "foreign-answer"
        | "link-exhausted" | "unknown-link" | "password-needed" => Exit::Refused,
        "version-conflict" | "not-unique" | "already-exists" | "username-taken" | "stale-epoch"
        | "stale-account" | "code-used" | "transaction-reused" | "conflict" => Exit::Conflict,
        _ => Exit::Failed,
    }
}

/// What to type or do next; absent where the error's own words say it.
fn next(code: &str) -> Option<&'static str> {
    Some(match code {
        "not-authenticated" | "session-ended" => "log in again: `pryv login USERNAME`",
        "wrong-credentials" => {
            "check username and password; if the password is lost: `pryv recover USERNAME`"
        }
        "username-taken" => "choose another username, or log in if it is yours: `pryv login USERNAME`",
        "offline" => {
            "check the address (`--server`), the network, and that the server runs; repeating is safe"
        }
        "not-found" => "list what there is: `pryv collections`, `pryv received`, `pryv query COLLECTION`",
        "granted-onwards" => {
            "repeat with `--cascade` (they end too) or `--adopt` (they go on as your own); `pryv accesses` lists them"
        }
        "still-grants" => {
            "end what you granted with `pryv revoke --by`; or ask the owner to revoke yours with `--cascade` or `--adopt`"
        }
        "held-by-group" => "`pryv received` shows your membership of the group: leave that",
        "kept-by-managers" => "`pryv accesses` lists what managers granted; revoke that, and repeat",
        "version-not-kept" => "`pryv history COLLECTION RECORD` shows the versions that are kept",
        "other-ontologies" => "`pryv ontology link COLLECTION ONTOLOGY` links it",
        "exceeds-own-access" => "`pryv received` shows what your own access reaches, and until when",
        "not-granted" | "revoked" | "expired" => "`pryv received` lists the accesses you have",
        "not-yet-valid" => "wait until the access begins; `pryv received` shows when",
        "write-only" | "read-only" | "not-allowed" => {
            "ask its owner for an access of another level; `pryv received` lists yours"
        }
        "version-conflict" | "conflict" => {
            "read it again with `pryv get`, and repeat the change on what is there now"
        }
        "new-devices" => "look at `pryv device list`; repeat if they are yours, and revoke them if not",
        "new-password" => "log in with it: `pryv login USERNAME`",
        "not-unique" => {
            "find it with `pryv query COLLECTION --where /FIELD=VALUE`; an import that broke off goes on with --resume"
        }
        "rolled-back" | "forked" => {
            "compare with another device of yours: `pryv head` there, `pryv head --compare` here. If the operator says that a \
             backup was restored, log out and in again, and revoke once more what you revoked since"
        }
        "not-indexed" => {
            "ask by an indexed field (`pryv describe COLLECTION`), or allow this machine to look through: `--scan 10000`"
        }
        "unindexed" => {
            "index them: `pryv reindex COLLECTION`; or allow this machine to look through: `--scan 10000`"
        }
        "unknown-type" => "`pryv describe COLLECTION` shows the types",
        "invalid-condition" | "other-type" | "other-order" => {
            "`pryv describe COLLECTION` shows the fields and their indexes"
        }
        "scan-limit" => "allow more with --scan, or ask by an indexed field",
        "link-exhausted" => "ask whoever gave it to you for a new one",
        "unknown-link" => "check the password, and that the link is of this server",
        "suite-downgrade" => "define another collection in that suite, and write the records to it",
        "different-suite" => "`pryv migrate COLLECTION --suite SUITE` moves it; or leave `--suite` out",
        "stale-epoch" | "stale-account" => "repeat the command",
        "contact-changed" => "compare fingerprints (`pryv whoami`) with the person before anything else",
        _ => return None,
    })
}

macro_rules! troubles {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                failure(error.code(), &error)
            }
        }
    )+};
}

troubles! {
    BulkError, BulkTermError, ChangePasswordError, CompareError, ConnectError, CreateLinkError, DefineError, DeviceError, ExportError, FindError,
    GrantError, GroupError, InvalidExport, JoinError, LeaveError, LogInError, OpenError, OpenLinkError, QueryError, ReadError, RecoverError, RedefineError, RenewError,
    ResolveError, ResumeError, RevokeError, RotateError, SignUpError, TermError, pryv_sdk::Failure,
}
