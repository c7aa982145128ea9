//! Relations: references that are checked, records around a record, and what becomes of those who refer to a deleted one.

use crate::fixture::{contact, named};
use pryv_sdk::{
    Account, Cardinality, Collection, Definition, Grant, Level, OnDelete, RecordId, Relation, Silent, Uri,
    account::DefineError,
    collection::{ReferenceFault, WriteError},
};
use pryv_test_kit::{World, transport::InterleavingTransport};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const PATIENTS: &str = "https://example.org/patients";
const VISITS: &str = "https://example.org/visits";

fn patients() -> Definition {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    Definition::new(PATIENTS, "Patients", "patient", schema)
}

/// Visits refer to one patient, and to any number of other visits.
fn visits(on_delete: OnDelete) -> Definition {
    let reference = json!({ "type": "string" });
    let schema = json!({ "type": "object", "properties": {
        "patient": reference, "after": { "type": "array", "items": reference }, "note": { "type": "string" }
    } });
    Definition::new(VISITS, "Visits", "visit", schema)
        .equality("/patient")
        .equality("/after")
        .related(Relation::one("/patient", PATIENTS).on_delete(on_delete))
        .related(Relation::many("/after", VISITS).on_delete(on_delete))
}

async fn both(account: &Account, on_delete: OnDelete) -> (Collection, Collection) {
    let patients = account.define(patients()).await.unwrap();
    let visits = account.define(visits(on_delete)).await.unwrap();
    // As any other client has it: what refers to it was noted meanwhile.
    (account.collection(&patients.definition().uri).await.unwrap(), visits)
}

fn fault(error: &WriteError) -> Option<ReferenceFault> {
    match error {
        WriteError::Reference { fault, .. } => Some(*fault),
        _ => None,
    }
}

