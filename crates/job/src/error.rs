//! What can end a job.

use std::path::PathBuf;

use data::DataError;
use eval::EvalError;
use export::ExportError;
use labels::LabelError;
use methods::MethodError;
use nn::NnError;
use recipe::OptionError;
use store::StoreError;
use teacher::TeacherError;
use train::TrainError;

/// A job that cannot start or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// A mistake in the recipe.
    #[error(transparent)]
    Recipe(#[from] OptionError),
    /// Something is wrong with the data.
    #[error(transparent)]
    Data(Box<DataError>),
    /// A network cannot work on the data.
    #[error(transparent)]
    Network(#[from] NnError),
    /// A training failed.
    #[error("{role} of seed {seed}: {source}")]
    Train {
        /// Which model was trained.
        role: String,
        /// Its seed.
        seed: u64,
        /// Why.
        source: Box<TrainError>,
    },
    /// The teacher cannot teach.
    #[error(transparent)]
    Teacher(#[from] TeacherError),
    /// The method does not suit the two networks.
    #[error(transparent)]
    Method(Box<MethodError>),
    /// The method does not suit a network of a chain and the one before it.
    #[error("{learner} and the network that it learns from: {source}")]
    Link {
        /// Who learns.
        learner: String,
        /// Why.
        source: Box<MethodError>,
    },
    /// What a teacher said cannot be kept or read.
    #[error(transparent)]
    Labels(LabelError),
    /// The results cannot be judged.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// Reading or writing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A model file is not what it should be.
    #[error("`{}`: {source}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ExportError,
    },
    /// The folder for a new run has something in it.
    #[error("`{}` is not empty", path.display())]
    FolderNotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that is not a run.
    #[error("`{}` is not the folder of a run: expected `run.json` in it", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the run that cannot be read.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A run that is finished cannot be resumed.
    #[error("the run in `{}` is done: there is nothing to resume", path.display())]
    AlreadyDone {
        /// The folder.
        path: PathBuf,
    },
    /// The run has no result yet.
    #[error("the run in `{}` is not finished: it has no result yet", path.display())]
    NotDone {
        /// The folder.
        path: PathBuf,
    },
    /// Runs that cannot be compared sample by sample.
    #[error(
        "`{}` cannot be compared with `{}`: {what}: expected {expected}, found {found}",
        path.display(), first.display()
    )]
    NotComparable {
        /// The folder of the run.
        path: PathBuf,
        /// That of the first run.
        first: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the first run has.
        expected: String,
        /// What this one has.
        found: String,
    },
    /// A run of one model compares nothing.
    #[error("the run in `{}` trained one model: there is no comparison in it", path.display())]
    NoReport {
        /// The folder.
        path: PathBuf,
    },
    /// A grid that makes no sense.
    #[error("grid `{argument}`: expected {expected}")]
    Grid {
        /// What was given.
        argument: String,
        /// What should have been.
        expected: &'static str,
    },
    /// A sweep without a validation part.
    #[error("a sweep chooses on the validation part, and `data.validation` is 0")]
    NothingToChooseBy,
    /// The data is not what it was when the run began.
    #[error(
        "the data has changed since the run began: `{name}`: expected {expected}, found {found}"
    )]
    DataChanged {
        /// The file.
        name: String,
        /// Its hash then, or that there was none.
        expected: String,
        /// Its hash now, or that there is none.
        found: String,
    },
    /// The samples to evaluate have no labels.
    #[error("`{}` has no label in row {row}", path.display())]
    NoLabel {
        /// The file.
        path: PathBuf,
        /// The row, from 1.
        row: usize,
    },
    /// The predictions cannot be written as CSV.
    #[error("the predictions cannot be written: {0}")]
    Csv(#[from] csv::Error),
    /// Own samples that contradict themselves or each other.
    #[error("the {part} samples are wrong: expected {expected}, found {found}")]
    Samples {
        /// Which part.
        part: &'static str,
        /// What they should be.
        expected: String,
        /// What they are.
        found: String,
    },
    /// Something was asked of a training of the teacher, and there is none.
    #[error("the teacher of this recipe is not trained here")]
    TeacherNotTrained,
    /// Labels were asked for, and the teacher is trained in the run.
    #[error("the teacher of this recipe is trained in the run: nobody can be asked before")]
    NoTeacherYet,
    /// A method with a memory of what the teacher says, and a student that teaches itself.
    #[error(
        "the method remembers what a teacher says of each row, and the students are their own teachers"
    )]
    Remembers,
    /// The method takes the last layer of the teacher, and there is none that it can take.
    #[error(
        "the method gives the student the last layer of its teacher, and this teacher has none that can be taken"
    )]
    NoHead,
    /// Labels were asked for, and there is nobody but students.
    #[error("the students of this recipe are their own teachers: there is none to ask")]
    TeachesItself,
    /// Labels were asked for, and each epoch has a view of its own.
    #[error(
        "nothing is labelled before a training: with `data.views` \"online\" each epoch has a view of its own"
    )]
    OnlineViews,
    /// Labels were asked for, and samples are mixed.
    #[error(
        "nothing is labelled before a training: with `{key}` in `[distill]` each step has samples of its own"
    )]
    MixedSamples {
        /// How they are mixed.
        key: &'static str,
    },
    /// Labels were asked for, and each run keeps its own.
    #[error("the recipe keeps labels in its runs: `run.labels` is \"off\"")]
    NoLabelStore,
    /// A run whose own teacher was not trained in it.
    #[error("the run in `{}` trained no teacher", path.display())]
    NoTeacher {
        /// The folder.
        path: PathBuf,
    },
    /// A network that is larger than the machine.
    #[error(
        "the network `{network}` cannot be trained here: its weights, their gradient and two moments take {:.1} GB, and the \
         machine has {:.1} GB", *needed as f64 / 1e9, *there as f64 / 1e9
    )]
    Memory {
        /// Its name.
        network: String,
        /// Bytes that it takes.
        needed: u64,
        /// Bytes that there are.
        there: u64,
    },
    /// Most of the test part is learned from.
    #[error(
        "{place}: {count} of {} of the test part are learned from as well, this one first: expected samples that no model \
         has seen", words::counted(*of, "row")
    )]
    TestLearned {
        /// Where the first of them stands.
        place: String,
        /// How many there are.
        count: usize,
        /// How many the part has.
        of: usize,
    },
    /// A column of the file would be written a second time.
    #[error("`{}` has a column `{column}` already: expected other names than those of what is predicted", path.display())]
    ColumnTaken {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// A first recipe for classes, and a column that has too many values.
    #[error(
        "column `{column}` is no class: of its value `{class}` there {} {}, too few for all parts of the data",
        words::verb(*found, "is", "are"), words::counted(*found, "row")
    )]
    NoClassColumn {
        /// The column.
        column: String,
        /// One of its values.
        class: String,
        /// Rows with it.
        found: usize,
    },
    /// Something was asked that only labels can answer.
    #[error("no row of this recipe has a label (`data.labelled` is 0), and {what} needs labels")]
    Unlabelled {
        /// What was asked.
        what: &'static str,
    },
    /// There are no labels, and the teacher says nothing about the test part.
    #[error(
        "no row has a label, and what the teacher says about the test part is not known: there is nothing to measure by"
    )]
    TeacherSilent,
    /// The observer stopped a job that keeps no state.
    #[error("the job was stopped before its end")]
    Stopped,
    /// The thread pool cannot be made.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The process has a pool of another number of threads, and there is one pool a process.
    #[error("this process computes with {} already, and {wanted} were asked for", words::counted(*found, "thread"))]
    OtherThreads {
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
}

