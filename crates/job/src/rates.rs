//! The learning rate range test of a recipe's models.

use methods::Alone;
use nn::Network;
use report::summary::Role;
use serde::Serialize;
use train::RangeTest;

use crate::JobError;
use crate::chain::Seen;
use crate::contest::{Contest, TEACHER};
use crate::distill::Request;
use crate::event::Observer;
use crate::prepared::{Prepared, with_contest};
use crate::tutor::{Head, Tutor};

/// What the learning rate range test of a model found.
#[derive(Clone, Debug, Serialize)]
pub struct RateSearch {
    /// The short name of the network.
    pub model: String,
    /// The learning rate that the recipe has.
    pub learning_rate: f64,
    /// The test.
    #[serde(flatten)]
    pub test: RangeTest,
}

/// Tries rising learning rates on a model of the recipe, in so many steps of its own training with
/// the first seed; writes nothing. The distilled student needs its teacher, which is trained before,
/// as the recipe says, with the assistants between them. None when the observer stopped that.
///
/// # Errors
/// As [`distill`](crate::distill) before it begins, and what a training fails with; numbers that
/// are not finite end the test and are no error.
pub fn find_rate(
    request: &Request,
    role: Role,
    steps: u64,
    observer: &mut dyn Observer,
) -> Result<Option<RateSearch>, JobError> {
    let prepared = Prepared::new(request.begin()?, &request.base)?;
    if role == Role::Teacher && prepared.recipe.teacher.trained().is_none() {
        return Err(JobError::TeacherNotTrained);
    }
    if role == Role::Baseline {
        prepared.need_labels("a student alone")?;
    }
    let test = with_contest(&prepared, |contest| contest.test_rates(role, steps, observer))?;
    let (card, settings) = match (role, prepared.recipe.teacher.trained()) {
        (Role::Teacher, Some(teacher)) => (&prepared.teacher, &teacher.settings),
        _ if role == Role::Student => {
            (prepared.distilled_card(), &prepared.recipe.distill.settings)
        }
        _ => (&prepared.student, &prepared.recipe.distill.settings),
    };
    let learning_rate = settings.schedule.rate;
    Ok(test.map(|test| RateSearch { model: card.name.clone(), learning_rate, test }))
}

impl<T: Network, S: Network> Contest<'_, T, S> {
    fn test_rates(
        &self,
        role: Role,
        steps: u64,
        observer: &mut dyn Observer,
    ) -> Result<Option<RangeTest>, JobError> {
        let seed = self.seeds.first().copied().unwrap_or_default();
        let views = (self.views)(seed)?;
        let failed = |source| JobError::training(role.words(), seed, source);
        if let (Role::Teacher, Tutor::Trained { build, settings }) = (role, &self.teacher) {
            let settings = RangeTest::settings(settings, steps);
            let mut trainer = self.trainer(seed, TEACHER, *build, &Alone, &settings)?;
            let mut feed = self.feed(seed, TEACHER, &Alone, &settings, &views, None)?;
            return RangeTest::run(&mut trainer, &mut feed, steps).map(Some).map_err(failed);
        }
        let settings = RangeTest::settings(&self.settings, steps);
        let seen = views.of_students();
        if role == Role::Baseline {
            let mut trainer = self.trainer(seed, "student", self.student, &Alone, &settings)?;
            let mut feed = self.feed(seed, "student", &Alone, &settings, &seen, None)?;
            return RangeTest::run(&mut trainer, &mut feed, steps).map(Some).map_err(failed);
        }
        let phase = |role| self.phase(role, seed, 0, 1);
        let found = self.find_teacher(phase(Role::Teacher), &views, &mut None, observer)?;
        let Some(Head { teacher, judges }) = found else { return Ok(None) };
        let shown = Seen { views: &seen, judges: &judges };
        let climbed = self.climb(teacher.as_ref(), shown, &phase, &mut None, observer)?;
        let Some(assistants) = climbed else { return Ok(None) };
        let tutor = self.tutor(teacher.as_ref(), &assistants)?;
        let heir = self.heir(seed, tutor.as_ref())?;
        let student = self.student().made_as(heir.as_deref());
        let fitted = self.fitted(seed, &student)?;
        let method = fitted.as_deref().unwrap_or(self.method);
        let said = self.said(tutor.as_ref(), &seen, seed, &None, observer)?;
        let Some(targets) = said else { return Ok(None) };
        let taps = self.tap_source(tutor.as_ref(), method, seed)?;
        let mut trainer = self.learning(seed, &student, method, &settings)?;
        let feed = self.feed(seed, "student", method, &settings, &seen, targets.as_deref())?;
        let mut feed = feed.observing(taps.as_deref());
        RangeTest::run(&mut trainer, &mut feed, steps).map(Some).map_err(failed)
    }
}
