//! Cards of groups, and what members open with the keys behind them.

use super::*;
use crate::grantee::Grantee;
use crate::{
    fixture::{NOW, Person, access, person, rng},
    lockbox, note,
};
use pryv_proxy_crypto::{
    CardChain,
    pre::{TransformKey, transform},
};
use pryv_wire::access::{AccessNote, Level};

const WARD: ScopeId = ScopeId::from_bytes([0x77; 16]);

struct Ward {
    place: GroupPlace,
    pre: PreSecret,
    cards: Vec<Signed<Card>>,
    epochs: Vec<(Epoch, EpochKeys)>,
}

impl Ward {
    fn found(owner: &Person) -> Self {
        let mut rng = rng(60);
        let keys = EpochKeys::generate_in(Suite::HYBRID, &mut rng).unwrap();
        let pre = PreSecret::generate(Curve::C480, &mut rng).unwrap();
        let card = first_card(&owner.identity, WARD, &keys, pre.public(), NOW).unwrap();
        let account = owner.identity.principal();
        let epoch = Epoch { card: Some(card.digest()), ..keys.statement(account, WARD, 0, NOW) };
        Self {
            place: GroupPlace { account, scope: WARD },
            pre,
            cards: vec![card],
            epochs: vec![(epoch, keys)],
        }
    }

    fn next(&mut self, owner: &Person) {
        let (before, keys) = self.epochs.last().unwrap();
        let keys = keys.next(&mut rng(61 + u8::try_from(self.epochs.len()).unwrap()));
        let card = next_card(&owner.identity, WARD, &self.verified(), &keys, NOW).unwrap();
        let statement = keys.statement(before.account, WARD, before.epoch + 1, NOW);
        self.epochs.push((Epoch { card: Some(card.digest()), ..statement }, keys));
        self.cards.push(card);
    }

    fn verified(&self) -> VerifiedCards {
        CardChain::verify(&self.cards, PrincipalId::of(&self.cards[0])).unwrap()
    }

    fn keys(&self, from: usize) -> Result<GroupKeys, GroupError> {
        let epochs = self.epochs.iter().skip(from).map(|(epoch, keys)| (epoch, keys));
        GroupKeys::verify(&self.verified(), self.place, epochs)
    }
}

#[test]
fn a_member_opens_what_is_sealed_and_transformed_to_the_group_and_nobody_else_does() {
    let (ada, bob, cleo, eve) = (person(1), person(2), person(3), person(4));
    let mut ward = Ward::found(&bob);
    let cards = ward.verified();
    let mut rng = rng(80);
    // Ada grants to the group by its card, as to anybody.
    let mut granted = access(&ada, &cleo, Level::Read);
    (granted.grantee, granted.grantee_card) = (cards.principal(), cards.current_digest());
    let (epoch, keys) = crate::fixture::epoch(&ada, 0);
    let scope_key = PreSecret::generate(Curve::C480, &mut rng).unwrap();
    let made = lockbox::seal(&epoch, &keys, &scope_key, &mut rng).unwrap();
    let to = cards.current();
    let share = lockbox::share(&epoch, &made.lock, granted.access, cards.principal(), to, &mut rng).unwrap();
    let place = note::NotePlace {
        suite: granted.suite,
        grantor: granted.grantor,
        grantee: granted.grantee,
        access: granted.access,
    };
    let text = AccessNote { name: "For the ward".into(), purpose: String::new(), definition_keys: vec![] };
    let sealed_note = note::seal(&text, place, to, &mut rng).unwrap();
    let hop = |key: &TransformKey, capsule: &[u8]| {
        let capsule = pryv_proxy_crypto::pre::Capsule::parse(capsule).unwrap();
        transform(&capsule, key, &mut crate::fixture::rng(90)).unwrap().to_wire()
    };
    let to_group = scope_key.transform_key(cards.pre(Curve::C480), &mut rng).unwrap();
    let to_cleo = ward.pre.transform_key(cleo.cards.pre(Curve::C480), &mut rng).unwrap();
    let at_group = hop(&to_group, &made.capsule);
    let at_cleo = hop(&to_cleo, &at_group);

    // The group goes on; what was sealed to its earlier card opens by the history.
    ward.next(&bob);
    let held = ward.keys(0).unwrap();
    let member = Grantee::member(&cleo.identity, &held);
    let open = |grantee: Grantee<'_>, capsule: &[u8]| {
        lockbox::open(grantee, &epoch, granted.access, capsule, &share, &made.sealed)
    };
    assert_eq!(open(member, &at_cleo).unwrap().id(), keys.id());
    assert_eq!(note::open(member, place, &sealed_note).unwrap(), text);
    // Lock 1: the capsule leads to Cleo and to no other member.
    assert!(matches!(
        open(Grantee::member(&eve.identity, &held), &at_cleo),
        Err(lockbox::OpenLockboxError::Capsule(_))
    ));
    // Lock 2: without the epoch that the share was sealed to, and without any membership, it stays shut.
    let later = ward.keys(1).unwrap();
    for without in [Grantee::member(&cleo.identity, &later), Grantee::from(&cleo.identity)] {
        assert!(matches!(open(without, &at_cleo), Err(lockbox::OpenLockboxError::Share(_))));
    }
}

