//! What a teacher had to say, and where its student does not follow it.

use serde::{Deserialize, Serialize};

use super::nullable;

/// What the teacher had to say, and where the student does not follow it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Teaching {
    /// The teacher of the first seed at several temperatures, on the test split.
    pub softened: Vec<Softened>,
    /// The seed of the models that disagree.
    pub seed: u64,
    /// Some of the test samples on which student and teacher differ.
    pub disagreements: Vec<Disagreement>,
    /// Why their rows are not shown as the files have them, where they should be.
    #[serde(default)]
    pub rows_unread: Option<String>,
}

/// How sure a model is at a temperature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Softened {
    /// What logits are divided by.
    #[serde(deserialize_with = "nullable::number")]
    pub temperature: f64,
    /// Mean of the largest probability.
    #[serde(deserialize_with = "nullable::number")]
    pub confidence: f64,
    /// Mean entropy, in nats.
    #[serde(deserialize_with = "nullable::number")]
    pub entropy: f64,
}

/// A sample on which the distilled student says something else than its teacher.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Its number in the test split, from 1.
    pub sample: u64,
    /// Its class, the labels that apply to it, or its numbers.
    pub label: String,
    /// What teacher, student alone and distilled student say.
    pub choices: Vec<Choice>,
    /// The sample, where it is an image of one or three channels.
    pub picture: Option<Picture>,
    /// Its first numbers, where it is none.
    pub values: Vec<f32>,
    /// Its row, where it is one of a table.
    #[serde(default)]
    pub row: Option<FileRow>,
    /// How far student and teacher are apart, where they choose no single class.
    #[serde(default)]
    pub apart: String,
}

/// A row of a table as its file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Where it stands.
    pub place: String,
    /// Names of columns, and the cells in them.
    pub cells: Vec<(String, String)>,
    /// How many columns more the file has.
    pub more: u64,
}

/// What a model says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The class, the labels that it finds, or its numbers.
    pub class: String,
    /// The probability of the class; of anything else not a number.
    #[serde(deserialize_with = "nullable::number")]
    pub probability: f64,
}

/// A small image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// One or three bytes a pixel, row by row.
    pub bytes: Vec<u8>,
}
