//! Filters, pages and counts against a model in plain memory: random set algebra over random instances, with what cannot be
//! held against it, within terms, in both orders, by pages of random length, while instances change and go.

use crate::{
    bulk::{Instance, token, unique},
    ontology::Garden,
    world::{Collection, Person, World, ids},
};
use pryv_wire::{
    Bytes, RecordId, ScopeId,
    record::{
        CountRecords, Counted, Filter, IndexState, Order, QueryRecords, RecordKind, RecordState, Unindexed,
        Within,
    },
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha20Rng;

/// Fields with few and with many values.
const FIELDS: [(u8, u64); 4] = [(1, 2), (2, 5), (3, 40), (4, 300)];
const STATES: [(u32, u64); 5] = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];

fn random_tokens(rng: &mut ChaCha20Rng) -> Vec<Vec<u8>> {
    let mut tokens = Vec::new();
    for (field, values) in FIELDS {
        for _ in 0..rng.gen_range(0..3_u8) {
            tokens.push(token(field, rng.gen_range(0..values)));
        }
    }
    tokens
}

fn random_instance(place: u64, rng: &mut ChaCha20Rng, terms: &[(ScopeId, RecordId)]) -> Instance {
    let mut made = Instance::new(place, []);
    made.written = rng.gen_range(0..2);
    if rng.gen_range(0..8) == 0 {
        made.state = None;
    } else {
        let (epoch, version) = *STATES.choose(rng).unwrap();
        made.state = Some(IndexState { epoch: epoch.max(made.written), version });
        made.tokens = random_tokens(rng).into_iter().collect();
        if rng.gen_range(0..4) == 0 {
            made.tokens.insert(unique(place));
        }
    }
    let terms = terms.choose_multiple(rng, 4).copied();
    made.terms = terms.filter(|_| rng.gen_range(0..4) == 0).collect();
    made
}

fn random_state(rng: &mut ChaCha20Rng) -> RecordState {
    *[RecordState::Active, RecordState::Active, RecordState::Trashed, RecordState::All].choose(rng).unwrap()
}

fn random_filter(rng: &mut ChaCha20Rng, depth: usize, model: &[Instance]) -> Filter {
    let leaf = depth <= 1 || rng.gen_range(0..3) == 0;
    match rng.gen_range(0..if leaf { 8 } else { 13 }) {
        0 => Filter::All,
        1 => {
            let some = model.choose_multiple(rng, 3).map(|one| Bytes::from(unique(one.place)));
            Filter::Tokens(some.collect())
        }
        2..=7 => {
            let count = *[0, 1, 1, 2, 6, 60].choose(rng).unwrap();
            let mut tokens = Vec::new();
            let (field, values) = *FIELDS.choose(rng).unwrap();
            for _ in 0..count {
                tokens.push(Bytes::from(token(field, rng.gen_range(0..values + 1))));
            }
            Filter::Tokens(tokens)
        }
        8..=9 => {
            Filter::And((0..rng.gen_range(0..4)).map(|_| random_filter(rng, depth - 1, model)).collect())
        }
        10..=11 => {
            Filter::Or((0..rng.gen_range(0..4)).map(|_| random_filter(rng, depth - 1, model)).collect())
        }
        _ => Filter::Not(Box::new(random_filter(rng, depth - 1, model))),
    }
}

