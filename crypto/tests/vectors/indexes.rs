//! Tokens of every kind of index: by the formulas of the specification, and by the crate.

#![allow(clippy::cast_possible_truncation, reason = "of whole numbers that fit")]

use crate::{
    cases::epoch_keys,
    fixed::{bytes, hex, text},
    formulas::{expand, extract, hmac, nfc, typed},
};
use pryv_crypto::index::{Axis, Domain, Form, IndexKey, millis};
use pryv_wire::{Bytes, encode};
use serde_json::{Value, json};

/// The ends and the step of a range: as numbers, of times in milliseconds.
fn range(case: &Value) -> (&'static str, [f64; 3]) {
    let of = |name: &str| match &case[name] {
        Value::String(text) if name == "resolution" => {
            text.trim_end_matches('h').parse::<f64>().unwrap() * 3_600_000.0
        }
        Value::String(text) => millis(text).unwrap() as f64,
        number => number.as_f64().unwrap(),
    };
    let axis = if case["from"].is_string() { "times" } else { "numbers" };
    (axis, ["from", "to", "resolution"].map(of))
}

fn folded(text: &str) -> String {
    nfc(&nfc(text).to_lowercase())
}

fn place(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| millis(value.as_str().unwrap()).unwrap() as f64)
}

fn last_bucket(case: &Value) -> f64 {
    let (_, [from, to, resolution]) = range(case);
    ((to - from) / resolution).ceil() - 1.0
}

fn bucket(case: &Value, at: f64) -> u64 {
    let (_, [from, _, resolution]) = range(case);
    ((at - from) / resolution).floor().clamp(0.0, last_bucket(case)) as u64
}

fn range_levels(case: &Value) -> u8 {
    let (mut top, mut levels) = (last_bucket(case) as u64, 1);
    while top >= 128 {
        (top, levels) = (top / 32, levels + 1);
    }
    levels
}

fn node(level: u8, number: u64) -> Vec<u8> {
    [&[level][..], &number.to_be_bytes()].concat()
}

/// A bucket and the nodes above it.
fn above(levels: u8, bucket: u64) -> Vec<Vec<u8>> {
    (0..levels).map(|level| node(level, bucket >> (5 * level))).collect()
}

/// A bucket and the nodes of fan-out four above it, until one holds every bucket.
fn above_by_four(case: &Value, mut bucket: u64) -> Vec<Vec<u8>> {
    let (mut nodes, mut last) = (vec![node(0, bucket)], last_bucket(case) as u64);
    for level in 1.. {
        (bucket, last) = (bucket / 4, last / 4);
        nodes.push(node(level, bucket));
        if last == 0 {
            break;
        }
    }
    nodes
}

/// The nodes of an interval behind its first bucket: from the top of the tree down, those that lie in it as a whole, with the finest
/// level that needs no more than sixteen.
fn stretch(case: &Value, first: u64, last: u64) -> Vec<Vec<u8>> {
    fn below(level: u8, number: u64, finest: u8, first: u64, last: u64, found: &mut Vec<Vec<u8>>) {
        let (low, high) = (number << (5 * level), ((number + 1) << (5 * level)) - 1);
        if high < first || low > last {
            return;
        }
        if level == finest || (first <= low && high <= last) {
            return found.push(node(level, number));
        }
        (0..32).for_each(|child| below(level - 1, number * 32 + child, finest, first, last, found));
    }
    let top = range_levels(case);
    let of_level = |finest: u8| {
        let mut found = Vec::new();
        (0..4).for_each(|number| below(top, number, finest, first, last, &mut found));
        found
    };
    (0..=top).map(of_level).find(|found| found.len() <= 16).unwrap()
}

