//! `create-scope`: a collection, with its first epoch and the first version of its definition.

use super::{
    Applying, Error, Result, Signer,
    epoch::{self, PreparedEpoch},
    put_record::{self, PreparedRecord},
};
use crate::store::{At as _, ScopeHead, Tx};
use pryv_wire::{Bytes, ErrorCode, record::RecordKind, scope::NewEpoch, transaction::Touched};

/// A scope whose epoch and definition were verified.
pub(super) struct PreparedScope {
    epoch: PreparedEpoch,
    definition: PreparedRecord,
}

pub(super) fn prepare(epoch: NewEpoch, definition: Bytes, signer: &Signer) -> Result<PreparedScope> {
    let epoch = epoch::prepare(epoch, signer)?;
    let definition = put_record::prepare(definition, signer)?;
    let protected = &definition.protected;
    if epoch.epoch.epoch != 0 || epoch.lockbox.is_some() {
        return Err(Error::malformed("a scope begins with epoch 0, and with nobody to share it with"));
    }
    if protected.kind != RecordKind::Definition || protected.version != 1 || protected.access.is_some() {
        return Err(Error::malformed("a scope begins with version 1 of its definition, by its owner"));
    }
    if protected.suite != epoch.epoch.suite {
        return Err(Error::malformed("the definition is of another suite than the epoch"));
    }
    if protected.scope != epoch.epoch.scope || definition.epoch() != Some(0) {
        return Err(Error::malformed("the definition is of another scope or epoch"));
    }
    Ok(PreparedScope { epoch, definition })
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    applying: &mut Applying<'_>,
    new: PreparedScope,
    index: usize,
) -> Result<()> {
    let PreparedScope { epoch: PreparedEpoch { epoch, statement, owner_wrap, .. }, definition } = new;
    let owner = applying.owner(tx)?;
    let scope = epoch.scope;
    if tx.reading().scope_head(owner.account(), scope)?.is_some() {
        return Err(Error::new(ErrorCode::AlreadyExists));
    }
    tx.begin_epoch(
        &owner,
        scope,
        ScopeHead { epoch: 0, suite: epoch.suite, generation: None },
        statement,
        owner_wrap,
    )?;
    tx.put_definition(&owner, scope, &definition.as_new(), applying.place(index))?;
    applying.touched.push(Touched::Epoch { scope, epoch: 0 });
    applying.touched.push(definition.touched());
    Ok(())
}
