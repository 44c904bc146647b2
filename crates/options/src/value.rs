//! The values that a recipe can hold.

use std::fmt;

use toml::de::DeValue;

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
    /// What no option uses: a date or a nested table; the name of its type.
    Other(&'static str),
}

impl Value {
    pub(crate) fn from_toml(value: &DeValue<'_>) -> Self {
        let other = Self::Other(value.type_str());
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(digits) => {
                i64::from_str_radix(digits.as_str(), digits.radix()).map_or(other, Self::Integer)
            }
            DeValue::Float(digits) => digits.as_str().parse().map_or(other, Self::Float),
            DeValue::Boolean(truth) => Self::Boolean(*truth),
            DeValue::Array(items) => {
                Self::List(items.iter().map(|item| Self::from_toml(item.get_ref())).collect())
            }
            DeValue::Datetime(_) | DeValue::Table(_) => other,
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
            Self::Other(name) => write!(formatter, "{name}"),
        }
    }
}
