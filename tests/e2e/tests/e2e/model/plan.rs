//! Plans: random accounts as lists of steps. A step names things by number, modulo what there is, so that a plan stays one
//! when steps are taken out of it.

use pryv_wire::access::Level;
use rand::{Rng, SeedableRng, seq::SliceRandom as _};
use rand_chacha::ChaCha20Rng;

/// How many principals there are besides the owner.
pub(crate) const PRINCIPALS: usize = 4;

/// The number by which a grant names the group, of which principals are members or not.
pub(crate) const GROUP: usize = PRINCIPALS;

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An ontology more.
    Ontology,
    /// A term more.
    Term { ontology: usize, under: usize },
    /// A collection more, linked to those ontologies whose bit is set.
    Collection { links: usize },
    /// A collection is linked to one more ontology.
    Link { collection: usize, ontology: usize },
    /// The owner writes an instance, filed under terms.
    Write { collection: usize, terms: Vec<usize> },
    /// Whoever has an access that lets them write does so by it.
    WriteBy { grant: usize, collection: usize, terms: Vec<usize> },
    /// Something is granted.
    Grant { to: usize, target: Target, level: Level, history: bool },
    /// Somebody becomes a member of the group. It leaves by the end of that access, as any.
    Join { to: usize },
    /// What the group was granted gets new keys, where they were sealed to a card of the group before the present one.
    Follow,
    /// Whoever manages something grants it onwards.
    GrantOn { manager: usize, to: usize, level: Level },
    /// The owner ends an access; what its holder granted onwards ends with it, or becomes the owner's.
    Revoke { grant: usize, adopt: bool },
    /// A manager ends what it granted.
    EndOn { grant: usize },
    /// A scope gets new keys.
    Rotate { scope: usize },
    /// A term gets another parent.
    Move { term: usize, under: usize },
    /// An instance is filed under other terms.
    Place { record: usize, terms: Vec<usize> },
    /// An instance is deleted.
    Delete { record: usize },
    /// A term is deleted, if nothing stands on it.
    DeleteTerm { term: usize },
}

/// What is granted.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A whole collection.
    Collection(usize),
    /// A whole ontology.
    Ontology(usize),
    /// A part of an ontology: data of some collections, labels, or both.
    Slice { ontology: usize, term: usize, data: Data, labels: bool },
}

/// In which collections a slice opens data.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    None,
    Every,
    Some(Vec<usize>),
}

/// The plan of a seed.
pub(crate) fn plan(seed: u64) -> Vec<Step> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut steps = vec![Step::Ontology];
    if rng.gen_bool(0.4) {
        steps.push(Step::Ontology);
    }
    for _ in 0..rng.gen_range(2..7) {
        steps.push(Step::Term { ontology: rng.r#gen(), under: rng.r#gen() });
    }
    for _ in 0..rng.gen_range(1..4) {
        steps.push(collection(&mut rng));
    }
    for _ in 0..rng.gen_range(3..6) {
        steps.push(write(&mut rng));
    }
    if rng.gen_bool(0.7) {
        steps.push(Step::Join { to: rng.r#gen() });
    }
    for _ in 0..rng.gen_range(6..24) {
        steps.push(step(&mut rng));
    }
    steps
}

fn step(rng: &mut ChaCha20Rng) -> Step {
    match rng.gen_range(0..106) {
        0..28 => grant(rng),
        28..34 => Step::GrantOn { manager: rng.r#gen(), to: rng.r#gen(), level: level(rng) },
        34..44 => Step::Revoke { grant: rng.r#gen(), adopt: rng.r#gen() },
        44..46 => Step::EndOn { grant: rng.r#gen() },
        46..56 => write(rng),
        56..64 => Step::WriteBy { grant: rng.r#gen(), collection: rng.r#gen(), terms: terms(rng) },
        64..73 => Step::Move { term: rng.r#gen(), under: rng.r#gen() },
        73..82 => Step::Place { record: rng.r#gen(), terms: terms(rng) },
        82..87 => Step::Rotate { scope: rng.r#gen() },
        87..91 => Step::Term { ontology: rng.r#gen(), under: rng.r#gen() },
        91..94 => Step::Link { collection: rng.r#gen(), ontology: rng.r#gen() },
        94..97 => Step::Delete { record: rng.r#gen() },
        97..99 => Step::DeleteTerm { term: rng.r#gen() },
        99..102 => Step::Join { to: rng.r#gen() },
        102..105 => Step::Follow,
        _ => collection(rng),
    }
}

fn collection(rng: &mut ChaCha20Rng) -> Step {
    Step::Collection { links: *[0, 1, 1, 3, 3, 3].choose(rng).unwrap() }
}

fn write(rng: &mut ChaCha20Rng) -> Step {
    Step::Write { collection: rng.r#gen(), terms: terms(rng) }
}

fn terms(rng: &mut ChaCha20Rng) -> Vec<usize> {
    let count = *[0, 1, 1, 1, 2].choose(rng).unwrap();
    (0..count).map(|_| rng.r#gen()).collect()
}

fn grant(rng: &mut ChaCha20Rng) -> Step {
    let target = match rng.gen_range(0..10) {
        0..3 => Target::Collection(rng.r#gen()),
        3 => Target::Ontology(rng.r#gen()),
        _ => Target::Slice {
            ontology: rng.r#gen(),
            term: rng.r#gen(),
            data: match rng.gen_range(0..5) {
                0 => Data::None,
                1 | 2 => Data::Every,
                _ => Data::Some((0..rng.gen_range(1..3)).map(|_| rng.r#gen()).collect()),
            },
            labels: rng.gen_bool(0.7),
        },
    };
    Step::Grant { to: rng.r#gen(), target, level: level(rng), history: rng.gen_bool(0.7) }
}

fn level(rng: &mut ChaCha20Rng) -> Level {
    match rng.gen_range(0..10) {
        0..4 => Level::Read,
        4 => Level::CreateOnly,
        5..7 => Level::Contribute,
        _ => Level::Manage,
    }
}
