//! Who learns from a teacher: the assistants, one after the other, and the student last.
//!
//! Each learns from the one before it, as the recipe says the student does: Mirzadeh et al., "Improved knowledge
//! distillation via teacher assistant" (2020), and with the student's own network Furlanello et al., "Born again
//! neural networks" (2018).

use data::Views;
use methods::Method;
use nn::{Network, totals};
use report::summary::Role;
use teacher::LogitSource;
use train::{OwnTeacher, Settings, Trainer};

use crate::JobError;
use crate::archive::Archive;
use crate::contest::{Builder, Contest, Judges};
use crate::event::{Observer, Phase};
use crate::lesson::Lesson;
use crate::prepared::Prepared;
use crate::training::{Trained, train};
use crate::tutor::{Taught, Tutor};

/// A network that learns from another one.
pub(crate) struct Learner<'b, S> {
    pub(crate) role: Role,
    /// What decides its random numbers.
    pub(crate) name: String,
    pub(crate) build: &'b Builder<'b, S>,
}

/// What all learners of a seed are shown, and who judges them.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'v> {
    pub(crate) views: &'v Views,
    pub(crate) judges: &'v Judges<'v>,
}

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// The assistants in the order in which they learn.
    pub(crate) fn assistants(&self) -> impl Iterator<Item = Learner<'_, S>> {
        (1..).zip(&self.assistants).map(|(number, build)| {
            let role = Role::Assistant(number);
            Learner { role, name: role.to_string(), build: build.as_ref() }
        })
    }

    /// The student when it is distilled.
    pub(crate) fn student(&self) -> Learner<'_, S> {
        Learner { role: Role::Student, name: Role::Student.to_string(), build: self.student }
    }

    /// Trains the assistants, each on what the one before it says; none when the observer stopped one.
    pub(crate) fn climb(
        &self,
        teacher: Option<&Trained<T>>,
        seen: Seen<'_>,
        phase: &dyn Fn(Role) -> Phase,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Vec<Trained<S>>>, JobError> {
        let mut trained = Vec::new();
        for assistant in self.assistants() {
            let phase = phase(assistant.role);
            let learned = {
                let tutor = self.tutor(teacher, &trained)?;
                let asked = (phase.seed, seen.views);
                let lesson = self.lesson(&assistant, tutor.as_ref(), asked, archive, observer)?;
                let Some(lesson) = lesson else { return Ok(None) };
                self.learn(&assistant, &lesson, seen, phase, archive, observer)?
            };
            let Some(learned) = learned else { return Ok(None) };
            trained.push(learned);
        }
        Ok(Some(trained))
    }

    /// Trains one network by its lesson; none when the observer stopped it.
    pub(crate) fn learn(
        &self,
        learner: &Learner<'_, S>,
        lesson: &Lesson<'_, S>,
        seen: Seen<'_>,
        phase: Phase,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Trained<S>>, JobError> {
        let (seed, name, settings) = (phase.seed, learner.name.as_str(), &self.settings);
        let Seen { views, judges } = seen;
        let Lesson { heir, fitted, targets, taps } = lesson;
        let learner = &learner.made_as(heir.as_deref());
        let method = fitted.as_deref().unwrap_or(self.method);
        let run = self.learning(seed, learner, method, settings)?;
        let feed = self.feed(seed, name, method, settings, views, targets.as_deref())?;
        let mut feed = feed.observing(taps.as_deref());
        train(run, &mut feed, phase, judges, archive, observer)
    }

    /// The training of a learner, which may be its own teacher.
    pub(crate) fn learning<'m>(
        &self,
        seed: u64,
        learner: &Learner<'_, S>,
        method: &'m dyn Method,
        settings: &Settings,
    ) -> Result<Trainer<'m, S>, JobError> {
        let trainer = self.trainer(seed, &learner.name, learner.build, method, settings)?;
        match self.teacher {
            Tutor::Own(OwnTeacher::Average(decay)) => Ok(trainer.taught_by_average(decay)),
            Tutor::Own(OwnTeacher::Peers(count)) => {
                let peer = |number: u64| {
                    let name = format!("peer-{number}");
                    self.trainer(seed, &name, learner.build, method, settings)
                };
                Ok(trainer.with_peers((2..=count).map(peer).collect::<Result<_, _>>()?))
            }
            Tutor::Trained { .. } | Tutor::Ready(_) => Ok(trainer),
        }
    }

    /// What a tutor says about the transfer set, of which there is nothing where the learner teaches itself;
    /// none when the observer stopped the labelling.
    pub(crate) fn said<'t>(
        &'t self,
        tutor: Option<&'t Taught<'t, T, S>>,
        views: &'t Views,
        seed: u64,
        archive: &Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Option<Box<dyn LogitSource + 't>>>, JobError> {
        match tutor {
            Some(tutor) => Ok(self.soft_targets(tutor, views, seed, archive, observer)?.map(Some)),
            None => Ok(Some(None)),
        }
    }
}

/// What peers cost beside what the student alone has; none where there are none.
pub(crate) fn peers_in_words(prepared: &Prepared) -> Option<String> {
    let Some(OwnTeacher::Peers(count)) = prepared.recipe.teacher.own() else { return None };
    let chosen = match prepared.corpus.validation.is_empty() {
        true => "The first of them is judged, because there is no validation part to choose by.",
        false => {
            "The one that is best on validation is judged; the student alone is trained once, with no such choice."
        }
    };
    Some(format!(
        "With every seed {count} students of one network learned at the same time, each from the others. {chosen} \
         Each made as many steps as the student alone: the verdict is about the student that comes out, not about equal cost.",
    ))
}

/// What the assistants cost beside what the student alone has; none where there are none.
pub(crate) fn cost_in_words(prepared: &Prepared) -> Option<String> {
    let products = |card| totals(card).multiply_adds as f64;
    let assistants = prepared.assistants.iter().map(|card| products(&card.layers));
    let (count, sum) = (assistants.len(), assistants.sum::<f64>());
    let names: Vec<&str> = prepared.assistants.iter().map(|card| card.name.as_str()).collect();
    let times = sum / products(&prepared.student.layers).max(1.0);
    let end = match prepared.corpus.is_unlabelled() {
        true => "",
        false => {
            ", which the student alone does not get: the verdict is about the student that comes out, not about equal cost"
        }
    };
    (count > 0).then(|| {
        format!(
            "Between teacher and student stand {} ({}), each trained with every seed for as many steps as the student. \
             Together they take {times:.2} times the multiply-adds of the student's own training{end}.",
            if count == 1 { "one assistant".to_owned() } else { format!("{count} assistants") },
            names.join(", ")
        )
    })
}
