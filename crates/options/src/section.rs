//! One section of a recipe.

mod numbers;
mod tables;
mod texts;

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use crate::document::ResolvedSection;
use crate::error::closest;
use crate::form::{Form, Limits};
use crate::range::in_words;
pub use tables::WordOrNumbers;

use crate::{Document, OptionError, Place, Problem, Value};

/// The name of a key and what it means, in a few words that follow it as a comment.
#[derive(Clone, Copy, Debug)]
pub struct Key(pub &'static str, pub &'static str);

/// A section that is being read; [`finish`](Section::finish) ends it.
#[derive(Debug)]
pub struct Section<'a> {
    document: &'a mut Document,
    name: String,
    explanation: String,
    header: Option<Place>,
    entries: BTreeMap<String, Entry>,
    places: BTreeMap<&'static str, Place>,
    known: Vec<KnownKey>,
}

/// A value with the places of its key and of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    pub(crate) key_place: Place,
    pub(crate) value_place: Place,
}

/// A key that was asked for, for the resolved copy and for suggestions.
#[derive(Debug)]
pub(crate) struct KnownKey {
    pub(crate) name: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) value: Option<Value>,
    pub(crate) default: Option<Value>,
    pub(crate) form: Form,
}

impl KnownKey {
    /// As TOML; a key without a value is shown as a comment.
    pub(crate) fn assignment(&self) -> String {
        match &self.value {
            Some(value) => format!("{} = {value}", self.name),
            None => format!("# {} =", self.name),
        }
    }
}

impl<'a> Section<'a> {
    pub(crate) fn new(
        document: &'a mut Document,
        name: &str,
        explanation: &str,
        header: Option<Place>,
        entries: BTreeMap<String, Entry>,
    ) -> Self {
        Self {
            document,
            name: name.to_owned(),
            explanation: explanation.to_owned(),
            header,
            entries,
            places: BTreeMap::new(),
            known: Vec::new(),
        }
    }

