use super::*;
use pryv_wire::{AccessId, Signed, Timestamp, access::Revocation, bytes::Signature};

const ME: PrincipalId = PrincipalId::from_bytes([1; 32]);
const OTHER: PrincipalId = PrincipalId::from_bytes([2; 32]);

fn commit(number: u8) -> Commit {
    let access = AccessId::from_bytes([number; 16]);
    let revocation = Revocation {
        access,
        account: ME,
        revoker: ME,
        last_epochs: Vec::new(),
        signed_at: Timestamp::from_millis(1),
    };
    let statement = Signed::new(&revocation, |_| Signature::from_bytes([0; 64]));
    Commit {
        account: ME,
        transaction: TransactionId::from_bytes([number; 16]),
        operations: vec![Operation::Revoke { statement, below: Vec::new(), epochs: Vec::new() }],
    }
}

/// An honest server's chain.
struct Server {
    changes: Vec<Change>,
    heads: Vec<Digest>,
}

impl Server {
    fn new() -> Self {
        Self { changes: Vec::new(), heads: vec![Change::genesis(ME)] }
    }

    fn commit(&mut self, commit: &Commit, author: PrincipalId) -> Committed {
        let previous = *self.heads.last().unwrap();
        let change = Change {
            sequence: u64::try_from(self.heads.len()).unwrap(),
            at: Timestamp::from_millis(5),
            author,
            transaction: commit.transaction,
            operations: commit.digest(),
            touched: touches(&commit.operations),
        };
        let head = change.head(previous);
        self.changes.push(change.clone());
        self.heads.push(head);
        Committed { change, previous, head, served: Vec::new() }
    }

    fn page(&self, after: usize, limit: usize) -> Changes {
        Changes {
            changes: self.changes.iter().skip(after).take(limit).cloned().collect(),
            sequence: u64::try_from(self.changes.len()).unwrap(),
            head: *self.heads.last().unwrap(),
        }
    }
}

#[test]
fn own_writes_link_one_to_the_next() {
    let (mut server, mut chain) = (Server::new(), Chain::genesis(ME));
    for number in 1..=5 {
        let sent = chain.sending(&commit(number), ME);
        assert_eq!(chain.accept(&sent, &server.commit(&commit(number), ME)), Ok(Fit::Linked));
    }
    assert_eq!(chain.head().unwrap().sequence, 5);
}

#[test]
fn an_answer_about_something_else_is_refused() {
    let honest = Server::new().commit(&commit(1), ME);
    type Lie = fn(&mut Committed);
    let lies: [(&str, Lie); 5] = [
        ("substituted", |c| c.change.transaction = TransactionId::from_bytes([9; 16])),
        ("substituted", |c| c.change.operations = Digest::from_bytes([9; 32])),
        ("substituted", |c| c.change.author = OTHER),
        ("substituted", |c| c.change.touched.clear()),
        ("rolled-back", |c| c.change.sequence = 0),
    ];
    for (code, lie) in lies {
        let mut committed = honest.clone();
        lie(&mut committed);
        committed.head = committed.change.head(committed.previous);
        let mut chain = Chain::genesis(ME);
        let sent = chain.sending(&commit(1), ME);
        assert_eq!(chain.accept(&sent, &committed).unwrap_err().code(), code);
        assert_eq!(chain.head().unwrap().sequence, 0, "a refused link leaves no trace");
    }
    let mut unlinked = honest;
    unlinked.head = Digest::from_bytes([3; 32]);
    let mut chain = Chain::genesis(ME);
    let sent = chain.sending(&commit(1), ME);
    assert_eq!(chain.accept(&sent, &unlinked).unwrap_err().code(), "forked");
}

#[test]
fn a_server_that_forgot_a_write_is_caught_by_the_next_one() {
    let (mut server, mut chain) = (Server::new(), Chain::genesis(ME));
    for number in 1..=2 {
        let sent = chain.sending(&commit(number), ME);
        chain.accept(&sent, &server.commit(&commit(number), ME)).unwrap();
    }
    // Restored from a backup taken after the first write.
    server.changes.pop();
    server.heads.pop();
    let sent = chain.sending(&commit(3), ME);
    assert_eq!(chain.accept(&sent, &server.commit(&commit(3), ME)).unwrap_err().code(), "rolled-back");
    // The same, hidden behind a write of somebody else.
    let sent = chain.sending(&commit(5), ME);
    server.commit(&commit(4), OTHER);
    // Number 3 by its number, but it follows another number 2.
    assert_eq!(chain.accept(&sent, &server.commit(&commit(5), ME)), Ok(Fit::Gap { after: 2 }));
    assert_eq!(chain.extend(2, 4, &server.page(2, 100)).unwrap_err().code(), "forked");
}

