//! Strikes one operation at each of its points.

use super::cast::{Actor, Hero, Stage, Step, password};
use pryv_engine::{InjectedError, Strike};
use pryv_test_kit::transport::{Break, FaultyTransport};

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

/// Ends the operation at each call, on both sides of it, and fails the store at each commit, on both sides of it.
pub(crate) async fn everywhere(name: &str, step: impl Step) {
    let mut stage = Stage::new().await;
    let (calls, commits) = measure(&stage, &step).await;
    println!("{name}: {calls} calls, {commits} commits");
    assert!(calls > 0);
    let on_the_way = [Break::BeforeRequest, Break::AfterRequest];
    let calls = (1..=calls).flat_map(|nth| on_the_way.map(|how| Point::Call(nth, how)));
    let in_the_store =
        [Strike::BeforeCommit(InjectedError::Io), Strike::AfterCommit(InjectedError::Unsynced)];
    let commits = (1..=commits).flat_map(|nth| in_the_store.map(|strike| Point::Commit(nth, strike)));
    for (number, point) in calls.chain(commits).enumerate() {
        println!("{name}: {point:?}");
        if number % HEROES == HEROES - 1 {
            stage = Stage::new().await;
        }
        strike(&stage, &step, number, point).await;
    }
}

async fn hero(stage: &Stage, step: &impl Step, number: usize) -> Hero {
    let mut hero = Hero { username: format!("hero-{number}"), phrase: None };
    if step.needs_account() {
        let signed_up = stage.node.client().sign_up(&hero.username, &password()).await.unwrap();
        hero.phrase = Some(signed_up.phrase.words().to_string());
        step.before(stage, &hero, &signed_up.account).await;
    }
    hero
}

/// How many calls and commits the operation takes when nothing breaks.
async fn measure(stage: &Stage, step: &impl Step) -> (usize, u64) {
    let hero = hero(stage, step, 1_000).await;
    let network = FaultyTransport::new(stage.node.transport());
    let client = stage.node.client_over(std::sync::Arc::<FaultyTransport>::clone(&network));
    let account = if step.needs_account() { Some(stage.log_in(&client, &hero).await.unwrap()) } else { None };
    let (calls, commits) = (network.calls(), commits(stage));
    step.act(stage, &hero, &Actor { client, account }).await.expect("nothing broke");
    (network.calls() - calls, self::commits(stage) - commits)
}

fn commits(stage: &Stage) -> u64 {
    stage.node.service().store().engine().stats().groups
}

async fn strike(stage: &Stage, step: &impl Step, number: usize, point: Point) {
    let hero = hero(stage, step, number).await;
    let network = FaultyTransport::new(stage.node.transport());
    let client = stage.node.client_over(std::sync::Arc::<FaultyTransport>::clone(&network));
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
