//! The part of JSON schema, draft 2020-12, that the schema of a recipe uses. A word that is not known
//! here fails the test.

use serde_json::{Map, Value};

/// What is wrong with a document, each with its place; nothing where it is valid.
pub(crate) fn mistakes(schema: &Value, document: &Value) -> Vec<String> {
    Validator { root: schema }.check(schema, document, "")
}

struct Validator<'a> {
    root: &'a Value,
}

impl Validator<'_> {
    fn valid(&self, schema: &Value, value: &Value) -> bool {
        self.check(schema, value, "").is_empty()
    }

    fn check(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let words = match schema {
            Value::Object(words) => words,
            Value::Bool(fits) => return if *fits { Vec::new() } else { vec![place.to_owned()] },
            other => panic!("no schema: {other}"),
        };
        let mut found = Vec::new();
        for (word, says) in words {
            found.extend(self.word(words, (word, says), value, place));
        }
        found
    }

    fn word(
        &self,
        words: &Map<String, Value>,
        (word, says): (&str, &Value),
        value: &Value,
        place: &str,
    ) -> Vec<String> {
        let fails = |holds: bool| match holds {
            true => Vec::new(),
            false => vec![format!("{place}: {word} {says}, found {value}")],
        };
        let limit = |holds: fn(f64, f64) -> bool| {
            fails(value.as_f64().is_none_or(|number| holds(number, says.as_f64().unwrap())))
        };
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match word {
            "$schema" | "$defs" | "title" | "description" | "default" | "then" => Vec::new(),
            "$ref" => {
                let name = says.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                self.check(&self.root["$defs"][name], value, place)
            }
            "type" => fails(match says.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "number" => value.is_number(),
                "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
                other => panic!("the type {other}"),
            }),
            "const" => fails(value == says),
            "enum" => fails(list(says).contains(value)),
            "pattern" => {
                fails(value.as_str().is_none_or(|text| matches(says.as_str().unwrap(), text)))
            }
            "not" => fails(!self.valid(says, value)),
            "minimum" => limit(|number, end| number >= end),
            "maximum" => limit(|number, end| number <= end),
            "exclusiveMinimum" => limit(|number, end| number > end),
            "exclusiveMaximum" => limit(|number, end| number < end),
            "minItems" => fails(
                value.as_array().is_none_or(|items| items.len() as u64 >= says.as_u64().unwrap()),
            ),
            "items" => {
                let items = list(value).into_iter().enumerate();
                items
                    .flat_map(|(number, item)| {
                        self.check(says, &item, &format!("{place}.{number}"))
                    })
                    .collect()
            }
            "anyOf" => fails(list(says).iter().any(|schema| self.valid(schema, value))),
            "allOf" => {
                list(says).iter().flat_map(|schema| self.check(schema, value, place)).collect()
            }
            "if" if self.valid(says, value) => self.check(&words["then"], value, place),
            "if" => Vec::new(),
            "required" => {
                let missing = |key: &Value| {
                    value.as_object().is_some_and(|keys| !keys.contains_key(key.as_str().unwrap()))
                };
                fails(!list(says).iter().any(missing))
            }
            "properties" => {
                let known = |(key, value): (&String, &Value)| {
                    says.get(key).map(|schema| self.check(schema, value, &format!("{place}.{key}")))
                };
                value.as_object().into_iter().flatten().filter_map(known).flatten().collect()
            }
            "additionalProperties" => {
                let other = |(key, value): (&String, &Value)| {
                    let known =
                        words.get("properties").is_some_and(|known| known.get(key).is_some());
                    if known {
                        Vec::new()
                    } else {
                        self.check(says, value, &format!("{place}.{key}"))
                    }
                };
                value.as_object().into_iter().flatten().flat_map(other).collect()
            }
            other => panic!("the word {other} is not known here"),
        }
    }
}

/// Whether the end of a text matches an expression of letters, `\.`, `[0-9]+` and classes of single
/// letters; all of it for one that begins with `^`.
fn matches(pattern: &str, text: &str) -> bool {
    let inner = pattern.strip_suffix('$').unwrap();
    match inner.strip_prefix('^') {
        Some(inner) => fits(inner, text),
        None => text.char_indices().any(|(start, _)| fits(inner, &text[start..])),
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    if let Some(pattern) = pattern.strip_prefix("[0-9]+") {
        let rest = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        return rest.len() < text.len() && fits(pattern, rest);
    }
    let Some(first) = text.chars().next() else { return pattern.is_empty() };
    let rest = &text[first.len_utf8()..];
    let class = pattern.strip_prefix('[').and_then(|pattern| pattern.split_once(']'));
    match (class, pattern.strip_prefix('\\').unwrap_or(pattern).strip_prefix(first)) {
        (Some((class, pattern)), _) => class.contains(first) && fits(pattern, rest),
        (None, Some(pattern)) => fits(pattern, rest),
        (None, None) => false,
    }
}
