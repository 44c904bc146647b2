//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Distil any model into one you can ship, and prove that it was worth it.
///
/// A teacher is trained, a small student learns from its softened outputs, the same student learns
/// alone under the same budget, and statistics say whether distillation helped.
#[derive(Debug, Parser)]
#[command(name = "potstill", version, disable_help_subcommand = true, max_term_width = 80)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Print the result as one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print neither a banner nor progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 `check` found errors, 2 usage or recipe, \
     3 bad input file, 4 storage, 5 numbers that are not finite, 130 or 143 interrupted and saved.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first recipe for your data, commented, that runs
    Init(InitArguments),
    /// Train teacher and students as a recipe says, and judge them
    #[command(visible_alias = "distil")]
    Distill(DistillArguments),
    /// Train one model of a recipe on the labels, and score it
    Train(TrainArguments),
    /// Distil at every point of a grid, and judge the best on validation
    Sweep(SweepArguments),
    /// Continue a run or a sweep exactly where it was stopped
    Resume(ResumeArguments),
    /// Score a model on labelled rows
    Evaluate(EvaluateArguments),
    /// Predict the rows of a file: CSV in, CSV out
    Predict(PredictArguments),
    /// Show what is in a model file or a run
    Inspect(InspectArguments),
    /// Look for mistakes in a recipe and its data, without training
    Check(RecipeArguments),
    /// Say what a recipe will do and need, without training
    Plan(RecipeArguments),
    /// Make rows near to the training rows of a table, for a teacher to label
    #[command(visible_alias = "synthesize")]
    Synthesise(SynthesiseArguments),
    /// Rank finished runs by their distilled students
    Compare(CompareArguments),
    /// Ask the teacher of a recipe about the transfer set, and keep what it says
    Label(LabelArguments),
    /// Try rising learning rates and suggest one
    LrFind(LrFindArguments),
    /// Write the report of a finished run again
    Report(ReportArguments),
    /// Print a file that completes commands in a shell
    Completions(CompletionsArguments),
    /// Print the JSON schema of a recipe, for editors
    Schema,
    /// Show what potstill knows about this machine
    Doctor(DoctorArguments),
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Time training steps and predictions as well, in about fifteen seconds
    #[arg(long)]
    pub(crate) bench: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecipeArguments {
    /// A TOML file, or a recipe inside: digits, digits-all-labels, fashion-mnist
    pub(crate) recipe: PathBuf,
    /// Override a key of the recipe, such as distill.temperature=2.0
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// A file or folder of samples; asked for on a terminal if left out
    pub(crate) data: Option<PathBuf>,
    /// The column of a table that holds the class; asked for on a terminal, else guessed
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// The file with the classes of an array or of IDX images, such as y.npy or data.npz:y
    #[arg(long, value_name = "FILE", conflicts_with = "label")]
    pub(crate) labels: Option<PathBuf>,
    /// What to learn: classes if left out, else what the columns hold that --targets names
    #[arg(long, value_enum, requires_ifs = [("labels", "targets"), ("numbers", "targets")])]
    pub(crate) task: Option<TargetTask>,
    /// The columns with the labels or numbers to learn
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', requires = "task",
        conflicts_with_all = ["label", "labels"])]
    pub(crate) targets: Vec<String>,
    /// Bring the images of a folder to so many pixels on each side
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) size: Option<u64>,
    /// The new recipe; nothing that exists is overwritten
    #[arg(long, short, value_name = "FILE", default_value = "recipe.toml")]
    pub(crate) output: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TargetTask {
    /// Which of several classes it is
    Classes,
    /// Which of several labels apply: columns of 0 and 1
    Labels,
    /// Numbers
    Numbers,
}

#[derive(Debug, Args)]
pub(crate) struct DistillArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Folder of the run, new or empty; by default the next free one under runs/
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Which of its models
    #[arg(long, value_enum, default_value_t = Model::Student)]
    pub(crate) model: Model,
    /// Folder of the run, new or empty; by default the next free one under runs/
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LabelArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Label part I of N, so that N processes share the work; join them by --merge
    #[arg(long, value_name = "I/N", value_parser = part, conflicts_with_all = ["merge", "verify"])]
    pub(crate) shard: Option<[usize; 2]>,
    /// Join what several processes labelled, and verify it
    #[arg(long, conflicts_with = "verify")]
    pub(crate) merge: bool,
    /// Read all labels and hold them against their hashes; writes nothing
    #[arg(long)]
    pub(crate) verify: bool,
}

/// `2/8`: which part, and of how many.
fn part(text: &str) -> Result<[usize; 2], String> {
    let numbers = text.split_once('/').and_then(|(part, count)| {
        Some([part.parse::<usize>().ok()?, count.parse::<usize>().ok()?])
    });
    match numbers {
        Some([part, count]) if (1..=count).contains(&part) => Ok([part, count]),
        _ => Err("expected a part and how many there are, such as 1/4".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct LrFindArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Whose learning rate; for the student the teacher is trained first
    #[arg(long, value_enum, default_value_t = Model::Teacher)]
    pub(crate) model: Model,
    /// Steps in which the rate rises from 1e-6 to 10
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) steps: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// By the settings of [teacher]
    Teacher,
    /// By the settings of [distill]
    Student,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Try these values of a key; once for each key. By default four temperatures and three alphas
    #[arg(long, value_name = "SECTION.KEY=VALUE,...")]
    pub(crate) grid: Vec<String>,
    /// Folder of the sweep, new or empty; by default the next free one under runs/
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SynthesiseArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// How many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) rows: u32,
    /// How they are made
    #[arg(long, value_enum, default_value_t = Way::Munge)]
    pub(crate) by: Way,
    /// How much of a row changes, from 0 to 1; by default 0.5 for munge, 0.1 for spunge
    #[arg(long, value_name = "SHARE")]
    pub(crate) share: Option<f64>,
    /// For munge: noise is the difference from the neighbour divided by this [default: 1]
    #[arg(long, value_name = "S")]
    pub(crate) locality: Option<f64>,
    /// For spunge: noise in standard deviations of a column [default: 0.1]
    #[arg(long, value_name = "SIZE")]
    pub(crate) noise: Option<f64>,
    /// Equal seeds give equal rows
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// Cells move towards those of the nearest other row (Bucila et al., 2006)
    Munge,
    /// Cells are drawn from their columns, numbers with noise
    Spunge,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    /// Folder of the run or sweep
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Threads {
    /// Threads to compute with; results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl Threads {
    pub(crate) fn count(self) -> Option<usize> {
        self.threads.map(usize::from)
    }
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// A model file, or the folder of a run for its distilled student
    pub(crate) model: PathBuf,
    /// Labelled rows; by default the test part of the run
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Debug, Args)]
pub(crate) struct PredictArguments {
    /// A model file, or the folder of a run for its distilled student
    pub(crate) model: PathBuf,
    /// Rows to predict
    pub(crate) data: PathBuf,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A model file or the folder of a run
    pub(crate) path: PathBuf,
    /// List the taps, the named values inside the network
    #[arg(long)]
    pub(crate) taps: bool,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Folders of runs on the same data, with the same number of seeds
    #[arg(required = true, num_args = 1..)]
    pub(crate) runs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// For which shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Folder of the run
    pub(crate) run: PathBuf,
}