/// The inputs of the tokens, as the specification has them.
fn inputs(case: &Value) -> Vec<Vec<u8>> {
    let value = &case["values"][0];
    match text(case, "kind") {
        "equality" => {
            let all: Vec<_> = case["values"]
                .as_array()
                .unwrap()
                .iter()
                .map(|value| Bytes::from(typed(value).unwrap()))
                .collect();
            vec![encode(&all)]
        }
        "range" => above(range_levels(case), bucket(case, place(value))),
        "interval" => {
            let (start, levels) = (place(value), range_levels(case));
            let mut inputs = above(levels, bucket(case, start));
            let marked = |mark: u8, nodes: Vec<Vec<u8>>| {
                nodes.into_iter().map(move |node| [vec![mark], node].concat()).collect::<Vec<_>>()
            };
            match case["values"].get(1).map(|length| length.as_f64()) {
                Some(None) => {
                    inputs.extend(marked(2, above_by_four(case, bucket(case, start))));
                    inputs.push(vec![2]);
                }
                length => {
                    let unit = if value.is_string() { 1_000.0 } else { 1.0 };
                    let end = start + length.flatten().unwrap_or_default() * unit;
                    inputs.extend(marked(1, stretch(case, bucket(case, start) + 1, bucket(case, end))));
                }
            }
            inputs
        }
        "prefix" => {
            let text: Vec<char> = folded(value.as_str().unwrap()).chars().collect();
            let max = usize::try_from(case["max"].as_u64().unwrap()).unwrap();
            (1..=max.min(text.len()))
                .map(|length| text[..length].iter().collect::<String>().into_bytes())
                .collect()
        }
        "text" => {
            let text = folded(value.as_str().unwrap());
            let words = text.split(|character: char| !character.is_alphanumeric());
            words.filter(|word| !word.is_empty()).map(|word| word.as_bytes().to_vec()).collect()
        }
        _ => vec![vec![1]],
    }
}

/// From a kind of index, its parameters and the values of its fields: key, inputs and tokens.
pub(crate) fn index(case: &Value) -> Value {
    let both = [bytes(case, "rk"), bytes(case, "u")].concat();
    let (kind, uri) = (text(case, "kind"), text(case, "uri"));
    let pointers: Vec<&str> =
        case["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
    let (form, parameters) = match kind {
        "equality" => (Form::Equality, Vec::new()),
        "range" | "interval" => {
            let (axis, ends) = range(case);
            let bits = ends.map(f64::to_bits);
            let of = if axis == "times" { Axis::Times } else { Axis::Numbers };
            let domain = Domain::new(of, ends[0], ends[1], ends[2]).unwrap();
            let form = if kind == "range" { Form::Range(domain) } else { Form::Interval(domain) };
            (form, encode(&(axis, bits[0], bits[1], bits[2])))
        }
        "prefix" => {
            let max = u8::try_from(case["max"].as_u64().unwrap()).unwrap();
            (Form::Prefix(max), vec![max])
        }
        "text" => (Form::Text, Vec::new()),
        _ => (Form::Exists, Vec::new()),
    };
    let info = encode(&(kind, 1, uri, &pointers, Bytes::from(parameters)));
    let of_epoch = expand(&extract("pryv epoch", &both), "index", 32);
    let key = expand(&of_epoch, &info, 32);
    let inputs = inputs(case);
    let mut tokens: Vec<Vec<u8>> = inputs.iter().map(|input| hmac(&key, &[input])[..16].to_vec()).collect();
    tokens.sort();
    tokens.dedup();
    let given = case["values"].as_array().unwrap();
    let values: Vec<_> = (0..pointers.len()).map(|at| given.get(at)).collect();
    let made = IndexKey::new(&epoch_keys(case), uri, &pointers, &form).tokens(&form, &values).unwrap();
    let made: Vec<_> = made.into_iter().map(|token| token.to_wire().into_vec()).collect();
    assert_eq!(made, tokens, "{kind}");
    let mut whole = case.clone();
    let computed = json!({
        "info": hex(info),
        "key": hex(key),
        "inputs": inputs.iter().map(hex).collect::<Vec<_>>(),
        "tokens": tokens.iter().map(hex).collect::<Vec<_>>(),
    });
    whole.as_object_mut().unwrap().extend(computed.as_object().unwrap().clone());
    whole
}
