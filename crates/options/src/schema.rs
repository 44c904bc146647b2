//! The JSON schema of what a [`Survey`] found, draft 2020-12.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::form::Form;
use crate::section::KnownKey;
use crate::survey::{At, Reading};
use crate::{Survey, Value};

impl Survey {
    /// The schema of each section: an object that refuses unknown keys, keys that its words do not
    /// allow, and values that do not fit. Tables in lists follow the definition of their kind.
    pub fn sections(&self) -> Map<String, Json> {
        let section = |(name, explanation): &(String, String)| {
            (name.clone(), self.section(name, explanation))
        };
        self.sections.iter().map(section).collect()
    }

    /// The sections that must be there, because they have keys that must be given.
    pub fn required_sections(&self) -> BTreeSet<&str> {
        let first = self.readings.iter().take(1);
        first.flat_map(|reading| &reading.required).map(|(section, _)| section.as_str()).collect()
    }

    /// What a word of one section demands of another, as schemas of the whole document.
    pub fn rules_between_sections(&self) -> Vec<Json> {
        let mut rules = Vec::new();
        for (at, chooser) in self.dependencies().into_iter().filter(|(at, by)| at.0 != by.0) {
            let given = within(&at.0, json!({ "required": [at.1] }), true);
            rules.push(json!({ "if": given, "then": self.allowing(&at, &chooser) }));
        }
        for (chooser, group) in &self.groups {
            for (at, words) in self.narrowed(group) {
                for (word, allowed) in words {
                    let property = json!({ "properties": { (chooser.1): { "const": word } } });
                    let is_default = self.word_by_default(chooser) == Some(word);
                    let chosen =
                        within(&chooser.0, demanding(property, chooser.1, is_default), !is_default);
                    let fits = json!({ "properties": { (at.1): { "enum": allowed } } });
                    rules.push(json!({ "if": chosen, "then": within(&at.0, fits, false) }));
                }
            }
        }
        rules
    }

    fn section(&self, name: &str, explanation: &str) -> Json {
        let keys = self.keys(name);
        let properties: Map<String, Json> =
            keys.iter().map(|(key, known)| ((*key).to_owned(), property(known))).collect();
        let required = self.readings.first().map(|reading| &reading.required);
        let required = required.into_iter().flatten().filter(|at| at.0 == name);
        let required: Vec<_> = required.map(|at| at.1).collect();
        let mut rules: Vec<Json> = Vec::new();
        for (at, chooser) in self.dependencies() {
            if at.0 == name && chooser.0 == name {
                let given = json!({ "required": [at.1] });
                rules.push(json!({ "if": given, "then": self.allowed(&at, &chooser) }));
            }
        }
        rules.extend(self.demands(name));
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if let Some(object) = schema.as_object_mut().filter(|_| !explanation.is_empty()) {
            object.insert("description".to_owned(), json!(explanation));
        }
        // JSON schema has no empty list of rules.
        if let Some(object) = schema.as_object_mut().filter(|_| !rules.is_empty()) {
            object.insert("allOf".to_owned(), Json::Array(rules));
        }
        schema
    }

