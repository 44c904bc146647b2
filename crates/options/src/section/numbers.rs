//! Lists of numbers.

use std::ops::RangeBounds;

use super::{Key, Section};
use crate::form::{Form, Limits};
use crate::range::in_words;
use crate::{OptionError, Value};

impl Section<'_> {
    /// A list of numbers, each in `range`, empty where the key is left out; one number alone is a list
    /// of one.
    pub fn numbers(
        &mut self,
        key: Key,
        range: impl RangeBounds<f64>,
    ) -> Result<Vec<f64>, OptionError> {
        let expected = format!("a list, each {}", in_words("a number", &range));
        let number = |value: &Value| match value {
            Value::Float(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        };
        let read = |value: &Value| match value {
            Value::List(items) => items.iter().map(number).collect::<Option<Vec<f64>>>(),
            one => number(one).map(|number| vec![number]),
        };
        let form = Form::Numbers(Limits::of(&range));
        let numbers = self.take(key, Some(Value::List(Vec::new())), (&expected, form), read)?;
        let fits = |numbers: &Vec<f64>| {
            numbers.iter().all(|number| number.is_finite() && range.contains(number))
        };
        Ok(self.check_range(key, numbers, &expected, fits)?.unwrap_or_default())
    }
}
