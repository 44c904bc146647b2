//! A teacher that is there before the job begins, and is asked.

use data::{Corpus, SourceFile};
use eval::Answers;
use nn::{Head, Tap};
use teacher::{Part, ReadyTeacher, TapSource, TeacherError, View};

use crate::JobError;
use crate::event::Card;
use crate::question::Question;

/// A teacher that is not trained here.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) teacher: Box<dyn ReadyTeacher>,
    /// Its networks, as far as they are known.
    pub(crate) card: Card,
    /// Its files.
    pub(crate) sources: Vec<SourceFile>,
    /// Where it comes from, a sentence for each of its parts.
    pub(crate) origin: Vec<String>,
    /// What is remarkable about it, a sentence for each.
    pub(crate) warnings: Vec<String>,
    /// Whether it computes what it says, which then takes a time of its own.
    pub(crate) computes: bool,
}

impl Ready {
    /// What may be known before the judgement.
    pub(crate) fn lessons<'a>(&'a self, corpus: &'a Corpus) -> Lessons<'a> {
        Lessons { teacher: self.teacher.as_ref(), corpus }
    }

    /// What the teacher says about validation and test part, as far as it says something.
    pub(crate) fn testimony(&self, corpus: &Corpus) -> Result<Testimony, JobError> {
        let said = |part| answers(self.teacher.as_ref(), corpus, part);
        Ok(Testimony { validation: said(Part::Validation)?, test: said(Part::Test)? })
    }

    /// Whether it has something to say about the test part, without asking what.
    pub(crate) fn knows_test(&self, corpus: &Corpus) -> Result<bool, JobError> {
        Ok(self.teacher.logits(corpus, Part::Test, View::PLAIN, &[])?.is_some())
    }

    /// Asks it about some samples of the test part, for the time that it takes.
    pub(crate) fn ask_test(&self, corpus: &Corpus, rows: &[usize]) -> Result<(), JobError> {
        self.teacher.logits(corpus, Part::Test, View::PLAIN, rows)?;
        Ok(())
    }

    /// Bytes of all its files.
    pub(crate) fn bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.bytes).sum()
    }
}

/// A teacher as the trainings know it: it says nothing about the test part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lessons<'a> {
    teacher: &'a dyn ReadyTeacher,
    corpus: &'a Corpus,
}

impl<'a> Lessons<'a> {
    /// The taps that it offers.
    pub(crate) fn taps(&self) -> Vec<Tap> {
        self.teacher.taps()
    }

    /// Its last layer, where a student can end in it.
    pub(crate) fn head(&self) -> Option<Head> {
        self.teacher.head(self.corpus)
    }

    pub(crate) fn tap_source(
        &self,
        seed: u64,
        names: Vec<String>,
    ) -> Result<Option<Box<dyn TapSource + 'a>>, TeacherError> {
        self.teacher.tap_source(self.corpus, seed, names)
    }

    /// What the teacher says about some samples of the transfer set.
    pub(crate) fn ask(&self, view: View<'_>, rows: &[usize]) -> Result<Vec<f32>, TeacherError> {
        self.teacher.logits(self.corpus, Part::Train, view, rows)?.ok_or(TeacherError::Silent)
    }

    pub(crate) fn validation(&self) -> Result<Option<Answers>, JobError> {
        answers(self.teacher, self.corpus, Part::Validation)
    }

    pub(crate) fn fingerprint(&self) -> String {
        self.teacher.fingerprint()
    }
}

/// What a teacher says about what it is judged by; none where it says nothing.
#[derive(Debug)]
pub(crate) struct Testimony {
    pub(crate) validation: Option<Answers>,
    pub(crate) test: Option<Answers>,
}

fn answers(
    teacher: &dyn ReadyTeacher,
    corpus: &Corpus,
    part: Part,
) -> Result<Option<Answers>, JobError> {
    if part.of(corpus).is_empty() {
        return Ok(None);
    }
    let rows: Vec<usize> = part.rows(corpus).collect();
    let logits = teacher.logits(corpus, part, View::PLAIN, &rows)?;
    let question = Question::of(&corpus.preprocessing);
    logits.map(|logits| question.read(&logits)).transpose()
}
