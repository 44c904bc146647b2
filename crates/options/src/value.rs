//! The values that a recipe can hold.

use std::fmt;
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::Place;
use crate::section::Entry;

/// A value of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text in quotes.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Values in brackets.
    List(Vec<Value>),
    /// Keys with values in braces, or a section of a list of sections.
    Table(Table),
    /// What no option uses, such as a date; the name of its type.
    Other(&'static str),
}

/// Keys with their values, in order, and where it all stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub(crate) place: Place,
    pub(crate) entries: Vec<(String, Entry)>,
}

impl Table {
    /// `place` finds what stands in a stretch of the text.
    pub(crate) fn from_toml(
        table: &DeTable<'_>,
        span: Range<usize>,
        place: &dyn Fn(Range<usize>) -> Place,
    ) -> Self {
        let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
            let entry = Entry {
                value: Value::from_toml(value.get_ref(), value.span(), place),
                key_place: place(key.span()),
                value_place: place(value.span()),
            };
            (key.get_ref().to_string(), entry)
        };
        Self { place: place(span), entries: table.iter().map(entry).collect() }
    }
}

impl Value {
    /// `place` finds what stands in a stretch of the text, such as `span`, where the value stands.
    pub(crate) fn from_toml(
        value: &DeValue<'_>,
        span: Range<usize>,
        place: &dyn Fn(Range<usize>) -> Place,
    ) -> Self {
        let other = Self::Other(value.type_str());
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(digits) => {
                i64::from_str_radix(digits.as_str(), digits.radix()).map_or(other, Self::Integer)
            }
            DeValue::Float(digits) => digits.as_str().parse().map_or(other, Self::Float),
            DeValue::Boolean(truth) => Self::Boolean(*truth),
            DeValue::Array(items) => {
                let item = |item: &Spanned<DeValue<'_>>| {
                    Self::from_toml(item.get_ref(), item.span(), place)
                };
                Self::List(items.iter().map(item).collect())
            }
            DeValue::Table(table) => Self::Table(Table::from_toml(table, span, place)),
            DeValue::Datetime(_) => other,
        }
    }

    pub(crate) fn as_table(&self) -> Option<Table> {
        match self {
            Self::Table(table) => Some(table.clone()),
            _ => None,
        }
    }

    /// As JSON, for a schema.
    pub(crate) fn as_json(&self) -> Json {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Boolean(truth) => (*truth).into(),
            Self::List(items) => items.iter().map(Self::as_json).collect(),
            Self::Table(table) => {
                let entries = table.entries.iter();
                entries.map(|(key, entry)| (key.clone(), entry.value.as_json())).collect()
            }
            Self::Other(name) => (*name).into(),
        }
    }

    /// Type and value, for an error message.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Text(_) => format!("the text {self}"),
            Self::Integer(_) => format!("the integer {self}"),
            Self::Float(_) => format!("the number {self}"),
            Self::Boolean(_) => format!("the boolean {self}"),
            Self::List(_) => format!("the list {self}"),
            Self::Table(_) => "a table".to_owned(),
            Self::Other(name) => format!("a {name}"),
        }
    }
}

/// As TOML.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                write!(formatter, "{}", toml::Value::String(text.clone()))
            }
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Float(number) => write!(formatter, "{}", toml::Value::Float(*number)),
            Self::Boolean(truth) => write!(formatter, "{truth}"),
            Self::List(items) => {
                write!(formatter, "[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(formatter, "{comma}{item}")?;
                }
                write!(formatter, "]")
            }
            Self::Table(table) => {
                write!(formatter, "{{")?;
                for (index, (key, entry)) in table.entries.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(formatter, "{comma} {} = {}", name(key), entry.value)?;
                }
                write!(formatter, " }}")
            }
            Self::Other(name) => write!(formatter, "{name}"),
        }
    }
}

/// A key as TOML: in quotes where it is not made of letters, digits, `_` and `-` alone.
fn name(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    match key {
        "" => "\"\"".to_owned(),
        key if key.bytes().all(bare) => key.to_owned(),
        key => toml::Value::String(key.to_owned()).to_string(),
    }
}
