//! Lists of accesses, page by page: others write into the list of what an account received, so no answer holds all of it.

use super::Account;
use crate::{distrust::Distrust, failure::Failure};
use pryv_wire::{
    Bytes, Digest, PrincipalId,
    access::{AccessState, Accesses, ListGranted, ListReceived, MAX_ACCESS_PAGE},
    encode,
    operation::Call,
};
use std::collections::{BTreeSet, HashSet};

/// How much of a list is held, in bytes: what an endless list may cost this machine.
const MAX_LIST_BYTES: usize = 512 << 20;

impl Account {
    /// Every access to an account, as the server answers it: to a manager, what it granted onwards.
    pub(super) async fn granted_states(&self, account: PrincipalId) -> Result<Vec<AccessState>, Failure> {
        let list = self.all_pages(|after| ListGranted { account, limit: MAX_ACCESS_PAGE, after }).await?;
        for principal in list.rotated {
            // What is sealed from here on is sealed to its present card.
            self.fresh_cards_of(principal).await?;
        }
        Ok(list.accesses)
    }

    /// Every access that this account received, as the server answers it.
    pub(super) async fn received_states(&self) -> Result<Vec<AccessState>, Failure> {
        Ok(self
            .all_pages(|after| ListReceived { group: None, limit: MAX_ACCESS_PAGE, after })
            .await?
            .accesses)
    }

    /// Every access that a group received which this account is a member of, as the server answers it.
    pub(super) async fn group_states(&self, group: PrincipalId) -> Result<Vec<AccessState>, Failure> {
        let page = |after| ListReceived { group: Some(group), limit: MAX_ACCESS_PAGE, after };
        Ok(self.all_pages(page).await?.accesses)
    }

    async fn all_pages<C: Call<Answer = Accesses>>(
        &self,
        page: impl Fn(Option<Bytes>) -> C,
    ) -> Result<List, Failure> {
        let mut list = List::default();
        loop {
            let answer = self.call(&page(list.after.take())).await?;
            if list.add(C::PATH, answer)? {
                return Ok(list);
            }
        }
    }
}

/// The pages that have come.
#[derive(Default)]
struct List {
    accesses: Vec<AccessState>,
    rotated: BTreeSet<PrincipalId>,
    seen: HashSet<Digest>,
    bytes: usize,
    after: Option<Bytes>,
}

impl List {
    /// Adds a page; answers whether it is the last one.
    fn add(&mut self, path: &'static str, page: Accesses) -> Result<bool, Failure> {
        let endless = Distrust::Malformed { what: "a list of accesses" };
        // An honest server ends a page that it does not fill, so every page but the last brings the list further.
        if page.accesses.is_empty() && page.next.is_some() {
            return Err(endless.into());
        }
        for state in page.accesses {
            self.bytes = self.bytes.saturating_add(encode(&state).len());
            if self.bytes > MAX_LIST_BYTES {
                return Err(Failure::AnswerTooLong { path, limit: MAX_LIST_BYTES });
            }
            // One that comes twice would make pages without an end.
            if !self.seen.insert(state.statement.digest()) {
                return Err(endless.into());
            }
            self.accesses.push(state);
        }
        self.rotated.extend(page.rotated);
        self.after = page.next;
        Ok(self.after.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::world::World;
    use pryv_wire::access::Level;

    fn states() -> Vec<AccessState> {
        let mut world = World::new();
        for _ in 0..2 {
            world.grant(Level::CreateOnly, None);
        }
        world.granted().into_iter().map(|opened| opened.state).collect()
    }

    #[test]
    fn pages_come_together_until_the_last_one() {
        let (mut list, states) = (List::default(), states());
        let cursor = Some(Bytes::from([1; 8]));
        let first = Accesses { accesses: vec![states[0].clone()], next: cursor.clone(), rotated: vec![] };
        assert!(!list.add("/v1/x", first).unwrap());
        assert_eq!(list.after, cursor);
        let last = Accesses { accesses: vec![states[1].clone()], next: None, rotated: vec![] };
        assert!(list.add("/v1/x", last).unwrap());
        assert_eq!(list.accesses, states);
    }

    #[test]
    fn a_list_that_does_not_go_on_is_not_followed() {
        let (mut list, states) = (List::default(), states());
        let page =
            Accesses { accesses: vec![states[0].clone()], next: Some(Bytes::from([1; 8])), rotated: vec![] };
        assert!(!list.add("/v1/x", page.clone()).unwrap());
        assert_eq!(list.add("/v1/x", page).unwrap_err().code(), "malformed", "the same page for ever");
        let empty = Accesses { accesses: vec![], next: Some(Bytes::from([2; 8])), rotated: vec![] };
        assert_eq!(List::default().add("/v1/x", empty).unwrap_err().code(), "malformed");
    }
}
