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
        relations: vec![],
        indexes: Vec::new(),
        ontologies: Vec::new(),
        history: History::None,
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
    events.indexes.push(Index::new("/type", IndexKind::Equality));
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
    let twice =
        Definition::new("x:y", "t", "a", json!({})).equality("/code").unique("/code").equality("/code");
    assert!(matches!(twice.check(), Err(InvalidDefinition::IndexedTwice { .. })));
}

/// `n` schemas, each of which refers twice to the next: 2^n for one value.
fn doubling(n: usize) -> Value {
    let mut defs = serde_json::Map::new();
    for at in 0..n {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        defs.insert(format!("d{at}"), json!({"allOf": [next, next]}));
    }
    defs.insert(format!("d{n}"), json!({"type": "number"}));
    json!({"$defs": defs, "$ref": "#/$defs/d0"})
}

#[test]
fn references_that_multiply_are_not_followed() {
    let of = |schema: Value| Definition::new("x:y", "t", "a", schema);
    for costly in [
        doubling(40),
        json!({"$ref": "#a0", "$defs": (0..40).map(|at| json!({"$anchor": format!("a{at}"), "allOf": [{"$ref": format!("#a{}", (at + 1) % 40)}, {"$ref": format!("#a{}", (at + 1) % 40)}]})).collect::<Vec<_>>()}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"$ref": "#/$defs/d0", "$defs": (0..6_000).map(|at| (format!("d{at}"), json!({"$ref": format!("#/$defs/d{}", at + 1)}))).collect::<serde_json::Map<_, _>>()}),
    ] {
        assert_eq!(faults(&of(costly.clone()), &json!(1))[0].rule, "schema");
        assert!(matches!(of(costly).check(), Err(InvalidDefinition::Schema { .. })));
    }
    // As often for each level of an instance: cheap for one that is flat, and refused for one that is deep.
    let again = json!({"properties": {"x": {"$ref": "#"}}});
    let tree = of(json!({"allOf": [again, again]}));
    tree.check().unwrap();
    let deep = |n: usize| (0..n).fold(json!(1), |inner, _| json!({"x": inner}));
    assert_eq!(faults(&tree, &deep(4)), []);
    assert_eq!(faults(&tree, &deep(29))[0].rule, "schema");
}

#[test]
fn references_of_ordinary_schemas_are_followed() {
    let person = json!({
        "$anchor": "person",
        "type": "object",
        "properties": {"name": {"$ref": "#/$defs/name"}, "friends": {"items": {"$ref": "#person"}}, "boss": {"$ref": "#"}},
        "$defs": {"name": {"type": "string"}},
    });
    let mut people = Definition::new("x:y", "t", "person", person);
    people.types.insert("a/pair".into(), json!({"$dynamicAnchor": "p", "items": {"$ref": "../person"}}));
    people.types.insert("a/pairs".into(), json!({"items": {"$ref": "pair#p"}}));
    people.discriminator = Some("/kind".into());
    people.check().unwrap();
    people.types.remove("a/pair");
    people.types.remove("a/pairs");
    people.discriminator = None;
    let friend =
        (0..12).fold(json!({"name": "x"}), |inner, _| json!({"friends": [inner], "boss": {"name": "y"}}));
    assert_eq!(faults(&people, &friend), []);
}

#[test]
fn many_patterns_share_the_room_of_a_few() {
    let with = |count: usize| {
        let field = |at: usize| (format!("p{at}"), json!({"pattern": format!("\\p{{L}}{{10}}{at}")}));
        let properties: serde_json::Map<_, _> = (0..count).map(field).collect();
        Definition::new("x:y", "t", "a", json!({"properties": properties}))
    };
    with(10).check().unwrap();
    let ordinary: serde_json::Map<_, _> =
        (0..1_000).map(|at| (format!("p{at}"), json!({"pattern": "^[A-Z]{3}-[0-9]+$"}))).collect();
    Definition::new("x:y", "t", "a", json!({"properties": ordinary})).check().unwrap();
    assert!(matches!(with(5_000).check(), Err(InvalidDefinition::Schema { .. })));
}
