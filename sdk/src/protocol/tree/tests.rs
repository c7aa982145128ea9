use super::*;
use crate::protocol::world::{NOW, World, rng};
use pryv_crypto::branch::{Earlier, seal_link};
use pryv_wire::{bytes::TermSalt, scope::MovedTerm, term::TermLink};

const ONTOLOGY: ScopeId = ScopeId::from_bytes([7; 16]);

fn salt(number: u8) -> TermSalt {
    TermSalt::from_bytes([number; 16])
}

fn node(number: u8, parent: Option<RecordId>) -> TermNode {
    let term = RecordId::term(ONTOLOGY, parent, salt(number));
    TermNode { term, parent, since: 0, salt: salt(number), record: None, links: Vec::new() }
}

/// The epochs of an ontology, as its owner signed them: each with the move that it began with.
fn moves(world: &World, first: u32, moved: &[Option<MovedTerm>]) -> Moves {
    let any = world.epochs[0].statement.unverified().unwrap();
    let epochs: Vec<_> =
        (first..).zip(moved).map(|(epoch, moved)| Epoch { epoch, moved: *moved, ..any.clone() }).collect();
    Moves::of(&epochs)
}

#[test]
fn a_term_stands_where_its_id_or_a_signed_move_says() {
    let world = World::new();
    let (top, other) = (node(1, None), node(2, None));
    let child = node(3, Some(top.term));
    let still = moves(&world, 0, &[None]);
    let insert = |node: &TermNode, moves: Option<&Moves>| {
        let mut tree = Tree::default();
        tree.insert(ONTOLOGY, node, moves).map(|()| tree.is_proven(node.term)).map_err(|error| error.code())
    };
    assert_eq!(insert(&child, Some(&still)), Ok(true));
    let elsewhere = TermNode { parent: Some(other.term), ..child.clone() };
    assert_eq!(insert(&elsewhere, Some(&still)), Err("misplaced"), "a parent that nobody signed");
    assert_eq!(insert(&TermNode { salt: salt(9), ..child.clone() }, Some(&still)), Err("misplaced"));
    let mut tree = Tree::default();
    let elsewhere_scope = tree.insert(ScopeId::from_bytes([8; 16]), &child, Some(&still));
    assert_eq!(elsewhere_scope.unwrap_err().code(), "misplaced", "of another ontology");

    // The owner moved it, in epoch 1.
    let moved = moves(&world, 0, &[None, Some(MovedTerm { term: child.term, parent: Some(other.term) })]);
    let now = TermNode { since: 1, ..elsewhere.clone() };
    assert_eq!(insert(&now, Some(&moved)), Ok(true));
    assert_eq!(insert(&child, Some(&moved)), Err("rolled-back"), "the old place, played back");
    let lies = TermNode { since: 1, ..child.clone() };
    assert_eq!(insert(&lies, Some(&moved)), Err("misplaced"));
    assert_eq!(insert(&top, Some(&moved)), Ok(true), "what was not moved stays where it was made");

    // Who sees no moves, or not all, reads by such a place and wraps nothing for it.
    assert_eq!(insert(&now, None), Ok(false));
    assert_eq!(insert(&child, None), Ok(true));
    let later = moves(&world, 2, &[None]);
    assert_eq!(insert(&now, Some(&later)), Ok(false));
    let fresh = TermNode { since: 2, ..elsewhere };
    assert_eq!(insert(&fresh, Some(&later)), Err("misplaced"));
}

/// The owner's state with as many epochs of the collection as asked for.
fn with_epochs(world: &mut World, count: usize) -> ScopeState {
    for number in 1..count {
        let state = world.owner();
        let seed = 8 + u8::try_from(number).unwrap();
        let next =
            super::super::epoch::next(&world.ada.identity, &state, &[], None, NOW, &mut rng(seed)).unwrap();
        world.epochs.push(next.new);
    }
    world.owner()
}

/// A link as the owner makes it: from the keys that the term and its new parent have in the epochs before.
fn link(
    state: &ScopeState,
    trees: &BTreeMap<ScopeId, Tree>,
    term: &TermNode,
    to: RecordId,
    epoch: u32,
) -> TermLink {
    let held = Held::of(state, trees);
    let under = |parent, epoch| held.resolve(ONTOLOGY, Some(parent), epoch).unwrap();
    let earlier: Vec<_> = (0..epoch)
        .map(|epoch| Earlier {
            epoch,
            path: under(to, epoch).child(term.term),
            branch: under(term.term, epoch),
        })
        .collect();
    let place = LinkPlace { account: state.owner, scope: state.scope, term: term.term, epoch };
    let sealed = seal_link(
        &under(to, epoch).child(term.term),
        &place,
        &earlier,
        &mut rng(u8::try_from(100 + epoch).unwrap()),
    );
    TermLink { scope: state.scope, term: term.term, epoch, sealed }
}

fn trees(nodes: &[&TermNode]) -> BTreeMap<ScopeId, Tree> {
    let mut tree = Tree::default();
    for node in nodes {
        tree.insert(ONTOLOGY, node, None).unwrap();
    }
    BTreeMap::from([(ONTOLOGY, tree)])
}

