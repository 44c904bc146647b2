//! What fits a key, as an editor can check it.

use std::ops::{Bound, RangeBounds};

use serde_json::{Map, Value as Json, json};

/// Names of one kind, such as those of networks of every depth.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// One of the known names.
    pub member: &'static str,
    /// The regular expression that all its members match.
    pub pattern: &'static str,
}

/// The values that fit a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    Boolean,
    Text,
    /// A list, or one text alone.
    Texts {
        at_least: usize,
    },
    Number(Limits),
    Integer(Limits),
    Integers(Limits),
    /// A whole number, or the word.
    IntegerOrWord {
        limits: Limits,
        word: &'static str,
    },
    /// A list, or one number alone.
    Numbers(Limits),
    /// One of the words, or a word of a family.
    Words {
        words: Vec<String>,
        families: Vec<(String, String)>,
    },
    /// One of the words, or a table of numbers.
    WordOrNumbers {
        words: Vec<String>,
        limits: Limits,
    },
    /// A list of tables of one kind, which all follow the definition of this name.
    Tables(&'static str),
}

/// The ends of a range, by the words of JSON schema.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limits(Map<String, Json>);

impl Limits {
    pub(crate) fn of<T: Copy + Into<Json>>(range: &impl RangeBounds<T>) -> Self {
        let low = match range.start_bound() {
            Bound::Included(&end) => Some(("minimum", end)),
            Bound::Excluded(&end) => Some(("exclusiveMinimum", end)),
            Bound::Unbounded => None,
        };
        let high = match range.end_bound() {
            Bound::Included(&end) => Some(("maximum", end)),
            Bound::Excluded(&end) => Some(("exclusiveMaximum", end)),
            Bound::Unbounded => None,
        };
        let ends = [low, high].into_iter().flatten();
        Self(ends.map(|(word, end)| (word.to_owned(), end.into())).collect())
    }

    fn of_type(&self, name: &str) -> Json {
        let mut schema = self.0.clone();
        schema.insert("type".to_owned(), json!(name));
        Json::Object(schema)
    }
}

impl Form {
    pub(crate) fn words(words: &[&str], families: &[Family]) -> Self {
        let family = |family: &Family| (family.member.to_owned(), family.pattern.to_owned());
        Self::Words {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            families: families.iter().map(family).collect(),
        }
    }

    /// As JSON schema.
    pub(crate) fn schema(&self) -> Json {
        match self {
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Text => json!({ "type": "string" }),
            Self::Texts { at_least } => {
                let items = json!({ "type": "string" });
                let list = json!({ "type": "array", "items": items, "minItems": at_least });
                json!({ "anyOf": [items, list] })
            }
            Self::Number(limits) => limits.of_type("number"),
            Self::Integer(limits) => limits.of_type("integer"),
            Self::Integers(limits) => {
                json!({ "type": "array", "items": limits.of_type("integer") })
            }
            Self::IntegerOrWord { limits, word } => {
                json!({ "anyOf": [limits.of_type("integer"), { "const": word }] })
            }
            Self::Numbers(limits) => {
                let each = limits.of_type("number");
                json!({ "anyOf": [each, { "type": "array", "items": each }] })
            }
            Self::Words { words, families } => one_of(words, families),
            Self::WordOrNumbers { words, limits } => {
                let each = limits.of_type("number");
                let table = json!({ "type": "object", "additionalProperties": each });
                match words[..] {
                    [] => table,
                    _ => json!({ "anyOf": [{ "enum": words }, table] }),
                }
            }
            Self::Tables(kind) => {
                let reference = format!("#/$defs/{kind}");
                json!({ "type": "array", "items": { "$ref": reference } })
            }
        }
    }

    /// The same for these of its words alone, and for the families that one of them belongs to.
    pub(crate) fn restricted(&self, allowed: &[String]) -> Json {
        let Self::Words { families, .. } = self else { return json!(true) };
        let families: Vec<_> =
            families.iter().filter(|(member, _)| allowed.contains(member)).cloned().collect();
        one_of(allowed, &families)
    }
}

fn one_of(words: &[String], families: &[(String, String)]) -> Json {
    if families.is_empty() {
        return json!({ "enum": words });
    }
    let patterns =
        families.iter().map(|(_, pattern)| json!({ "type": "string", "pattern": pattern }));
    let all: Vec<Json> = std::iter::once(json!({ "enum": words })).chain(patterns).collect();
    json!({ "anyOf": all })
}
