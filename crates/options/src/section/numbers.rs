//! Lists of numbers, and numbers that a word may stand for.

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

    /// A whole number with a default, or `word` in its place, which gives none.
    ///
    /// # Errors
    /// Values of another type, another word, a number outside of `range`.
    pub fn integer_or_word(
        &mut self,
        key: Key,
        default: u64,
        range: impl RangeBounds<u64>,
        word: &'static str,
    ) -> Result<Option<u64>, OptionError> {
        let expected = format!("{}, or \"{word}\"", in_words("an integer", &range));
        let fallback = Value::Integer(i64::try_from(default).unwrap_or(i64::MAX));
        let read = |value: &Value| match value {
            Value::Integer(number) => Some(Some(*number)),
            Value::Text(text) if text == word => Some(None),
            _ => None,
        };
        let form = Form::IntegerOrWord { limits: Limits::of(&range), word };
        let found = self.take(key, Some(fallback), (&expected, form), read)?;
        let fits = |found: &Option<i64>| {
            found.is_none_or(|number| u64::try_from(number).is_ok_and(|one| range.contains(&one)))
        };
        let found = self.check_range(key, found, &expected, fits)?;
        Ok(found.flatten().and_then(|number| u64::try_from(number).ok()))
    }
}
