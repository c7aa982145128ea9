//! What indexes show: two sets of data with the same declared leakage are the same to the server, one that differs shows where it
//! is declared, and the lists on the disk are as long as the declaration says.

use pryv_sdk::{
    Definition, Range, Relation, Silent, Uri,
    condition::{field, interval},
};
use pryv_test_kit::{
    World,
    secrecy::twin::{ServerState, differences},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The table of lists by token, and that of unique tokens.
const POSTINGS: u8 = 0x42;
const UNIQUES: u8 = 0x43;

/// The values of three records, under every kind of index.
#[derive(Clone)]
struct Secrets {
    codes: [&'static str; 3],
    sites: [&'static str; 3],
    numbers: [&'static str; 3],
    rates: [f64; 3],
    names: [&'static str; 3],
    notes: [&'static str; 3],
    /// Which records have a flag.
    flags: [Option<bool>; 3],
    starts: [f64; 3],
    /// How long each lasts; none: it is not over.
    lengths: [Option<u32>; 3],
}

fn one() -> Secrets {
    Secrets {
        codes: ["abc", "xyz", "abc"],
        sites: ["north", "north", "north"],
        numbers: ["A-1", "B-2", "C-3"],
        rates: [100.1, 100.3, 2_000.1],
        names: ["Muller", "Munchs", "Adamss"],
        notes: ["slept well", "slept hard", "awake till"],
        flags: [Some(true), None, Some(false)],
        starts: [100.1, 200.1, 1_200.3],
        lengths: [Some(70), Some(0), None],
    }
}

/// Every value is another one. Numbers are in the same steps: where in the domain a step lies, an order by them shows.
fn other() -> Secrets {
    Secrets {
        codes: ["ill", "fit", "ill"],
        sites: ["south", "south", "south"],
        numbers: ["X-9", "Y-8", "Z-7"],
        rates: [100.9, 100.6, 2_000.7],
        names: ["Keller", "Kempfs", "Bauers"],
        notes: ["taken pill", "taken more", "dizzy soon"],
        flags: [Some(false), None, Some(true)],
        starts: [100.6, 200.7, 1_200.9],
        lengths: [Some(70), Some(0), None],
    }
}

fn domain() -> Range {
    Range::numbers(0.0, 3_200.0, 1.0)
}

fn definition(uri: &str) -> Definition {
    Definition::new(uri, "Notes", "note", json!({ "type": "object" }))
        .equality("/code")
        .equality_of(["/code", "/site"])
        .unique("/number")
        .range("/rate", domain())
        .prefix("/name", 3)
        .text("/note")
        .exists("/flag")
        .interval("/start", "/length", domain())
        .equality("/after")
        .related(Relation::many("/after", uri))
}

fn content(secrets: &Secrets, at: usize, after: &[Uri]) -> Value {
    let after: Vec<String> = after.iter().map(ToString::to_string).collect();
    let mut content = json!({
        "code": secrets.codes[at], "site": secrets.sites[at], "number": secrets.numbers[at], "rate": secrets.rates[at],
        "name": secrets.names[at], "note": secrets.notes[at], "start": secrets.starts[at], "length": secrets.lengths[at],
        "after": after,
    });
    if let Some(flag) = secrets.flags[at] {
        content["flag"] = flag.into();
    }
    content
}

/// Writes, asks by every kind of index, begins an epoch, indexes what is there anew, and asks again.
async fn script(secrets: &Secrets) -> ServerState {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let notes = ada.account.define(definition("https://example.org/shown")).await.unwrap();
    let mut made: Vec<Uri> = Vec::new();
    for at in 0..3 {
        let record = notes.create(content(secrets, at, &made)).await.unwrap();
        made.push(notes.instance_uri(record.id));
    }
    for round in 0..2 {
        let (rate, start) = (secrets.rates[0], secrets.starts[0]);
        let span = interval("/start", "/length");
        for condition in [
            field("/code").is(secrets.codes[0]),
            field("/code").is(secrets.codes[0]).and(field("/site").is(secrets.sites[0])),
            field("/number").is_in([secrets.numbers[1], secrets.numbers[2]]),
            field("/rate").between(rate - 10.0, rate + 30.0),
            field("/name").starts_with(&secrets.names[0][..2]),
            field("/note").matches(&secrets.notes[0][..5]),
            field("/flag").exists().not(),
            span.clone().overlaps(start + 10.0, start + 60.0),
            span.running(),
        ] {
            notes.query().filter(condition.clone()).all::<Value>(&mut Silent).await.unwrap();
            notes.query().filter(condition).count().await.unwrap();
        }
        notes.query().descending("/rate").limit(2).fetch::<Value>().await.unwrap();
        let Uri::Instance { instance, .. } = made[0] else { panic!("{}", made[0]) };
        let record = notes.get::<Value>(instance).await.unwrap();
        notes.related(&record).unwrap().depth(2).fetch(&mut Silent).await.unwrap();
        if round == 0 {
            notes.rotate().await.unwrap();
            notes.reindex(&mut Silent).await.unwrap();
        }
    }
    world.close_with_state().await
}

#[tokio::test(flavor = "multi_thread")]
async fn data_with_the_same_declared_leakage_are_the_same_to_the_server() {
    let found = differences(&script(&one()).await, &script(&other()).await);
    assert!(found.is_empty(), "the server can tell two sets of data apart:\n{}", found.join("\n"));
}

/// What is declared shows, kind by kind, or the comparison above sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn data_that_differ_in_what_is_declared_differ_there() {
    let first = script(&one()).await;
    let base = other();
    let kinds: [(&str, u8, Secrets); 8] = [
        ("equality", POSTINGS, Secrets { codes: ["ill", "fit", "fit"], ..base.clone() }),
        ("equality of several", POSTINGS, Secrets { sites: ["south", "south", "westy"], ..base.clone() }),
        ("range", POSTINGS, Secrets { rates: [100.9, 102.6, 2_000.7], ..base.clone() }),
        ("prefix", POSTINGS, Secrets { names: ["Keller", "Kalpfs", "Bauers"], ..base.clone() }),
        ("text", POSTINGS, Secrets { notes: ["taken pill", "eaten more", "dizzy soon"], ..base.clone() }),
        ("exists", POSTINGS, Secrets { flags: [Some(false), Some(true), Some(true)], ..base.clone() }),
        ("interval", POSTINGS, Secrets { lengths: [Some(20), Some(0), None], ..base.clone() }),
        ("not over", POSTINGS, Secrets { lengths: [Some(70), None, None], ..base.clone() }),
    ];
    for (kind, table, secrets) in kinds {
        let found = differences(&first, &script(&secrets).await);
        let row = format!("row of table {table:02x}");
        assert!(found.iter().any(|one| one.contains(&row)), "{kind}: {found:?}");
    }
}

/// How many records share one token, for each token: by a count over the values, and by the lists on the disk.
#[tokio::test(flavor = "multi_thread")]
async fn lists_on_the_disk_are_as_long_as_is_declared() {
    const RECORDS: usize = 300;
    let world = World::start().await;
    let ada = world.user("ada").await;
    let schema = json!({ "type": "object" });
    let definition = Definition::new("https://example.org/lists", "Lists", "one", schema)
        .equality("/code")
        .equality_of(["/code", "/site"])
        .unique("/number")
        .range("/rate", domain())
        .prefix("/name", 3)
        .text("/note")
        .exists("/flag");
    let lists = ada.account.define(definition).await.unwrap();
    let mut rng = StdRng::seed_from_u64(11);
    let names = ["Muller", "MUNCH", "Ada", "Adams", "Bo"];
    let words = ["pain", "Chest", "PAIN", "since", "monday", "none"];
    let data: Vec<Value> = (0..RECORDS)
        .map(|number| {
            let mut one = json!({
                "code": format!("c{}", rng.gen_range(0..12)),
                "number": number,
                "rate": f64::from(rng.gen_range(0..12_800)) / 4.0,
                "name": names[rng.gen_range(0..5)],
                "note": (0..rng.gen_range(0..4)).map(|_| words[rng.gen_range(0..6)]).collect::<Vec<_>>().join(" "),
            });
            if rng.r#gen() {
                one["site"] = format!("s{}", rng.gen_range(0..3)).into();
            }
            if rng.r#gen() {
                one["flag"] = Value::Null;
            }
            one
        })
        .collect();
    lists.create_many(&data, &mut Silent).await.unwrap();
    let mut state = world.close_with_state().await;
    state.rows.retain(|(key, _)| key.first() == Some(&POSTINGS) || key.first() == Some(&UNIQUES));

    // What a token stands for, in whatever way: the index and the value that records share by it.
    let mut declared: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut count = |index: &'static str, value: String| *declared.entry((index, value)).or_default() += 1;
    for one in &data {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        count("code", text("code"));
        if one.get("site").is_some() {
            count("code and site", format!("{} {}", text("code"), text("site")));
        }
        let rate = one["rate"].as_f64().unwrap();
        count("rate", rate.floor().to_string());
        count("32 rates", (rate / 32.0).floor().to_string());
        let name = text("name").to_lowercase();
        for length in 1..=name.len().min(3) {
            count("name", name[..length].to_owned());
        }
        let folded = text("note").to_lowercase();
        let words: BTreeSet<&str> = folded.split_whitespace().collect();
        words.into_iter().for_each(|word| count("note", word.to_owned()));
        if one.get("flag").is_some() {
            count("flag", String::new());
        }
    }
    let mut expected: Vec<usize> = declared.into_values().collect();
    expected.sort_unstable();

    let mut stored: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut unique = 0;
    for (key, _) in &state.rows {
        match key[0] {
            // Behind the token, the place of the record.
            POSTINGS => *stored.entry(&key[..key.len() - 8]).or_default() += 1,
            _ => unique += 1,
        }
    }
    let mut found: Vec<usize> = stored.into_values().collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(unique, RECORDS);
}
