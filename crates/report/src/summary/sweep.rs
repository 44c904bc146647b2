//! The sweep that a run was chosen from.

use serde::{Deserialize, Serialize};

use super::nullable;

/// A sweep over keys of the recipe.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepView {
    /// The keys with their values, in the order in which they were given.
    pub axes: Vec<SweepAxis>,
    /// One for each combination.
    pub points: Vec<SweepPoint>,
}

/// One key of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepAxis {
    /// Such as `distill.temperature`.
    pub key: String,
    /// Its values, as they were typed.
    pub values: Vec<String>,
}

/// One combination of values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// For each key the place of its value.
    pub places: Vec<usize>,
    /// Mean over seeds of the distilled student's score on validation: a fraction, or an error negated.
    #[serde(deserialize_with = "nullable::number")]
    pub validation_accuracy: f64,
    /// Whether it was chosen.
    pub chosen: bool,
}
