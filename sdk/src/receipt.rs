//! The receipt of a revocation: what was achieved, and what was not.

use crate::text::{Fingerprint, utc};
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
    /// The group that its holder is no longer a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership_of: Option<PrincipalId>,
    /// That group has had as many cards as it can have, and goes on with the keys that the holder had.
    #[serde(default, skip_serializing_if = "is_false")]
    pub group_closed: bool,
    /// The holder was a group: what was served, was served to any of its members.
    #[serde(default, skip_serializing_if = "is_false")]
    pub to_group: bool,
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
    /// A manager ended the access: new keys are the owner's to make, and are not made yet.
    #[serde(default, skip_serializing_if = "is_false")]
    pub awaits_owner: bool,
    /// The access that the owner gave to the same grantee instead, in the same change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_as: Option<AccessId>,
    /// The accesses that had been granted onwards, and ended with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<Self>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_false(value: &bool) -> bool {
    !*value
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
    /// The epochs that there were, each with the time in which it was written to, by the owner's clock.
    pub written: Vec<Written>,
    /// Epochs whose keys the server says it gave to the grantee, with the last time.
    pub served: Vec<ServedEpoch>,
    /// Epochs that the access covered, and whose keys the server says it never gave.
    pub never_served: Vec<u32>,
    /// Other accesses of the same grantee that still read the scope, new epochs included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_read_by: Vec<AccessId>,
    /// Accesses of other people's groups that read the scope, or a part of it: the grantee reads on if it is a member of one,
    /// which only the owner of the group knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups_read_by: Vec<AccessId>,
}

/// The time in which one epoch was written to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The epoch.
    pub epoch: u32,
    /// When it began.
    pub from: Timestamp,
    /// When the next one began, or when the receipt was made.
    pub until: Timestamp,
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
        writeln!(f, "The access \"{}\" has ended on {}.", printable(&self.name), utc(self.ended_at))?;
        writeln!(f, "It was held by {} (below: the holder).", Fingerprint::of(self.grantee))?;
        if self.to_group {
            writeln!(f, "The holder is a group: \"given\" below says given to any of its members.")?;
        }
        if let Some(group) = self.membership_of {
            writeln!(
                f,
                "The holder is no longer a member of the group {}. Of what others granted to the group this server gives \
                 it nothing from now on. New keys of theirs are closed to it once their own clients have run; until then, \
                 and for what was written before, you have the server's word.",
                Fingerprint::of(group)
            )?;
            if self.group_closed {
                writeln!(
                    f,
                    "The group has had as many keys as it can have, and goes on with those that the holder had: even then you \
                     have the server's word alone. Make another group, and ask whoever granted something to this one to grant \
                     it to that one."
                )?;
            }
        }
        for scope in &self.scopes {
            writeln!(f)?;
            scope.describe(f, self)?;
        }
        for receipt in &self.below {
            match receipt.adopted_as {
                Some(adopted) => writeln!(
                    f,
                    "\nThe holder had granted it onwards. That goes on as your own from the same moment, by access {adopted}:\n{receipt}"
                )?,
                None => {
                    writeln!(f, "\nThe holder had granted it onwards. That has ended with it:\n{receipt}")?
                }
            }
        }
        writeln!(
            f,
            "\nYou have only the server's word for this: which keys it handed out and when, and that it deleted the rest."
        )?;
        if self.awaits_owner {
            writeln!(
                f,
                "New keys are the owner's to make: the owner's client makes them when it next runs. Until then you have the \
                 server's word alone that nothing new is given."
            )?;
        } else if self.membership_of.is_some() {
            // What counts is what others granted to the group, of which the first lines speak.
        } else if self.scopes.iter().all(ScopeReceipt::is_closed) {
            writeln!(
                f,
                "You need not believe the server for this: what is written from now on does not open with anything that the \
                 holder has, or could get from the server."
            )?;
        }
        write!(
            f,
            "Keep this receipt. The revocation is change {} of your account; a server that denies it later is found out when \
             the receipt is checked.",
            self.sequence
        )
    }
}

