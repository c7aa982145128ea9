//! Commands about evidence: what an account signed, in a file that proves itself.

use crate::{arguments::Evidence, failure::Failure, output::Output};
use pryv_sdk::{Account, Fingerprint, evidence::verify_json};
use serde_json::json;
use std::path::Path;

/// `pryv access export`.
pub(super) async fn export(account: &Account, file: &Path, output: &mut Output) -> Result<(), Failure> {
    let evidence = account.export_evidence().await?;
    let bytes = serde_json::to_vec_pretty(&evidence)
        .map_err(|error| Failure::new("io", "the evidence could not be written down").because(&error))?;
    std::fs::write(file, bytes)
        .map_err(|error| Failure::io(format!("`{}` cannot be written", file.display()), &error))?;
    let (accesses, epochs) = (evidence.accesses.len(), evidence.epochs.len());
    output.result(&json!({ "file": file, "accesses": accesses, "epochs": epochs }), || {
        format!("{accesses} accesses and {epochs} epochs in `{}`. Anybody can check it: `pryv access verify FILE`.", file.display())
    })
}

/// `pryv access verify`.
pub(super) fn verify(file: &Path, output: &mut Output) -> Result<(), Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::io(format!("`{}` cannot be read", file.display()), &error))?;
    let proven = verify_json(&bytes).map_err(|invalid| {
        Failure::new(invalid.code(), invalid.to_string())
            .next("believe nothing of this file; ask for another one")
    })?;
    let fingerprint = Fingerprint::of(proven.account);
    let accesses: Vec<_> = proven
        .accesses
        .iter()
        .map(|(access, end)| {
            json!({
                "access": access.access, "grantee": access.grantee, "signed_at": access.signed_at,
                "revoked_at": end.as_ref().map(|end| end.signed_at),
            })
        })
        .collect();
    let value = json!({ "account": proven.account, "words": fingerprint.words(), "cards": proven.cards,
        "accesses": accesses, "epochs": proven.epochs.len() });
    output.result(&value, || {
        let revoked = proven.accesses.iter().filter(|(_, end)| end.is_some()).count();
        format!(
            "Signed by {fingerprint}\n  in words: {}\n{} accesses, {revoked} of them ended; {} epochs; {} cards.\n\
             Compare the fingerprint with the person: the file proves who signed, not who that is, nor that nothing was left out.",
            fingerprint.words(),
            proven.accesses.len(),
            proven.epochs.len(),
            proven.cards,
        )
    })
}

/// `pryv access …`, with a session.
pub(super) async fn evidence(
    account: &Account,
    wanted: &Evidence,
    output: &mut Output,
) -> Result<(), Failure> {
    match wanted {
        Evidence::Export { file } => export(account, file, output).await,
        Evidence::Verify { file } => verify(file, output),
    }
}