    /// Whether the recipe gives this key, read or not yet, so that a reader can choose between alternatives.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key) || self.places.contains_key(key)
    }

    /// A number with a default.
    pub fn number(
        &mut self,
        key: Key,
        default: f64,
        range: impl RangeBounds<f64>,
    ) -> Result<f64, OptionError> {
        Ok(self.optional_number_or(key, Some(default), range)?.unwrap_or(default))
    }

    /// A number that may be left out.
    pub fn optional_number(
        &mut self,
        key: Key,
        range: impl RangeBounds<f64>,
    ) -> Result<Option<f64>, OptionError> {
        self.optional_number_or(key, None, range)
    }

    fn optional_number_or(
        &mut self,
        key: Key,
        default: Option<f64>,
        range: impl RangeBounds<f64>,
    ) -> Result<Option<f64>, OptionError> {
        let expected = in_words("a number", &range);
        let read = |value: &Value| match value {
            Value::Float(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        };
        let form = Form::Number(Limits::of(&range));
        let number = self.take(key, default.map(Value::Float), (&expected, form), read)?;
        self.check_range(key, number, &expected, |number| {
            number.is_finite() && range.contains(number)
        })
    }

    /// A whole number with a default.
    pub fn integer(
        &mut self,
        key: Key,
        default: u64,
        range: impl RangeBounds<u64>,
    ) -> Result<u64, OptionError> {
        let fallback = Value::Integer(i64::try_from(default).unwrap_or(i64::MAX));
        Ok(self.whole_number(key, Some(fallback), range)?.unwrap_or(default))
    }

    /// A whole number that may be left out.
    pub fn optional_integer(
        &mut self,
        key: Key,
        range: impl RangeBounds<u64>,
    ) -> Result<Option<u64>, OptionError> {
        self.whole_number(key, None, range)
    }

    fn whole_number(
        &mut self,
        key: Key,
        default: Option<Value>,
        range: impl RangeBounds<u64>,
    ) -> Result<Option<u64>, OptionError> {
        let expected = in_words("an integer", &range);
        let read = |value: &Value| match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        };
        let form = Form::Integer(Limits::of(&range));
        let number = self.take(key, default, (&expected, form), read)?;
        let fits =
            |number: &i64| u64::try_from(*number).is_ok_and(|number| range.contains(&number));
        let number = self.check_range(key, number, &expected, fits)?;
        Ok(number.and_then(|number| u64::try_from(number).ok()))
    }

    /// A list of whole numbers with a default, each in `range`.
    pub fn integers(
        &mut self,
        key: Key,
        default: &[usize],
        range: impl RangeBounds<usize>,
    ) -> Result<Vec<usize>, OptionError> {
        let expected = format!("a list, each {}", in_words("an integer", &range));
        let as_value = |&number: &usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let fallback = Value::List(default.iter().map(as_value).collect());
        let read = |value: &Value| {
            let Value::List(items) = value else { return None };
            items
                .iter()
                .map(|item| match item {
                    Value::Integer(number) => Some(*number),
                    _ => None,
                })
                .collect::<Option<Vec<i64>>>()
        };
        let form = Form::Integers(Limits::of(&range));
        let items = self.take(key, Some(fallback), (&expected, form), read)?;
        let fits = |items: &Vec<i64>| {
            items.iter().all(|&item| usize::try_from(item).is_ok_and(|item| range.contains(&item)))
        };
        let items = self.check_range(key, items, &expected, fits)?;
        let items = items.unwrap_or_default();
        Ok(items.into_iter().filter_map(|item| usize::try_from(item).ok()).collect())
    }

    /// `true` or `false` with a default.
    pub fn boolean(&mut self, key: Key, default: bool) -> Result<bool, OptionError> {
        let read = |value: &Value| match value {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        };
        let fallback = Some(Value::Boolean(default));
        let taken = self.take(key, fallback, ("true or false", Form::Boolean), read)?;
        Ok(taken.unwrap_or(default))
    }

    /// The error for options that do not go together, at the place of `key`: of its value where it was
    /// read, of the key itself where it was not.
    pub fn conflict(&self, key: &str, message: String, hint: String) -> OptionError {
        let unread = self.entries.get(key).map(|entry| &entry.key_place);
        let place = self.places.get(key).or(unread).or(self.header.as_ref()).cloned();
        OptionError::new(Problem::Conflict { message, hint }, place)
    }

    /// Refuses keys that only other values of the choice `key` have a use for; `owners` says for each which values these are.
    ///
    /// # Errors
    /// [`Problem::Conflict`] at the first such key.
    pub fn refuse_of_others(
        &self,
        key: &str,
        chosen: &str,
        owners: &[(&str, &[&str])],
    ) -> Result<(), OptionError> {
        let stray = owners.iter().find(|(own, kinds)| self.has(own) && !kinds.contains(&chosen));
        let Some((own, kinds)) = stray else { return Ok(()) };
        let message = format!("`{own}` has no use with `{key} = \"{chosen}\"`");
        let hint = format!("leave it out, or set `{key}` to {}", kinds.join(" or "));
        Err(self.conflict(own, message, hint))
    }

    /// The error for a key that must be given, or for the misspelled key that was meant to be it.
    pub fn missing(&self, key: Key, example: &str) -> OptionError {
        let misspelled = self.entries.keys().find(|given| closest(given, [key.0]).is_some());
        if let Some(error) = misspelled.and_then(|given| self.unknown_key(given)) {
            return error;
        }
        let problem = Problem::Missing {
            section: self.name.clone(),
            key: key.0.to_owned(),
            expected: example.to_owned(),
        };
        OptionError::new(problem, self.header.clone())
    }

    /// Ends the section.
    ///
    /// # Errors
    /// [`Problem::UnknownKey`] for a key that nobody asked for.
    pub fn finish(self) -> Result<(), OptionError> {
        if let Some(error) = self.entries.keys().next().and_then(|key| self.unknown_key(key)) {
            return Err(error);
        }
        let Self { document, name, explanation, known, .. } = self;
        document.resolved.push(ResolvedSection { name, explanation, keys: known });
        Ok(())
    }

    fn unknown_key(&self, key: &str) -> Option<OptionError> {
        let entry = self.entries.get(key)?;
        let names = self.known.iter().map(|known| known.name);
        let similar = closest(key, names)
            .and_then(|name| self.known.iter().find(|known| known.name == name))
            .map(|known| {
                let default = known.default.as_ref();
                let default = default.map_or_else(
                    || "no default".to_owned(),
                    |default| format!("default {default}"),
                );
                (known.name.to_owned(), default)
            });
        let problem = Problem::UnknownKey {
            section: self.name.clone(),
            key: key.to_owned(),
            similar,
            known: self.known.iter().map(|known| known.name.to_owned()).collect(),
        };
        Some(OptionError::new(problem, Some(entry.key_place.clone())))
    }

    /// Takes the value of `key`, or its default, and notes both for the resolved copy, with what fits
    /// in words and as a form.
    fn take<T>(
        &mut self,
        key: Key,
        default: Option<Value>,
        (expected, form): (&str, Form),
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, OptionError> {
        let given = self.entries.remove(key.0);
        let value = given.as_ref().map(|entry| entry.value.clone()).or_else(|| default.clone());
        let result = value.as_ref().map(|value| (read(value), value.described()));
        self.known.push(KnownKey { name: key.0, explanation: key.1, value, default, form });
        let place = given.map(|entry| entry.value_place);
        if let Some(place) = &place {
            self.places.insert(key.0, place.clone());
        }
        match result {
            None => Ok(None),
            Some((Some(read), _)) => Ok(Some(read)),
            Some((None, found)) => {
                let problem = Problem::WrongType {
                    section: self.name.clone(),
                    key: key.0.to_owned(),
                    expected: expected.to_owned(),
                    found,
                };
                Err(OptionError::new(problem, place))
            }
        }
    }

    fn check_range<T>(
        &self,
        key: Key,
        value: Option<T>,
        expected: &str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, OptionError> {
        let Some(value) = value else { return Ok(None) };
        if fits(&value) {
            return Ok(Some(value));
        }
        let last = self.known.iter().rev().find(|known| known.name == key.0);
        let found = last.and_then(|known| known.value.as_ref()).map(ToString::to_string);
        let problem = Problem::OutOfRange {
            section: self.name.clone(),
            key: key.0.to_owned(),
            expected: expected.to_owned(),
            found: found.unwrap_or_default(),
        };
        Err(OptionError::new(problem, self.places.get(key.0).cloned()))
    }
}
