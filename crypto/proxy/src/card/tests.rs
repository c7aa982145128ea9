use super::*;
use ed25519_dalek::{Signer, SigningKey};
use pryv_wire::{
    Bytes, Suite, Timestamp,
    bytes::{SealingPublicKey, Signature},
    card::PrincipalKind,
};

struct Keys(SigningKey);

impl Keys {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    fn sign(&self, card: &Card) -> Signed<Card> {
        Signed::new(card, |bytes| Signature::from_bytes(self.0.sign(bytes).to_bytes()))
    }

    fn card(&self, sequence: u32, previous: Option<Digest>) -> Card {
        let mut generator = [0; 120];
        (generator[59], generator[119]) = (1, 2);
        let mut light = [0; 64];
        (light[31], light[63]) = (1, 2);
        Card {
            suite: Suite::CLASSIC,
            kind: PrincipalKind::Account,
            sequence,
            previous,
            signing: SigningPublicKey::from_bytes(self.0.verifying_key().to_bytes()),
            sealing: SealingPublicKey::from_bytes([9; 32]),
            hybrid: Bytes::from([0; 1_216]),
            pre: Bytes::from(generator),
            pre_light: Bytes::from(light),
            created_at: Timestamp::from_millis(u64::from(sequence)),
            valid_until: None,
            group: None,
        }
    }
}

fn chain() -> [Signed<Card>; 3] {
    let (a, b, c) = (Keys::new(1), Keys::new(2), Keys::new(3));
    let first = a.sign(&a.card(0, None));
    let second = a.sign(&b.card(1, Some(first.digest())));
    let third = b.sign(&c.card(2, Some(second.digest())));
    [first, second, third]
}

fn refused(cards: &[Signed<Card>]) -> InvalidCards {
    CardChain::verify(cards, PrincipalId::of(&cards[0])).unwrap_err()
}

#[test]
fn a_chain_verifies_from_the_first_card_to_the_present_one() {
    let cards = chain();
    let verified = CardChain::verify(&cards, PrincipalId::of(&cards[0])).unwrap();
    assert_eq!(verified.current(), &cards[2].unverified().unwrap());
    assert_eq!(verified.current_digest(), cards[2].digest());
    assert_eq!(verified.by_digest(cards[1].digest()), Some(&cards[1].unverified().unwrap()));
    assert_eq!(verified.by_digest(Digest::from_bytes([0; 32])), None);
    let keys: Vec<_> = verified.signing_keys().copied().collect();
    let expected = [3, 2, 1].map(|seed| Keys::new(seed).card(0, None).signing);
    assert_eq!(keys, expected);
    assert_eq!(verified.iter().count(), 3);
}

#[test]
fn another_principal_and_no_cards_are_refused() {
    let cards = chain();
    let other = PrincipalId::from_bytes([7; 32]);
    let error = CardChain::verify(&cards, other).unwrap_err();
    assert!(matches!(error, InvalidCards::WrongPrincipal { expected, .. } if expected == other));
    assert!(matches!(CardChain::verify(&[], other), Err(InvalidCards::Count { count: 0 })));
    // The chain without its first card belongs to nobody.
    let error = CardChain::verify(&cards[1..], PrincipalId::of(&cards[1])).unwrap_err();
    assert!(matches!(error, InvalidCards::Statement { sequence: 0, .. }));
}

#[test]
fn a_card_signed_by_another_key_is_refused() {
    let [first, second, _] = chain();
    let (b, c, stranger) = (Keys::new(2), Keys::new(3), Keys::new(8));
    let forged = stranger.sign(&c.card(2, Some(second.digest())));
    assert!(matches!(
        refused(&[first.clone(), second.clone(), forged]),
        InvalidCards::Statement { sequence: 2, source: InvalidStatement::Signature(_) }
    ));
    // Signed by itself instead of the card before it.
    let own = b.sign(&b.card(1, Some(first.digest())));
    assert!(matches!(refused(&[first, own]), InvalidCards::Statement { sequence: 1, .. }));
}

#[test]
fn a_chain_with_a_gap_a_swap_or_another_kind_is_refused() {
    let [first, second, third] = chain();
    assert!(refused_at(&[first.clone(), third.clone()], 1));
    let a = Keys::new(1);
    let skipped = a.sign(&a.card(2, Some(first.digest())));
    assert!(matches!(refused(&[first.clone(), skipped]), InvalidCards::Broken { sequence: 1 }));
    let unlinked = a.sign(&a.card(1, Some(third.digest())));
    assert!(matches!(refused(&[first.clone(), unlinked]), InvalidCards::Broken { sequence: 1 }));
    let mut app = a.card(1, Some(first.digest()));
    app.kind = PrincipalKind::App;
    assert!(matches!(refused(&[first.clone(), a.sign(&app)]), InvalidCards::Broken { sequence: 1 }));
    let late = a.sign(&a.card(1, None));
    assert!(matches!(refused(&[late]), InvalidCards::Broken { sequence: 0 }));
    assert!(refused_at(&[first, third, second], 1));
}

fn refused_at(cards: &[Signed<Card>], at: u32) -> bool {
    matches!(
        refused(cards),
        InvalidCards::Statement { sequence, .. } | InvalidCards::Broken { sequence } if sequence == at
    )
}

#[test]
fn an_unknown_suite_and_an_invalid_key_are_refused() {
    let a = Keys::new(1);
    let mut card = a.card(0, None);
    card.suite = Suite::HYBRID;
    assert!(matches!(
        refused(&[a.sign(&card)]),
        InvalidCards::Suite { sequence: 0, source } if source == UnknownSuite(Suite::HYBRID)
    ));
    let mut card = a.card(0, None);
    card.pre = Bytes::from([1; 120]);
    assert!(matches!(
        refused(&[a.sign(&card)]),
        InvalidCards::Pre { sequence: 0, source: InvalidPre::NotOnCurve }
    ));
    // A key of one curve in the place of the other's.
    let mut card = a.card(0, None);
    card.pre_light = card.pre.clone();
    assert!(matches!(
        refused(&[a.sign(&card)]),
        InvalidCards::Pre { sequence: 0, source: InvalidPre::Length { length: 120 } }
    ));
    let mut card = a.card(0, None);
    card.hybrid = Bytes::from([0xff; 1_216]);
    assert!(matches!(
        refused(&[a.sign(&card)]),
        InvalidCards::Hybrid { sequence: 0, source: InvalidSealingKey::NotCanonical }
    ));
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    // The neutral point as key and R, zero as s: verifies for every message unless verification is strict.
    let mut key = [0; 32];
    key[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let (key, signature) = (SigningPublicKey::from_bytes(key), Signature::from_bytes(signature));
    assert!(crate::verify(&key, b"anything", &signature).is_err());
}