fn random_unindexed(rng: &mut ChaCha20Rng) -> Option<Unindexed> {
    let (epoch, version) = *[(0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (3, 1)].choose(rng).unwrap();
    let before = IndexState { epoch, version };
    rng.gen_bool(0.6).then_some(Unindexed { before, at_most: 10_000 })
}

struct Field {
    world: World,
    ada: Person,
    collection: Collection,
    model: Vec<Instance>,
    terms: Vec<(ScopeId, RecordId)>,
    rng: ChaCha20Rng,
    next_place: u64,
}

impl Field {
    async fn of(instances: u64) -> Self {
        let world = World::new();
        let ada = world.person("ada").await;
        let garden = Garden::of(&world, &ada).await;
        let mut rng = world.rng();
        let (ontology, mut place) = (garden.ontology.scope, 10_000);
        let terms: Vec<_> = [garden.body, garden.heart, garden.pulse, garden.mind]
            .iter()
            .map(|term| (ontology, term.id))
            .collect();
        let mut model = Vec::new();
        for _ in 0..instances {
            place += rng.gen_range(1..1_000);
            model.push(random_instance(place, &mut rng, &terms));
        }
        world.create(&ada, &garden.collection, &model);
        Self { world, ada, collection: garden.collection, model, terms, rng, next_place: place + 1 }
    }

    fn random_within(&mut self) -> Option<Within> {
        let (ontology, term) = *self.terms.choose(&mut self.rng).unwrap();
        let term = self.rng.gen_bool(0.8).then_some(term);
        let descendants = term.is_none() || self.rng.r#gen();
        self.rng.gen_bool(0.3).then_some(Within { ontology, term, descendants })
    }

    /// `body` over `heart` over `pulse`, and `mind` beside.
    fn is_within(&self, one: &Instance, within: Option<Within>) -> bool {
        let Some(Within { term, descendants, .. }) = within else { return true };
        let Some(term) = term else { return !one.terms.is_empty() };
        let at = self.terms.iter().position(|known| known.1 == term).unwrap();
        let reached = match (descendants, at) {
            (true, 0) => &self.terms[0..3],
            (true, 1) => &self.terms[1..3],
            _ => &self.terms[at..=at],
        };
        one.terms.iter().any(|term| reached.contains(term))
    }

    /// Some instances change, go, or come.
    fn disturb(&mut self) {
        for _ in 0..self.rng.gen_range(0..4) {
            let at = self.rng.gen_range(0..self.model.len());
            let mut one = self.model[at].clone();
            one.version += 1;
            match self.rng.gen_range(0..4) {
                3 => {
                    one.trashed = !one.trashed;
                    let kind = if one.trashed { RecordKind::Trashed } else { RecordKind::Instance };
                    self.world.change(&self.ada, &self.collection, std::slice::from_ref(&one), kind);
                    self.model[at] = one;
                }
                0 => {
                    self.world.change(&self.ada, &self.collection, &[one], RecordKind::Tombstone);
                    self.model.remove(at);
                }
                1 => {
                    let drawn = random_instance(one.place, &mut self.rng, &self.terms);
                    let next = Instance { record: one.record, version: one.version, ..drawn };
                    self.world.change(
                        &self.ada,
                        &self.collection,
                        std::slice::from_ref(&next),
                        RecordKind::Instance,
                    );
                    self.model[at] = next;
                }
                _ => {
                    let new = random_instance(self.next_place, &mut self.rng, &self.terms);
                    self.next_place += 1;
                    self.world.create(&self.ada, &self.collection, std::slice::from_ref(&new));
                    self.model.push(new);
                }
            }
        }
    }

    async fn count(
        &self,
        filter: &Filter,
        unindexed: Option<Unindexed>,
        (within, state): (Option<Within>, RecordState),
        buckets: &[Vec<Bytes>],
        enough: u64,
        after: Option<Bytes>,
    ) -> Counted {
        let count = CountRecords {
            account: self.ada.id(),
            scope: self.collection.scope,
            filter: filter.clone(),
            unindexed,
            within,
            state,
            buckets: buckets.to_vec(),
            enough,
            after,
        };
        self.world.service.count_records(self.ada.caller.clone(), count).await.unwrap()
    }
}

#[tokio::test]
async fn random_queries_give_the_rows_of_a_model_while_it_changes() {
    let mut field = Field::of(350).await;
    let (mut pages, mut rows) = (0, 0);
    for number in 0..300 {
        let filter = random_filter(&mut field.rng, 6, &field.model);
        let (unindexed, within) = (random_unindexed(&mut field.rng), field.random_within());
        let newest = field.rng.r#gen::<bool>();
        let state = random_state(&mut field.rng);
        let disturbed = field.rng.gen_bool(0.5);
        let (mut after, mut passed) = (None, None::<u64>);
        loop {
            let most = *[3, 40, 1_000].choose(&mut field.rng).unwrap();
            let limit = field.rng.gen_range(1..=most);
            let mut expected: Vec<&Instance> = field
                .model
                .iter()
                .filter(|one| one.is_in(&filter) || one.is_behind(unindexed))
                .filter(|one| field.is_within(one, within) && one.is_of(state))
                .filter(|one| passed.is_none_or(|at| if newest { one.place < at } else { one.place > at }))
                .collect();
            expected.sort_by_key(|one| if newest { u64::MAX - one.place } else { one.place });
            let query = QueryRecords {
                account: field.ada.id(),
                scope: field.collection.scope,
                filter: filter.clone(),
                unindexed,
                within,
                state,
                order: if newest { Order::NewestFirst } else { Order::OldestFirst },
                limit,
                after,
            };
            let page = field.world.service.query_records(field.ada.caller.clone(), query).await.unwrap();
            let found = ids(&page);
            let most = usize::try_from(limit).unwrap();
            let wanted: Vec<RecordId> = expected.iter().take(most).map(|one| one.record).collect();
            assert_eq!(found, wanted, "{number}: {filter:?} {unindexed:?} {within:?} newest {newest}");
            assert_eq!(page.next.is_some(), expected.len() > most, "{number}: {filter:?}");
            passed = expected.iter().take(most).next_back().map(|one| one.place).or(passed);
            (pages, rows) = (pages + 1, rows + found.len());
            after = page.next;
            if after.is_none() {
                break;
            }
            if disturbed {
                field.disturb();
            }
        }
    }
    assert!(pages > 600 && rows > 4_000, "{pages} pages with {rows} rows show something");
}

#[tokio::test]
async fn random_counts_are_those_of_a_model() {
    let mut field = Field::of(300).await;
    let mut cut = 0;
    for number in 0..300 {
        field.disturb();
        let state = random_state(&mut field.rng);
        let filter = random_filter(&mut field.rng, 5, &field.model);
        let (unindexed, within) = (random_unindexed(&mut field.rng), field.random_within());
        let enough = *[7, 20, 100_000].choose(&mut field.rng).unwrap();
        let counted: Vec<&Instance> = field
            .model
            .iter()
            .filter(|one| one.is_in(&filter) && !one.is_behind(unindexed) && field.is_within(one, within))
            .filter(|one| one.is_of(state))
            .collect();
        let behind =
            field.model.iter().filter(|one| one.is_behind(unindexed) && field.is_within(one, within)).count();
        let case = format!("{number}: {filter:?} {unindexed:?} {within:?} {enough}");

        // In pieces, behind cursors.
        let (mut sum, mut after) = (0, None);
        loop {
            let told = field.count(&filter, unindexed, (within, state), &[], enough, after).await;
            assert_eq!(usize::try_from(told.unindexed).unwrap(), behind, "{case}");
            assert!(told.counts.len() == 1 && told.counts[0] <= enough, "{case}");
            sum += told.counts[0];
            after = told.next;
            if after.is_none() {
                break;
            }
            assert_eq!(told.counts[0], enough, "it stopped for nothing: {case}");
        }
        assert_eq!(usize::try_from(sum).unwrap(), counted.len(), "{case}");

        // In buckets.
        let (tag, values) = *FIELDS.choose(&mut field.rng).unwrap();
        let buckets: Vec<Vec<Bytes>> = (0..values.min(60))
            .map(|value| vec![Bytes::from(token(tag, value)), Bytes::from(token(tag, value + 1))])
            .collect();
        let told = field.count(&filter, unindexed, (within, state), &buckets, enough, None).await;
        assert!(told.next.is_none(), "{case}");
        let (mut left, mut expected) = (enough, Vec::new());
        for bucket in &buckets {
            let bucket = Filter::Tokens(bucket.clone());
            let all = u64::try_from(counted.iter().filter(|one| one.is_in(&bucket)).count()).unwrap();
            expected.push(all.min(left));
            left -= all.min(left);
            if left == 0 {
                cut += 1;
                break;
            }
        }
        assert_eq!(told.counts, expected, "{case}");
    }
    assert!(cut > 50, "{cut} counts stopped with enough");
}
