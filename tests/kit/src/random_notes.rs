//! Random notes and random questions about them, and a plain answer to each: what queries are held against.
#![allow(
    unreachable_patterns,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "for tests; also a module of unit tests"
)]

use pryv_sdk::{
    Condition, Definition, Range,
    condition::{all, any, field, interval},
};
use rand::{Rng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use std::ops::Bound;

/// A collection with an index of every kind.
#[must_use]
pub fn definition(uri: &str) -> Definition {
    Definition::new(uri, "Notes", "note", json!({"type": "object"}))
        .equality("/tag")
        .unique("/serial")
        .equality_of(["/a", "/b"])
        .range("/n", Range::numbers(0.0, 5_000.0, 1.0))
        .interval("/at", "/lasts", Range::times("1h"))
        .interval("/n", "/lasts", Range::numbers(0.0, 5_000.0, 2.0))
        .prefix("/name", 3)
        .text("/note")
        .exists("/note")
}

const TAGS: [&str; 5] = ["x", "y", "z", "e\u{301}", "\u{e9}"];
const WORDS: [&str; 6] = ["Chest", "pain", "PAIN", "since", "Monday", "\u{c9}paule"];
const NAMES: [&str; 7] = ["M\u{fc}ller", "MULLER", "Mu", "Munster", "munich", "Ada", "ad"];

fn number(rng: &mut StdRng) -> Value {
    match rng.gen_range(0..6) {
        0 => json!(rng.gen_range(-10..10)),
        1 => json!(rng.gen_range(0..200)),
        2 => json!(f64::from(rng.gen_range(0..2_000)) / 4.0),
        3 => json!(rng.gen_range(4_900..5_100)),
        4 => json!(rng.gen_range(0..5_000)),
        _ => json!(1e12),
    }
}

fn at_time(rng: &mut StdRng) -> Value {
    let (day, hour, minute) = (rng.gen_range(1..29), rng.gen_range(0..24), rng.gen_range(0..60));
    let year = *[1850, 1999, 2026, 2026, 2026, 2300].choose(rng).unwrap();
    match rng.gen_range(0..3) {
        0 => json!(format!("{year}-02-{day:02}")),
        1 => json!(format!("{year}-02-{day:02}T{hour:02}:{minute:02}:00Z")),
        _ => json!(format!("{year}-02-{day:02}T{hour:02}:{minute:02}:30.25+05:30")),
    }
}

/// Of the unit of a number, or seconds; null for what is not over.
fn lasting(rng: &mut StdRng) -> Value {
    match rng.gen_range(0..8) {
        0 | 1 => Value::Null,
        2 => json!(0),
        3 => json!(f64::from(rng.gen_range(0..40)) / 4.0),
        4 => json!(rng.gen_range(40..5_000)),
        5 => json!(rng.gen_range(5_000..200_000)),
        6 => json!(86_400 * rng.gen_range(1..60)),
        _ => json!(1_000_000_000),
    }
}

fn pick(rng: &mut StdRng, from: &[&str]) -> Value {
    json!(from.choose(rng).unwrap())
}

fn maybe_array(rng: &mut StdRng, one: impl Fn(&mut StdRng) -> Value) -> Value {
    match rng.gen_range(0..8) {
        0 => (0..rng.gen_range(0..4)).map(|_| one(rng)).collect(),
        1 => Value::Null,
        _ => one(rng),
    }
}

/// A note. Each field is missing, null, a value or an array of some.
pub fn data(rng: &mut StdRng, serial: usize) -> Value {
    let words = |rng: &mut StdRng| {
        let words: Vec<_> = (0..rng.gen_range(0..4)).map(|_| *WORDS.choose(rng).unwrap_or(&"")).collect();
        json!(words.join(" "))
    };
    let small = |rng: &mut StdRng| json!(rng.gen_range(0..3));
    let fields = [
        ("tag", maybe_array(rng, |rng| pick(rng, &TAGS))),
        ("serial", json!(serial)),
        ("a", maybe_array(rng, small)),
        ("b", maybe_array(rng, small)),
        ("n", maybe_array(rng, number)),
        ("at", maybe_array(rng, at_time)),
        ("lasts", lasting(rng)),
        ("name", maybe_array(rng, |rng| pick(rng, &NAMES))),
        ("note", maybe_array(rng, words)),
    ];
    fields.into_iter().filter(|_| rng.gen_bool(0.7)).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn bound(rng: &mut StdRng, value: Value) -> Bound<Value> {
    match rng.gen_range(0..5) {
        0 => Bound::Unbounded,
        1 => Bound::Excluded(value),
        _ => Bound::Included(value),
    }
}

fn open(rng: &mut StdRng, end: impl Fn(&mut StdRng) -> Value) -> Option<Value> {
    rng.gen_bool(0.8).then(|| end(rng))
}

fn leaf(rng: &mut StdRng) -> Condition {
    loop {
        let condition = match rng.gen_range(0..15) {
            0 => field("/tag").is(pick(rng, &TAGS)),
            1 => field("/tag").is_in([pick(rng, &TAGS), pick(rng, &TAGS), Value::Null]),
            2 => field("/serial").is(rng.gen_range(0..60)),
            3 => all([field("/a").is(rng.gen_range(0..3)), field("/b").is(rng.gen_range(0..3))]),
            4 => {
                let (low, high) = (number(rng), number(rng));
                field("/n").range(bound(rng, low), bound(rng, high))
            }
            5 => {
                let (low, high) = (at_time(rng), at_time(rng));
                field("/at").range(bound(rng, low), bound(rng, high))
            }
            6 => field("/name")
                .starts_with(*["m", "M\u{dc}", "mul", "mull", "mulle", "ada", "x"].choose(rng).unwrap()),
            7 => field("/note")
                .matches(*["pain", "chest PAIN", "monday", "\u{e9}paule since", "no"].choose(rng).unwrap()),
            8 => field("/note").exists(),
            9 => field("/n").is(number(rng)),
            10 => {
                let (from, to) = (open(rng, at_time), open(rng, at_time));
                interval("/at", "/lasts").overlapping(from, to)
            }
            11 => {
                let (from, to) = (open(rng, number), open(rng, number));
                interval("/n", "/lasts").overlapping(from, to)
            }
            12 => interval("/at", "/lasts").running(),
            13 => field("/at").is(at_time(rng)),
            _ => field("/name").is(pick(rng, &NAMES)),
        };
        if condition.check().is_ok() {
            return condition;
        }
    }
}

/// A condition that the indexes answer.
pub fn condition(rng: &mut StdRng, depth: u32) -> Condition {
    match rng.gen_range(0..if depth == 0 { 1 } else { 5 }) {
        0 | 1 => leaf(rng),
        2 => all((0..rng.gen_range(0..4)).map(|_| condition(rng, depth - 1))),
        3 => any((0..rng.gen_range(0..4)).map(|_| condition(rng, depth - 1))),
        _ => condition(rng, depth - 1).not(),
    }
}

/// Whether a note meets a condition: as the words say, by other means than the client.
pub fn meets(condition: &Condition, note: &Value) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| meets(part, note)),
        Condition::Or(parts) => parts.iter().any(|part| meets(part, note)),
        Condition::Not(part) => !meets(part, note),
        Condition::In { field, values } => {
            each(note, field).iter().any(|value| values.iter().any(|wanted| plain(value) == plain(wanted)))
        }
        Condition::Between { field, low, high } => {
            each(note, field).iter().any(|value| lies_between(value, low, high))
        }
        Condition::StartsWith { field, text } => {
            texts(note, field).iter().any(|value| value.starts_with(&plain_text(text).to_lowercase()))
        }
        Condition::Matches { field, words } => {
            let there = texts(note, field).join(" ");
            let there: Vec<&str> = there.split(' ').collect();
            plain_text(words).to_lowercase().split(' ').all(|word| there.contains(&word))
        }
        Condition::Exists { field } => note.get(&field[1..]).is_some(),
        Condition::Overlaps { start, length, from, to } => {
            let one = from.as_ref().or(to.as_ref()).unwrap();
            let lasts = match note.get(&length[1..]) {
                Some(Value::Null) => f64::INFINITY,
                Some(length) => length.as_f64().unwrap(),
                None => 0.0,
            };
            each(note, start).into_iter().filter(|start| start.is_number() == one.is_number()).any(|start| {
                place(start).is_some_and(|start| {
                    from.as_ref().is_none_or(|from| start + lasts >= place(from).unwrap())
                        && to.as_ref().is_none_or(|to| start <= place(to).unwrap())
                })
            })
        }
        Condition::Running { start, length } => {
            note.get(&start[1..]).is_some() && note.get(&length[1..]) == Some(&Value::Null)
        }
        _ => panic!("a condition that this file does not make"),
    }
}

