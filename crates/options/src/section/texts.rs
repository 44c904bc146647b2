//! Keys that hold words.

use super::{Key, Section};
use crate::error::closest;
use crate::form::{Family, Form};
use crate::{OptionError, Problem, Value};

impl Section<'_> {
    /// A list of texts, empty where the key is left out; one text alone is a list of one.
    pub fn texts(&mut self, key: Key) -> Result<Vec<String>, OptionError> {
        Ok(self.list_of_texts(key, Some(Value::List(Vec::new())))?.unwrap_or_default())
    }

    /// The text that a key holds that is not read yet, where it is one text and no list.
    fn lone_text(&self, key: Key) -> Option<String> {
        match &self.entries.get(key.0)?.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// As [`texts`](Self::texts), where one text alone may be `word`, and then there are none at all; another
    /// that was meant to be it is refused.
    pub fn texts_or_word(
        &mut self,
        key: Key,
        word: &str,
    ) -> Result<Option<Vec<String>>, OptionError> {
        let lone = self.lone_text(key);
        let texts = self.texts(key)?;
        match lone {
            Some(text) if text != word && closest(&text.to_lowercase(), [word]).is_some() => {
                let message =
                    format!("`{}` is `{text}`, expected `{word}` or a list of texts", key.0);
                let hint = format!(
                    "write `{0} = \"{word}\"`, or `{0} = [{1}]` for the text itself",
                    key.0,
                    Value::Text(text)
                );
                Err(self.conflict(key.0, message, hint))
            }
            _ => Ok(Some(texts).filter(|texts| *texts != [word])),
        }
    }

    /// A list of at least one text that may be left out; one text alone is a list of one.
    pub fn optional_texts(&mut self, key: Key) -> Result<Option<Vec<String>>, OptionError> {
        let texts = self.list_of_texts(key, None)?;
        self.note(Form::Texts { at_least: 1 });
        self.check_range(key, texts, "at least one text", |texts| !texts.is_empty())
    }

    fn list_of_texts(
        &mut self,
        key: Key,
        default: Option<Value>,
    ) -> Result<Option<Vec<String>>, OptionError> {
        let read = |value: &Value| match value {
            Value::Text(text) => Some(vec![text.clone()]),
            Value::List(items) => items
                .iter()
                .map(|item| match item {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let expected = "text in quotes, or a list of them in brackets";
        self.take(key, default, (expected, Form::Texts { at_least: 0 }), read)
    }

    /// Text that must be given; `example` is shown when it is missing.
    pub fn text(&mut self, key: Key, example: &str) -> Result<String, OptionError> {
        match self.optional_text(key, None)? {
            Some(text) => Ok(text),
            None => Err(self.missing(key, example)),
        }
    }

    /// Text that may be left out, or has a default.
    pub fn optional_text(
        &mut self,
        key: Key,
        default: Option<&str>,
    ) -> Result<Option<String>, OptionError> {
        let read = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        let fallback = default.map(|text| Value::Text(text.to_owned()));
        self.take(key, fallback, ("text in quotes", Form::Text), read)
    }

    /// One of several words.
    pub fn choice(
        &mut self,
        key: Key,
        default: &str,
        choices: &[&str],
    ) -> Result<String, OptionError> {
        let text = self.optional_text(key, Some(default))?.unwrap_or_else(|| default.to_owned());
        self.note(Form::words(choices, &[]));
        if choices.contains(&text.as_str()) {
            return Ok(text);
        }
        Err(self.unknown_choice(key, &text, choices))
    }

    /// One of several words, or none.
    pub fn optional_choice(
        &mut self,
        key: Key,
        choices: &[&str],
    ) -> Result<Option<String>, OptionError> {
        let text = self.optional_text(key, None)?;
        self.note(Form::words(choices, &[]));
        match text {
            Some(text) if !choices.contains(&text.as_str()) => {
                Err(self.unknown_choice(key, &text, choices))
            }
            text => Ok(text),
        }
    }

    /// One of the `known` names, or a member of one of `families`, that must be given; `example` is
    /// shown when it is missing. Who reads it tells an unknown name, by
    /// [`unknown_choice`](Self::unknown_choice): a family has a pattern, for editors, and members
    /// that do not exist.
    pub fn name(
        &mut self,
        key: Key,
        example: &str,
        known: &[&str],
        families: &[Family],
    ) -> Result<String, OptionError> {
        let name = self.optional_text(key, None)?;
        self.note(Form::words(known, families));
        name.ok_or_else(|| self.missing(key, example))
    }

    /// Notes what fits for the key that was taken last.
    fn note(&mut self, form: Form) {
        if let Some(known) = self.known.last_mut() {
            known.form = form;
        }
    }

    /// The error for a word that is none of `choices`.
    pub fn unknown_choice(&self, key: Key, found: &str, choices: &[&str]) -> OptionError {
        let problem = Problem::UnknownChoice {
            section: self.name.clone(),
            key: key.0.to_owned(),
            found: found.to_owned(),
            choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
            similar: closest(found, choices.iter().copied()).map(str::to_owned),
        };
        OptionError::new(problem, self.places.get(key.0).cloned())
    }
}