#[test]
fn a_key_goes_down_the_tree_and_through_the_links_of_moves() {
    let mut world = World::new();
    let state = with_epochs(&mut world, 2);
    let (top, other) = (node(1, None), node(2, None));
    let mut child = node(3, Some(top.term));
    let below = node(4, Some(child.term));
    let data = |epoch: u32| state.keys[&(state.scope, epoch)].data(ONTOLOGY);
    let old = data(0).child(top.term).child(child.term);
    let new = data(1).child(other.term).child(child.term);

    // Moved from the first to the second, in epoch 1 of the collection.
    let moved = link(&state, &trees(&[&top, &other, &child]), &child, other.term, 1);
    (child.parent, child.since) = (Some(other.term), 1);
    child.links = vec![moved];
    let trees = trees(&[&top, &other, &child, &below]);
    let held = Held::of(&state, &trees);
    let resolve = |term, epoch| held.resolve(ONTOLOGY, Some(term), epoch).unwrap();
    assert!(resolve(child.term, 0).ct_eq(&old));
    assert!(resolve(child.term, 1).ct_eq(&new));
    assert!(resolve(below.term, 0).ct_eq(&old.child(below.term)));
    assert!(resolve(below.term, 1).ct_eq(&new.child(below.term)));
    assert!(held.resolve(ONTOLOGY, Some(child.term), 2).is_none(), "an epoch that is not held");
    assert!(held.branch_to_write(ONTOLOGY, below.term, 1).is_none(), "below a move that nobody proved");
    assert!(held.branch_to_write(ONTOLOGY, top.term, 1).is_some());
    assert!(held.branch_to_write(ONTOLOGY, RecordId::from_bytes([9; 16]), 1).is_none());

    // Who came without history, in epoch 1, and who was revoked before it, open nothing of what was before.
    for (lost, kept) in [(0, 1), (1, 0)] {
        let mut part = world.owner();
        part.keys.remove(&(part.scope, lost));
        let held = Held::of(&part, &trees);
        assert!(held.resolve(ONTOLOGY, Some(other.term), kept).is_some());
        assert!(held.resolve(ONTOLOGY, Some(child.term), 0).is_none(), "without epoch {lost}");
        assert!(held.resolve(ONTOLOGY, Some(below.term), 0).is_none(), "without epoch {lost}");
    }
}

#[test]
fn keys_are_found_through_moves_upon_moves() {
    // A chain, each term of which was moved under the one before it, from the bottom up and once again: as deep as trees go.
    let mut world = World::new();
    let depth = u8::try_from(MAX_DEPTH).unwrap();
    let state = with_epochs(&mut world, 2 * MAX_DEPTH + 1);
    let root = node(200, None);
    let mut nodes: Vec<_> = (0..depth).map(|number| node(number, None)).collect();
    let known = |nodes: &[TermNode]| trees(&nodes.iter().chain([&root]).collect::<Vec<_>>());
    let first: Vec<_> = {
        let trees = known(&nodes);
        let held = Held::of(&state, &trees);
        nodes.iter().map(|node| held.resolve(ONTOLOGY, Some(node.term), 0).unwrap()).collect()
    };
    let mut epoch = 0;
    for round in 0..2 {
        for at in (1..nodes.len()).rev() {
            epoch += 1;
            // Away first, so that the second round moves what stood under the same parent at other times.
            let to = if round == 0 { root.term } else { nodes[at - 1].term };
            let moved = link(&state, &known(&nodes), &nodes[at], to, epoch);
            let node = &mut nodes[at];
            (node.parent, node.since, node.links) = (Some(to), epoch, vec![moved]);
        }
    }
    let trees = known(&nodes);
    let held = Held::of(&state, &trees);
    for (node, first) in nodes.iter().zip(&first) {
        assert!(held.resolve(ONTOLOGY, Some(node.term), 0).unwrap().ct_eq(first));
    }
    let top = state.keys[&(state.scope, epoch)].data(ONTOLOGY);
    let bottom = nodes.iter().fold(top, |branch, node| branch.child(node.term));
    let last = nodes.last().unwrap().term;
    assert!(held.resolve(ONTOLOGY, Some(last), epoch).unwrap().ct_eq(&bottom));
    assert!((0..epoch).all(|epoch| held.resolve(ONTOLOGY, Some(last), epoch).is_some()));
}

#[test]
fn a_tree_without_end_ends() {
    let world = World::new();
    let state = world.owner();
    let (a, b) = (RecordId::from_bytes([1; 16]), RecordId::from_bytes([2; 16]));
    let mut tree = Tree::default();
    for (term, parent) in [(a, b), (b, a)] {
        tree.0.insert(term, Node { parent: Some(parent), links: Vec::new(), proven: true });
    }
    assert!(!tree.is_proven(a));
    let trees = BTreeMap::from([(ONTOLOGY, tree)]);
    assert!(Held::of(&state, &trees).resolve(ONTOLOGY, Some(a), 0).is_none());
}
