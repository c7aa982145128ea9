//! Strikes one operation at each of its points.

use super::cast::{Actor, Hero, Stage, Step, password};
use pryv_engine::{InjectedError, Strike};
use pryv_test_kit::transport::{Break, FaultyTransport, Noted, NotingTransport};
use pryv_wire::{operation::Call as _, scope::OpenScope};
use std::sync::Arc;

/// Where an operation is struck.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// At this call, on the way.
    Call(usize, Break),
    /// At this commit of the store.
    Commit(u64, Strike),
}

/// How many heroes share a stage. What the two others have received grows with each of them, and they read it all.
const HEROES: usize = 6;

/// Ends the operation at each call that writes, on both sides of it, and fails the store at each commit of such a call, on
/// both sides of it. A call that only reads leaves the account as the write before it did.
pub(crate) async fn everywhere(name: &str, step: impl Step) {
    let mut stage = Stage::new().await;
    let calls = measure(&stage, &step).await;
    let writing = calls.iter().filter(|call| writes(call)).count();
    println!("{name}: {} calls, of which {writing} write", calls.len());
    assert!(writing > 0);
    for (number, point) in points(&calls).into_iter().enumerate() {
        println!("{name}: {point:?}");
        if number % HEROES == HEROES - 1 {
            stage = Stage::new().await;
        }
        strike(&stage, &step, number, point).await;
    }
}

fn points(calls: &[Noted]) -> Vec<Point> {
    let mut points = Vec::new();
    for (nth, call) in (1..).zip(calls).filter(|(_, call)| writes(call)) {
        points.extend([Break::BeforeRequest, Break::AfterRequest].map(|how| Point::Call(nth, how)));
        for nth in call.counted.clone() {
            let strikes =
                [Strike::BeforeCommit(InjectedError::Io), Strike::AfterCommit(InjectedError::Unsynced)];
            points.extend(strikes.map(|strike| Point::Commit(nth, strike)));
        }
    }
    points
}

/// The last words of the paths of calls that only read. What they enter in the audit counts as nothing here.
const READS: [&str; 7] = ["get", "list", "query", "history", "resolve", "granted", "received"];

fn writes(call: &Noted) -> bool {
    let last = call.path.rsplit('/').next().unwrap();
    !READS.contains(&last) && call.path != OpenScope::PATH
}

async fn hero(stage: &Stage, step: &impl Step, number: usize) -> Hero {
    let mut hero = Hero { username: format!("hero-{number}"), phrase: None };
    if step.needs_account() {
        let signed_up =
            stage.node.client().sign_up(&hero.username, &password()).without_defaults().await.unwrap();
        hero.phrase = Some(signed_up.phrase.words().to_string());
        step.before(stage, &hero, &signed_up.account).await;
    }
    hero
}

/// The calls of the operation when nothing breaks, and the commits of the store in each, counted from the first.
async fn measure(stage: &Stage, step: &impl Step) -> Vec<Noted> {
    let hero = hero(stage, step, 1_000).await;
    let service = stage.node.service();
    let commits = move || service.store().engine().stats().groups;
    let network = NotingTransport::new(stage.node.transport(), commits.clone());
    let client = stage.node.client_over(Arc::<NotingTransport>::clone(&network));
    let account = if step.needs_account() { Some(stage.log_in(&client, &hero).await.unwrap()) } else { None };
    network.take();
    let before = commits();
    step.act(stage, &hero, &Actor { client, account }).await.expect("nothing broke");
    let mut calls = network.take();
    for call in &mut calls {
        call.counted = call.counted.start() - before..=call.counted.end() - before;
    }
    calls
}

async fn strike(stage: &Stage, step: &impl Step, number: usize, point: Point) {
    let hero = hero(stage, step, number).await;
    let network = FaultyTransport::new(stage.node.transport());
    let client = stage.node.client_over(Arc::<FaultyTransport>::clone(&network));
    let account = if step.needs_account() { Some(stage.log_in(&client, &hero).await.unwrap()) } else { None };
    let struck = stage.node.faults.struck();
    match point {
        Point::Call(nth, how) => network.arm(nth, how),
        Point::Commit(nth, strike) => stage.node.faults.arm(nth, strike),
    }
    let outcome = step.act(stage, &hero, &Actor { client, account }).await;
    assert!(
        network.is_broken() || stage.node.faults.struck() > struck,
        "{point:?} was not reached: {outcome:?}"
    );
    stage.node.restart();

    // Whoever comes back knows nothing of what happened, and does the same again.
    let client = stage.node.client();
    let account = if step.needs_account() {
        Some(stage.log_in(&client, &hero).await.expect("the account is there"))
    } else {
        None
    };
    match step.act(stage, &hero, &Actor { client, account }).await {
        Ok(()) => {}
        Err(code) => assert!(step.done().contains(&code), "{point:?}: the repetition ended in {code}"),
    }
    let account = stage.assert_whole(&hero).await;
    step.after(stage, &hero, &account).await;
}
