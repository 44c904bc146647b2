//! Which keys a reader asks for, found out by reading with every choice there is.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::ResolvedSection;
use crate::form::Form;
use crate::section::KnownKey;
use crate::{Document, OptionError, Problem, Value};

/// Section and key.
pub(crate) type At = (String, &'static str);

/// What a reader asked for, with each of its words tried: the same reading that reads a recipe.
///
/// A key that must be given is given the value that its own error proposes. A word that leads to new
/// words, such as an optimiser that has forms, has those tried too.
#[derive(Debug, Default)]
pub struct Survey {
    /// All readings, the first without a choice.
    pub(crate) readings: Vec<Reading>,
    /// Readings that differ in one word alone: what chooses, then the word and number of each.
    pub(crate) groups: Vec<(At, Vec<(String, usize)>)>,
    /// The sections in order with their explanations.
    pub(crate) sections: Vec<(String, String)>,
}

/// One reading that went well.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) keys: BTreeMap<At, KnownKey>,
    /// The keys that must be given.
    pub(crate) required: BTreeSet<At>,
}

/// No recipe has more keys that must be given.
const MOST_REQUIRED: usize = 100;

impl Survey {
    /// Surveys what `read` asks for where these assignments are `given`. `companions` are assignments that a
    /// word needs beside it: `("data.task=numbers", "data.targets=a")`.
    ///
    /// # Errors
    /// Whatever `read` refuses though its words, defaults and examples alone are given.
    pub fn of(
        companions: &[(&str, &str)],
        given: &[&str],
        read: impl Fn(&mut Document) -> Result<(), OptionError>,
    ) -> Result<Self, OptionError> {
        let mut survey = Self::default();
        let given: Vec<String> = given.iter().map(|&text| text.to_owned()).collect();
        let (reading, sections) = attempt(&given, &read)?;
        let named = sections.into_iter().map(|section| (section.name, section.explanation));
        survey.sections = named.collect();
        survey.readings.push(reading);
        let mut open = vec![(0, given, BTreeSet::new())];
        while let Some((number, given, tried)) = open.pop() {
            let choices = survey.choices(number);
            let known: BTreeSet<_> = tried.union(&choices).cloned().collect();
            for (at, words) in choices.difference(&tried) {
                let mut group = Vec::new();
                for word in words {
                    let assignment = format!("{}.{}={word}", at.0, at.1);
                    let with = companions.iter().filter(|(word, _)| *word == assignment);
                    let mut given: Vec<String> = given.clone();
                    given.extend(with.map(|(_, other)| (*other).to_owned()));
                    given.push(assignment);
                    let (reading, _) = attempt(&given, &read)?;
                    let number = survey.readings.len();
                    survey.readings.push(reading);
                    group.push((word.clone(), number));
                    open.push((number, given, known.clone()));
                }
                survey.groups.push((at.clone(), group));
            }
        }
        Ok(survey)
    }

    /// The keys of one reading that choose among words.
    fn choices(&self, number: usize) -> BTreeSet<(At, Vec<String>)> {
        let keys = self.readings.get(number).into_iter().flat_map(|reading| &reading.keys);
        let choice = |(at, key): (&At, &KnownKey)| match &key.form {
            Form::Words { words, .. } => Some((at.clone(), words.clone())),
            _ => None,
        };
        keys.filter_map(choice).collect()
    }
}

/// Reads with these assignments and those that the reader demands.
fn attempt(
    given: &[String],
    read: &impl Fn(&mut Document) -> Result<(), OptionError>,
) -> Result<(Reading, Vec<ResolvedSection>), OptionError> {
    let mut required = BTreeMap::new();
    loop {
        let mut document = Document::empty();
        for assignment in required.values().chain(given) {
            document.set(assignment)?;
        }
        let Err(error) = read(&mut document) else {
            return Ok(reading(document, &required));
        };
        let Problem::Missing { section, key, expected } = error.problem.as_ref() else {
            return Err(error);
        };
        let assignment = format!("{section}.{key}={expected}");
        let at = (section.clone(), key.clone());
        if required.len() >= MOST_REQUIRED || required.insert(at, assignment).is_some() {
            return Err(error);
        }
    }
}

fn reading(
    document: Document,
    required: &BTreeMap<(String, String), String>,
) -> (Reading, Vec<ResolvedSection>) {
    let mut reading = Reading::default();
    let mut sections = document.resolved;
    for section in &mut sections {
        for key in section.keys.drain(..) {
            let at = (section.name.clone(), key.name);
            if required.contains_key(&(section.name.clone(), key.name.to_owned())) {
                reading.required.insert(at.clone());
            }
            reading.keys.insert(at, key);
        }
    }
    (reading, sections)
}

impl Reading {
    /// The word that this reading has for a key.
    pub(crate) fn word(&self, at: &At) -> Option<&str> {
        match self.keys.get(at)?.value.as_ref()? {
            Value::Text(word) => Some(word),
            _ => None,
        }
    }
}
