//! A teacher that is there before the job begins.

use std::fmt::Debug;
use std::ops::Range;

use data::{Corpus, Mix};
use nn::{Head, Tap};

use crate::{TapSource, TeacherError};

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The transfer set.
    Train,
    /// What is chosen by.
    Validation,
    /// What is judged by.
    Test,
}

impl Part {
    /// The part in a word.
    pub fn words(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// All samples of the part.
    pub fn rows(self, corpus: &Corpus) -> Range<usize> {
        0..self.of(corpus).len()
    }

    /// The samples of the part.
    pub fn of(self, corpus: &Corpus) -> &data::Samples {
        match self {
            Self::Train => &corpus.train,
            Self::Validation => &corpus.validation,
            Self::Test => &corpus.test,
        }
    }
}

/// A view of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View<'a> {
    /// The seed of the run that draws the views.
    pub seed: u64,
    /// Its number; 0 is the sample as it is.
    pub number: usize,
    /// How the samples that are asked about are mixed with one another; none where they are not.
    pub mix: Option<&'a Mix>,
}

impl View<'_> {
    /// The samples as they are, which is the same for every seed.
    pub const PLAIN: Self = Self { seed: 0, number: 0, mix: None };
}

/// A teacher that is not trained here. It carries no tape, and says the same whenever it is asked.
pub trait ReadyTeacher: Debug {
    /// Logits at temperature 1 of some samples of a part of the job's data in one view, `[samples,
    /// classes]` row by row; none where the teacher has nothing to say about the part. `corpus` holds
    /// the samples as the student sees them; `rows` are numbers of samples of the part, in any order.
    ///
    /// # Errors
    /// [`TeacherError`] when the teacher does not fit the data.
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View<'_>,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError>;

    /// The taps that it offers, in the order of its pass; none of a teacher that shows its outputs alone.
    fn taps(&self) -> Vec<Tap> {
        Vec::new()
    }

    /// Its last layer for a student that ends in it, where it gets the means of a map and says the student's outputs.
    fn head(&self, _corpus: &Corpus) -> Option<Head> {
        None
    }

    /// What it holds at the taps of these names for the transfer set of `corpus`, whose views are drawn by
    /// `seed`; none where it offers no taps.
    ///
    /// # Errors
    /// [`TeacherError`] when views cannot be drawn.
    fn tap_source<'a>(
        &'a self,
        _corpus: &'a Corpus,
        _seed: u64,
        _names: Vec<String>,
    ) -> Result<Option<Box<dyn TapSource + 'a>>, TeacherError> {
        Ok(None)
    }

    /// A text that is another one when the teacher says something else about the samples to learn from: hashes
    /// of files, options, and of the samples where the teacher sees others than the student.
    fn fingerprint(&self) -> String;
}
