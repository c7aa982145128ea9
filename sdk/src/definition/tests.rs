use super::*;
use serde_json::json;

fn events() -> Definition {
    let kind = |content: Value| json!({"type": "object", "required": ["type", "content"], "properties": {"type": {"type": "string"}, "content": content}});
    Definition {
        uri: "https://example.org/events".into(),
        title: "Events".into(),
        types: BTreeMap::from([
            ("mass/kg".into(), kind(json!({"type": "number", "minimum": 0}))),
            ("note/txt".into(), kind(json!({"type": "string", "maxLength": 5}))),
        ]),
        discriminator: Some("/type".into()),
        indexes: Vec::new(),
    }
}

fn faults(definition: &Definition, instance: &Value) -> Vec<Fault> {
    Schemas::new(definition).faults(instance)
}

#[test]
fn the_discriminator_chooses_the_type() {
    let events = events();
    events.check().unwrap();
    assert_eq!(faults(&events, &json!({"type": "mass/kg", "content": 71.5})), []);
    assert_eq!(faults(&events, &json!({"type": "note/txt", "content": "hello"})), []);
    let wrong = faults(&events, &json!({"type": "mass/kg", "content": "heavy"}));
    assert_eq!((wrong[0].pointer.as_str(), wrong[0].rule.as_str()), ("/content", "type"));
    for untyped in
        [json!({"type": "mass/lb", "content": 1}), json!({"content": 1}), json!({"type": 7}), json!(null)]
    {
        assert_eq!(faults(&events, &untyped)[0].rule, "discriminator");
    }
}

#[test]
fn a_fault_never_repeats_a_value() {
    const SECRET: &str = "CANARY-7f3a";
    let schemas = [
        json!({"type": "number"}),
        json!({"const": 1}),
        json!({"enum": [1, 2]}),
        json!({"maxLength": 3}),
        json!({"pattern": "^x$"}),
        json!({"format": "date"}),
        json!({"type": "object", "additionalProperties": false}),
        json!({"type": "object", "propertyNames": {"maxLength": 3}}),
        json!({"type": "object", "unevaluatedProperties": false}),
        json!({"type": "array", "prefixItems": [], "items": false}),
        json!({"type": "array", "prefixItems": [], "unevaluatedItems": false}),
        json!({"type": "array", "contains": {"type": "number"}}),
        json!({"type": "array", "uniqueItems": true}),
        json!({"anyOf": [{"type": "number"}, {"type": "boolean"}]}),
        json!({"oneOf": [{"type": "number"}, {"type": "boolean"}]}),
        json!({"not": {}}),
        json!({"if": {}, "then": {"type": "number"}}),
        json!({"dependentRequired": {SECRET: ["other"]}, "type": "number"}),
        json!(false),
    ];
    let instances = [json!(SECRET), json!({SECRET: SECRET}), json!([SECRET, SECRET])];
    for schema in schemas {
        let definition = Definition::new("x:y", "x", "x", schema.clone());
        let mut refused = 0;
        for instance in &instances {
            for fault in faults(&definition, instance) {
                refused += 1;
                // A pointer names a place and may hold a property's name; the words may not.
                let words = format!("{} {}", fault.rule, fault.expected);
                assert!(!words.contains(SECRET), "{schema} on {instance} says: {words}");
            }
        }
        assert!(refused > 0, "{schema} refused nothing");
    }
}

#[test]
fn types_refer_to_one_another_and_to_nothing_else() {
    let mut events = events();
    events.types.insert("weight pair".into(), json!({"type": "array", "items": {"$ref": "mass/kg"}}));
    events.types.insert("by-id".into(), json!({"$id": "https://example.org/code", "type": "string"}));
    events
        .types
        .insert("uses-id".into(), json!({"properties": {"code": {"$ref": "https://example.org/code"}}}));
    events.check().unwrap();
    for outside in ["https://example.org/absent.json", "file:///etc/passwd", "absent"] {
        let mut events = events.clone();
        events.types.insert("outside".into(), json!({"$ref": outside}));
        assert!(matches!(events.check(), Err(InvalidDefinition::Schema { .. })), "{outside} was accepted");
    }
}

#[test]
fn hostile_patterns_are_refused_when_compiled() {
    for pattern in [r"(a)\1", r"(?=a)a", "(((((a{100}){100}){100}){100}){100})"] {
        let definition = Definition::new("x:y", "x", "x", json!({"pattern": pattern}));
        assert!(matches!(definition.check(), Err(InvalidDefinition::Schema { .. })), "{pattern}");
    }
}

#[test]
fn the_linter_refuses_what_can_be_counted() {
    let schema = json!({
        "type": "object",
        "$defs": {"sex": {"enum": ["f", "m", "x"]}},
        "properties": {
            "smoker": {"type": "boolean"},
            "sex": {"$ref": "#/$defs/sex"},
            "stage": {"type": "integer", "minimum": 0, "maximum": 4},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            "deep": {"allOf": [{"properties": {"flag": {"type": ["boolean", "null"]}}}]},
            "mrn": {"type": "string"},
            "millis": {"type": "integer"},
        }
    });
    let definition = || Definition::new("x:y", "x", "patient", schema.clone());
    for field in ["/smoker", "/sex", "/stage", "/tags", "/deep/flag"] {
        let Err(InvalidDefinition::Leaky(leak)) = definition().equality(field).check() else {
            panic!("{field} was accepted");
        };
        assert_eq!(leak.field, field);
        definition().equality_accepting_leakage(field).check().unwrap();
        definition().unique(field).check().unwrap();
    }
    for field in ["/mrn", "/millis", "/not-declared"] {
        definition().equality(field).check().unwrap();
    }
    let mut events = events();
    events.indexes.push(Index { field: "/type".into(), kind: IndexKind::Equality, accept_leakage: false });
    assert!(matches!(events.check(), Err(InvalidDefinition::Leaky(_))), "two types are two values");
}

#[test]
fn a_definition_is_read_from_its_file_form_and_unknown_fields_are_refused() {
    let text =
        r#"{"uri":"x:y","title":"t","types":{"a":{}},"indexes":[{"field":"/code","kind":"equality"}]}"#;
    let definition: Definition = serde_json::from_str(text).unwrap();
    assert_eq!(definition, Definition::new("x:y", "t", "a", json!({})).equality("/code"));
    assert!(serde_json::from_str::<Definition>(&text.replace("kind", "kin")).is_err());
    for (from, to) in [("x:y", ""), ("/code", "code"), ("/code", "/co~de"), (r#""a":{}"#, "")] {
        let broken: Definition = serde_json::from_str(&text.replace(from, to)).unwrap();
        assert!(broken.check().is_err(), "{from} -> {to}");
    }
    let twice = Definition::new("x:y", "t", "a", json!({})).equality("/code").unique("/code");
    assert!(matches!(twice.check(), Err(InvalidDefinition::IndexedTwice { .. })));
}
