//! A teacher whose mistakes are told with the place of the sample in the user's files.

use std::path::PathBuf;

use data::{Corpus, DataOptions, SamplePlaces};
use nn::{Head, Tap};
use teacher::{Part, ReadyTeacher, TapSource, TeacherError, View, check_finite};

/// Where the samples of a job come from.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) options: DataOptions,
    /// Relative paths start there.
    pub(crate) base: PathBuf,
}

impl Origins {
    /// The same error with the place of the sample that it is about. Files that cannot be read again leave it as it is: the
    /// number of the sample is in it.
    pub(crate) fn told(&self, mut error: TeacherError) -> TeacherError {
        if let TeacherError::Said { about, .. } | TeacherError::NotFinite { about, .. } = &mut error
            && about.place.is_none()
        {
            about.place = self.place(about.part, about.sample);
        }
        error
    }

    fn place(&self, part: Part, sample: usize) -> Option<String> {
        let places = SamplePlaces::read(&self.options, &self.base).ok()?;
        let place = match part {
            Part::Train => places.train(sample),
            Part::Validation => places.validation(sample),
            Part::Test => places.test(sample),
        };
        place.ok().flatten()
    }
}

/// A teacher with the origin of the samples that it is asked about. What it says is checked to be numbers.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) teacher: Box<dyn ReadyTeacher>,
    pub(crate) origins: Origins,
}

impl ReadyTeacher for Located {
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View<'_>,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let said = self.teacher.logits(corpus, part, view, rows);
        let said = said.and_then(|said| {
            let logits = said.as_deref().unwrap_or_default();
            check_finite(logits, (part, view.number), rows, corpus.classes.len())?;
            Ok(said)
        });
        said.map_err(|error| self.origins.told(error))
    }

    fn taps(&self) -> Vec<Tap> {
        self.teacher.taps()
    }

    fn head(&self, corpus: &Corpus) -> Option<Head> {
        self.teacher.head(corpus)
    }

    fn tap_source<'a>(
        &'a self,
        corpus: &'a Corpus,
        seed: u64,
        names: Vec<String>,
    ) -> Result<Option<Box<dyn TapSource + 'a>>, TeacherError> {
        self.teacher.tap_source(corpus, seed, names)
    }

    fn fingerprint(&self) -> String {
        self.teacher.fingerprint()
    }
}