impl ScopeReceipt {
    /// Whether nobody is known, nor thought, to read on for the grantee.
    const fn is_closed(&self) -> bool {
        self.still_read_by.is_empty() && self.groups_read_by.is_empty()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>, receipt: &Receipt) -> fmt::Result {
        if receipt.membership_of.is_some() {
            writeln!(f, "The keys of the group ({}):", self.scope)?;
        } else {
            writeln!(f, "Collection {}:", self.scope)?;
        }
        if receipt.group_closed {
            writeln!(f, "- The holder keeps all of them: they are the ones that the group goes on with.")?;
        } else if receipt.membership_of.is_some() {
            writeln!(
                f,
                "- The group goes on with new keys, which the holder was not given and the server does not have."
            )?;
        } else if receipt.awaits_owner {
            writeln!(
                f,
                "- The server gives nothing from now on. Until the owner makes new keys (epoch {}), what is written could \
                 still be opened by the grantee together with the server.",
                self.closed_from
            )?;
        } else if self.is_closed() {
            writeln!(
                f,
                "- What is written from now on is closed to the holder: it is encrypted with new keys, which the holder was not \
                 given and the server does not have."
            )?;
        }
        let list =
            |accesses: &[AccessId]| accesses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if !self.still_read_by.is_empty() {
            writeln!(
                f,
                "- The holder still reads it, also what is written from now on, by access {}: end that one as well.",
                list(&self.still_read_by)
            )?;
        }
        if !self.groups_read_by.is_empty() {
            writeln!(
                f,
                "- Groups still read it, or a part of it, also what is written from now on, by access {}. If the holder is a \
                 member of one, so does the holder: ask whose group it is, or end that access as well.",
                list(&self.groups_read_by)
            )?;
        }
        if self.level.creates() {
            writeln!(
                f,
                "- What the holder wrote stays, signed by the holder; anything new from the holder is refused. A dishonest server \
                 could still add a record that the holder now signs with an earlier date: it would show the holder as its author."
            )?;
        }
        if !self.level.reads() {
            return writeln!(
                f,
                "- By this access the holder could write and read nothing: nothing was there to take away."
            );
        }
        let served = self.served.iter().map(|served| served.epoch);
        match self.served.iter().map(|served| served.last_at).max() {
            Some(last) => writeln!(
                f,
                "- {}: the server handed the keys to the holder, last on {}. The holder may have read it and kept a copy; no \
                 revocation takes it back.",
                self.times(served),
                utc(last)
            )?,
            None => writeln!(f, "- The holder never asked for any keys, says the server.")?,
        }
        if !self.never_served.is_empty() {
            writeln!(
                f,
                "- {}: never handed out, says the server, and what it needed to hand the keys out is deleted. If that is a lie, \
                 server and holder together can still open this.",
                self.times(self.never_served.iter().copied())
            )?;
        }
        Ok(())
    }

