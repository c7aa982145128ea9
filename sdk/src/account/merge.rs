//! Merging what two programs learnt that took up one stored session: neither may make the other forget.

use super::stored::StoredSession;
use std::collections::BTreeMap;

impl StoredSession {
    /// This session with what another program has stored since both took up `base`. What was seen of the server only grows; of the
    /// rest, what this program changed counts, and otherwise what stands in `stored`. Another account's session is left alone.
    #[must_use]
    pub fn merged(mut self, base: &Self, stored: Self) -> Self {
        if stored.principal != self.principal {
            return self;
        }
        // Cards follow each other: whoever has more of them has the newer keys.
        if stored.cards.len() > self.cards.len() {
            (self.secret, self.earlier, self.cards) = (stored.secret, stored.earlier, stored.cards);
            self.holders = stored.holders;
        }
        self.seen = match (self.seen, stored.seen) {
            (Some(ours), Some(theirs)) => Some(ours.merged(base.seen.as_ref(), theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        if token(&self) == token(base) {
            self.session = stored.session;
        }
        for (username, theirs) in stored.pins.usernames {
            let changed = self.pins.usernames.get(&username) != base.pins.usernames.get(&username);
            if !changed {
                self.pins.usernames.insert(username, theirs);
            }
        }
        for (principal, theirs) in stored.pins.cards {
            let ours = self.pins.cards.entry(principal).or_default();
            if ours.len() < theirs.len() {
                *ours = theirs;
            }
        }
        self.pins.groups.extend(stored.pins.groups);
        for (account, theirs) in stored.chains {
            let ours = self.chains.entry(account).or_default();
            *ours = ours.later(theirs);
        }
        self.audit = self.audit.later(stored.audit);
        let mut versions: BTreeMap<_, u64> = BTreeMap::new();
        let mut order = Vec::new();
        for (place, version) in self.versions.into_iter().chain(stored.versions) {
            let known = versions.entry(place).or_insert_with(|| {
                order.push(place);
                version
            });
            *known = version.max(*known);
        }
        order.truncate(super::stored::STORED_VERSIONS);
        self.versions =
            order.into_iter().map(|place| (place, versions.remove(&place).unwrap_or(0))).collect();
        let mut epochs: BTreeMap<_, u32> = BTreeMap::new();
        for (owner, scope, epoch) in self.epochs.into_iter().chain(stored.epochs) {
            let known = epochs.entry((owner, scope)).or_default();
            *known = epoch.max(*known);
        }
        self.epochs = epochs.into_iter().map(|((owner, scope), epoch)| (owner, scope, epoch)).collect();
        for end in stored.ended {
            if !self.ended.contains(&end) {
                self.ended.push(end);
            }
        }
        self
    }
}

fn token(stored: &StoredSession) -> Option<pryv_wire::bytes::SessionToken> {
    stored.session.map(|session| session.token)
}
