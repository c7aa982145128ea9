//! Keys: which table a row is in, and whose it is. The only place where a key is put together.
//!
//! ```text
//! key of the node     = table (1 byte) ‖ parts
//! key of an account   = table (1 byte) ‖ account (32 bytes) ‖ parts
//! ```
//!
//! Parts have fixed lengths, or carry their length, so that no two rows can meet at one key.

use pryv_engine::Scan;
use pryv_wire::PrincipalId;

/// The tables. Numbers are part of the stored format; `DATA-MODEL.md` describes each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Table {
    Node = 0x01,
    Username = 0x02,
    Session = 0x03,
    SessionExpiry = 0x04,
    TransactionExpiry = 0x05,
    Leftover = 0x06,
    Account = 0x10,
    Card = 0x11,
    Credential = 0x12,
    SessionOf = 0x13,
    Link = 0x14,
    Manifest = 0x15,
    Holders = 0x16,
    DeviceSeal = 0x17,
    Earlier = 0x18,
    Scope = 0x20,
    Epoch = 0x21,
    ScopePre = 0x22,
    Lockbox = 0x23,
    Share = 0x24,
    Transform = 0x25,
    Capsule = 0x26,
    Served = 0x27,
    ScopeKind = 0x28,
    SliceOf = 0x29,
    CollectionOf = 0x2a,
    SliceEntry = 0x2b,
    Rekey = 0x2c,
    Access = 0x30,
    Revocation = 0x31,
    AccessOrder = 0x32,
    AccessOfScope = 0x33,
    AccessOfGrantee = 0x34,
    Received = 0x35,
    AccessBy = 0x36,
    AccessBelow = 0x37,
    Group = 0x38,
    Member = 0x39,
    GrantedGroup = 0x3a,
    MemberCapsule = 0x3b,
    ServedMember = 0x3c,
    MemberKey = 0x3d,
    GroupKey = 0x3e,
    Record = 0x40,
    RecordOrder = 0x41,
    Posting = 0x42,
    Unique = 0x43,
    Term = 0x44,
    TermChild = 0x45,
    TermPosting = 0x46,
    TermLink = 0x47,
    Version = 0x48,
    IndexState = 0x49,
    RecordPlace = 0x4a,
    Away = 0x4b,
    Head = 0x50,
    Change = 0x51,
    Transaction = 0x52,
    AuditEnd = 0x53,
    Audit = 0x54,
}

impl Table {
    /// The first byte of every key of the table.
    pub(super) const fn byte(self) -> u8 {
        self as u8
    }
}

/// A row of the node itself.
pub(super) fn node(table: Table, parts: &[&[u8]]) -> Vec<u8> {
    key(table, &[], parts)
}

/// Every row of a table of the node itself.
pub(super) fn node_scan(table: Table) -> Scan {
    Scan::prefix(&node(table, &[]))
}

/// The rows of one account: a key of an account is made here and nowhere else, so none lacks its account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silo(PrincipalId);

impl Silo {
    /// The silo of an account.
    pub(super) const fn of(account: PrincipalId) -> Self {
        Self(account)
    }

    /// A row.
    pub(super) fn key(self, table: Table, parts: &[&[u8]]) -> Vec<u8> {
        key(table, self.0.as_bytes(), parts)
    }

    /// Every row whose key begins with these parts.
    pub(super) fn scan(self, table: Table, parts: &[&[u8]]) -> Scan {
        Scan::prefix(&self.key(table, parts))
    }
}

fn key(table: Table, silo: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // Longer than any but a few: put together for each row that is read, it is allocated once.
    let mut key = Vec::with_capacity(96);
    key.push(table.byte());
    key.extend_from_slice(silo);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// The last `N` bytes of a key.
pub(super) fn tail<const N: usize>(key: &[u8]) -> Option<[u8; N]> {
    key.last_chunk::<N>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_an_account_begins_with_table_and_account() {
        let account = PrincipalId::from_bytes([7; 32]);
        let key = Silo::of(account).key(Table::RecordPlace, &[&[1; 16], &[2; 16]]);
        assert_eq!(key[0], 0x4a);
        assert_eq!(key[1..33], [7; 32]);
        assert_eq!(key.len(), 1 + 32 + 32);
        assert_eq!(tail::<16>(&key), Some([2; 16]));
    }
}
