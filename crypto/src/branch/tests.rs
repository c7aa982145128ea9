use super::*;
use crate::fixture::rng;

const ONTOLOGY: ScopeId = ScopeId::from_bytes([7; 16]);
const OTHER: ScopeId = ScopeId::from_bytes([8; 16]);

fn term(number: u8) -> RecordId {
    RecordId::from_bytes([number; 16])
}

fn place() -> LinkPlace {
    LinkPlace { account: PrincipalId::from_bytes([1; 32]), scope: ONTOLOGY, term: term(1), epoch: 3 }
}

#[test]
fn every_place_in_a_tree_has_a_key_of_its_own() {
    let keys = EpochKeys::generate(&mut rng(1));
    let later = keys.next(&mut rng(2));
    let all = [
        keys.structure(),
        later.structure(),
        keys.data(ONTOLOGY),
        keys.data(OTHER),
        keys.structure().child(term(1)),
        keys.data(ONTOLOGY).child(term(1)),
        keys.data(ONTOLOGY).child(term(2)),
        keys.data(ONTOLOGY).child(term(1)).child(term(2)),
        keys.data(ONTOLOGY).child(term(2)).child(term(1)),
        Branch::from_slice(keys.definition().expose()).unwrap(),
    ];
    for (at, branch) in all.iter().enumerate() {
        assert!(all[at + 1..].iter().all(|other| !branch.ct_eq(other)), "{at}");
    }
    assert!(keys.structure().child(term(1)).ct_eq(&keys.structure().child(term(1))));
    assert_eq!(format!("{:?}", all[0]), "Branch(..)");
}

#[test]
fn a_link_opens_with_the_new_branch_and_in_its_place_only() {
    let keys = EpochKeys::generate(&mut rng(1));
    let (new, old) = (keys.structure().child(term(1)), keys.structure().child(term(2)).child(term(1)));
    let sealed = seal_link(&new, &place(), [(0, &old), (2, &keys.structure())], &mut rng(3));
    let opened = open_link(&new, &place(), &sealed).unwrap();
    assert_eq!(opened.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [0, 2]);
    assert!(opened[0].1.ct_eq(&old) && opened[1].1.ct_eq(&keys.structure()));
    assert!(open_link(&new, &place(), &seal_link(&new, &place(), [], &mut rng(3))).unwrap().is_empty());

    let elsewhere = [
        LinkPlace { account: PrincipalId::from_bytes([2; 32]), ..place() },
        LinkPlace { scope: OTHER, ..place() },
        LinkPlace { term: term(2), ..place() },
        LinkPlace { epoch: 4, ..place() },
    ];
    for wrong in elsewhere {
        assert_eq!(open_link(&new, &wrong, &sealed).unwrap_err(), NotOpened, "{wrong:?}");
    }
    assert_eq!(open_link(&old, &place(), &sealed).unwrap_err(), NotOpened);
    // One that holds something else than branches.
    let odd = wrap::wrap(&new.link_key(), &place().encode(), &[1; 37], &mut rng(3));
    assert_eq!(open_link(&new, &place(), &odd).unwrap_err(), NotOpened);
}
