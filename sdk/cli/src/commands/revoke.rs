//! `pryv revoke`: the end of an access, its receipt, and what was written before.

use super::access::{account_received, names};
use crate::{arguments, failure::Failure, lookup, meter::Meter, output::Output, visible::visible};
use pryv_sdk::{AccessId, AccessStatus, Account, Collection, GrantedAccess, Receipt, Rewrapped};
use serde_json::{Value, json};

/// `pryv revoke`.
pub(super) async fn revoke(
    account: &Account,
    wanted: &arguments::Revoke,
    output: &mut Output,
) -> Result<(), Failure> {
    if let Some(received) = account_received(account, wanted.by.as_deref()).await? {
        let granted = received.granted().await?.into_iter().map(|access| access.id);
        let receipt = received.revoke(lookup::by_id(granted, &wanted.access)?).await?;
        return show(&receipt, &received.collections().await?, output);
    }
    let granted = account.granted().await?;
    let GrantedAccess { access, .. } = lookup::access(&granted, &wanted.access)?;
    if !wanted.rewrap {
        let receipt = end(account, access.id, wanted).await?;
        return show(&receipt, &account.collections().await?, output);
    }
    let receipt = match access.status {
        AccessStatus::Revoked { .. } => None,
        _ => Some(end(account, access.id, wanted).await?),
    };
    // A person sees that it has ended before the long part begins.
    if let (Some(receipt), false) = (&receipt, output.is_json()) {
        show(receipt, &account.collections().await?, output)?;
    }
    rewrap(account, access.id, receipt.as_ref(), output).await
}

async fn end(account: &Account, access: AccessId, wanted: &arguments::Revoke) -> Result<Receipt, Failure> {
    let revoking = account.revoke(access);
    Ok(match (wanted.cascade, wanted.adopt) {
        (true, _) => revoking.cascade().await?,
        (_, true) => revoking.adopt().await?,
        _ => revoking.await?,
    })
}

fn show(receipt: &Receipt, collections: &[Collection], output: &mut Output) -> Result<(), Failure> {
    output.result(&json!(receipt), || {
        // The receipt speaks of collections by id; here people know their names.
        names(collections).iter().fold(receipt.to_string(), |text, (scope, name)| {
            text.replace(&scope.to_string(), &format!("`{}`", visible(name)))
        })
    })
}

async fn rewrap(
    account: &Account,
    access: AccessId,
    receipt: Option<&Receipt>,
    output: &mut Output,
) -> Result<(), Failure> {
    output
        .remark("Putting what was written before under the new keys; everything can be used meanwhile ...")?;
    let mut meter = Meter::counting(output, "records");
    let done = account.rewrap(access, &mut meter).await;
    meter.finish();
    let done: Rewrapped = done.map_err(|error| {
        Failure::from(error)
            .next(format!("the access has ended; `pryv revoke --rewrap {access}` goes on with what is left"))
    })?;
    let Rewrapped { rewrapped, present, unusable, .. } = done;
    let counts = json!({ "rewrapped": rewrapped, "present": present, "unusable": unusable });
    let value = match receipt.map(|receipt| json!(receipt)) {
        Some(Value::Object(mut receipt)) => {
            receipt.insert("rewrap".to_owned(), counts);
            Value::Object(receipt)
        }
        _ => json!({ "access": access, "rewrap": counts }),
    };
    output.result(&value, || {
        let rest = if unusable == 0 { String::new() } else { format!(" {unusable} do not open and stay as they are.") };
        format!(
            "{rewrapped} records are under the new keys now, {present} were already.{rest} What was copied before, or opened, \
             stays open to whoever did."
        )
    })
}
