//! By type: the names of the definition, asked of its discriminator.

use super::Query;
use crate::condition::Condition;

impl Query {
    /// Only records of this type of the definition, or of one that was named so before. A definition of several types answers it by
    /// an index of its discriminator; in a definition of one type every record is of it.
    pub fn of_type(mut self, name: impl Into<String>) -> Self {
        let (name, definition) = (name.into(), self.collection.definition());
        if !definition.types.contains_key(&name) {
            self.unknown_type.get_or_insert(name);
            return self;
        }
        let Some(field) = definition.discriminator.as_ref().filter(|_| definition.types.len() > 1) else {
            return self;
        };
        let known = self.by_type.and_then(|at| self.conditions.get_mut(at));
        if let Some(Condition::In { values, .. }) = known {
            values.push(name.into());
        } else {
            self.by_type = Some(self.conditions.len());
            self.conditions.push(Condition::In { field: field.clone(), values: vec![name.into()] });
        }
        self
    }
}
