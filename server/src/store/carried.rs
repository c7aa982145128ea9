//! What a transaction may expect of records that it does not write.

use super::{
    At as _, Result, Tx,
    key::Silo,
    record::{posting_prefix, shows, unique_key},
    tree::Tree,
};
use crate::permission::{Grant, Read};
use pryv_engine::Scan;
use pryv_wire::{Bytes, RecordId, record::UNIQUE_TOKEN_LENGTH};
use std::ops::ControlFlow;

impl<'t> Tx<'t> {
    /// Whether an instance is there that the grant reaches: put away or not, and not deleted.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_there(&self, grant: &Grant<'t, Read>, record: RecordId) -> Result<bool> {
        let Some(stored) = self.reading().record_of(grant.account(), grant.scope(), record)? else {
            return Ok(false);
        };
        let mut tree = Tree::of(self.reading(), grant.account());
        Ok(stored.kind.is_instance() && shows(&mut tree, grant.reach(), &stored)?)
    }

    /// Whether an instance of the collection carries one of these tokens: the first row of each list answers.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn carries_any(&self, grant: &Grant<'t, Read>, tokens: &[Bytes]) -> Result<bool> {
        let (silo, scope) = (Silo::of(grant.account()), grant.scope());
        for token in tokens {
            let mut carried = false;
            if token.len() == UNIQUE_TOKEN_LENGTH {
                carried = self.rows.get(&unique_key(silo, scope, token))?.is_some();
            } else {
                let list = Scan::prefix(&posting_prefix(silo, scope, token));
                self.rows.scan(&list.limited(1), &mut |_, _| {
                    carried = true;
                    ControlFlow::Break(())
                })?;
            }
            if carried {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
