//! Tables inside of a section.

use std::ops::RangeBounds;

use super::{Entry, Key, KnownKey, Section};
use crate::error::TABLES;
use crate::form::{Form, Limits};
use crate::range::in_words;
use crate::value::Table;
use crate::{Document, OptionError, Place, Value};

impl Section<'_> {
    /// A list of tables of one `kind` that must be given, each read as a section of its own; `example` is
    /// shown when it is missing.
    pub fn tables<T>(
        &mut self,
        key: Key,
        kind: &'static str,
        example: &str,
        read: impl FnMut(&mut Section<'_>) -> Result<T, OptionError>,
    ) -> Result<Vec<T>, OptionError> {
        let tables = self.take_tables(key, kind)?;
        let tables = tables.ok_or_else(|| self.missing(key, example))?;
        self.read_tables(key, tables, read)
    }

    /// A list of tables of one `kind`, each read as a section of its own; empty where it is left out.
    pub fn optional_tables<T>(
        &mut self,
        key: Key,
        kind: &'static str,
        read: impl FnMut(&mut Section<'_>) -> Result<T, OptionError>,
    ) -> Result<Vec<T>, OptionError> {
        match self.take_tables(key, kind)? {
            Some(tables) => self.read_tables(key, tables, read),
            None => Ok(Vec::new()),
        }
    }

    fn take_tables(
        &mut self,
        key: Key,
        kind: &'static str,
    ) -> Result<Option<Vec<Table>>, OptionError> {
        let as_tables = |value: &Value| match value {
            Value::List(items) => items.iter().map(Value::as_table).collect(),
            _ => None,
        };
        self.take(key, None, (TABLES, Form::Tables(kind)), as_tables)
    }

    /// Reads the tables of the key that was taken last.
    fn read_tables<T>(
        &mut self,
        key: Key,
        tables: Vec<Table>,
        mut read: impl FnMut(&mut Section<'_>) -> Result<T, OptionError>,
    ) -> Result<Vec<T>, OptionError> {
        let mut items = Vec::with_capacity(tables.len());
        let mut resolved = Vec::with_capacity(tables.len());
        for (number, table) in tables.into_iter().enumerate() {
            let mut document = Document::empty();
            let name = format!("{}.{}.{number}", self.name, key.0);
            let (place, entries) = (table.place.clone(), table.entries.into_iter().collect());
            let mut section = Section::new(&mut document, &name, "", Some(table.place), entries);
            items.push(read(&mut section)?);
            section.finish()?;
            let keys = document.resolved.into_iter().flat_map(|section| section.keys);
            resolved.push(Value::Table(resolved_table(place, keys)));
        }
        if let Some(known) = self.known.last_mut() {
            known.value = Some(Value::List(resolved));
        }
        Ok(items)
    }

    /// One of several words, or a table of numbers by name, each in `range`; may be left out.
    ///
    /// # Errors
    /// Values of another type, a word that is none of `words`, a number outside of its range.
    pub fn word_or_numbers(
        &mut self,
        key: Key,
        words: &[&str],
        range: impl RangeBounds<f64>,
    ) -> Result<Option<WordOrNumbers>, OptionError> {
        let each = in_words("a number", &range);
        let words_in_quotes: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let expected = format!("{}, or a table, each {each}", words_in_quotes.join(" or "));
        let read = |value: &Value| match value {
            Value::Text(word) => Some(WordOrNumbers::Word(word.clone())),
            other => numbers(other).map(WordOrNumbers::Numbers),
        };
        let form = Form::WordOrNumbers {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            limits: Limits::of(&range),
        };
        let found = self.take(key, None, (&expected, form), read)?;
        if let Some(WordOrNumbers::Word(word)) = &found
            && !words.contains(&word.as_str())
        {
            return Err(self.unknown_choice(key, word, words));
        }
        self.check_range(key, found, &expected, |found| match found {
            WordOrNumbers::Word(_) => true,
            WordOrNumbers::Numbers(numbers) => within(numbers, &range),
        })
    }

    /// A table of numbers by name, each in `range`, in the order of the recipe; empty where the key is
    /// left out.
    ///
    /// # Errors
    /// Values of another type, a number outside of its range.
    pub fn numbers_by_name(
        &mut self,
        key: Key,
        range: impl RangeBounds<f64>,
    ) -> Result<Vec<(String, f64)>, OptionError> {
        let expected = format!("a table, each {}", in_words("a number", &range));
        let form = Form::WordOrNumbers { words: Vec::new(), limits: Limits::of(&range) };
        let found = self.take(key, None, (&expected, form), numbers)?;
        let found = self.check_range(key, found, &expected, |found| within(found, &range))?;
        Ok(found.unwrap_or_default())
    }
}

/// The numbers of a table by name.
fn numbers(value: &Value) -> Option<Vec<(String, f64)>> {
    let Value::Table(table) = value else { return None };
    let number = |(name, entry): &(String, Entry)| match &entry.value {
        Value::Float(number) => Some((name.clone(), *number)),
        Value::Integer(number) => Some((name.clone(), *number as f64)),
        _ => None,
    };
    table.entries.iter().map(number).collect()
}

fn within(numbers: &[(String, f64)], range: &impl RangeBounds<f64>) -> bool {
    numbers.iter().all(|(_, number)| number.is_finite() && range.contains(number))
}

/// What an option holds that is one of several words, or numbers by name.
#[derive(Clone, Debug, PartialEq)]
pub enum WordOrNumbers {
    /// One of the words.
    Word(String),
    /// Names with their numbers, in the order of the recipe.
    Numbers(Vec<(String, f64)>),
}

/// A table with every default, for the resolved copy.
fn resolved_table(place: Place, keys: impl Iterator<Item = KnownKey>) -> Table {
    let entry = |key: KnownKey| {
        let value = key.value?;
        let (key_place, value_place) = (place.clone(), place.clone());
        Some((key.name.to_owned(), Entry { value, key_place, value_place }))
    };
    let entries = keys.filter_map(entry).collect();
    Table { place, entries }
}