    /// The keys of a section, each as all readings knew it that had it.
    fn keys(&self, section: &str) -> BTreeMap<&'static str, Vec<&KnownKey>> {
        let mut keys: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, key) in self.readings.iter().flat_map(|reading| &reading.keys) {
            if at.0 == section {
                keys.entry(at.1).or_default().push(key);
            }
        }
        keys
    }

    /// Keys that are known with some words of another key alone, and that other key.
    fn dependencies(&self) -> BTreeSet<(At, At)> {
        let mut found = BTreeSet::new();
        for (chooser, group) in &self.groups {
            let readings: Vec<&Reading> =
                self.of_group(group).map(|(_, reading)| reading).collect();
            let all = readings.iter().flat_map(|reading| reading.keys.keys());
            for at in all.collect::<BTreeSet<_>>() {
                if readings.iter().any(|reading| !reading.keys.contains_key(at)) {
                    found.insert((at.clone(), chooser.clone()));
                }
            }
        }
        found
    }

    fn of_group<'a>(
        &'a self,
        group: &'a [(String, usize)],
    ) -> impl Iterator<Item = (&'a str, &'a Reading)> {
        group.iter().filter_map(|(word, number)| Some((word.as_str(), self.readings.get(*number)?)))
    }

    /// The words of `chooser` with which a key is known, as a schema of the section of `chooser`.
    fn allowed(&self, at: &At, chooser: &At) -> Json {
        let having = self.readings.iter().filter(|reading| reading.keys.contains_key(at));
        let words = having.filter_map(|reading| reading.word(chooser)).map(str::to_owned);
        let words: Vec<String> = words.collect::<BTreeSet<_>>().into_iter().collect();
        let known = self.readings.iter().find_map(|reading| reading.keys.get(chooser));
        let fits = known.map_or(json!(true), |known| known.form.restricted(&words));
        let absent =
            self.word_by_default(chooser).is_some_and(|word| words.iter().any(|fit| fit == word));
        demanding(json!({ "properties": { (chooser.1): fits } }), chooser.1, absent)
    }

    /// The same as a schema of the whole document.
    fn allowing(&self, at: &At, chooser: &At) -> Json {
        let inside = self.allowed(at, chooser);
        let must = inside.get("required").is_some();
        within(&chooser.0, inside, must)
    }

    fn word_by_default(&self, at: &At) -> Option<&str> {
        match self.readings.first()?.keys.get(at)?.default.as_ref()? {
            Value::Text(word) => Some(word),
            _ => None,
        }
    }

    /// Keys that a word of the same section makes necessary.
    fn demands(&self, section: &str) -> Vec<Json> {
        let always = self.readings.first().map(|reading| &reading.required);
        let mut rules = Vec::new();
        for (chooser, group) in self.groups.iter().filter(|(at, _)| at.0 == section) {
            for (word, reading) in self.of_group(group) {
                let new = reading.required.iter().filter(|at| {
                    at.0 == section
                        && *at != chooser
                        && !always.is_some_and(|all| all.contains(*at))
                });
                let new: Vec<_> = new.map(|at| at.1).collect();
                // A word that other words were chosen beside adds what those demand.
                let by_word = self.of_group(group).any(|(_, other)| {
                    new.iter().all(|key| !other.required.contains(&(section.to_owned(), key)))
                });
                if !new.is_empty() && by_word {
                    let chosen = json!({
                        "properties": { (chooser.1): { "const": word } }, "required": [chooser.1],
                    });
                    rules.push(json!({ "if": chosen, "then": { "required": new } }));
                }
            }
        }
        rules
    }

    /// Keys of other words with each word of a group.
    fn narrowed<'a>(
        &'a self,
        group: &'a [(String, usize)],
    ) -> BTreeMap<&'a At, Vec<(&'a str, &'a Vec<String>)>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (word, reading) in self.of_group(group) {
            for (at, key) in &reading.keys {
                if let Form::Words { words, .. } = &key.form {
                    found.entry(at).or_default().push((word, words));
                }
            }
        }
        found.retain(|_, words| words.windows(2).any(|pair| matches!(pair, [a, b] if a.1 != b.1)));
        found
    }
}

/// A schema of one section as one of the whole document.
fn within(section: &str, schema: Json, must_be_there: bool) -> Json {
    demanding(json!({ "properties": { (section): schema } }), section, !must_be_there)
}

/// The same where `key` must be given, unless it may be absent.
fn demanding(mut schema: Json, key: &str, absent: bool) -> Json {
    if let (false, Some(object)) = (absent, schema.as_object_mut()) {
        object.insert("required".to_owned(), json!([key]));
    }
    schema
}

/// One key as all readings knew it.
fn property(known: &[&KnownKey]) -> Json {
    let mut forms: Vec<Form> = Vec::new();
    for key in known {
        let is_known = forms.contains(&key.form);
        match (&key.form, forms.first_mut()) {
            (Form::Words { words: more, .. }, Some(Form::Words { words, .. })) => {
                let new: Vec<_> =
                    more.iter().filter(|word| !words.contains(word)).cloned().collect();
                words.extend(new);
            }
            (form, _) if !is_known => forms.push(form.clone()),
            _ => {}
        }
    }
    let schemas: Vec<Json> = forms.iter().map(|form| form.schema()).collect();
    let mut schema = match &schemas[..] {
        [only] => only.clone(),
        _ => json!({ "anyOf": schemas }),
    };
    let Some(object) = schema.as_object_mut() else { return schema };
    if let Some(first) = known.first() {
        object.insert("description".to_owned(), json!(first.explanation));
        // A default that depends on another key is none that an editor could propose.
        let same = known.iter().all(|key| key.default == first.default);
        if let (true, Some(default)) = (same, &first.default) {
            object.insert("default".to_owned(), default.as_json());
        }
    }
    schema
}
