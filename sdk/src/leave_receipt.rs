//! The receipt of who ended an access that it held.

use crate::{
    receipt::printable,
    text::{Fingerprint, utc},
};
use pryv_wire::{AccessId, Digest, PrincipalId, Signed, Timestamp, access::Revocation};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody achieved by ending an access that it held, and what not.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveReceipt {
    /// The access that ended.
    pub access: AccessId,
    /// Whose collections it was on.
    pub account: PrincipalId,
    /// Who had granted it: the owner of the collections, or a manager.
    pub grantor: PrincipalId,
    /// What the access was called.
    pub name: String,
    /// The group of which its holder is no member any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership_of: Option<PrincipalId>,
    /// Something could be read by it.
    pub could_read: bool,
    /// Something could be written by it.
    pub could_write: bool,
    /// The signed end.
    pub statement: Signed<Revocation>,
    /// Its number in the owner's chain of changes.
    pub sequence: u64,
    /// The head of the chain with it.
    pub head: Digest,
    /// When the server says that it took effect.
    pub ended_at: Timestamp,
}

impl fmt::Display for LeaveReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "You have ended the access \"{}\" to what belongs to {}, on {}.",
            printable(&self.name),
            Fingerprint::of(self.account),
            utc(self.ended_at)
        )?;
        if let Some(group) = self.membership_of {
            writeln!(
                f,
                "- You are no longer a member of the group {}: what others granted to it, the server gives you no more.",
                Fingerprint::of(group)
            )?;
        }
        writeln!(
            f,
            "- By this access the server gives you nothing from now on, and takes nothing from you."
        )?;
        if self.could_read {
            writeln!(
                f,
                "- What you opened before and kept, you still have: nobody takes it back. Delete it yourself where you kept it."
            )?;
            writeln!(
                f,
                "- What is written later is closed to you by new keys once the owner's program has run, which makes them. Until \
                 then it is closed by the server alone."
            )?;
        }
        if self.could_write {
            writeln!(f, "- What you wrote stays, signed by you.")?;
        }
        writeln!(
            f,
            "- The owner sees that you ended it yourself, and when. Only a new access brings you back."
        )?;
        writeln!(f, "- Other accesses that you hold, by yourself or with a group, go on.")?;
        write!(
            f,
            "Keep this receipt: it holds the end as you signed it. It is change {} of the owner's account.",
            self.sequence
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pryv_wire::bytes::Signature;

    fn receipt(could_read: bool, could_write: bool) -> LeaveReceipt {
        let (access, account) = (AccessId::from_bytes([1; 16]), PrincipalId::from_bytes([2; 32]));
        let revoker = PrincipalId::from_bytes([3; 32]);
        let signed_at = Timestamp::from_millis(1);
        let end = Revocation { access, account, revoker, last_epochs: Vec::new(), signed_at };
        LeaveReceipt {
            access,
            account,
            grantor: account,
            name: "For \u{1b}[31mDr Bob".into(),
            membership_of: None,
            could_read,
            could_write,
            statement: Signed::new(&end, |_| Signature::from_bytes([0; 64])),
            sequence: 12,
            head: Digest::from_bytes([5; 32]),
            ended_at: Timestamp::from_millis(7_000),
        }
    }

    #[test]
    fn the_words_of_who_leaves_promise_no_more_than_was_done() {
        let words = receipt(true, true).to_string();
        for said in [
            "on 1970-01-01 00:00:07 UTC",
            "nobody takes it back",
            "once the owner's program has run",
            "Until then it is closed by the server alone",
            "What you wrote stays",
            "change 12",
        ] {
            assert!(words.contains(said), "{said}\n---\n{words}");
        }
        assert!(!words.contains('\u{1b}'), "a name does not drive the terminal");
        for word in ["epoch", "lockbox", "capsule", "grantee", "scope"] {
            assert!(!words.contains(word), "`{word}` is a word of the system: {words}");
        }
        let wrote = receipt(false, true).to_string();
        assert!(!wrote.contains("opened before") && !wrote.contains("new keys"), "{wrote}");
        assert!(!receipt(true, false).to_string().contains("What you wrote"));
        let member =
            LeaveReceipt { membership_of: Some(PrincipalId::from_bytes([4; 32])), ..receipt(true, false) };
        assert!(member.to_string().contains("no longer a member"));
    }

    #[test]
    fn a_receipt_of_who_leaves_is_kept_as_json() {
        let receipt = receipt(true, false);
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(serde_json::from_str::<LeaveReceipt>(&text).unwrap(), receipt);
    }
}
