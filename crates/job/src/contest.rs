//! The whole comparison: teacher, student alone and distilled student, seed by seed.

use burn::tensor::Device;
use data::{Order, Room, Samples, Views};
use eval::Answers;
use labels::Keeping;
use methods::{Alone, Method};
use nn::{Network, shift_output_bias};
use random::Stream;
use report::summary::Role;
use teacher::LogitSource;
use train::{Feed, Settings, Trainer};

use crate::JobError;
use crate::archive::Archive;
use crate::chain::Seen;
use crate::event::{Observer, Phase};
use crate::question::Question;
use crate::training::{Trained, train};
use crate::tutor::{Head, Tutor};

/// The samples of a job. The test part is not here: nothing before the judgement can see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Material<'a> {
    /// The transfer set: labelled rows, and rows without a label.
    pub(crate) train: &'a Samples,
    /// How much the label of each of them counts; empty where all count alike.
    pub(crate) weights: &'a [f32],
    /// Which of them the students never see; empty where they see all.
    pub(crate) omitted: &'a [bool],
    /// For choosing.
    pub(crate) validation: &'a Samples,
    pub(crate) question: Question<'a>,
    /// Where what a teacher says about them is kept.
    pub(crate) room: &'a Room,
}

impl Material<'_> {
    /// Whether there is anything but a teacher to learn from.
    pub(crate) fn has_labels(&self) -> bool {
        self.train.labels.iter().any(Option::is_some)
    }

    /// The samples that the training of a name learns from, labelled or not.
    fn seen_by(&self, name: &str) -> Vec<usize> {
        let omitted = |row: usize| self.omitted.get(row).copied().unwrap_or_default();
        (0..self.train.len()).filter(|&row| name == TEACHER || !omitted(row)).collect()
    }
}

/// The name of the teacher's training, which decides its random numbers and what it sees.
pub(crate) const TEACHER: &str = "teacher";

/// How networks are made: a function of the stream of their initial weights.
pub(crate) type Builder<'a, N> = dyn Fn(Stream, &Device) -> Result<N, JobError> + 'a;

/// How students are made that end in the last layer of their teacher.
pub(crate) type HeirBuilder<'a, N> = dyn Fn(nn::Head, Stream, &Device) -> Result<N, JobError> + 'a;

/// A job with everything that decides its result.
pub(crate) struct Contest<'a, T, S> {
    pub(crate) material: Material<'a>,
    /// The views of a seed.
    pub(crate) views: &'a dyn Fn(u64) -> Result<Views, JobError>,
    pub(crate) teacher: Tutor<'a, T>,
    /// The networks between teacher and student, each taught by the one before it.
    pub(crate) assistants: Vec<Box<Builder<'a, S>>>,
    pub(crate) student: &'a Builder<'a, S>,
    /// The same with the last layer of its teacher; none where students cannot have one.
    pub(crate) heir: Option<&'a HeirBuilder<'a, S>>,
    pub(crate) settings: Settings,
    pub(crate) method: &'a dyn Method,
    /// What is added to the bias of a class of the distilled student, when its training is done.
    pub(crate) bias_shift: Vec<(usize, f64)>,
    /// How exactly the teacher's outputs are kept.
    pub(crate) keeping: Keeping,
    pub(crate) seeds: Vec<u64>,
}

/// The models of one seed.
#[derive(Debug)]
pub(crate) struct Entrants<T, S> {
    pub(crate) seed: u64,
    /// None where the teacher was not trained here.
    pub(crate) teacher: Option<Trained<T>>,
    /// In the order in which they learned from one another.
    pub(crate) assistants: Vec<Trained<S>>,
    /// None where nothing has a label.
    pub(crate) baseline: Option<Trained<S>>,
    pub(crate) student: Trained<S>,
}

