//! The library's front door: own networks and own data.

use burn::tensor::Device;
use data::{DataOptions, Room, Samples, Views};
use labels::Keeping;
use methods::{Kd, Method};
use nn::{Initial, Network, initialise};
use random::Stream;
use train::Settings;

use crate::JobError;
use crate::contest::{Builder, Contest, Material};
use crate::event::{Observer, Silent};
use crate::fit::check_batch;
use crate::judgement::{Court, Judgement, judge};
use crate::question::Question;
use crate::tutor::Tutor;

/// Distils a student from a teacher, both Burn modules of one's own, and judges whether it helped.
///
/// The teacher is trained on the labels, the student twice: alone and distilled, from the same
/// initial weights, in the same order and for the same number of steps. All of it is repeated for
/// every seed. Equal calls give equal bits.
///
/// ```
/// use data::{DataOptions, load};
/// use methods::Kd;
/// use nn::{Initial, Mlp};
/// use potstill_job::Distiller;
///
/// let options = DataOptions { rows: Some(300), ..DataOptions::default() };
/// let digits = load(&options, ".".as_ref())?;
/// let dense = |units| move |initial: &Initial| Mlp::new(64, &[units], 10, initial);
/// let distilled = Distiller::new(dense(32), dense(8))
///     .method(Kd { temperature: 2.0, alpha: 0.9 })
///     .seeds(2)
///     .run(&digits.train, &digits.validation, &digits.test, 10)?;
/// assert_eq!(distilled.models.len(), 2);
/// println!("{}", distilled.judgement.sentence);
/// # Ok::<(), potstill_job::JobError>(())
/// ```
pub struct Distiller<T, S> {
    teacher: Box<dyn Fn(&Initial) -> T>,
    student: Box<dyn Fn(&Initial) -> S>,
    method: Box<dyn Method>,
    teacher_settings: Settings,
    settings: Settings,
    generations: u32,
    seed: u64,
    seeds: u64,
}

/// What a [`Distiller`] made.
#[derive(Debug)]
pub struct Distilled<T, S> {
    /// The result on the test part.
    pub judgement: Judgement,
    /// The networks of every seed.
    pub models: Vec<Models<T, S>>,
}

/// The networks of one seed, with the weights that were selected.
#[derive(Clone, Debug)]
pub struct Models<T, S> {
    /// The seed.
    pub seed: u64,
    /// The teacher.
    pub teacher: T,
    /// The generations of the student before the last, the first of them taught by the teacher.
    pub generations: Vec<S>,
    /// The student trained alone.
    pub baseline: S,
    /// The distilled student.
    pub student: S,
}

impl<T: Network, S: Network> Distiller<T, S> {
    /// Networks are made by functions, because each seed makes its own. [`Initial`] has the device
    /// for a module of one's own, and the initial weights for a network of potstill.
    pub fn new(
        teacher: impl Fn(&Initial) -> T + 'static,
        student: impl Fn(&Initial) -> S + 'static,
    ) -> Self {
        Self {
            teacher: Box::new(teacher),
            student: Box::new(student),
            method: Box::new(Kd::default()),
            teacher_settings: Settings::default(),
            settings: Settings::default(),
            generations: 1,
            seed: 0,
            seeds: 5,
        }
    }

    /// How the student learns; [`Kd`] with its defaults if not called.
    #[must_use]
    pub fn method(mut self, method: impl Method + 'static) -> Self {
        self.method = Box::new(method);
        self
    }

    /// How the teacher is trained.
    #[must_use]
    pub fn teacher_settings(mut self, settings: Settings) -> Self {
        self.teacher_settings = settings;
        self
    }

    /// How the student is trained, alone and distilled.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// How many students learn one after the other, each from the one before it and the first from the
    /// teacher; the last is the one that is judged (Furlanello et al. 2018). 1 if not called.
    #[must_use]
    pub fn generations(mut self, generations: u32) -> Self {
        self.generations = generations.max(1);
        self
    }

