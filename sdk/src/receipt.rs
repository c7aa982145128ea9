//! The receipt of a revocation: what was achieved, and what was not.

use crate::text::utc;
use pryv_wire::{
    AccessId, Digest, PrincipalId, ScopeId, Signed, Timestamp,
    access::{Level, Revocation},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a revocation achieved, as far as this client can know, and what it cannot achieve.
///
/// Keep it: [`crate::Account::verify_receipt`] checks later that the server still stands by it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The access that ended.
    pub access: AccessId,
    /// Who held it.
    pub grantee: PrincipalId,
    /// What the access was called.
    pub name: String,
    /// The signed end.
    pub statement: Signed<Revocation>,
    /// Its number in the account's chain of changes.
    pub sequence: u64,
    /// The head of the chain with it.
    pub head: Digest,
    /// When the server says that it took effect.
    pub ended_at: Timestamp,
    /// What became of each scope.
    pub scopes: Vec<ScopeReceipt>,
}

/// What became of one scope of an access.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeReceipt {
    /// The scope.
    pub scope: ScopeId,
    /// What the grantee could do.
    pub level: Level,
    /// The first epoch whose keys the grantee is not given by this access.
    pub closed_from: u32,
    /// Epochs whose keys the server says it gave to the grantee, with the last time.
    pub served: Vec<ServedEpoch>,
    /// Epochs that the access covered, and whose keys the server says it never gave.
    pub never_served: Vec<u32>,
    /// Other accesses of the same grantee that still read the scope, new epochs included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_read_by: Vec<AccessId>,
}

/// An epoch whose keys the server says it gave to a grantee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServedEpoch {
    /// The epoch.
    pub epoch: u32,
    /// When it was first given.
    pub first_at: Timestamp,
    /// When it was last given.
    pub last_at: Timestamp,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Access \"{}\" ({}) has ended on {}, as change {} of the account.",
            printable(&self.name),
            self.access,
            utc(self.ended_at),
            self.sequence
        )?;
        for scope in &self.scopes {
            scope.describe(f)?;
        }
        write!(f, "Whether keys were given, and when, is the server's word.")?;
        if self.scopes.iter().all(|scope| scope.still_read_by.is_empty()) {
            write!(
                f,
                " That nothing new opens does not rest on its word: new keys were made, and were not given to the grantee."
            )?;
        }
        Ok(())
    }
}

impl ScopeReceipt {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Collection {}:", self.scope)?;
        if self.still_read_by.is_empty() {
            writeln!(
                f,
                "- Written from now on (epoch {} and later): closed to the grantee, even with the server's help.",
                self.closed_from
            )?;
        } else {
            let others: Vec<_> = self.still_read_by.iter().map(ToString::to_string).collect();
            writeln!(
                f,
                "- The grantee still reads it, before and from now on, by access {}: revoke that as well to end it.",
                others.join(", ")
            )?;
        }
        if !self.level.reads() {
            return writeln!(
                f,
                "- By this access the grantee could write and not read: nothing could be taken away. New records under it are refused."
            );
        }
        match self.served.iter().map(|served| served.last_at).max() {
            Some(last) => writeln!(
                f,
                "- Written before, {}: the server gave the keys to the grantee, last on {}. What was read may have been kept, \
                 and no revocation takes it back.",
                epochs(self.served.iter().map(|served| served.epoch)),
                utc(last)
            )?,
            None => writeln!(f, "- The server says that the grantee never asked for the keys.")?,
        }
        if !self.never_served.is_empty() {
            writeln!(
                f,
                "- Written before, {}: never given, and the server has deleted what it needed to give them. A server that \
                 lied about either, together with the grantee, could still open these.",
                epochs(self.never_served.iter().copied())
            )?;
        }
        Ok(())
    }
}

fn epochs(numbers: impl Iterator<Item = u32>) -> String {
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    let word = if numbers.len() == 1 { "epoch" } else { "epochs" };
    format!("{word} {}", numbers.join(", "))
}

/// A text of somebody else's without what moves a terminal's cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pryv_wire::bytes::Signature;

    fn receipt(level: Level, served: Vec<ServedEpoch>, never_served: Vec<u32>) -> Receipt {
        let (access, account) = (AccessId::from_bytes([1; 16]), PrincipalId::from_bytes([2; 32]));
        let end = Revocation {
            access,
            account,
            revoker: account,
            last_epochs: Vec::new(),
            signed_at: Timestamp::from_millis(1),
        };
        let scope = ScopeId::from_bytes([3; 16]);
        Receipt {
            access,
            grantee: PrincipalId::from_bytes([4; 32]),
            name: "For \u{1b}[31mDr Bob".into(),
            statement: Signed::new(&end, |_| Signature::from_bytes([0; 64])),
            sequence: 12,
            head: Digest::from_bytes([5; 32]),
            ended_at: Timestamp::from_millis(9),
            scopes: vec![ScopeReceipt {
                scope,
                level,
                closed_from: 3,
                served,
                never_served,
                still_read_by: Vec::new(),
            }],
        }
    }

    #[test]
    fn the_words_promise_no_more_than_was_done() {
        let served =
            ServedEpoch { epoch: 1, first_at: Timestamp::from_millis(5), last_at: Timestamp::from_millis(7) };
        let words = receipt(Level::Read, vec![served], vec![0, 2]).to_string();
        assert!(words.contains("change 12"));
        assert!(words.contains("epoch 3 and later): closed to the grantee, even with the server's help"));
        assert!(
            words.contains(
                "epoch 1: the server gave the keys to the grantee, last on 1970-01-01 00:00:00 UTC"
            )
        );
        assert!(words.contains("no revocation takes it back"));
        assert!(words.contains("epochs 0, 2: never given"));
        assert!(words.contains("could still open these"));
        assert!(!words.contains('\u{1b}'), "a name does not drive the terminal");
        let never = receipt(Level::Contribute, Vec::new(), vec![0]).to_string();
        assert!(never.contains("never asked for the keys") && !never.contains("takes it back"));
        let writer = receipt(Level::CreateOnly, Vec::new(), Vec::new()).to_string();
        assert!(writer.contains("could write and not read") && !writer.contains("asked for the keys"));
    }

    #[test]
    fn a_receipt_is_kept_as_json() {
        let receipt = receipt(Level::Read, Vec::new(), vec![0]);
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
    }
}
