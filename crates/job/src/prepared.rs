//! A recipe with its data, its networks and its teacher, checked and ready to be trained.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use burn::tensor::Device;
use data::{
    CopiedFile, Corpus, DataError, Room, SamplePlaces, SampleShape, SharedRows, SourceFile, Views,
};
use nn::{AnyNetwork, Architecture, Head, ReusedPlan};
use random::Stream;
use recipe::{Recipe, Teacher};
use report::summary::Role;
use teacher::View;
use train::OwnTeacher;

use crate::JobError;
use crate::contest::{Builder, Contest, Material};
use crate::event::Card;
use crate::fit::check_batch;
use crate::opening::Opening;
use crate::question::Question;
use crate::ready::Ready;
use crate::start::Start;
use crate::training_memory::check_memory;
use crate::tutor::Tutor;

/// Everything that is checked before a folder is made: recipe, data and networks.
pub(crate) struct Prepared {
    pub(crate) recipe: Recipe,
    pub(crate) corpus: Corpus,
    pub(crate) teacher: Card,
    /// The networks between teacher and student.
    pub(crate) assistants: Vec<Card>,
    pub(crate) student: Card,
    /// The weights that the students begin with, where they are not random.
    pub(crate) start: Option<Start>,
    /// The distilled student and its card, where it has another network than the student alone.
    pub(crate) heir: Option<(Architecture, Card)>,
    /// The teacher, where it is not trained here.
    pub(crate) ready: Option<Ready>,
    /// Parameters of the method itself.
    pub(crate) own_parameters: u64,
    /// Where the values of samples and what a teacher says about them are kept.
    pub(crate) room: Room,
    /// Where relative paths of the recipe start.
    pub(crate) base: PathBuf,
    /// When its data began to be read.
    pub(crate) began: Instant,
    /// What is learned from and held out as well, once it was looked for.
    shared: OnceLock<Vec<SharedRows>>,
}

impl Prepared {
    pub(crate) fn new(recipe: Recipe, base: &Path) -> Result<Self, JobError> {
        let began = Instant::now();
        let corpus = data::load(&recipe.data, base)?;
        Ok(Self { began, ..Self::with_corpus(recipe, corpus, base)? })
    }

    /// As [`new`](Self::new), with the data that the recipe names.
    pub(crate) fn with_corpus(
        mut recipe: Recipe,
        corpus: Corpus,
        base: &Path,
    ) -> Result<Self, JobError> {
        check_test(&corpus)?;
        let (method, batch_size) = (&recipe.distill.method, recipe.distill.settings.batch_size);
        check_batch(method.as_ref(), batch_size, corpus.student_rows())?;
        bind(&mut recipe, &corpus);
        let card = |who: &str, architecture: &Architecture| -> Result<Card, JobError> {
            let layers = architecture.layers(corpus.train.shape, corpus.classes.len());
            let layers = layers.map_err(|error| error.of(who))?;
            let card = Card { name: architecture.name(), layers };
            check_memory(&card, crate::machine().memory_bytes)?;
            Ok(card)
        };
        let student = card("the student", &recipe.student)?;
        let start = recipe.start.as_ref();
        let start =
            start.map(|file| Start::open(file, &recipe.student, &corpus, base)).transpose()?;
        let assistants = recipe.distill.assistants.iter();
        let assistants =
            assistants.map(|one| card("an assistant", one)).collect::<Result<_, _>>()?;
        let (teacher, ready) = match &recipe.teacher {
            Teacher::Trained(teacher) => (card("the teacher", &teacher.architecture)?, None),
            Teacher::Ready(source) => {
                let taps = recipe.distill.method.compares_taps();
                let opening = Opening { options: &recipe.data, base, corpus: &corpus, taps };
                let ready = opening.open(source)?;
                (ready.card.clone(), Some(ready))
            }
            Teacher::Own(own) => {
                let name = match own {
                    OwnTeacher::Average(_) => "the average of the student's own weights".to_owned(),
                    OwnTeacher::Peers(count) => format!("each of {count} students to the others"),
                };
                (Card { name, layers: Vec::new() }, None)
            }
        };
        let own_parameters = 0;
        let room = recipe.data.room(base);
        let mut prepared = Self {
            recipe,
            corpus,
            teacher,
            assistants,
            student,
            start,
            heir: None,
            ready,
            own_parameters,
            room,
            base: base.to_owned(),
            began: Instant::now(),
            shared: OnceLock::new(),
        };
        prepared.views(0)?;
        prepared.check_teacher_speaks()?;
        prepared.check_mixing()?;
        prepared.check_top_k()?;
        prepared.check_store_taps()?;
        prepared.check_bias_shift()?;
        prepared.heir = prepared.find_heir()?;
        prepared.own_parameters = prepared.count_own_parameters()?;
        Ok(prepared)
    }

