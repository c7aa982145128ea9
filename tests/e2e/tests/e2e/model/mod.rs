//! The brute-force model: random accounts, in which *the server allows* is *the keys open* is *the model says*, for every
//! principal and every record.
//!
//! | part | what it is |
//! |---|---|
//! | [`plan`] | a random account, as a list of steps that stays one when steps are taken out |
//! | [`truth`] | what the rules and the keys must be, in sets and words, without any code of the product |
//! | [`cast`], [`driver`] | a server in memory, and messages as a client makes them, without pairings |
//! | [`keys`] | every key that somebody was given, tried on every lock |
//! | [`check`] | all three held against each other |
//!
//! `PRYV_MODEL_ACCOUNTS` sets how many accounts there are, `PRYV_TEST_SEED` where they begin. A plan that deviates is made
//! smaller for as long as it deviates, and printed.

mod cast;
mod check;
mod driver;
mod keys;
mod plan;
mod truth;

use cast::Cast;
use check::{Deviations, Tally, check};
use driver::{Driver, Fault};
use plan::{Step, plan};
use pryv_test_kit::environment;
use truth::Truth;

/// How many accounts, if nobody says.
const ACCOUNTS: u64 = 400;

/// A plan under way: of which seed, with which mistake built in, and what was compared.
struct Trial<'c> {
    cast: &'c Cast,
    seed: u64,
    fault: Option<Fault>,
    tally: Tally,
}

impl Trial<'_> {
    /// Runs a plan, and compares after every fifth step and at its end.
    async fn run(&mut self, steps: &[Step]) -> Deviations {
        let mut truth = Truth::default();
        let mut driver = Driver::new(self.cast, self.seed);
        driver.fault = self.fault;
        for (number, step) in steps.iter().enumerate() {
            let Some(act) = truth.take(step) else { continue };
            if let Err(refused) = driver.act(&truth, &act).await {
                return vec![format!("step {number} is refused: {refused}")];
            }
            if number % 5 == 4 || number + 1 == steps.len() {
                let found = check(&driver, &truth, &mut self.tally).await;
                if !found.is_empty() {
                    return found.into_iter().map(|one| format!("after step {number}: {one}")).collect();
                }
            }
        }
        Vec::new()
    }

    /// Takes steps out of a plan for as long as it deviates.
    async fn smaller(&mut self, mut steps: Vec<Step>) -> (Vec<Step>, Deviations) {
        let mut found = self.run(&steps).await;
        let mut size = steps.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at + size <= steps.len() {
                let mut fewer = steps.clone();
                fewer.drain(at..at + size);
                let there = self.run(&fewer).await;
                if there.is_empty() {
                    at += size;
                } else {
                    (steps, found) = (fewer, there);
                }
            }
            size /= 2;
        }
        (steps, found)
    }
}

/// How many deviating accounts are looked into before the test gives up.
const ENOUGH: usize = 3;

async fn accounts(first: u64, count: u64) -> Tally {
    let cast = Cast::new().await;
    let (mut deviating, mut tally) = (Vec::new(), Tally::default());
    for seed in first..first + count {
        let mut trial = Trial { cast: &cast, seed, fault: None, tally };
        let steps = plan(seed);
        if trial.run(&steps).await.is_empty() {
            tally = trial.tally;
            continue;
        }
        let (steps, found) = trial.smaller(steps).await;
        deviating.push(format!("account {seed} deviates.\n{}\nsmallest plan: {steps:?}", found.join("\n")));
        if deviating.len() == ENOUGH {
            break;
        }
    }
    assert!(deviating.is_empty(), "{}", deviating.join("\n\n"));
    tally
}

/// A quarter of the accounts each, so that they run side by side.
async fn quarter(which: u64) {
    let count = environment("PRYV_MODEL_ACCOUNTS").unwrap_or(ACCOUNTS).div_ceil(4);
    let first = environment("PRYV_TEST_SEED").unwrap_or(0);
    let tally = accounts(first + which * count, count).await;
    println!("{count} accounts: {tally:?}");
    let Tally { allowed, by_slice, onward, by_group, closed, once } = tally;
    let least = count * 2;
    assert!(allowed > least && by_slice > least && closed > least && once > count, "{tally:?}");
    assert!(onward > count / 50 && by_group > count / 10, "{tally:?}");
}

/// The model on trial: a plan of some account in which a mistake shows, for each mistake.
async fn finds(fault: Fault, words: &str) {
    let cast = Cast::new().await;
    for seed in 0..100 {
        let mut trial = Trial { cast: &cast, seed, fault: Some(fault), tally: Tally::default() };
        let steps = plan(seed);
        if trial.run(&steps).await.is_empty() {
            continue;
        }
        let (smallest, found) = trial.smaller(steps.clone()).await;
        assert!(smallest.len() < steps.len(), "{smallest:?}");
        assert!(found.iter().any(|one| one.contains(words)), "{found:?}");
        // Without the mistake, the same plan holds.
        trial.fault = None;
        assert!(trial.run(&smallest).await.is_empty());
        return;
    }
    panic!("{fault:?} shows in none of 100 accounts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_that_opens_more_than_its_term_is_found() {
    finds(Fault::WideEntry, "keys open it true, model false").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_does_not_open_to_who_may_read_it_is_found() {
    finds(Fault::WrongBranch, "instance").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_go_to_somebody_revoked_are_found() {
    finds(Fault::SharedOn, "keys open it true, model false").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_to_a_card_of_a_group_that_a_removed_member_has_the_keys_of_is_found() {
    finds(Fault::FirstCard, "keys open it true, model false").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_keys_and_model_agree_in_the_first_quarter_of_random_accounts() {
    quarter(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_keys_and_model_agree_in_the_second_quarter_of_random_accounts() {
    quarter(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_keys_and_model_agree_in_the_third_quarter_of_random_accounts() {
    quarter(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_keys_and_model_agree_in_the_last_quarter_of_random_accounts() {
    quarter(3).await;
}
