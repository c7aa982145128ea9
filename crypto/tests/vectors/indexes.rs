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
        "range" => {
            let (_, [from, to, resolution]) = range(case);
            let at = value.as_f64().unwrap_or_else(|| millis(value.as_str().unwrap()).unwrap() as f64);
            let last = ((to - from) / resolution).ceil() - 1.0;
            let mut node = ((at - from) / resolution).floor().clamp(0.0, last) as u64;
            let mut top = last as u64;
            let mut inputs = Vec::new();
            for level in 0_u8.. {
                inputs.push([&[level][..], &node.to_be_bytes()].concat());
                if top < 128 {
                    break;
                }
                (node, top) = (node / 32, top / 32);
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
        "range" => {
            let (axis, ends) = range(case);
            let bits = ends.map(f64::to_bits);
            let of = if axis == "times" { Axis::Times } else { Axis::Numbers };
            let domain = Domain::new(of, ends[0], ends[1], ends[2]).unwrap();
            (Form::Range(domain), encode(&(axis, bits[0], bits[1], bits[2])))
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
    let values: Vec<_> = case["values"].as_array().unwrap().iter().map(Some).collect();
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
