use super::*;
use crate::fixture::{epoch, person, rng};
use serde_json::json;

const URI: &str = "https://example.org/person";

/// An equality index of one field.
struct EqualityKey(IndexKey);

impl EqualityKey {
    fn new(keys: &EpochKeys, uri: &str, pointer: &str) -> Self {
        Self(IndexKey::new(keys, uri, &[pointer], &Form::Equality))
    }

    fn tokens(&self, value: &Value) -> Result<Vec<IndexToken>, NotIndexable> {
        self.0.tokens(&Form::Equality, &[Some(value)])
    }
}

fn keys() -> (EpochKeys, EqualityKey, UniqueKey) {
    let (_, keys) = epoch(&person(1), 0);
    let (equality, unique) = (EqualityKey::new(&keys, URI, "/name"), UniqueKey::new(&keys, URI, "/name"));
    (keys, equality, unique)
}

#[test]
fn equal_values_have_equal_tokens_and_others_do_not() {
    let (_, equality, unique) = keys();
    // Each row is one value in all its spellings; no two rows meet.
    let rows = [
        vec![json!(null)],
        vec![json!(false)],
        vec![json!(true)],
        vec![json!(0), json!(0.0), json!(-0.0)],
        vec![json!(1), json!(1.0), serde_json::from_str("1e0").unwrap()],
        vec![json!(-1), json!(-1.0)],
        vec![json!(1.5)],
        vec![json!(i64::MIN), json!(-9_223_372_036_854_775_808.0)],
        vec![json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_992.0)],
        vec![json!(9_007_199_254_740_993_u64)],
        vec![json!(u64::MAX)],
        vec![json!(18_446_744_073_709_551_616.0)],
        vec![json!(1e300)],
        vec![json!("1")],
        vec![json!("")],
        vec![json!("null")],
        vec![json!("caf\u{e9}"), json!("cafe\u{301}")],
        vec![json!("cafe")],
    ];
    let mut seen = BTreeSet::new();
    for row in &rows {
        let tokens: BTreeSet<_> = row
            .iter()
            .map(|value| (equality.tokens(value).unwrap(), unique.tokens(value).unwrap()))
            .collect();
        assert_eq!(tokens.len(), 1, "{row:?}");
        assert!(seen.insert(tokens), "{row:?} meets another row");
    }
    assert_eq!(seen.len(), rows.len());
}

#[test]
fn tokens_differ_by_field_definition_epoch_and_kind() {
    let ada = person(1);
    let (epoch_keys, equality, unique) = keys();
    let value = json!("Ada");
    let token = equality.tokens(&value).unwrap();
    assert_ne!(EqualityKey::new(&epoch_keys, URI, "/nick").tokens(&value).unwrap(), token);
    assert_ne!(EqualityKey::new(&epoch_keys, "other", "/name").tokens(&value).unwrap(), token);
    let (_, other) = epoch(&ada, 1);
    assert_ne!(EqualityKey::new(&other, URI, "/name").tokens(&value).unwrap(), token);
    assert_ne!(unique.tokens(&value).unwrap()[0].0[..16], token[0].0);
}

#[test]
fn unique_tokens_stay_through_the_epochs_of_a_scope_and_equality_tokens_do_not() {
    let (first, equality, unique) = keys();
    let second = first.next(&mut rng(50));
    let value = json!("Ada");
    assert_eq!(UniqueKey::new(&second, URI, "/name").tokens(&value).unwrap(), unique.tokens(&value).unwrap());
    assert_ne!(
        EqualityKey::new(&second, URI, "/name").tokens(&value).unwrap(),
        equality.tokens(&value).unwrap()
    );
}

#[test]
fn arrays_give_one_token_for_each_different_element() {
    let (_, equality, unique) = keys();
    let tokens = equality.tokens(&json!(["a", "b", "a", 1, 1.0])).unwrap();
    let mut expected: Vec<_> =
        [json!("a"), json!("b"), json!(1)].iter().flat_map(|v| equality.tokens(v).unwrap()).collect();
    expected.sort_unstable();
    assert_eq!(tokens, expected);
    assert!(equality.tokens(&json!([])).unwrap().is_empty());
    assert_eq!(unique.tokens(&json!(["a", "a"])).unwrap().len(), 1);
}

