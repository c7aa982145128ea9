//! The example of the README, compiled and run as it stands there.

use pryv_sdk::{Client, Definition, Grant, Level, Password, Silent};
use pryv_test_kit::World;
use serde_json::{Value, json};
use std::error::Error;

#[rustfmt::skip]
async fn example(server: &str) -> Result<(), Box<dyn Error>> {
    include!("readme/example.rs");
    Ok(())
}

#[tokio::test]
async fn the_example_runs() {
    let world = World::start().await;
    for secret in
        ["four words are enough", "his own four words", "https://example.org/heart-rate", "For Dr Bob"]
    {
        world.canary.plant(secret, secret.as_bytes());
    }
    example(&world.tapped_url().await).await.expect("the example runs to its end");
    world.close().await;
}

#[test]
fn the_example_is_the_one_that_runs() {
    let readme = include_str!("../../../../README.md");
    let shown =
        readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let run =
        include_str!("readme/example.rs").trim().strip_prefix("{\n").and_then(|text| text.strip_suffix('}'));
    assert_eq!(Some(shown), run, "README.md and readme/example.rs differ");
    assert!(shown.lines().count() <= 32, "an example is short");
}
