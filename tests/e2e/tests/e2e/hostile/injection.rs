//! Records injected to learn queries (class 13): a server that slips in records of known content, and watches what a
//! query does with them.

use crate::fixture::{Note, grant, note, plain_notes, received, topic};
use pryv_sdk::{Level, Silent};
use pryv_test_kit::{
    Scene, World,
    light::{Forged, put},
};
use pryv_wire::{
    Bytes, RecordId, decode, encode,
    record::{Envelope, Placement, QueryRecords, RecordKind, Tokens},
};

/// Paths and lengths of everything that was sent since a moment.
fn sent_since(world: &World, moment: usize) -> Vec<(&'static str, usize)> {
    let exchanges = world.recorder.exchanges();
    exchanges[moment..].iter().map(|exchange| (exchange.path, exchange.request.len())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_the_server_puts_on_a_record_do_not_count() {
    // The server saw which token a query asks for, and would like a deposit of its accomplice to match it: the deposit's
    // reader would then take it for an answer.
    let scene = Scene::begin(true, 0, plain_notes).await;
    let sleep = topic(&scene.world);
    scene.diary.create(note(&scene.world, &sleep)).await.unwrap();
    let access = grant(&scene.world, &scene.ada, &scene.bob, &scene.diary, Level::CreateOnly).await;
    let deposit = received(&scene.bob).await;
    let injected = deposit.create(note(&scene.world, &topic(&scene.world))).await.unwrap();
    let (epoch, place) = (0, scene.diary.scope());

    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (watch, id) = (std::sync::Arc::clone(&asked), injected.id);
    let lie = scene.server.on::<QueryRecords>(move |request, answer| {
        let token = request.filter.tokens()[0].clone();
        watch.lock().unwrap().push(token.clone());
        for record in &mut answer.records {
            let mut envelope: Envelope = decode(record).unwrap();
            let protected: pryv_wire::record::Protected = decode(&envelope.protected).unwrap();
            if protected.record != id {
                continue;
            }
            let mut placement: Placement = decode(&envelope.placement).unwrap();
            placement.tokens = vec![Tokens {
                scope: place,
                epoch,
                version: 1,
                index: vec![token.clone()],
                unique: Vec::new(),
            }];
            envelope.placement = Bytes::from(encode(&placement));
            *record = Bytes::from(encode(&envelope));
        }
    });
    let page = scene.diary.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
    assert_eq!(lie.count(), 1);
    assert_eq!(page.records.len(), 1, "the owner's own note");
    let codes: Vec<_> = page.rejected.iter().map(|rejected| rejected.reason.code()).collect();
    assert_eq!(codes, ["tampered"]);
    scene.server.stop();

    // Nor does the accomplice get a token onto the server that it saw there.
    let token = asked.lock().unwrap()[0].clone();
    let device = scene.world.by_hand(&scene.bob).await;
    let collection =
        scene.world.by_hand(&scene.ada).await.open_collection(scene.ada.account.id(), place, None).await;
    let collection = pryv_test_kit::light::Collection { access: Some(access.id), ..collection };
    let forged = Forged {
        record: RecordId::from_bytes(scene.world.canary.random()),
        version: 1,
        kind: RecordKind::Instance,
        ciphertext: vec![7; 80],
        index: vec![token[..].try_into().unwrap()],
    };
    let envelope = device.forge(&collection, &forged);
    let transaction = pryv_wire::TransactionId::from_bytes(scene.world.canary.random());
    let commit = pryv_wire::transaction::Commit {
        account: scene.ada.account.id(),
        transaction,
        operations: vec![put(&envelope)],
    };
    let refused = World::refusal(device.call(&commit).await);
    assert_eq!(refused.code.as_str(), "malformed-message", "{refused:?}");
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_does_with_injected_records_does_not_show() {
    // A deposit without tokens comes along with every query, for the reader to filter. Whether it has the value that was
    // asked for must not show in what the reader does next.
    let scene = Scene::begin(true, 0, plain_notes).await;
    let (sleep, pain) = (topic(&scene.world), topic(&scene.world));
    scene.diary.create(note(&scene.world, &sleep)).await.unwrap();
    grant(&scene.world, &scene.ada, &scene.bob, &scene.diary, Level::CreateOnly).await;
    let deposit = received(&scene.bob).await;
    for _ in 0..3 {
        deposit.create(note(&scene.world, &sleep)).await.unwrap();
    }
    let mut traces = Vec::new();
    for (wanted, hits) in [(&sleep, 4), (&pain, 0)] {
        // Each time by a client that knows nothing yet: what one learnt must not hide what the other does.
        let account = scene.client.resume(scene.ada.account.export_session()).unwrap();
        let diary = account.collection(&scene.diary.definition().uri).await.unwrap();
        let moment = scene.world.recorder.count();
        let found =
            diary.query().eq("/topic", wanted.as_str()).limit(2).all::<Note>(&mut Silent).await.unwrap();
        assert_eq!(found.records.len(), hits);
        traces.push(sent_since(&scene.world, moment));
    }
    // The owner's own note has a token and comes or does not come: that is declared. Four records or three are two pages.
    let pages =
        |trace: &[(&str, usize)]| trace.iter().filter(|(path, _)| *path == "/v1/records/query").count();
    assert_eq!((pages(&traces[0]), pages(&traces[1])), (2, 2), "{traces:?}");
    assert_eq!(
        traces[0], traces[1],
        "as many calls, each as long, whether three injected records match or none"
    );
    scene.world.close().await;
}