#[test]
fn objects_and_nested_arrays_are_not_indexable() {
    let (_, equality, unique) = keys();
    for value in [json!({}), json!({"a": 1}), json!([[1]]), json!([{}])] {
        assert_eq!(equality.tokens(&value), Err(NotIndexable::Type), "{value}");
        assert_eq!(unique.tokens(&value), Err(NotIndexable::Type), "{value}");
    }
}

fn of(form: &Form, values: &[Value]) -> Result<Vec<IndexToken>, NotIndexable> {
    let (_, keys) = epoch(&person(1), 0);
    let pointers: Vec<String> = (0..values.len()).map(|number| format!("/{number}")).collect();
    let values: Vec<_> = values.iter().map(Some).collect();
    IndexKey::new(&keys, URI, &pointers, form).tokens(form, &values)
}

#[test]
fn every_form_and_every_domain_has_keys_of_its_own() {
    let domain = |to| Form::Range(Domain::new(Axis::Numbers, 0.0, to, 1.0).unwrap());
    let (_, keys) = epoch(&person(1), 0);
    let forms = [
        Form::Equality,
        domain(10.0),
        domain(11.0),
        Form::Prefix(4),
        Form::Prefix(5),
        Form::Text,
        Form::Exists,
    ];
    let tokens: BTreeSet<_> =
        forms.iter().map(|form| IndexKey::new(&keys, URI, &["/a"], form).folded("x")).collect();
    assert_eq!(tokens.len(), forms.len());
    let two = IndexKey::new(&keys, URI, &["/a", "/b"], &Form::Equality).folded("x");
    assert!(!tokens.contains(&two));
}

#[test]
fn a_range_carries_the_token_of_every_node_above_its_bucket() {
    let domain = Domain::new(Axis::Numbers, 0.0, 5_000.0, 1.0).unwrap();
    let form = Form::Range(domain);
    let (_, keys) = epoch(&person(1), 0);
    let key = IndexKey::new(&keys, URI, &["/0"], &form);
    let carried = of(&form, &[json!(1_234.5)]).unwrap();
    assert_eq!(carried.len(), usize::from(domain.levels()));
    for (low, high, meets) in [(1_000.0, 2_000.0, true), (1_234.0, 1_234.9, true), (1_235.0, 5_000.0, false)]
    {
        let span = Span { first: domain.bucket(low), last: domain.bucket(high) };
        let asked: Vec<_> = domain.cover(span, 256).into_iter().map(|node| key.node(node)).collect();
        let common = asked.iter().filter(|token| carried.contains(token)).count();
        assert_eq!(common, usize::from(meets), "{low} to {high}");
    }
    assert_eq!(of(&form, &[json!("7")]), Err(NotIndexable::Type));
}

#[test]
fn words_and_beginnings_are_found_whatever_their_case() {
    let text = of(&Form::Text, &[json!("Chest pain")]).unwrap();
    assert_eq!(text, of(&Form::Text, &[json!(["PAIN", "chest, chest", null])]).unwrap());
    let family = of(&Form::Prefix(3), &[json!("Muller")]).unwrap();
    assert_eq!(family, of(&Form::Prefix(3), &[json!("MULberry")]).unwrap());
    assert_eq!(family.len(), 3);
    assert_eq!(of(&Form::Text, &[json!(7)]), Err(NotIndexable::Type));
}

#[test]
fn several_fields_are_one_value() {
    let both = |a: Value, b: Value| of(&Form::Equality, &[a, b]);
    let token = both(json!("a"), json!(1)).unwrap();
    assert_eq!(token.len(), 1);
    for (a, b) in [(json!(1), json!("a")), (json!("a"), json!("1")), (json!("a1"), json!(""))] {
        assert_ne!(both(a, b).unwrap(), token);
    }
    let all = both(json!(["a", "b"]), json!([1, 2])).unwrap();
    assert!(all.len() == 4 && all.contains(&token[0]));
    let many: Vec<u32> = (0..9).collect();
    assert_eq!(both(json!(many), json!(many)), Err(NotIndexable::TooMany));
    let (_, keys) = epoch(&person(1), 0);
    let key = IndexKey::new(&keys, URI, &["/0", "/1"], &Form::Equality);
    assert_eq!(key.equal(&[&json!("a"), &json!(1)]), Ok(token[0]));
    assert_eq!(key.tokens(&Form::Equality, &[Some(&json!("a")), None]), Ok(vec![]));
}