    /// The first seed; 0 if not called.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many seeds; 5 if not called. One seed never gives more than INCONCLUSIVE.
    #[must_use]
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds.max(1);
        self
    }

    /// Trains and judges in silence. `train` may hold rows without label; `validation` may be
    /// empty; every row of `test` has a label. `classes` is the number of classes, labels or numbers.
    ///
    /// # Errors
    /// [`JobError`] when networks and samples do not fit, or numbers fail.
    pub fn run(
        &self,
        train: &Samples,
        validation: &Samples,
        test: &Samples,
        classes: usize,
    ) -> Result<Distilled<T, S>, JobError> {
        let observed = self.run_observed(train, validation, test, classes, &mut Silent)?;
        observed.ok_or(JobError::Stopped)
    }

    /// As [`run`](Self::run), with someone looking on; none when the observer stopped it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_observed(
        &self,
        train: &Samples,
        validation: &Samples,
        test: &Samples,
        classes: usize,
        observer: &mut dyn Observer,
    ) -> Result<Option<Distilled<T, S>>, JobError> {
        for (part, samples) in [("training", train), ("validation", validation), ("test", test)] {
            check_samples(part, samples, train, classes)?;
        }
        let question = Question::of_samples(train, classes);
        if let Some(task) = self.method.task().filter(|task| *task != question.task) {
            let expected = format!("{}, which `{}` learns from", task.name(), self.method.name());
            let found = question.task.name().to_owned();
            return Err(JobError::Samples { part: "training", expected, found });
        }
        if self.method.reuses_head() {
            return Err(JobError::NoHead);
        }
        check_batch(self.method.as_ref(), self.settings.batch_size, train.len())?;
        if train.labels.iter().all(Option::is_none) {
            let expected = "a label on a row, for the student alone".to_owned();
            return Err(JobError::Samples { part: "training", expected, found: "none".to_owned() });
        }
        check_labelled("validation", validation)?;
        check_labelled("test", test)?;
        let views = Views::new(&DataOptions::default(), train.shape, &[], Stream::new(0, "views"))?;
        let generation = || -> Box<Builder<'_, S>> {
            Box::new(|stream, device| Ok(drawn(&self.student, stream, device)))
        };
        let contest = Contest {
            material: Material {
                train,
                weights: &[],
                omitted: &[],
                validation,
                question,
                room: &Room::MEMORY,
            },
            views: &|_| Ok(views.clone()),
            teacher: Tutor::Trained {
                build: &|stream, device| Ok(drawn(&self.teacher, stream, device)),
                settings: Box::new(self.teacher_settings.clone()),
            },
            assistants: (1..self.generations).map(|_| generation()).collect(),
            student: &|stream, device| Ok(drawn(&self.student, stream, device)),
            heir: None,
            settings: self.settings.clone(),
            method: self.method.as_ref(),
            bias_shift: Vec::new(),
            keeping: Keeping::default(),
            seeds: (0..self.seeds).map(|offset| self.seed.wrapping_add(offset)).collect(),
        };
        let Some(entrants) = contest.run(&mut None, observer)? else { return Ok(None) };
        let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        let court = Court { test, validation, classes: &names, question, teacher: None };
        let judgement = judge(&entrants, court, self.seed)?.judgement;
        let models = entrants.into_iter().filter_map(|models| {
            Some(Models {
                seed: models.seed,
                teacher: models.teacher?.network,
                generations: models.assistants.into_iter().map(|model| model.network).collect(),
                baseline: models.baseline?.network,
                student: models.student.network,
            })
        });
        Ok(Some(Distilled { judgement, models: models.collect() }))
    }
}

/// Own data is checked here, because everything below relies on it.
fn check_samples(
    part: &'static str,
    samples: &Samples,
    train: &Samples,
    classes: usize,
) -> Result<(), JobError> {
    let shape = train.shape;
    let wrong = |expected: String, found: String| Err(JobError::Samples { part, expected, found });
    if samples.shape != shape {
        return wrong(format!("the training samples' {shape}"), samples.shape.to_string());
    }
    let values = samples.labels.len().saturating_mul(shape.len());
    if samples.values.len() != values {
        let expected = format!("{values} values for {} samples of {shape}", samples.labels.len());
        return wrong(expected, format!("{} values", samples.values.len()));
    }
    for row in 0..samples.len() {
        if samples.row(row)?.iter().any(|value| !value.is_finite()) {
            return wrong("finite values".to_owned(), format!("another one in row {row}"));
        }
    }
    // Without a sample there is nothing that could be of another task.
    if samples.is_empty() && !train.is_empty() {
        return Ok(());
    }
    let of_one_task = std::mem::discriminant(&samples.targets);
    if of_one_task != std::mem::discriminant(&train.targets) {
        return wrong("the training samples' task".to_owned(), "another one".to_owned());
    }
    let most = match samples.targets.rows() {
        Some(rows) if rows.width != classes => {
            return wrong(format!("{classes} targets a sample"), format!("{}", rows.width));
        }
        Some(rows) => rows.len(),
        None if classes < 2 => {
            return wrong("at least 2 classes".to_owned(), classes.to_string());
        }
        None => classes,
    };
    let label = samples.labels.iter().flatten().find(|&&label| label as usize >= most);
    match label {
        Some(label) => wrong(format!("labels below {most}"), format!("label {label}")),
        None => Ok(()),
    }
}

fn check_labelled(part: &'static str, samples: &Samples) -> Result<(), JobError> {
    match samples.labels.iter().position(Option::is_none) {
        None => Ok(()),
        Some(row) => {
            let expected = "a label on every row".to_owned();
            Err(JobError::Samples { part, expected, found: format!("none on row {row}") })
        }
    }
}

impl<T, S> std::fmt::Debug for Distiller<T, S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Distiller")
            .field("method", &self.method)
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}

/// A network whose initial weights are a function of the stream.
///
/// Burn draws them from one generator at their first use; so it is seeded, and every weight is used
/// at once, in the order of the module.
fn drawn<N: Network>(build: &dyn Fn(&Initial) -> N, stream: Stream, device: &Device) -> N {
    device.seed(stream.number());
    let network = build(&Initial::new(stream, device));
    initialise(&network);
    network
}