impl From<DataError> for JobError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl From<MethodError> for JobError {
    fn from(error: MethodError) -> Self {
        Self::Method(Box::new(error))
    }
}

impl JobError {
    /// The failure of one training.
    pub(crate) fn training(role: impl Into<String>, seed: u64, source: TrainError) -> Self {
        Self::Train { role: role.into(), seed, source: Box::new(source) }
    }

    /// The exit code of the program: 2 recipe, 3 bad input, 4 storage, 5 numbers.
    pub fn exit_code(&self) -> u8 {
        match self {
            _ if self.is_of_scratch() => 4,
            Self::Recipe(_) | Self::Network(_) | Self::AlreadyDone { .. } => 2,
            Self::FolderNotEmpty { .. } | Self::NotARun { .. } | Self::NotDone { .. } => 2,
            Self::Grid { .. } | Self::NothingToChooseBy | Self::NoReport { .. } => 2,
            Self::TeacherNotTrained | Self::NoTeacher { .. } => 2,
            Self::Unlabelled { .. } | Self::TeacherSilent => 2,
            Self::NoTeacherYet
            | Self::Remembers
            | Self::TeachesItself
            | Self::NoHead
            | Self::OnlineViews
            | Self::MixedSamples { .. }
            | Self::Memory { .. }
            | Self::OtherThreads { .. }
            | Self::NoLabelStore => 2,
            Self::NotComparable { .. } | Self::NoClassColumn { .. } | Self::TestLearned { .. } => 3,
            Self::ColumnTaken { .. } => 3,
            Self::Data(error) => match error.as_ref() {
                DataError::Option { .. } | DataError::LabelNotNamed { .. } => 2,
                _ => 3,
            },
            Self::Model { .. } | Self::Unreadable { .. } => 3,
            Self::DataChanged { .. }
            | Self::NoLabel { .. }
            | Self::Eval(_)
            | Self::Samples { .. } => 3,
            Self::Labels(error) if error.is_bad_input() => 3,
            Self::Labels(_) => 4,
            Self::Store(StoreError::KillRequest { .. }) => 2,
            Self::Store(error) if error.is_bad_input() => 3,
            Self::Store(_) | Self::Csv(_) | Self::Threads(_) => 4,
            Self::Stopped => 130,
            Self::Train { source, .. } if source.is_numeric() => 5,
            Self::Teacher(TeacherError::NotFinite { .. }) => 5,
            Self::Method(_) | Self::Link { .. } => 2,
            Self::Train { .. } | Self::Teacher(_) => 3,
        }
    }

    /// Whether values that are kept beside the memory could not be written or read again, whoever asked for them.
    fn is_of_scratch(&self) -> bool {
        let error = match self {
            Self::Data(error) | Self::Teacher(TeacherError::Data(error)) => error,
            Self::Train { source, .. } => match source.as_ref() {
                TrainError::Data(error) | TrainError::Teacher(TeacherError::Data(error)) => error,
                _ => return false,
            },
            _ => return false,
        };
        matches!(error.as_ref(), DataError::Scratch(error) if !error.is_bad_input())
    }
}