/// What the validation of a training needs.
#[derive(Debug)]
pub(crate) struct Judges<'a> {
    pub(crate) validation: &'a Samples,
    pub(crate) question: Question<'a>,
    /// What the teacher says about the validation part, once there is a teacher.
    pub(crate) teacher: Option<Answers>,
}

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// Trains all models of all seeds; none when the observer stopped the job before the end.
    pub(crate) fn run(
        &self,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Vec<Entrants<T, S>>>, JobError> {
        let mut entrants = Vec::with_capacity(self.seeds.len());
        for (index, &seed) in self.seeds.iter().enumerate() {
            match self.run_seed(index, seed, archive, observer)? {
                Some(models) => entrants.push(models),
                None => return Ok(None),
            }
        }
        Ok(Some(entrants))
    }

    /// Trains the teacher of every seed, and nothing else; none when the observer stopped it.
    pub(crate) fn teachers(
        &self,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Vec<Trained<T>>>, JobError> {
        self.each_seed(Role::Teacher, |phase, views| {
            self.teach(phase, views, &self.judges(), archive, observer)
        })
    }

    /// As [`teachers`](Self::teachers), for the student alone.
    pub(crate) fn baselines(
        &self,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Vec<Trained<S>>>, JobError> {
        self.each_seed(Role::Baseline, |phase, views| {
            self.learn_alone(phase, views, &self.judges(), archive, observer)
        })
    }

    /// The only training of each seed; none as soon as there is none for a seed.
    fn each_seed<N>(
        &self,
        role: Role,
        mut train: impl FnMut(Phase, &Views) -> Result<Option<N>, JobError>,
    ) -> Result<Option<Vec<N>>, JobError> {
        let trained = self.seeds.iter().enumerate().map(|(index, &seed)| {
            let views = (self.views)(seed)?;
            train(self.phase(role, seed, index, 1), &views)
        });
        trained.collect::<Result<Option<Vec<N>>, JobError>>()
    }

    fn run_seed(
        &self,
        index: usize,
        seed: u64,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Entrants<T, S>>, JobError> {
        let views = (self.views)(seed)?;
        let roles = self.roles();
        let phase = |role| {
            let place = roles.iter().position(|one| *one == role).unwrap_or_default();
            self.phase(role, seed, roles.len() * index + place, roles.len())
        };
        let found = self.find_teacher(phase(Role::Teacher), &views, archive, observer)?;
        let Some(Head { teacher, judges }) = found else { return Ok(None) };
        let seen = Seen { views: &views.of_students(), judges: &judges };
        let climbed = self.climb(teacher.as_ref(), seen, &phase, archive, observer)?;
        let Some(assistants) = climbed else { return Ok(None) };
        let (baseline, mut student) = {
            let tutor = self.tutor(teacher.as_ref(), &assistants)?;
            let learner = self.student();
            // Before the student alone is trained, because a teacher may say what nobody can learn from.
            let asked = (seed, seen.views);
            let lesson = self.lesson(&learner, tutor.as_ref(), asked, archive, observer)?;
            let Some(lesson) = lesson else { return Ok(None) };
            let mut baseline = None;
            if self.material.has_labels() {
                baseline =
                    self.learn_alone(phase(Role::Baseline), &views, &judges, archive, observer)?;
                if baseline.is_none() {
                    return Ok(None);
                }
            }
            let phase = phase(Role::Student);
            let student = self.learn(&learner, &lesson, seen, phase, archive, observer)?;
            let Some(student) = student else { return Ok(None) };
            (baseline, student)
        };
        if !self.bias_shift.is_empty() {
            student.network = shift_output_bias(student.network, &self.bias_shift)?;
        }
        Ok(Some(Entrants { seed, teacher, assistants, baseline, student }))
    }

    /// The models of a seed that are trained here, in the order of their training.
    fn roles(&self) -> Vec<Role> {
        let teacher = matches!(self.teacher, Tutor::Trained { .. }).then_some(Role::Teacher);
        let assistants = self.assistants().map(|assistant| assistant.role);
        let teachers = teacher.into_iter().chain(assistants);
        let alone = self.material.has_labels().then_some(Role::Baseline);
        teachers.chain(alone).chain([Role::Student]).collect()
    }

    pub(crate) fn teach(
        &self,
        phase: Phase,
        views: &Views,
        judges: &Judges<'_>,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Trained<T>>, JobError> {
        let Tutor::Trained { build, settings } = &self.teacher else {
            return Err(JobError::TeacherNotTrained);
        };
        let seed = phase.seed;
        let run = self.trainer(seed, TEACHER, *build, &Alone, settings)?;
        let mut feed = self.feed(seed, TEACHER, &Alone, settings, views, None)?;
        train(run, &mut feed, phase, judges, archive, observer)
    }

    fn learn_alone(
        &self,
        phase: Phase,
        views: &Views,
        judges: &Judges<'_>,
        archive: &mut Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Trained<S>>, JobError> {
        // Student and baseline share the name, and with it initial weights and order.
        // Stages are of the method; who learns alone has all their epochs in one.
        let (seed, settings) = (phase.seed, &self.settings.in_one());
        let run = self.trainer(seed, "student", self.student, &Alone, settings)?;
        let views = views.of_students();
        let mut feed = self.feed(seed, "student", &Alone, settings, &views, None)?;
        train(run, &mut feed, phase, judges, archive, observer)
    }

    pub(crate) fn judges(&self) -> Judges<'_> {
        let Material { validation, question, .. } = self.material;
        Judges { validation, question, teacher: None }
    }

    /// A training of a job that trains so many models for each seed.
    pub(crate) fn phase(&self, role: Role, seed: u64, index: usize, models: usize) -> Phase {
        Phase {
            role,
            seed,
            index: index as u64,
            count: (models * self.seeds.len()) as u64,
            models: models as u64,
            total_steps: 0,
            steps_per_epoch: 0,
        }
    }

    pub(crate) fn trainer<'m, N: Network>(
        &self,
        seed: u64,
        name: &str,
        build: &Builder<'_, N>,
        method: &'m dyn Method,
        settings: &Settings,
    ) -> Result<Trainer<'m, N>, JobError> {
        let stream = Stream::new(seed, name);
        let network = build(stream.named("initial weights"), &nn::cpu().autodiff())?;
        // An epoch goes once through the whole transfer set of the model; who learns from labels alone makes as
        // many steps over fewer rows.
        let steps = settings.steps_per_epoch(self.material.seen_by(name).len());
        let noise = stream.named("noise");
        let outputs = self.material.question.outputs;
        Trainer::new(network, method, settings.clone(), outputs, steps, noise)
            .map_err(|source| JobError::training("a model", seed, source))
    }

    pub(crate) fn feed<'s>(
        &self,
        seed: u64,
        name: &str,
        method: &dyn Method,
        settings: &Settings,
        views: &'s Views,
        targets: Option<&'s dyn LogitSource>,
    ) -> Result<Feed<'s>, JobError>
    where
        Self: 's,
    {
        let Material { train: samples, weights, .. } = self.material;
        let mut rows = self.material.seen_by(name);
        let batches = settings.batches_per_epoch(rows.len());
        if !method.learns_without_labels() {
            rows.retain(|&row| samples.labels.get(row).is_some_and(Option::is_some));
        }
        let stream = Stream::new(seed, name).named("order");
        let order = Order::new(stream, rows, settings.batch_size)?;
        let feed = Feed::new(samples, views, order, targets, batches);
        let mixing = Stream::new(seed, name).named("mixing");
        Ok(feed.weighted(weights).accumulating(settings.accumulate).mixing(settings.mixing, mixing))
    }
}