#[test]
fn a_write_that_follows_another_past_than_the_one_seen_is_a_fork() {
    let (mut server, mut chain) = (Server::new(), Chain::genesis(ME));
    for number in 1..=2 {
        let sent = chain.sending(&commit(number), ME);
        chain.accept(&sent, &server.commit(&commit(number), ME)).unwrap();
    }
    server.changes.pop();
    server.heads.pop();
    server.commit(&commit(7), OTHER);
    let sent = chain.sending(&commit(3), ME);
    assert_eq!(chain.accept(&sent, &server.commit(&commit(3), ME)).unwrap_err().code(), "forked");
}

#[test]
fn a_gap_is_filled_by_the_links_in_between_in_pages() {
    let (mut server, mut chain) = (Server::new(), Chain::genesis(ME));
    for number in 1..=9 {
        server.commit(&commit(number), OTHER);
    }
    let sent = chain.sending(&commit(10), ME);
    let Fit::Gap { after } = chain.accept(&sent, &server.commit(&commit(10), ME)).unwrap() else { panic!() };
    assert_eq!(after, 0);
    let mut at = Some(after);
    let mut pages = 0;
    while let Some(after) = at {
        at = chain.extend(after, 10, &server.page(usize::try_from(after).unwrap(), 4)).unwrap();
        pages += 1;
    }
    assert_eq!(pages, 3);
    assert_eq!(chain.head().unwrap().head, *server.heads.last().unwrap());
}

#[test]
fn links_in_between_that_do_not_fit_are_a_fork() {
    let (mut server, mut chain) = (Server::new(), Chain::genesis(ME));
    for number in 1..=3 {
        server.commit(&commit(number), OTHER);
    }
    let sent = chain.sending(&commit(4), ME);
    chain.accept(&sent, &server.commit(&commit(4), ME)).unwrap();
    type Lie = fn(&mut Changes);
    let lies: [(&str, Lie); 6] = [
        ("forked", |page| page.changes[1].operations = Digest::from_bytes([8; 32])),
        ("forked", |page| drop(page.changes.remove(1))),
        ("forked", |page| page.changes.swap(0, 1)),
        ("forked", |page| page.head = Digest::from_bytes([8; 32])),
        ("forked", |page| page.changes.clear()),
        ("rolled-back", |page| {
            page.changes.truncate(2);
            page.sequence = 2;
        }),
    ];
    for (code, lie) in lies {
        let mut page = server.page(0, 100);
        lie(&mut page);
        let mut view = Chain::genesis(ME);
        let sent = view.sending(&commit(4), ME);
        let last = Committed {
            change: server.changes[3].clone(),
            previous: server.heads[3],
            head: server.heads[4],
            served: Vec::new(),
        };
        view.accept(&sent, &last).unwrap();
        assert_eq!(view.extend(0, 4, &page).unwrap_err().code(), code);
        assert_eq!(view.extend(0, 4, &server.page(0, 100)), Ok(None), "what was refused is not believed");
    }
    assert_eq!(chain.extend(0, 4, &server.page(0, 100)), Ok(None));
}

#[test]
fn answers_may_overtake_one_another() {
    let (mut server, mut chain) = (Server::new(), Chain::genesis(ME));
    let (first, second) = (chain.sending(&commit(1), ME), chain.sending(&commit(2), ME));
    let (one, two) = (server.commit(&commit(1), ME), server.commit(&commit(2), ME));
    assert_eq!(chain.accept(&second, &two), Ok(Fit::Gap { after: 0 }));
    assert_eq!(chain.accept(&first, &one), Ok(Fit::Linked));
    let mut other = one;
    other.change.at = Timestamp::from_millis(6);
    other.head = other.change.head(other.previous);
    assert_eq!(chain.accept(&first, &other).unwrap_err().code(), "forked");
}