    /// The parts that share rows with what is learned from; looked for once.
    pub(crate) fn shared_rows(&self) -> Result<&[SharedRows], JobError> {
        if let Some(shared) = self.shared.get() {
            return Ok(shared);
        }
        let found = data::shared_rows(&self.corpus)?;
        Ok(self.shared.get_or_init(|| found))
    }

    /// Refuses a test part of which more than half is learned from: its scores would say nothing. Fewer are warned of.
    pub(crate) fn refuse_learned_test(&self) -> Result<(), JobError> {
        let shared = self.shared_rows()?.iter().find(|shared| shared.part == "test");
        let Some(SharedRows { first, count, of, .. }) = shared.filter(|one| 2 * one.count > one.of)
        else {
            return Ok(());
        };
        let place = SamplePlaces::read(&self.recipe.data, &self.base)?.test(*first)?;
        let place = place.unwrap_or_else(|| self.recipe.data.source.to_string());
        Err(JobError::TestLearned { place, count: *count, of: *of })
    }

    pub(crate) fn views(&self, seed: u64) -> Result<Views, JobError> {
        Ok(Views::of_seed(&self.recipe.data, &self.corpus.preprocessing, seed)?)
    }

    /// The network of a role; none of an assistant that there is not, and of a teacher that the student is
    /// itself.
    pub(crate) fn card(&self, role: Role) -> Option<&Card> {
        match role {
            Role::Teacher if self.recipe.teacher.own().is_some() => None,
            Role::Teacher => Some(&self.teacher),
            Role::Assistant(number) => self.assistants.get((number as usize).checked_sub(1)?),
            Role::Student => Some(self.distilled_card()),
            Role::Baseline => Some(&self.student),
        }
    }

    /// The distilled student.
    pub(crate) fn distilled_card(&self) -> &Card {
        self.heir.as_ref().map_or(&self.student, |(_, card)| card)
    }

    /// The files that the job rests on: those of the data, those of a teacher that is not trained
    /// here, and that of the weights that the students begin with.
    pub(crate) fn sources(&self) -> Vec<SourceFile> {
        let of_teacher = self.ready.iter().flat_map(|ready| &ready.sources);
        let of_start = self.start.iter().map(|start| &start.source);
        self.corpus.sources.iter().chain(of_teacher).chain(of_start).cloned().collect()
    }

    /// Where the teacher comes from, if it is not trained here.
    pub(crate) fn teacher_origin(&self) -> Vec<String> {
        let own = self.recipe.teacher.own().map(|own| match own {
            OwnTeacher::Average(decay) => format!(
                "the average of the student's own weights over its steps so far, with decay {decay}"
            ),
            OwnTeacher::Peers(count) => {
                format!("the others of {count} students of one network that learn at the same time")
            }
        });
        let ready = self.ready.iter().flat_map(|ready| ready.origin.clone());
        ready.chain(own).collect()
    }

    /// The network of the distilled student.
    pub(crate) fn distilled(&self) -> &Architecture {
        self.heir.as_ref().map_or(&self.recipe.student, |(architecture, _)| architecture)
    }

