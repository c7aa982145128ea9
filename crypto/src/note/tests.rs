use super::*;
use crate::fixture::{Person, person, rng};
use pryv_wire::{ScopeId, access::DefinitionKey};

fn place(ada: &Person, bob: &Person) -> NotePlace {
    NotePlace {
        suite: Suite::CLASSIC,
        grantor: ada.identity.principal(),
        grantee: bob.identity.principal(),
        access: AccessId::from_bytes([4; 16]),
    }
}

fn note(name: &str) -> AccessNote {
    let key = DefinitionKey { scope: ScopeId::from_bytes([1; 16]), version: 1, key: [2; 32].into() };
    AccessNote { name: name.into(), purpose: "follow-up".into(), definition_keys: vec![key] }
}

#[test]
fn a_note_opens_for_its_grantee_in_its_place_only() {
    let rng = &mut rng(1);
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let place = place(&ada, &bob);
    let sealed = seal(&note("Dr Bob"), place, bob.cards.current(), rng).unwrap();
    assert_eq!(open(&bob.identity, place, &sealed).unwrap(), note("Dr Bob"));
    let refused = |reader: &Person, place, sealed: &[u8]| {
        matches!(open(&reader.identity, place, sealed), Err(NoteError::NotOpened(_)))
    };
    assert!(refused(&eve, place, &sealed));
    assert!(refused(&bob, NotePlace { grantor: eve.identity.principal(), ..place }, &sealed));
    assert!(refused(&bob, NotePlace { grantee: eve.identity.principal(), ..place }, &sealed));
    assert!(refused(&bob, NotePlace { access: AccessId::from_bytes([5; 16]), ..place }, &sealed));
    assert!(refused(&bob, place, &sealed[..40]));
    let mut changed = sealed.to_vec();
    changed[50] ^= 1;
    assert!(refused(&bob, place, &changed));
}

#[test]
fn short_and_long_names_have_one_length() {
    let rng = &mut rng(2);
    let (ada, bob) = (person(1), person(2));
    let lengths = ["Al", "Alexander"]
        .map(|name| seal(&note(name), place(&ada, &bob), bob.cards.current(), rng).unwrap().len());
    assert_eq!(lengths[0], lengths[1]);
}

#[test]
fn something_else_sealed_to_the_grantee_is_no_note() {
    let rng = &mut rng(3);
    let (ada, bob) = (person(1), person(2));
    let (place, to) = (place(&ada, &bob), bob.identity.sealing_public());
    let mut seal =
        |message: &[u8]| suite::classic().seal(to.as_bytes(), INFO, &place.encode(), message, rng).unwrap();
    let sealed = seal(&encode(&note("Dr Bob")));
    assert!(matches!(open(&bob.identity, place, &sealed), Err(NoteError::Padding(_))));
    let mut message = b"no note".to_vec();
    padding::pad(&mut message, NOTE_FLOOR);
    let sealed = seal(&message);
    assert!(matches!(open(&bob.identity, place, &sealed), Err(NoteError::Content(_))));
}

#[test]
fn a_note_opens_in_the_suite_of_its_access_only() {
    let rng = &mut rng(4);
    let (ada, bob) = (person(1), person(2));
    let suites = [Suite::CLASSIC, Suite::HYBRID, Suite::LIGHT];
    for suite in suites {
        let place = NotePlace { suite, ..place(&ada, &bob) };
        let sealed = seal(&note("Dr Bob"), place, bob.cards.current(), rng).unwrap();
        assert_eq!(open(&bob.identity, place, &sealed).unwrap(), note("Dr Bob"));
        for other in suites.into_iter().filter(|other| *other != suite) {
            let opened = open(&bob.identity, NotePlace { suite: other, ..place }, &sealed);
            assert!(matches!(opened, Err(NoteError::NotOpened(_))));
        }
    }
    let unknown = NotePlace { suite: Suite::from_number(9), ..place(&ada, &bob) };
    assert_eq!(seal(&note("Dr Bob"), unknown, bob.cards.current(), rng).unwrap_err(), UnusableKey);
    assert!(matches!(open(&bob.identity, unknown, &[0; 80]), Err(NoteError::Suite(_))));
}