    /// When epochs were written to, in words; neighbours are one span.
    fn times(&self, epochs: impl Iterator<Item = u32>) -> String {
        let mut spans: Vec<Written> = Vec::new();
        for epoch in epochs {
            let Some(written) = self.written.iter().find(|written| written.epoch == epoch) else { continue };
            match spans.last_mut() {
                Some(last) if last.epoch.checked_add(1) == Some(epoch) => {
                    (last.epoch, last.until) = (epoch, written.until);
                }
                _ => spans.push(*written),
            }
        }
        let times: Vec<String> =
            spans.iter().map(|span| format!("from {} to {}", utc(span.from), utc(span.until))).collect();
        if times.is_empty() {
            "What was written before".to_owned()
        } else {
            format!("Written {}", times.join(" and "))
        }
    }
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
        let day = |days: u32| Timestamp::from_millis(u64::from(days) * 86_400_000);
        let written =
            (0..3).map(|epoch| Written { epoch, from: day(epoch), until: day(epoch + 1) }).collect();
        Receipt {
            access,
            grantee: PrincipalId::from_bytes([4; 32]),
            name: "For \u{1b}[31mDr Bob".into(),

            membership_of: None,
            to_group: false,
            group_closed: false,
            statement: Signed::new(&end, |_| Signature::from_bytes([0; 64])),
            sequence: 12,
            head: Digest::from_bytes([5; 32]),
            ended_at: Timestamp::from_millis(9),
            scopes: vec![ScopeReceipt {
                scope,
                level,
                closed_from: 3,
                written,
                served,
                never_served,
                still_read_by: Vec::new(),
                groups_read_by: Vec::new(),
            }],
            awaits_owner: false,
            adopted_as: None,
            below: Vec::new(),
        }
    }

    fn served(epoch: u32) -> ServedEpoch {
        ServedEpoch { epoch, first_at: Timestamp::from_millis(5), last_at: Timestamp::from_millis(7_000) }
    }

    #[test]
    fn the_words_promise_no_more_than_was_done() {
        let words = receipt(Level::Read, vec![served(1)], vec![0, 2]).to_string();
        for said in [
            "It was held by aqca",
            "What is written from now on is closed to the holder",
            "the server does not have",
            "- Written from 1970-01-02 00:00:00 UTC to 1970-01-03 00:00:00 UTC: the server handed the keys to the holder, last \
             on 1970-01-01 00:00:07 UTC.",
            "no revocation takes it back",
            "- Written from 1970-01-01 00:00:00 UTC to 1970-01-02 00:00:00 UTC and from 1970-01-03 00:00:00 UTC to 1970-01-04 \
             00:00:00 UTC: never handed out, says the server",
            "If that is a lie, server and holder together can still open this.",
            "only the server's word",
            "You need not believe the server for this",
            "change 12 of your account",
        ] {
            assert!(words.contains(said), "{said}\n---\n{words}");
        }
        assert!(!words.contains('\u{1b}'), "a name does not drive the terminal");
        assert!(!words.contains("an earlier date"), "a reader wrote nothing");
        for word in ["epoch", "lockbox", "capsule", "grantee", "scope"] {
            assert!(!words.contains(word), "`{word}` is a word of the system: {words}");
        }
    }

    #[test]
    fn neighbours_in_time_are_one_span() {
        let words = receipt(Level::Contribute, vec![served(0), served(1), served(2)], Vec::new()).to_string();
        assert!(
            words.contains(
                "- Written from 1970-01-01 00:00:00 UTC to 1970-01-04 00:00:00 UTC: the server handed"
            ),
            "{words}"
        );
        assert!(words.contains("an earlier date") && !words.contains("never handed out"), "{words}");
    }

    #[test]
    fn whoever_was_given_nothing_can_keep_nothing() {
        let never = receipt(Level::Contribute, Vec::new(), vec![0]).to_string();
        assert!(never.contains("never asked for any keys") && !never.contains("takes it back"), "{never}");
        let writer = receipt(Level::CreateOnly, Vec::new(), Vec::new()).to_string();
        assert!(writer.contains("could write and read nothing") && !writer.contains("asked for"), "{writer}");
    }

    #[test]
    fn another_access_that_still_reads_is_named_and_nothing_is_promised() {
        let mut open = receipt(Level::Read, vec![served(0)], Vec::new());
        open.scopes[0].still_read_by = vec![AccessId::from_bytes([9; 16])];
        let words = open.to_string();
        assert!(
            words.contains(&AccessId::from_bytes([9; 16]).to_string())
                && words.contains("end that one as well")
        );
        assert!(
            !words.contains("closed to the holder") && !words.contains("You need not believe"),
            "{words}"
        );
    }

    #[test]
    fn a_group_that_reads_on_is_named_and_nothing_is_promised() {
        let mut open = receipt(Level::Read, vec![served(0)], Vec::new());
        open.scopes[0].groups_read_by = vec![AccessId::from_bytes([9; 16])];
        let words = open.to_string();
        let named = AccessId::from_bytes([9; 16]).to_string();
        assert!(words.contains(&named) && words.contains("If the holder is a member of one"), "{words}");
        for promised in ["closed to the holder", "You need not believe", "still reads it"] {
            assert!(!words.contains(promised), "{promised}: {words}");
        }
    }

    #[test]
    fn a_removal_promises_nothing_of_what_others_granted() {
        let mut removal = receipt(Level::Read, vec![served(0)], Vec::new());
        removal.membership_of = Some(PrincipalId::from_bytes([8; 32]));
        let words = removal.to_string();
        assert!(
            words.contains("goes on with new keys") && words.contains("once their own clients"),
            "{words}"
        );
        for promised in ["closed to the holder", "You need not believe"] {
            assert!(!words.contains(promised), "{promised}: {words}");
        }
        removal.group_closed = true;
        let words = removal.to_string();
        assert!(words.contains("server's word alone") && words.contains("keeps all of them"), "{words}");
        assert!(!words.contains("goes on with new keys"), "{words}");
    }

    #[test]
    fn a_receipt_is_kept_as_json() {
        let receipt = receipt(Level::Read, Vec::new(), vec![0]);
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
    }
}