/// Whether a value lies between two others.
pub fn lies_between(value: &Value, low: &Bound<Value>, high: &Bound<Value>) -> bool {
    let ends = [low, high].map(|bound| match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
        Bound::Unbounded => None,
    });
    let one = ends[0].or(ends[1]).unwrap();
    if one.is_number() != value.is_number() || one.is_string() != value.is_string() {
        return false;
    }
    let Some(at) = place(value) else { return false };
    let place = |bound: &Bound<Value>| match bound {
        Bound::Included(value) => Bound::Included(place(value).unwrap()),
        Bound::Excluded(value) => Bound::Excluded(place(value).unwrap()),
        Bound::Unbounded => Bound::Unbounded,
    };
    std::ops::RangeBounds::contains(&(place(low), place(high)), &at)
}

/// A number, or the seconds since some day of a date and time: of February only, in which all of this happens.
pub fn place(value: &Value) -> Option<f64> {
    if let Some(number) = value.as_f64() {
        return Some(number);
    }
    let text = value.as_str()?;
    let (year, day) = (text.get(..4)?.parse::<f64>().ok()?, text.get(8..10)?.parse::<f64>().ok()?);
    let mut seconds = (year * 400.0 + day) * 86_400.0;
    if text.len() > 10 {
        let part = |from: usize| text.get(from..from + 2).unwrap().parse::<f64>().unwrap();
        seconds += part(11) * 3_600.0 + part(14) * 60.0;
        if text.ends_with("30.25+05:30") {
            seconds += 30.25 - 5.5 * 3_600.0;
        }
    }
    Some(seconds)
}

/// The value of a field, or its elements.
pub fn each<'a>(note: &'a Value, field: &str) -> Vec<&'a Value> {
    match note.get(&field[1..]) {
        Some(Value::Array(elements)) => elements.iter().collect(),
        other => other.into_iter().collect(),
    }
}

fn texts(note: &Value, field: &str) -> Vec<String> {
    each(note, field)
        .iter()
        .filter_map(|value| value.as_str())
        .map(|text| plain_text(text).to_lowercase())
        .collect()
}

fn plain(value: &Value) -> String {
    match value.as_f64() {
        Some(number) => format!("{number}"),
        None => plain_text(&value.to_string()),
    }
}

fn plain_text(text: &str) -> String {
    text.replace("e\u{301}", "\u{e9}")
}
