//! Walks along an audit that was changed, shortened, or told twice.

use super::*;
use pryv_wire::audit::Act;

const ACCOUNT: PrincipalId = PrincipalId::from_bytes([1; 32]);

fn entry(sequence: u64, at: u64) -> AuditEntry {
    let at = Timestamp::from_millis(at);
    let (act, scopes) = (Act::Login, Vec::new());
    AuditEntry { sequence, at, principal: ACCOUNT, access: None, session: None, act, scopes, records: 0 }
}

/// The page of these entries, of which the chain ends with the last.
fn page(entries: Vec<AuditEntry>) -> AuditPage {
    let begins = Mark { sequence: 0, head: AuditEntry::genesis(ACCOUNT) };
    let present = entries.iter().fold(begins, |Mark { sequence, head }, entry| Mark {
        sequence: sequence + 1,
        head: AuditEntry::head(head, entry.digest()),
    });
    AuditPage { lines: entries.into_iter().map(AuditLine::Entry).collect(), begins, present }
}

fn honest() -> AuditPage {
    page((1..=5).map(|n| entry(n, n * 10)).collect())
}

fn walk(page: &AuditPage) -> Result<usize, &'static str> {
    let mut walk = Walk::from(ACCOUNT, None);
    walk.take(None, page).map(|(entries, ..)| entries.len()).map_err(|distrust| distrust.code())
}

/// What is done to an honest page, and what comes of it.
type Lie = (&'static str, fn(&mut AuditPage), &'static str);

#[test]
fn an_audit_that_was_changed_does_not_close() {
    assert_eq!(walk(&honest()), Ok(5));
    let lies: [Lie; 8] = [
        ("an entry dropped", |page| drop(page.lines.remove(2)), "forked"),
        ("the last one dropped", |page| drop(page.lines.pop()), "forked-later"),
        ("two swapped", |page| page.lines.swap(1, 2), "forked"),
        ("a number twice", |page| page.lines.insert(1, page.lines[1].clone()), "forked"),
        ("a time forged", |page| page.lines[2] = AuditLine::Entry(entry(3, 31)), "forked"),
        ("a time put back", |page| page.lines[2] = AuditLine::Entry(entry(3, 5)), "malformed"),
        (
            "a digest nobody asked for",
            |page| page.lines[2] = AuditLine::Other(entry(3, 30).digest()),
            "malformed",
        ),
        ("an end before the beginning", |page| page.begins.sequence = 9, "malformed"),
    ];
    for (name, tell, code) in lies {
        let mut lie = honest();
        tell(&mut lie);
        match code {
            // Shorter than it says: the next page would have to bring it.
            "forked-later" => {
                let mut walk = Walk::from(ACCOUNT, None);
                assert!(walk.take(None, &lie).unwrap().2, "{name}");
                let empty = AuditPage { lines: Vec::new(), ..lie };
                assert_eq!(walk.take(None, &empty).unwrap_err().code(), "forked", "{name}");
            }
            code => assert_eq!(walk(&lie), Err(code), "{name}"),
        }
    }
}

#[test]
fn what_was_removed_in_time_is_said_and_is_no_fork() {
    let mut kept = honest();
    let all = std::mem::take(&mut kept.lines);
    kept.begins = Mark { sequence: 1, head: AuditEntry::head(kept.begins.head, entry(1, 10).digest()) };
    kept.lines = all[1..].to_vec();
    let mut walk = Walk::from(ACCOUNT, None);
    assert_eq!(walk.take(None, &kept).unwrap().0.len(), 4);
    assert_eq!(walk.begins(), kept.begins);
    // At a place that is known, what begins there must be what is known.
    let mut from =
        Walk::from(ACCOUNT, Some(Mark { head: pryv_wire::Digest::from_bytes([3; 32]), ..kept.begins }));
    assert_eq!(from.take(None, &kept).unwrap_err().code(), "forked");
}

#[test]
fn a_head_goes_neither_back_nor_aside() {
    let mut audit = Audit::restore(ACCOUNT, Known::default());
    let mark = |sequence, byte| Mark { sequence, head: pryv_wire::Digest::from_bytes([byte; 32]) };
    audit.observe(0, mark(7, 1)).unwrap();
    assert_eq!(audit.observe(7, mark(6, 1)).unwrap_err().code(), "rolled-back");
    assert_eq!(audit.observe(7, mark(7, 2)).unwrap_err().code(), "forked");
    audit.observe(0, mark(6, 3)).unwrap();
    assert_eq!(audit.last(), Some(mark(7, 1)), "an answer that was asked for earlier");
    assert_eq!(audit.observe(0, mark(0, 1)).unwrap_err().code(), "forked", "another beginning");
    let mut again = Audit::restore(ACCOUNT, audit.known());
    assert_eq!(again.observe(0, mark(7, 2)).unwrap_err().code(), "forked", "also after a restart");
}

#[test]
fn a_header_is_read_within_bounds() {
    let heads = Heads { changes: honest().present, audit: honest().begins };
    let text = crate::text::base64url(&pryv_wire::encode(&heads));
    assert!(text.len() * 2 < MAX_HEADER);
    assert_eq!(super::heads(&text), Ok(heads));
    for bad in ["", "a", "!", &"A".repeat(MAX_HEADER + 4), &format!("{text}AAAA")] {
        assert_eq!(super::heads(bad).unwrap_err().code(), "malformed", "{bad}");
    }
}
