//! What an index takes of values that somebody else wrote.
//!
//! A writer that makes tokens refuses what has none. Records that came from writers who make none are indexed afterwards, as far
//! as the index goes: elements of other types are left aside, since no condition that the index answers is met by one.

use super::{Form, Length, value};
use serde_json::Value;

impl Form {
    /// The values that the index takes, of those of its fields: those for which there are tokens.
    #[must_use]
    pub fn taken(&self, values: &[Option<&Value>]) -> Vec<Option<Value>> {
        let each = |(at, value): (usize, &Option<&Value>)| {
            let value = (*value)?;
            if at > 0 && matches!(self, Self::Interval(_)) {
                // A length that is none is a moment.
                return Length::of(Some(value)).is_ok().then(|| value.clone());
            }
            taken(value, |one| self.takes(one))
        };
        values.iter().enumerate().map(each).collect()
    }

    fn takes(&self, one: &Value) -> bool {
        match self {
            Self::Equality => value::typed(one).is_ok(),
            Self::Range(domain) | Self::Interval(domain) => {
                one.is_null() || domain.axis().place(one).is_some()
            }
            Self::Prefix(_) | Self::Text => one.is_null() || one.is_string(),
            Self::Exists => true,
        }
    }
}

/// What a unique index takes of a value.
#[must_use]
pub fn taken_as_unique(value: &Value) -> Option<Value> {
    taken(value, |one| value::typed(one).is_ok())
}

fn taken(value: &Value, takes: impl Fn(&Value) -> bool) -> Option<Value> {
    match value {
        Value::Array(elements) => {
            Some(elements.iter().filter(|element| !element.is_array() && takes(element)).cloned().collect())
        }
        single => takes(single).then(|| single.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{epoch, person},
        index::{Axis, Domain, IndexKey, NotIndexable},
    };
    use serde_json::json;

    #[test]
    fn what_is_of_another_type_is_left_aside_and_the_rest_is_indexed() {
        let (_, keys) = epoch(&person(1), 0);
        let domain = Domain::new(Axis::Numbers, 0.0, 300.0, 1.0).unwrap();
        for (form, mixed, plain) in [
            (Form::Equality, json!([1, {}, "a"]), json!([1, "a"])),
            (Form::Range(domain), json!([5, "x", [7], 9]), json!([5, 9])),
            (Form::Prefix(4), json!(["ab", 1]), json!(["ab"])),
            (Form::Text, json!([{}, "ab cd"]), json!(["ab cd"])),
            (Form::Interval(domain), json!([true, 9]), json!([9])),
        ] {
            let key = IndexKey::new(&keys, "x:y", &["/a"], &form);
            assert_eq!(key.tokens(&form, &[Some(&mixed)]), Err(NotIndexable::Type), "{form:?}");
            let taken = form.taken(&[Some(&mixed)]);
            assert_eq!(taken, [Some(plain.clone())], "{form:?}");
            assert_eq!(form.taken(&[Some(&plain), None]), [Some(plain), None]);
        }
        assert_eq!(
            Form::Interval(domain).taken(&[Some(&json!(1)), Some(&json!(-1))]),
            [Some(json!(1)), None]
        );
        assert_eq!(Form::Text.taken(&[Some(&json!(7))]), [None]);
        assert_eq!(taken_as_unique(&json!([{}, 1])), Some(json!([1])));
    }
}
