//! What is measured where samples have no single class.

use serde::{Deserialize, Serialize};

/// A quantity that is measured of each model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// What it is called.
    pub name: String,
    /// How it is written.
    pub unit: MeasureUnit,
    /// Which way is better.
    pub more_is_better: bool,
}

/// How a quantity is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasureUnit {
    /// A fraction from 0 to 1, in percent.
    Share,
    /// As it is.
    #[default]
    Number,
}