    /// The distilled student, where it ends in the last layer of its teacher.
    fn find_heir(&self) -> Result<Option<(Architecture, Card)>, JobError> {
        let seed = self.recipe.distill.seed;
        let built = with_contest(self, |contest| {
            let heir = contest.heir(seed, None)?;
            heir.map(|build| build(Stream::new(seed, "heir"), &nn::cpu())).transpose()
        })?;
        let Some(AnyNetwork::Reused(network)) = built else { return Ok(None) };
        let architecture = Architecture::Reused(network.plan().clone());
        let layers = architecture.layers(self.corpus.train.shape, self.corpus.classes.len())?;
        let card = Card { name: architecture.name(), layers };
        Ok(Some((architecture, card)))
    }

    /// Fits the method to the networks of the first seed, which all seeds have, and counts what it has for
    /// the student.
    fn count_own_parameters(&self) -> Result<u64, JobError> {
        let seed = self.recipe.distill.seed;
        let fitted = with_contest(self, |contest| {
            for assistant in contest.assistants() {
                contest.fitted(seed, &assistant)?;
            }
            let heir = contest.heir(seed, None)?;
            contest.fitted(seed, &contest.student().made_as(heir.as_deref()))
        })?;
        let method = fitted.as_deref().unwrap_or(self.recipe.distill.method.as_ref());
        Ok(method.parameters().values().map(|own| own.values.len() as u64).sum())
    }

    /// Without labels the teacher is what the student is measured by.
    fn check_teacher_speaks(&self) -> Result<(), JobError> {
        if !self.corpus.is_unlabelled() {
            return Ok(());
        }
        let nobody = JobError::Unlabelled { what: "this teacher" };
        let ready = self.ready.as_ref().ok_or(nobody)?;
        match ready.knows_test(&self.corpus)? {
            true => Ok(()),
            false => Err(JobError::TeacherSilent),
        }
    }

    /// Refuses what cannot be done without labels.
    pub(crate) fn need_labels(&self, what: &'static str) -> Result<(), JobError> {
        match self.corpus.is_unlabelled() {
            true => Err(JobError::Unlabelled { what }),
            false => Ok(()),
        }
    }

    /// Only images can be cut, tokens are no numbers to mix, and a teacher that is there before is tried on a mixed
    /// sample.
    fn check_mixing(&self) -> Result<(), JobError> {
        let shape = self.corpus.train.shape;
        let (teacher, student) = (self.recipe.teacher.trained(), &self.recipe.distill.settings);
        let teachers = teacher.and_then(|teacher| teacher.settings.mixing);
        for mixing in teachers.into_iter().chain(student.mixing) {
            let expected = match shape {
                SampleShape::Tokens { .. } => "nothing, because bytes of files cannot be mixed",
                SampleShape::Vector(_) if mixing.needs_images() => {
                    "images to cut from; `mixup` works on any samples"
                }
                SampleShape::Vector(_) | SampleShape::Image { .. } => continue,
            };
            let (key, value) = (mixing.key(), "set".to_owned());
            return Err(DataError::Option { key, value, expected: expected.to_owned() }.into());
        }
        if let (Some(ready), Some(mixing)) = (&self.ready, student.mixing) {
            let mix = mixing.draw(1, shape, &Stream::new(0, "trial"));
            let view = View { mix: Some(&mix), ..View::PLAIN };
            ready.lessons(&self.corpus).ask(view, &[0])?;
        }
        Ok(())
    }

    /// What is kept of a sample are some of its classes, and the method can learn from these.
    fn check_top_k(&self) -> Result<(), JobError> {
        let Some(kept) = self.recipe.keeping.top_k else { return Ok(()) };
        let task = self.corpus.preprocessing.task();
        let classes = self.corpus.classes.len();
        let expected = if !task.is_classes() {
            format!("nothing, because `task` is {}", task.name())
        } else if kept >= classes {
            format!("below the number of classes, {classes}")
        } else if !self.recipe.distill.method.learns_from_first(kept) {
            "nothing, because the method needs all classes of the teacher; at `temperature = 1` `kd` does \
             not, nor `top-k` with `k` at most `top_k`"
                .to_owned()
        } else {
            return Ok(());
        };
        Err(DataError::Option { key: "top_k", value: kept.to_string(), expected }.into())
    }

