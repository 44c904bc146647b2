//! The whole text of a recipe.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::error::closest;
use crate::section::{Entry, KnownKey};
use crate::value::Table;
use crate::{OptionError, Place, Problem, Section, Value};

/// A recipe that was parsed, and what has been read from it so far.
#[derive(Debug)]
pub struct Document {
    origin: Arc<str>,
    text: Arc<str>,
    sections: BTreeMap<String, Content>,
    pub(crate) resolved: Vec<ResolvedSection>,
}

#[derive(Debug)]
pub(crate) struct Content {
    header: Place,
    pub(crate) entries: BTreeMap<String, Entry>,
}

/// A section as it was read, with every default.
#[derive(Debug)]
pub(crate) struct ResolvedSection {
    pub(crate) name: String,
    pub(crate) explanation: String,
    pub(crate) keys: Vec<KnownKey>,
}

/// Assignments up to this length have their comments below each other.
const LONGEST_ALIGNED: usize = 60;

/// A recipe is a page of text; a larger file is not one.
const LONGEST_TEXT: usize = 1 << 20;

impl Document {
    /// Parses TOML `text` that came from `origin`, the path to show in errors.
    ///
    /// # Errors
    /// [`Problem::Syntax`], also for a value outside a section or tables deeper than two levels.
    pub fn parse(origin: &str, text: &str) -> Result<Self, OptionError> {
        let mut document = Self { origin: origin.into(), text: text.into(), ..Self::empty() };
        if text.len() > LONGEST_TEXT {
            let message =
                format!("a recipe has at most {LONGEST_TEXT} bytes, this one has {}", text.len());
            return Err(document.syntax_error(message, 0..0));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let message = error.message().to_owned();
            document.syntax_error(message, error.span().unwrap_or(0..0))
        })?;
        for (name, value) in table.get_ref().iter() {
            let DeValue::Table(table) = value.get_ref() else {
                let message = format!("`{}` stands outside any section", name.get_ref());
                return Err(document.syntax_error(message, name.span()));
            };
            let table = Table::from_toml(table, name.span(), &|span| document.place(span));
            let entries = table.entries.into_iter().collect();
            let content = Content { header: table.place, entries };
            document.sections.insert(name.get_ref().to_string(), content);
        }
        Ok(document)
    }

    /// Overrides one key, as `section.key=value`. A value that is not TOML is taken as text, so
    /// that quotes are not needed.
    ///
    /// # Errors
    /// [`Problem::Assignment`] when the argument has another form.
    pub fn set(&mut self, argument: &str) -> Result<(), OptionError> {
        let malformed = || {
            let problem = Problem::Assignment { argument: argument.to_owned() };
            OptionError::new(problem, None)
        };
        let (path, given) = argument.split_once('=').ok_or_else(malformed)?;
        let (section, key) = path.trim().split_once('.').ok_or_else(malformed)?;
        if section.is_empty() || key.is_empty() || key.contains('.') {
            return Err(malformed());
        }
        let given = given.trim();
        let text: Arc<str> = argument.into();
        let place = |span| Place { origin: "--set".into(), text: text.clone(), span };
        // Spans inside of the value count from its beginning.
        let start = argument.trim_end().len() - given.len();
        let inside = |span: Range<usize>| place(start + span.start..start + span.end);
        let value = match DeValue::parse(given) {
            Ok(value) => Value::from_toml(value.get_ref(), value.span(), &inside),
            Err(_) => Value::Text(given.to_owned()),
        };
        let entry = Entry {
            value,
            key_place: place(0..path.len()),
            value_place: place(path.len() + 1..argument.len()),
        };
        let header = place(0..section.len());
        let content = Content { header, entries: BTreeMap::new() };
        let content = self.sections.entry(section.to_owned()).or_insert(content);
        content.entries.insert(key.to_owned(), entry);
        Ok(())
    }

    /// A document without text, for a table inside of a section.
    pub(crate) fn empty() -> Self {
        Self { origin: "".into(), text: "".into(), sections: BTreeMap::new(), resolved: Vec::new() }
    }

    /// Starts to read a section; one that the text does not have is all defaults.
    pub fn section(&mut self, name: &str, explanation: &str) -> Section<'_> {
        let content = self.sections.remove(name);
        let header = content.as_ref().map(|content| content.header.clone());
        let entries = content.map(|content| content.entries).unwrap_or_default();
        Section::new(self, name, explanation, header, entries)
    }

    /// Whether the text has this section.
    pub fn has_section(&self, name: &str) -> bool {
        self.sections.contains_key(name)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`Problem::UnknownSection`] for a section that nobody asked for.
    pub fn finish(&self) -> Result<(), OptionError> {
        let Some((name, content)) = self.sections.iter().next() else { return Ok(()) };
        let known: Vec<String> = self.resolved.iter().map(|part| part.name.clone()).collect();
        let similar = closest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let problem = Problem::UnknownSection { section: name.clone(), similar, known };
        Err(OptionError::new(problem, Some(content.header.clone())))
    }

    /// The recipe with every default written out and explained, as TOML that reads back the same.
    pub fn resolved(&self) -> String {
        let mut text = String::new();
        for section in &self.resolved {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("# {}\n[{}]\n", section.explanation, section.name));
            // A long list has its comment behind it and moves no other.
            let lengths = section.keys.iter().map(|key| key.assignment().len());
            let width = lengths.filter(|&length| length <= LONGEST_ALIGNED).max().unwrap_or(0);
            for key in &section.keys {
                let assignment = key.assignment();
                text.push_str(&format!("{assignment:width$}  # {}\n", key.explanation));
            }
        }
        text
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place { origin: self.origin.clone(), text: self.text.clone(), span }
    }

    fn syntax_error(&self, message: String, span: Range<usize>) -> OptionError {
        OptionError::new(Problem::Syntax { message }, Some(self.place(span)))
    }
}
