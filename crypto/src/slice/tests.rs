use super::*;
use crate::fixture::{person, rng};

const SCOPES: [ScopeId; 3] =
    [ScopeId::from_bytes([7; 16]), ScopeId::from_bytes([8; 16]), ScopeId::from_bytes([9; 16])];

#[test]
fn an_entry_opens_in_its_place_and_only_as_the_owner_made_it() {
    let (ada, bob) = (person(1), person(2));
    let [slice, scope, other] = SCOPES;
    let keys = EpochKeys::generate(&mut rng(1));
    let of_scope = EpochKeys::generate(&mut rng(2));
    let (branch, definition) = (of_scope.structure(), of_scope.definition());
    let place = EntryPlace { account: ada.identity.principal(), slice, slice_epoch: 1, scope, epoch: 4 };
    let seal = |maker: &Identity| seal_entry(maker, &keys, &place, &branch, &definition, &mut rng(3));
    let sealed = seal(&ada.identity);
    let opened = open_entry(&ada.cards, &keys, &place, &sealed).unwrap();
    assert!(opened.branch.ct_eq(&branch));
    assert_eq!(opened.definition.expose(), definition.expose());

    let elsewhere = [
        EntryPlace { account: bob.identity.principal(), ..place },
        EntryPlace { slice: other, ..place },
        EntryPlace { slice_epoch: 0, ..place },
        EntryPlace { scope: other, ..place },
        EntryPlace { epoch: 5, ..place },
    ];
    for wrong in elsewhere {
        let refused = open_entry(&ada.cards, &keys, &wrong, &sealed).unwrap_err();
        assert_eq!(refused, EntryError::NotOpened(NotOpened), "{wrong:?}");
    }
    let next = keys.next(&mut rng(4));
    assert_eq!(open_entry(&ada.cards, &next, &place, &sealed).unwrap_err(), EntryError::NotOpened(NotOpened));
    // Bob holds the slice, and gives its other holders branches of his own.
    let forged = open_entry(&ada.cards, &keys, &place, &seal(&bob.identity)).unwrap_err();
    assert_eq!(forged, EntryError::Signature(InvalidSignature));
    // The owner's signature from another epoch, wrapped again by who holds the slice.
    let later = EntryPlace { epoch: 5, ..place };
    let plaintext = wrap::unwrap(&keys.link_key(), &place.encode(), &sealed).unwrap();
    let replayed = wrap::wrap(&keys.link_key(), &later.encode(), &plaintext, &mut rng(5));
    let refused = open_entry(&ada.cards, &keys, &later, &replayed).unwrap_err();
    assert_eq!(refused, EntryError::Signature(InvalidSignature));
    let short = wrap::wrap(&keys.link_key(), &place.encode(), &plaintext[..127], &mut rng(5));
    assert_eq!(open_entry(&ada.cards, &keys, &place, &short).unwrap_err(), EntryError::NotOpened(NotOpened));
}
