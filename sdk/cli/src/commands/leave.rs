//! `pryv leave`: the end of an access, by who received it.

use crate::{arguments, failure::Failure, lookup, output::Output};
use pryv_sdk::{AccessStatus, Account};
use serde_json::json;

/// `pryv leave`.
pub(super) async fn leave(
    account: &Account,
    wanted: &arguments::Leave,
    output: &mut Output,
) -> Result<(), Failure> {
    let all = account.received().await?;
    // A name may be that of earlier accesses too: what goes on is meant, if anything of that name does.
    let (ended, going_on): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|received| matches!(received.access.status, AccessStatus::Revoked { .. }));
    let received = match lookup::received_access(going_on, &wanted.access) {
        Err(missing) => lookup::received_access(ended, &wanted.access).map_err(|_| missing)?,
        found => found?,
    };
    let receipt = received.leave().await?;
    output.result(&json!(receipt), || receipt.to_string())
}
