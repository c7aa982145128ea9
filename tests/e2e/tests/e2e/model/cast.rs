//! Who takes part in every account: an owner, a few principals, and what of proxy re-encryption they need, made once.
//!
//! Pairings cost tens of milliseconds each, and there are ten thousand accounts. So every scope has the same re-encryption
//! key pair, and every lockbox the same capsule and nothing in it: whoever the server gives a share, is handed the keys of
//! that epoch by the harness. Everything else is real: rules, rows, wraps, entries, branches, links, envelopes.

use pryv_crypto::{Identity, lockbox::PreSecret};
use pryv_engine::{Reader as _, Scan};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Curve, PrePublicKey},
};
use pryv_server::{
    permission::Caller,
    service::{Rules, Service},
    store::{NodeKey, Store},
    telemetry::ServiceMetrics,
};
use pryv_test_kit::{MemoryNode, light::LightAccount};
use pryv_wire::{Bytes, Clock as _, Digest, PrincipalId};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;

use super::plan::PRINCIPALS;

/// One with keys and a session.
pub(crate) struct Person {
    pub(crate) identity: Arc<Identity>,
    pub(crate) cards: VerifiedCards,
    pub(crate) card: Digest,
    token: pryv_wire::bytes::SessionToken,
    /// The transform key from every scope to this one.
    pub(crate) transform: Bytes,
    /// The transform keys from this one to each principal.
    pub(crate) onward: Vec<Bytes>,
    /// The transform key from the group to this one.
    pub(crate) member: Bytes,
}

impl Person {
    pub(crate) fn id(&self) -> PrincipalId {
        self.identity.principal()
    }
}

/// Everybody, and the rows of a node on which they have signed up and nothing else has happened.
pub(crate) struct Cast {
    pub(crate) owner: Person,
    pub(crate) principals: Vec<Person>,
    /// The re-encryption key pair of every scope.
    pub(crate) pre: PreSecret,
    /// That of the group, and the transform key from every scope to it.
    pub(crate) group: PreSecret,
    pub(crate) to_group: Bytes,
    /// The capsule of every lockbox.
    pub(crate) capsule: Bytes,
    rows: Vec<(bytes::Bytes, bytes::Bytes)>,
    node: MemoryNode,
}

impl Cast {
    pub(crate) async fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let node = MemoryNode::default();
        let pre = PreSecret::generate(Curve::C480, &mut rng).unwrap();
        let group = PreSecret::generate(Curve::C480, &mut rng).unwrap();
        let to_group = pre.transform_key(group.public(), &mut rng).unwrap().to_wire();
        let mut people = Vec::new();
        for number in 0..=PRINCIPALS {
            let account =
                LightAccount::sign_up(node.transport(), &format!("person-{number}"), "a long password").await;
            let cards = account.cards().await;
            let to = PrePublicKey::parse(&cards.current().pre).unwrap();
            let transform = pre.transform_key(&to, &mut rng).unwrap().to_wire();
            let member = group.transform_key(&to, &mut rng).unwrap().to_wire();
            let card = cards.current_digest();
            let (identity, token, onward) = (account.identity, account.token, Vec::new());
            people.push(Person { identity, cards, card, token, transform, onward, member });
        }
        let keys = pryv_crypto::EpochKeys::generate(&mut rng);
        let owner = people.remove(0);
        for from in 0..people.len() {
            let to = people.iter().map(|to| PrePublicKey::parse(&to.cards.current().pre).unwrap());
            let identity = &people[from].identity;
            people[from].onward =
                to.map(|to| identity.transform_key(0, &to, &mut rng).unwrap().to_wire()).collect();
        }
        let scope = pryv_wire::ScopeId::from_bytes([1; 16]);
        let epoch = keys.statement(owner.id(), scope, 0, node.clock.now());
        let capsule = pryv_crypto::lockbox::seal(&epoch, &keys, &pre, &mut rng).unwrap().capsule;
        let rows = node.service().store().engine().read(|view| view.entries(&Scan::all())).unwrap();
        Self { owner, principals: people, pre, group, to_group, capsule, rows, node }
    }

    /// A node of its own, where everybody has signed up; and everybody's sessions, the owner's first.
    pub(crate) fn node(&self) -> (Service, Vec<Caller>) {
        let engine = pryv_engine::Store::in_memory().unwrap();
        let rows = self.rows.clone();
        engine
            .write(move |tx| {
                rows.iter().try_for_each(|(key, value)| tx.put(key, value))?;
                Ok::<_, pryv_engine::StoreError>(())
            })
            .unwrap();
        let store = Store::over(engine, &NodeKey::from_bytes([9; 32]));
        let clock = Arc::new(self.node.clock.clone());
        let service = Service::start(store, clock, Rules::default(), ServiceMetrics::default()).unwrap();
        let people = [&self.owner].into_iter().chain(&self.principals);
        let callers = people.map(|person| service.caller(&person.token).unwrap()).collect();
        (service, callers)
    }
}
