//! The schemas of one definition: compiled, and held against instances.

use crate::{Fault, SchemaError, base, cost};
use jsonschema::{Draft, PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// How many faults of one instance are reported.
const MAX_FAULTS: usize = 32;

/// The longest regular expression once compiled, in bytes: schemas may come from others.
const MAX_PATTERN_SIZE: usize = 1 << 20;

/// The longest regular expressions of a definition together, once compiled, in bytes.
const MAX_PATTERNS_SIZE: usize = 32 << 20;

/// The schemas of one definition, each compiled when first needed (0.25 ms natively) and then kept.
pub struct Schemas {
    discriminator: Option<String>,
    siblings: Arc<HashMap<String, Value>>,
    types: HashMap<String, Value>,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
    /// The longest regular expression once compiled, in bytes.
    pattern_size: usize,
    /// How often each type is applied on the way to a value, by the depth of the instance.
    applied: Mutex<HashMap<(String, usize), u64>>,
}

impl Schemas {
    /// The schemas of these types, by name. The discriminator names the type inside an instance.
    #[must_use]
    pub fn new(types: &BTreeMap<String, Value>, discriminator: Option<&str>) -> Self {
        let mut siblings = HashMap::new();
        for (name, schema) in types {
            siblings.insert(base(name), schema.clone());
            if let Some(id) = schema.get("$id").and_then(Value::as_str) {
                siblings.insert(id.trim_end_matches('#').to_owned(), schema.clone());
            }
        }
        let patterns: usize = types.values().map(patterns).sum();
        Self {
            discriminator: discriminator.map(str::to_owned),
            siblings: Arc::new(siblings),
            types: types.clone().into_iter().collect(),
            compiled: Mutex::default(),
            pattern_size: MAX_PATTERN_SIZE.min(MAX_PATTERNS_SIZE / patterns.max(1)),
            applied: Mutex::default(),
        }
    }

    /// Whether the schema of a type is one.
    ///
    /// # Errors
    ///
    /// See [`SchemaError`].
    pub fn check(&self, name: &str) -> Result<(), SchemaError> {
        self.compile(name).map(|_| ())
    }

    /// The validator of one type.
    fn compile(&self, name: &str) -> Result<Arc<Validator>, SchemaError> {
        if let Some(validator) = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Arc::clone(validator));
        }
        let schema = self.types.get(name).ok_or(SchemaError::NoSuchType)?;
        if !cost::is_bearable(self.applied(name, schema, 0), 1) {
            return Err(SchemaError::TooCostly);
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_base_uri(base(name))
            .with_retriever(Siblings(Arc::clone(&self.siblings)))
            // Linear time only: no look-around or back-references, whose cost a hostile schema would choose.
            .with_pattern_options(PatternOptions::regex().size_limit(self.pattern_size))
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| SchemaError::Invalid {
                at: error.instance_path().to_string(),
                rule: error.kind().keyword().to_owned(),
            })?;
        let validator = Arc::new(validator);
        self.compiled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }

    /// What is wrong with an instance; empty if it is valid.
    #[must_use]
    pub fn faults(&self, instance: &Value) -> Vec<Fault> {
        let name = match self.type_name(instance) {
            Ok(name) => name,
            Err(fault) => return vec![fault],
        };
        let (depth, values) = cost::extent(instance);
        let bearable = self
            .types
            .get(name)
            .is_none_or(|schema| cost::is_bearable(self.applied(name, schema, depth), values));
        match if bearable { self.compile(name) } else { Err(SchemaError::TooCostly) } {
            Ok(validator) => validator
                .iter_errors(instance)
                .take(MAX_FAULTS)
                .map(|error| Fault {
                    pointer: error.instance_path().to_string(),
                    rule: error.kind().keyword().to_owned(),
                    expected: expected(&error),
                })
                .collect(),
            Err(error) => vec![error.fault()],
        }
    }

    fn applied(&self, name: &str, schema: &Value, depth: usize) -> u64 {
        let key = (name.to_owned(), depth);
        let known = self.applied.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let applied = cost::applied(&self.siblings, schema, depth);
            self.applied.lock().unwrap_or_else(PoisonError::into_inner).insert(key, applied);
            applied
        })
    }

    /// The type that an instance says it has.
    fn type_name<'a>(&'a self, instance: &'a Value) -> Result<&'a str, Fault> {
        let Some(pointer) = &self.discriminator else {
            return Ok(self.types.keys().next().map_or("", String::as_str));
        };
        let fault = |expected: &str| Fault {
            pointer: pointer.clone(),
            rule: "discriminator".to_owned(),
            expected: expected.to_owned(),
        };
        match instance.pointer(pointer) {
            Some(Value::String(name)) if self.types.contains_key(name) => Ok(name),
            Some(Value::String(_)) => Err(fault("names a type that the definition does not have")),
            _ => Err(fault("must name the type of the instance")),
        }
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schemas").field("types", &self.types.len()).finish_non_exhaustive()
    }
}

/// What the schema asks for, with every value of the instance masked. Names of unexpected or wrongly named properties are
/// content of the instance as well, and are left out.
fn expected(error: &jsonschema::ValidationError<'_>) -> String {
    use jsonschema::error::ValidationErrorKind as Kind;
    match error.kind() {
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "has properties that the schema does not name".to_owned()
        }
        Kind::UnevaluatedItems { .. } | Kind::AdditionalItems { .. } => {
            "has items that the schema does not allow".to_owned()
        }
        Kind::PropertyNames { .. } => "has a property whose name the schema does not allow".to_owned(),
        Kind::AnyOf { .. } => "matches none of the schemas of `anyOf`".to_owned(),
        Kind::OneOfNotValid { .. } => "matches none of the schemas of `oneOf`".to_owned(),
        Kind::OneOfMultipleValid { .. } => "matches more than one of the schemas of `oneOf`".to_owned(),
        Kind::Not { .. } => "matches a schema that it must not match".to_owned(),
        Kind::Format { .. }
        | Kind::Pattern { .. }
        | Kind::Required { .. }
        | Kind::Type { .. }
        | Kind::Enum { .. }
        | Kind::Constant { .. }
        | Kind::Minimum { .. }
        | Kind::Maximum { .. }
        | Kind::ExclusiveMinimum { .. }
        | Kind::ExclusiveMaximum { .. }
        | Kind::MultipleOf { .. }
        | Kind::MinLength { .. }
        | Kind::MaxLength { .. }
        | Kind::MinItems { .. }
        | Kind::MaxItems { .. }
        | Kind::MinProperties { .. }
        | Kind::MaxProperties { .. } => error.masked_with("the value").to_string(),
        kind => format!("breaks the rule `{}` of the schema", kind.keyword()),
    }
}

/// How many regular expressions a schema may have, at most.
fn patterns(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(patterns).sum(),
        Value::Object(fields) => {
            let one = usize::from(fields.get("pattern").is_some_and(Value::is_string));
            let named =
                fields.get("patternProperties").and_then(Value::as_object).map_or(0, serde_json::Map::len);
            one + named + fields.values().map(patterns).sum::<usize>()
        }
        _ => 0,
    }
}

/// Answers references among the types of a definition, and refuses every other one.
struct Siblings(Arc<HashMap<String, Value>>);

impl Retrieve for Siblings {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let wanted = uri.as_str();
        let wanted = wanted.split_once('#').map_or(wanted, |(before, _)| before);
        self.0
            .get(wanted)
            .cloned()
            .ok_or_else(|| "the definition has no such schema, and nothing is fetched".into())
    }
}