    /// Values of taps are kept where a method compares some.
    fn check_store_taps(&self) -> Result<(), JobError> {
        match self.recipe.keeping.taps && !self.recipe.distill.method.compares_taps() {
            false => Ok(()),
            true => Err(DataError::Option {
                key: "store_taps",
                value: "true".to_owned(),
                expected: "false, because the method compares no taps".to_owned(),
            }
            .into()),
        }
    }

    pub(crate) fn seeds(&self) -> Vec<u64> {
        let first = self.recipe.distill.seed;
        (0..self.recipe.distill.seeds).map(|offset| first.wrapping_add(offset)).collect()
    }
}

/// Does something with the contest of a recipe.
pub(crate) fn with_contest<R>(
    prepared: &Prepared,
    run: impl FnOnce(&Contest<'_, AnyNetwork, AnyNetwork>) -> R,
) -> R {
    let Prepared { recipe, corpus, .. } = prepared;
    let (shape, classes) = (corpus.train.shape, corpus.classes.len());
    let question = Question::of(&corpus.preprocessing);
    let build = |architecture: &Architecture, stream: Stream, device: &Device| {
        Ok(architecture.build(shape, classes, stream, device)?)
    };
    let boxed = |assistant| -> Box<Builder<'_, AnyNetwork>> {
        Box::new(move |stream, device| build(assistant, stream, device))
    };
    let trained = recipe.teacher.trained();
    let build_teacher = |stream: Stream, device: &Device| match trained {
        Some(teacher) => build(&teacher.architecture, stream, device),
        None => Err(JobError::TeacherNotTrained),
    };
    let teacher = match (&prepared.ready, recipe.teacher.own()) {
        (Some(ready), _) => Tutor::Ready(ready.lessons(corpus)),
        (None, Some(own)) => Tutor::Own(own),
        (None, None) => Tutor::Trained {
            build: &build_teacher,
            settings: Box::new(trained.map(|teacher| teacher.settings.clone()).unwrap_or_default()),
        },
    };
    run(&Contest {
        material: Material {
            train: &corpus.train,
            weights: &corpus.weights,
            omitted: &corpus.omitted,
            validation: &corpus.validation,
            question,
            room: &prepared.room,
        },
        views: &|seed| prepared.views(seed),
        teacher,
        assistants: recipe.distill.assistants.iter().map(boxed).collect(),
        student: &|stream, device| {
            let network = build(&recipe.student, stream, device)?;
            match &prepared.start {
                Some(start) => start.begin(network),
                None => Ok(network),
            }
        },
        heir: Some(&|head: Head, stream, device| {
            let plan = ReusedPlan::of(&recipe.student, shape, head.channels)?;
            Ok(head.into(build(&Architecture::Reused(plan), stream, device)?)?)
        }),
        settings: recipe.distill.settings.clone(),
        method: recipe.distill.method.as_ref(),
        bias_shift: prepared.bias_shift(),
        keeping: recipe.keeping,
        seeds: prepared.seeds(),
    })
}

/// What is learned from is no test, and no rows of the test are learned from. Single rows are looked at by `check`.
fn check_test(corpus: &Corpus) -> Result<(), JobError> {
    match &corpus.copied {
        None => Ok(()),
        Some(CopiedFile { key, name, of, original }) => Err(DataError::Option {
            key,
            value: name.clone(),
            expected: format!(
                "other samples than those of {of}, of which `{original}` has the same"
            ),
        }
        .into()),
    }
}

/// Tells the networks of a recipe which values of a sample are words.
fn bind(recipe: &mut Recipe, corpus: &Corpus) {
    let words = corpus.preprocessing.word_columns();
    let trained = match &mut recipe.teacher {
        Teacher::Trained(teacher) => Some(&mut teacher.architecture),
        Teacher::Ready(_) | Teacher::Own(_) => None,
    };
    let students = recipe.distill.assistants.iter_mut().chain([&mut recipe.student]);
    for architecture in students.chain(trained) {
        *architecture = architecture.clone().for_columns(&words);
    }
}