async fn is_there(collection: &Collection, id: RecordId) -> bool {
    collection.get::<Value>(id).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_leads_to_a_record_that_is_there() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let bob = world.user("bob").await;
    let unknown = ada.account.define(visits(OnDelete::Restrict)).await.unwrap_err();
    assert!(matches!(unknown, DefineError::UnknownTarget { uri } if uri == PATIENTS));
    for on_delete in [OnDelete::Ignore, OnDelete::Restrict] {
        let user = if on_delete == OnDelete::Ignore { &bob } else { &ada };
        let (patients, visits) = both(&user.account, on_delete).await;
        let patient = patients.create(json!({ "name": world.canary.text("name") })).await.unwrap();
        let to = patients.instance_uri(patient.id).to_string();
        let visit = visits.create(json!({ "patient": to, "note": world.canary.text("note") })).await.unwrap();
        let refused = async |data: Value| fault(&visits.create(data).await.unwrap_err());
        assert_eq!(refused(json!({ "patient": "Ada" })).await, Some(ReferenceFault::NotAnInstance));
        assert_eq!(
            refused(json!({ "patient": patients.uri().to_string() })).await,
            Some(ReferenceFault::NotAnInstance)
        );
        let loud = to.to_uppercase();
        assert_eq!(refused(json!({ "patient": loud })).await, Some(ReferenceFault::NotAnInstance));
        let visit_uri = visits.instance_uri(visit.id).to_string();
        assert_eq!(refused(json!({ "patient": visit_uri })).await, Some(ReferenceFault::OtherCollection));
        let other = Uri::Instance {
            account: if on_delete == OnDelete::Ignore { ada.account.id() } else { bob.account.id() },
            collection: patients.scope(),
            instance: patient.id,
        };
        assert_eq!(
            refused(json!({ "patient": other.to_string() })).await,
            Some(ReferenceFault::OtherAccount)
        );
        let nobody = patients.instance_uri(patients.new_id()).to_string();
        assert_eq!(refused(json!({ "patient": nobody })).await, Some(ReferenceFault::Missing));
        let gone = patients.create(json!({})).await.unwrap();
        patients.delete(&gone).await.unwrap();
        let gone = patients.instance_uri(gone.id).to_string();
        assert_eq!(refused(json!({ "patient": gone })).await, Some(ReferenceFault::Missing));
        // Of many, the one at fault is named.
        let many = [json!({}), json!({ "patient": to }), json!({ "after": [visit_uri, nobody] })];
        let stopped = visits.create_many(&many, &mut Silent).await.unwrap_err();
        assert_eq!((stopped.at, fault(&stopped.source)), (2, Some(ReferenceFault::OtherCollection)));
        let many = [json!({}), json!({ "patient": gone })];
        let stopped = visits.create_many(&many, &mut Silent).await.unwrap_err();
        assert_eq!((stopped.at, fault(&stopped.source)), (1, Some(ReferenceFault::Missing)));
        // One that is there already may stay although its target went.
        if on_delete == OnDelete::Ignore {
            patients.delete(&patient).await.unwrap();
            let next = json!({ "patient": to, "note": "changed" });
            let changed = visits.update(&visit, &next).await.unwrap();
            let another = json!({ "patient": gone });
            assert_eq!(
                fault(&visits.update(&changed, &another).await.unwrap_err()),
                Some(ReferenceFault::Missing)
            );
        }
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relations_say_what_becomes_of_those_who_refer_to_a_deleted_record() {
    let world = World::start().await;
    let name = || json!({ "name": world.canary.text("name") });
    for (number, rule) in
        [OnDelete::Ignore, OnDelete::Warn, OnDelete::Restrict, OnDelete::Cascade, OnDelete::Detach]
            .into_iter()
            .enumerate()
    {
        let user = world.user(&format!("ada-{number}")).await;
        let (patients, visits) = both(&user.account, rule).await;
        assert_eq!(visits.definition().relations[1].cardinality, Cardinality::Many);
        let patient = patients.create(name()).await.unwrap();
        let other = patients.create(name()).await.unwrap();
        let to = |id| patients.instance_uri(id).to_string();
        let visit = |id: RecordId| visits.instance_uri(id);
        let first = visits.create(json!({ "patient": to(patient.id) })).await.unwrap().id;
        let after = json!([visit(first).to_string()]);
        let second = visits.create(json!({ "patient": to(other.id), "after": after })).await.unwrap().id;
        let third = visits.create(json!({ "patient": to(other.id) })).await.unwrap().id;

        let deleted = patients.delete(&patient).await;
        let report = user.account.check_references(&mut Silent).await.unwrap();
        assert_eq!(
            (report.records, report.rejected.len()),
            (3 - u64::from(rule == OnDelete::Cascade) * 2, 0)
        );
        let faults: Vec<_> = report.faults.iter().map(|fault| (fault.record, fault.target)).collect();
        let dangling = vec![(visit(first), Some(patients.instance_uri(patient.id)))];
        match rule {
            OnDelete::Ignore => {
                assert_eq!(deleted.unwrap(), Default::default());
                assert_eq!(faults, dangling);
            }
            OnDelete::Warn => {
                assert_eq!(deleted.unwrap().dangling, [visit(first)]);
                assert_eq!(faults, dangling);
            }
            OnDelete::Restrict => {
                let refused = deleted.unwrap_err();
                assert!(matches!(&refused, WriteError::ReferredTo { by } if *by == [visit(first)]));
                assert!(is_there(&patients, patient.id).await && faults.is_empty());
                let read = visits.get::<Value>(first).await.unwrap();
                let refused = visits.delete(&read).await.unwrap_err();
                assert!(matches!(&refused, WriteError::ReferredTo { by } if *by == [visit(second)]));
                // From its end on, it goes.
                visits.delete(&visits.get::<Value>(second).await.unwrap()).await.unwrap();
                visits.delete(&read).await.unwrap();
                patients.delete(&patient).await.unwrap();
            }
            OnDelete::Cascade => {
                let deleted = deleted.unwrap();
                assert_eq!(
                    BTreeSet::from_iter(deleted.cascaded),
                    BTreeSet::from([visit(first), visit(second)])
                );
                assert!(!is_there(&visits, first).await && !is_there(&visits, second).await);
                assert!(is_there(&visits, third).await && faults.is_empty());
            }
            OnDelete::Detach => {
                assert_eq!(deleted.unwrap().detached, [visit(first)]);
                assert_eq!(visits.get::<Value>(first).await.unwrap().data, json!({}));
                let read = visits.get::<Value>(first).await.unwrap();
                assert_eq!(visits.delete(&read).await.unwrap().detached, [visit(second)]);
                let second = visits.get::<Value>(second).await.unwrap();
                assert_eq!(second.data, json!({ "patient": to(other.id), "after": [] }));
                let report = user.account.check_references(&mut Silent).await.unwrap();
                assert!(report.faults.is_empty());
            }
            _ => unreachable!(),
        }
        assert!(rule == OnDelete::Restrict || !is_there(&patients, patient.id).await);
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn circles_and_crowds_are_deleted_and_a_schema_can_forbid_to_detach() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (patients, visits) = both(&ada.account, OnDelete::Cascade).await;
    let patient = patients.create(json!({})).await.unwrap();
    let to = patients.instance_uri(patient.id).to_string();
    let one = visits.create(json!({ "patient": to })).await.unwrap();
    let two = visits.create(json!({ "after": [visits.instance_uri(one.id).to_string()] })).await.unwrap();
    let circle = json!({ "patient": to, "after": [visits.instance_uri(two.id).to_string()] });
    visits.update(&one, circle).await.unwrap();
    // More than one transaction holds.
    let crowd: Vec<Value> = (0..450).map(|_| json!({ "patient": to })).collect();
    visits.create_many(&crowd, &mut Silent).await.unwrap();
    let deleted = patients.delete(&patient).await.unwrap();
    assert_eq!(deleted.cascaded.len(), 452);
    assert_eq!(visits.query().count().await.unwrap(), 0);

    let bob = world.user("bob").await;
    let patients = bob.account.define(self::patients()).await.unwrap();
    let schema = json!({ "type": "object", "required": ["patient"], "properties": { "patient": { "type": "string" } } });
    let visits = Definition::new(VISITS, "Visits", "visit", schema)
        .equality("/patient")
        .related(Relation::one("/patient", PATIENTS).on_delete(OnDelete::Detach));
    let visits = bob.account.define(visits).await.unwrap();
    let patient = patients.create(json!({})).await.unwrap();
    let visit =
        visits.create(json!({ "patient": patients.instance_uri(patient.id).to_string() })).await.unwrap();
    // The handle is from before the relation: the server says so.
    let refused = patients.delete(&patient).await.unwrap_err();
    assert!(
        matches!(&refused, WriteError::Undetachable { record, .. } if *record == visits.instance_uri(visit.id))
    );
    assert!(is_there(&patients, patient.id).await);
    world.close().await;
}

/// One device deletes a target while another makes a reference to it, or the other way round, between any two calls of the first:
/// by a relation that restricts, cascades or detaches no reference ever leads nowhere, and one that does by the others is found.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_faster_no_reference_is_left_that_leads_nowhere_unreported() {
    let world = World::start().await;
    let network = InterleavingTransport::new(world.transport());
    let client = world.client_over(Arc::<InterleavingTransport>::clone(&network));
    for (number, rule) in
        [OnDelete::Ignore, OnDelete::Warn, OnDelete::Restrict, OnDelete::Cascade, OnDelete::Detach]
            .into_iter()
            .enumerate()
    {
        let user = world.user_of(&client, &format!("ada-{number}")).await;
        let (patients, visits) = both(&user.account, rule).await;
        let device = world.client().log_in(&user.username, &user.password()).await.unwrap();
        let (patients_too, visits_too) =
            (device.collection(PATIENTS).await.unwrap(), device.collection(VISITS).await.unwrap());
        let mut met = BTreeMap::<&str, u32>::new();
        for (deletes, answered) in [(true, false), (true, true), (false, false), (false, true)] {
            for call in 1.. {
                let patient = patients.create(json!({})).await.unwrap();
                let to = json!({ "patient": patients.instance_uri(patient.id).to_string() });
                if rule != OnDelete::Restrict {
                    visits.create(&to).await.unwrap();
                }
                let (done, told) = tokio::sync::oneshot::channel();
                let (other, theirs) = (patients_too.clone(), visits_too.clone());
                let (record, reference) = (patient.clone(), to.clone());
                network.at(call, answered, async move {
                    let outcome = if deletes {
                        theirs.create(&reference).await.map(|_| ())
                    } else {
                        other.delete(&record).await.map(|_| ())
                    };
                    done.send(outcome).unwrap();
                });
                let mine = if deletes {
                    patients.delete(&patient).await.map(|_| ())
                } else {
                    visits.create(&to).await.map(|_| ())
                };
                if network.disarm() {
                    break;
                }
                let other = told.await.unwrap();
                let (deleted, made) = if deletes { (mine, other) } else { (other, mine) };
                let outcome = match (&deleted, &made) {
                    (Ok(()), Ok(())) => "both",
                    (Ok(()), Err(error)) if fault(error) == Some(ReferenceFault::Missing) => "deleted",
                    (Err(WriteError::ReferredTo { .. }), Ok(())) if rule == OnDelete::Restrict => "referred",
                    other => panic!("{rule:?} {deletes} {answered} {call}: {other:?}"),
                };
                *met.entry(outcome).or_default() += 1;
            }
        }
        assert_eq!(met.contains_key("referred"), rule == OnDelete::Restrict, "{met:?}");
        assert!(met.contains_key("deleted"), "{rule:?}: {met:?}");
        // Held against what is there, record by record.
        let mut dangling = BTreeSet::new();
        for record in visits.query().limit(1_000).all::<Value>(&mut Silent).await.unwrap().records {
            let to =
                record.data.get("patient").and_then(Value::as_str).map(|text| text.parse::<Uri>().unwrap());
            if let Some(Uri::Instance { instance, .. }) = to
                && !is_there(&patients, instance).await
            {
                dangling.insert(visits.instance_uri(record.id));
            }
        }
        let report = user.account.check_references(&mut Silent).await.unwrap();
        let reported: BTreeSet<Uri> = report.faults.iter().map(|fault| fault.record).collect();
        assert_eq!(reported, dangling, "{rule:?}");
        assert_eq!(reported.is_empty(), rule > OnDelete::Warn, "{rule:?}: {reported:?}");
    }
    world.close().await;
}

/// Who deletes a record with another one's reference in a collection that it does not see, is refused if that would matter.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_what_refers_does_not_delete() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let bob = world.user("bob").await;
    let (patients, visits) = both(&ada.account, OnDelete::Restrict).await;
    let patient = patients.create(json!({ "name": world.canary.text("name") })).await.unwrap();
    let to = json!({ "patient": patients.instance_uri(patient.id).to_string() });
    let visit = visits.create(&to).await.unwrap();
    let person = contact(&ada, &bob).await;
    ada.account.grant(named(&world, Grant::to(&person).on(&patients, Level::Contribute))).await.unwrap();
    let theirs = bob.account.received().await.unwrap()[0].open(patients.scope()).await.unwrap();
    let read = theirs.get::<Value>(patient.id).await.unwrap();
    assert!(matches!(theirs.delete(&read).await, Err(WriteError::ReferrersHidden)));
    let around = theirs.related(&read).unwrap().fetch(&mut Silent).await.unwrap();
    assert!(around.records.is_empty() && around.hidden == BTreeSet::from([visits.scope()]));

    let on_both = Grant::to(&person).on(&patients, Level::Contribute).on(&visits, Level::Contribute);
    ada.account.grant(named(&world, on_both)).await.unwrap();
    let received = bob.account.received().await.unwrap();
    let received = received.iter().find(|received| received.access.scopes.len() == 2).unwrap();
    let theirs = received.open(patients.scope()).await.unwrap();
    assert!(matches!(theirs.delete(&read).await, Err(WriteError::ReferredTo { .. })));
    let around = theirs.related(&read).unwrap().fetch(&mut Silent).await.unwrap();
    assert_eq!(around.records.iter().map(|one| one.record.id).collect::<Vec<_>>(), [visit.id]);
    world.close().await;
}

/// A graph of 10,000 references: the records within three steps are those of the model, in each direction.
#[tokio::test(flavor = "multi_thread")]
async fn records_around_a_record_are_those_of_the_model() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (_, visits) = both(&ada.account, OnDelete::Restrict).await;
    let mut rng = StdRng::seed_from_u64(7);
    let (mut ids, mut edges): (Vec<RecordId>, BTreeMap<RecordId, BTreeSet<RecordId>>) = Default::default();
    let mut count = 0;
    while count < 10_000 {
        let mut batch = Vec::new();
        let mut named = Vec::new();
        for _ in 0..400 {
            let wanted = if ids.is_empty() { 0 } else { rng.gen_range(0..=11) };
            let to: BTreeSet<RecordId> = (0..wanted).map(|_| ids[rng.gen_range(0..ids.len())]).collect();
            count += to.len();
            let texts: Vec<String> = to.iter().map(|id| visits.instance_uri(*id).to_string()).collect();
            batch.push(json!({ "after": texts }));
            named.push(to);
        }
        let made = visits.create_many(&batch, &mut Silent).await.unwrap();
        edges.extend(made.iter().copied().zip(named));
        ids.extend(made);
    }
    let mut back: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
    for (from, to) in &edges {
        for to in to {
            back.entry(*to).or_default().insert(*from);
        }
    }
    for (outgoing, incoming, depth) in [(true, false, 3), (false, true, 3), (true, true, 2), (true, true, 1)]
    {
        for _ in 0..2 {
            let start = ids[rng.gen_range(0..ids.len())];
            let mut expected: BTreeMap<RecordId, u32> = BTreeMap::from([(start, 0)]);
            for step in 1..=depth {
                let last: Vec<RecordId> =
                    expected.iter().filter(|(_, at)| **at == step - 1).map(|(id, _)| *id).collect();
                for id in last {
                    let out = edges.get(&id).filter(|_| outgoing).into_iter().flatten();
                    let into = back.get(&id).filter(|_| incoming).into_iter().flatten();
                    for next in out.chain(into) {
                        expected.entry(*next).or_insert(step);
                    }
                }
            }
            expected.remove(&start);
            let record = visits.get::<Value>(start).await.unwrap();
            let related = visits.related(&record).unwrap().depth(depth);
            let related = match (outgoing, incoming) {
                (true, false) => related.outgoing(),
                (false, true) => related.incoming(),
                _ => related,
            };
            let around = related.fetch(&mut Silent).await.unwrap();
            let found: BTreeMap<RecordId, u32> =
                around.records.iter().map(|one| (one.record.id, one.depth)).collect();
            assert_eq!(found, expected);
            assert!(around.missing.is_empty() && around.rejected.is_empty() && !around.is_cut);
            let known = |edge: &pryv_sdk::collection::Edge| {
                let id = |uri| match uri {
                    Uri::Instance { instance, .. } => instance,
                    _ => panic!("{uri}"),
                };
                edges[&id(edge.from)].contains(&id(edge.to))
            };
            assert!(around.references.iter().all(known));
            assert!(around.references.len() >= found.len());
        }
    }
    world.close().await;
}

