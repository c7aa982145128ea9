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
fn a_link_opens_with_both_branches_and_in_its_place_only() {
    let keys = [EpochKeys::generate(&mut rng(1)), EpochKeys::generate(&mut rng(2))];
    let now = EpochKeys::generate(&mut rng(4));
    let at = |keys: &EpochKeys, parent: u8| keys.structure().child(term(parent)).child(term(1));
    let (new, paths, old) =
        (at(&now, 9), keys.each_ref().map(|of| at(of, 9)), keys.each_ref().map(|of| at(of, 2)));
    let earlier = |epoch: u32, of: usize| Earlier { epoch, path: at(&keys[of], 9), branch: at(&keys[of], 2) };
    let sealed = seal_link(&new, &place(), &[earlier(0, 0), earlier(2, 1)], &mut rng(3));
    assert_eq!(sealed.len(), 28 + 2 * 64);
    assert!(open_link(&new, &paths[0], &place(), 0, &sealed).unwrap().ct_eq(&old[0]));
    assert!(open_link(&new, &paths[1], &place(), 2, &sealed).unwrap().ct_eq(&old[1]));

    // Who holds the new parent since the move only, or held it before the move only.
    for path in [&new, &paths[1], &old[0]] {
        assert_eq!(open_link(&new, path, &place(), 0, &sealed).unwrap_err(), NotOpened);
    }
    for held in [&paths[0], &old[0]] {
        assert_eq!(open_link(held, &paths[0], &place(), 0, &sealed).unwrap_err(), NotOpened);
    }
    assert_eq!(open_link(&new, &paths[0], &place(), 1, &sealed).unwrap_err(), NotOpened, "no such epoch");

    let elsewhere = [
        LinkPlace { account: PrincipalId::from_bytes([2; 32]), ..place() },
        LinkPlace { scope: OTHER, ..place() },
        LinkPlace { term: term(2), ..place() },
        LinkPlace { epoch: 4, ..place() },
    ];
    for wrong in elsewhere {
        assert_eq!(open_link(&new, &paths[0], &wrong, 0, &sealed).unwrap_err(), NotOpened, "{wrong:?}");
    }
    // An entry that stands for another epoch, and a link that holds something else than branches.
    let moved = [
        &1_u32.to_be_bytes()[..],
        &wrap::wrap(&paths[0].link_key(), &place().encode_earlier(0), old[0].expose(), &mut rng(5)),
    ]
    .concat();
    let moved = wrap::wrap(&new.link_key(), &place().encode(), &moved, &mut rng(3));
    assert_eq!(open_link(&new, &paths[0], &place(), 1, &moved).unwrap_err(), NotOpened);
    let odd = wrap::wrap(&new.link_key(), &place().encode(), &[0; 65], &mut rng(3));
    assert_eq!(open_link(&new, &paths[0], &place(), 0, &odd).unwrap_err(), NotOpened);
}