#[test]
fn only_the_owner_makes_the_next_card_and_it_names_the_same_place() {
    let (bob, eve) = (person(2), person(4));
    let mut ward = Ward::found(&bob);
    ward.next(&bob);
    ward.next(&bob);
    let cards = ward.verified();
    assert_eq!(cards.current().sequence, 2);
    assert_eq!(cards.current().group, Some(ward.place));
    assert!(check_place(&cards, ward.place).is_ok());
    let elsewhere = GroupPlace { account: eve.identity.principal(), ..ward.place };
    assert_eq!(check_place(&cards, elsewhere), Err(GroupError::Foreign));
    let keys = &ward.epochs[0].1;
    assert_eq!(next_card(&eve.identity, WARD, &cards, keys, NOW).unwrap_err(), GroupError::Foreign);
    assert_eq!(check_place(&bob.cards, ward.place), Err(GroupError::Foreign), "an account is no group");
    let light = PreSecret::generate(Curve::C256, &mut rng(9)).unwrap();
    let refused = first_card(&bob.identity, WARD, keys, light.public(), NOW);
    assert_eq!(refused.unwrap_err(), GroupError::Curve);
    // A card signed by a member, or by the account's own key, is no card of the group.
    let mut next = cards.current().clone();
    (next.sequence, next.previous) = (3, Some(cards.current_digest()));
    for signer in [&bob.identity, &eve.identity] {
        let forged = [&ward.cards[..], &[signer.sign(&next)]].concat();
        assert!(CardChain::verify(&forged, cards.principal()).is_err());
    }
}

#[test]
fn epochs_that_name_another_card_or_give_other_keys_are_refused() {
    let bob = person(2);
    let mut ward = Ward::found(&bob);
    ward.next(&bob);
    assert!(ward.keys(0).is_ok());
    let swapped = ward.epochs[0].0.card;
    let own = std::mem::replace(&mut ward.epochs[1].0.card, swapped);
    assert_eq!(ward.keys(0).unwrap_err(), GroupError::OtherCard { epoch: 1 });
    ward.epochs[1].0.card = None;
    assert_eq!(ward.keys(0).unwrap_err(), GroupError::OtherCard { epoch: 1 });
    ward.epochs[1].0.card = own;
    ward.epochs[1].1 = EpochKeys::generate_in(Suite::HYBRID, &mut rng(99)).unwrap();
    assert_eq!(ward.keys(0).unwrap_err(), GroupError::OtherKeys { epoch: 1 });
}