/// A relation that comes later finds what was there before, and is noted where it leads.
#[tokio::test(flavor = "multi_thread")]
async fn a_relation_that_comes_later_reports_what_is_wrong_already() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let patients = ada.account.define(patients()).await.unwrap();
    let plain = Definition { relations: Vec::new(), indexes: Vec::new(), ..visits(OnDelete::Ignore) };
    let visits_there = ada.account.define(plain).await.unwrap();
    let patient = patients.create(json!({})).await.unwrap();
    let to = patients.instance_uri(patient.id).to_string();
    let nobody = patients.instance_uri(patients.new_id()).to_string();
    let good = visits_there.create(json!({ "patient": to })).await.unwrap();
    for planted in ["Ada", nobody.as_str()] {
        visits_there.create(json!({ "patient": planted })).await.unwrap();
    }
    visits_there.redefine(visits(OnDelete::Restrict)).await.unwrap();
    let report = ada.account.check_references(&mut Silent).await.unwrap();
    let faults: BTreeSet<&str> = report.faults.iter().map(|fault| fault.fault.code()).collect();
    assert_eq!((report.references, faults), (3, BTreeSet::from(["not-an-instance", "missing-target"])));
    // Nothing is indexed yet; who deletes indexes it first.
    let refused = patients.delete(&patient).await.unwrap_err();
    assert!(
        matches!(&refused, WriteError::ReferredTo { by } if *by == [visits_there.instance_uri(good.id)]),
        "{refused:?}"
    );
    visits_there.delete(&good).await.unwrap();
    patients.delete(&patient).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_away_refers_and_is_referred_to_as_before() {
    let world = World::start().await;
    for (name, on_delete) in [
        ("ada", OnDelete::Restrict),
        ("bob", OnDelete::Cascade),
        ("carol", OnDelete::Detach),
        ("dora", OnDelete::Ignore),
    ] {
        let user = world.user(name).await;
        let (patients, visits) = both(&user.account, on_delete).await;
        let patient = patients.create(json!({})).await.unwrap();
        let to = patients.instance_uri(patient.id).to_string();
        let patient = patients.trash(&patient).await.unwrap();
        let visit = visits.create(json!({ "patient": to })).await.unwrap();
        let away = visits.trash(&visit).await.unwrap();
        let deleted = patients.delete(&patient).await;
        match on_delete {
            OnDelete::Restrict => {
                let refused = deleted.unwrap_err();
                assert!(matches!(&refused, WriteError::ReferredTo { by } if by.len() == 1), "{refused:?}");
                assert!(visits.restore(&away).await.is_ok() && is_there(&patients, patient.id).await);
            }
            OnDelete::Cascade => {
                assert_eq!(deleted.unwrap().cascaded, [visits.instance_uri(visit.id)]);
                assert!(!is_there(&visits, visit.id).await);
            }
            OnDelete::Detach => {
                assert_eq!(deleted.unwrap().detached, [visits.instance_uri(visit.id)]);
                let detached = visits.get::<Value>(visit.id).await.unwrap();
                assert!(detached.is_trashed() && detached.data.get("patient").is_none());
            }
            _ => {
                deleted.unwrap();
                // Its reference leads nowhere: it comes back all the same, and is reported either way.
                for _ in 0..2 {
                    let report = user.account.check_references(&mut Silent).await.unwrap();
                    assert_eq!((report.records, report.faults.len()), (1, 1));
                    visits.restore(&visits.get::<Value>(visit.id).await.unwrap()).await.unwrap();
                }
                assert!(!visits.get::<Value>(visit.id).await.unwrap().is_trashed());
            }
        }
    }
    world.close().await;
}
