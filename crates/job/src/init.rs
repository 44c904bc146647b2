//! A first recipe for someone's data, commented, that runs as it is.

use std::path::{Path, PathBuf};

use data::{
    Corpus, DataError, DataOptions, FirstColumns, ImageReading, SampleShape, TableOptions, Task,
    UnfitColumn,
};
use recipe::Recipe;
use words::counted;

use crate::JobError;

/// Columns that usually hold the class, the surest first.
const USUAL: [&str; 12] = [
    "label",
    "class",
    "target",
    "y",
    "category",
    "species",
    "outcome",
    "diagnosis",
    "income",
    "result",
    "type",
    "kind",
];

/// What the recipe is to be made for.
#[derive(Clone, Debug)]
pub struct FirstRecipe {
    /// `digits`, `fashion-mnist`, or a path, as it is to stand in the recipe.
    pub source: String,
    /// The folder of the recipe, where relative paths start.
    pub base: PathBuf,
    /// What is to be learned of a sample.
    pub target: FirstTarget,
    /// The pixels along a side that images of a folder are brought to; as they are for none.
    pub size: Option<usize>,
}

/// What is to be learned of a sample, and where it stands.
#[derive(Clone, Debug)]
pub enum FirstTarget {
    /// Its class, which the source itself names, such as a folder of images by class.
    Named,
    /// Its class, in this column of a table.
    Column(String),
    /// Its class, in this file, as it is to stand in the recipe.
    File(String),
    /// Which labels apply, in these columns.
    Labels(Vec<String>),
    /// Numbers, in these columns.
    Numbers(Vec<String>),
}

impl FirstTarget {
    fn options(&self) -> DataOptions {
        let options = DataOptions::default();
        let of_targets = |task, targets: &Vec<String>| {
            let table = TableOptions { targets: targets.clone(), ..TableOptions::default() };
            DataOptions { task, table, ..DataOptions::default() }
        };
        match self {
            Self::Named => options,
            Self::Column(label) => DataOptions { label: Some(label.clone()), ..options },
            Self::File(path) => DataOptions { labels: Some(path.as_str().into()), ..options },
            Self::Labels(targets) => of_targets(Task::Labels, targets),
            Self::Numbers(targets) => of_targets(Task::Numbers, targets),
        }
    }

    /// Its lines in `[data]`.
    fn lines(&self) -> String {
        let task = |name: &str, targets: &[String], what: &str| {
            let targets: Vec<String> = targets.iter().map(|target| quoted(target)).collect();
            format!("task = \"{name}\"\ntargets = [{}]   # {what}\n", targets.join(", "))
        };
        match self {
            Self::Named => String::new(),
            Self::Column(label) => {
                format!("label = {}             # the column that holds the class\n", quoted(label))
            }
            Self::File(path) => {
                format!("labels = {}             # the file that holds the classes\n", quoted(path))
            }
            Self::Labels(targets) => {
                task("labels", targets, "1 where a label applies, 0 where not")
            }
            Self::Numbers(targets) => task("numbers", targets, "the numbers to learn"),
        }
    }

    /// So many outputs, as the recipe calls them.
    fn outputs(&self, count: usize) -> String {
        match self {
            Self::Named | Self::Column(_) | Self::File(_) => counted(count, "class"),
            Self::Labels(_) => counted(count, "label"),
            Self::Numbers(_) => format!("{} to learn", counted(count, "number")),
        }
    }

    /// The method with its keys.
    fn method(&self) -> &'static str {
        match self {
            Self::Named | Self::Column(_) | Self::File(_) => {
                "method = \"kd\"              # soft targets: Hinton et al. (2015)\n\
                 temperature = 4.0          # softens both sides; try 1 to 8 with `potstill sweep`\n\
                 alpha = 0.9                # weight of the teacher; the labels have the rest\n"
            }
            Self::Labels(_) => {
                "method = \"bernoulli\"       # soft targets for each label by itself\n\
                 temperature = 2.0          # softens both sides; try 1 to 4 with `potstill sweep`\n\
                 alpha = 0.9                # weight of the teacher; the labels have the rest\n"
            }
            Self::Numbers(_) => {
                "method = \"mse\"             # the teacher's numbers are targets like the true ones\n\
                 alpha = 0.5                # weight of the teacher; the true numbers have the rest\n"
            }
        }
    }
}

/// The column of a table that most likely holds the class, where that is not known: the first of those with a usual name and the
/// last one whose values are classes, or the first of them where none has any; none for other data.
///
/// # Errors
/// What is wrong with the file.
pub fn likely_label(source: &str, base: &Path) -> Result<Option<String>, JobError> {
    let Some(columns) = data::columns(source, base)? else { return Ok(None) };
    let usual = |column: &String| {
        USUAL.iter().position(|name| column.eq_ignore_ascii_case(name)).unwrap_or(USUAL.len())
    };
    // By custom the class stands last.
    let mut likely: Vec<String> = columns.last().cloned().into_iter().collect();
    likely.extend(columns.into_iter().rev().skip(1).filter(|column| usual(column) < USUAL.len()));
    likely.sort_by_key(usual);
    let fit = likely.iter().position(|column| data::is_class_column(source, base, column));
    Ok(likely.into_iter().nth(fit.unwrap_or(0)))
}

/// Writes the recipe as text: networks that suit the data, and every choice explained. The data is
/// read, divided and put before both networks, so that the recipe is known to run.
///
/// # Errors
/// What is wrong with the data, such as a column that is not there.
pub fn first_recipe(wanted: &FirstRecipe) -> Result<String, JobError> {
    let source = wanted.source.as_str().into();
    let images = ImageReading { size: wanted.size, ..ImageReading::default() };
    let mut options = DataOptions { source, images, ..wanted.target.options() };
    if wanted.size.is_some() {
        check_size(wanted.size, data::load(&options, &wanted.base)?.train.shape)?;
    }
    let first = data::first_columns(&options, &wanted.base);
    let first = first.map_err(|error| not_a_class(&wanted.target, error))?;
    options.table.ignore = first.unfit.iter().map(|column| column.name.clone()).collect();
    options.table.missing = Some(first.missing.clone());
    options.table.categorical = first.categorical.clone();
    let corpus = data::load(&options, &wanted.base)?;
    let text = text(wanted, &first, &corpus);
    let none: [&str; 0] = [];
    let recipe = Recipe::read("the new recipe", &text, &none)?;
    let teacher = recipe.teacher.trained().map(|teacher| &teacher.architecture);
    for architecture in teacher.into_iter().chain([&recipe.student]) {
        architecture.layers(corpus.train.shape, corpus.classes.len())?;
    }
    Ok(text)
}

/// A column whose values are too many for classes may hold numbers to learn, or be another than was meant.
fn not_a_class(target: &FirstTarget, error: DataError) -> JobError {
    match (target, error) {
        (FirstTarget::Column(column), DataError::ClassEmpty { class, found, .. }) => {
            JobError::NoClassColumn { column: column.clone(), class, found }
        }
        (_, error) => error.into(),
    }
}

/// Columns to leave out, each with the reason.
fn ignored(columns: &[UnfitColumn]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let line = |column: &UnfitColumn| {
        let comment: String = column.reason.chars().take(60).collect();
        format!("    {},   # {comment}\n", quoted(&column.name))
    };
    let lines: String = columns.iter().map(line).collect();
    format!(
        "# Not learned from; `id` in place of this names rows in what is predicted.\nignore = [\n{lines}]\n"
    )
}

/// What the other cells of some columns are.
fn cells(columns: &FirstColumns) -> String {
    let line = |key: &str, texts: &[String], what: &str| match texts {
        [] => String::new(),
        _ => {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            format!("{key} = [{}]   # {what}\n", texts.join(", "))
        }
    };
    line("missing", &columns.missing, "words that stand among numbers where there is no value")
        + &line("categorical", &columns.categorical, "columns with words among their numbers")
}

/// A size that the data does not take would stand in the recipe and change nothing.
fn check_size(wanted: Option<usize>, found: SampleShape) -> Result<(), JobError> {
    let Some(size) = wanted else { return Ok(()) };
    if matches!(found, SampleShape::Image { height, width, .. } if [height, width] == [size; 2]) {
        return Ok(());
    }
    let expected = format!(
        "nothing, because only images in a folder by class are brought to a size; here are {found}"
    );
    Err(DataError::Option { key: "size", value: size.to_string(), expected }.into())
}

fn text(wanted: &FirstRecipe, columns: &FirstColumns, corpus: &Corpus) -> String {
    let shape = corpus.train.shape;
    format!(
        "# {} of {shape}, {}. docs/recipe.md has every key.\n\
         \n\
         [data]\n\
         source = {}\n\
         {}\
         {}\
         {}\
         {}\
         # test = 0.2               # share held out for the judgement, where there is no test part\n\
         # validation = 0.1         # share of the rest to choose by\n\
         # labelled = 1.0           # below 1: hide labels, to see what a few of them would do\n\
         \n\
         [teacher]                  # large, trained here on the labels\n\
         {}\
         epochs = {EPOCHS}\n\
         \n\
         [student]                  # small, the one to ship\n\
         {}\
         \n\
         [distill]                  # how the student learns; also alone, by the same settings\n\
         {}\
         epochs = {EPOCHS}\n\
         seeds = {}                  # repetitions; more of them make the interval narrower\n",
        counted(corpus.train.len() + corpus.validation.len() + corpus.test.len(), "sample"),
        wanted.target.outputs(corpus.classes.len()),
        quoted(&wanted.source),
        wanted.target.lines(),
        ignored(&columns.unfit),
        cells(columns),
        wanted.size.map_or_else(String::new, size),
        teacher(shape, corpus.classes.len()),
        student(shape, corpus.classes.len()),
        wanted.target.method(),
        seeds(corpus),
    )
}

fn size(pixels: usize) -> String {
    format!(
        "size = {pixels:<17}# pixels along each side of an image: scaled, then the middle cut out\n"
    )
}

const EPOCHS: u64 = 20;

/// A larger network than a small table needs costs little.
fn teacher(shape: SampleShape, classes: usize) -> String {
    match shape {
        SampleShape::Image { height, width, .. } if height.min(width) >= 4 => {
            "model = \"resnet8\"\noptimizer = \"adam\"\nlearning_rate = 0.002\nschedule = \"cosine\"\n"
                .to_owned()
        }
        _ => {
            let units = 4 * units(shape, classes);
            format!("model = \"mlp\"\nhidden = [{units}, {units}]\n")
        }
    }
}

fn student(shape: SampleShape, classes: usize) -> String {
    match shape {
        SampleShape::Image { height, width, .. } if height.min(width) >= 4 => {
            "model = \"cnn\"\nchannels = [8, 16]\n".to_owned()
        }
        _ => {
            let units = units(shape, classes);
            format!("model = \"mlp\"\nhidden = [{units}, {units}]\n")
        }
    }
}

/// Units of the student: a power of two near to the width of the data, within what trains quickly.
fn units(shape: SampleShape, classes: usize) -> usize {
    (shape.len() / 2).max(classes).next_power_of_two().clamp(16, 128)
}

/// Small jobs can be repeated more often.
fn seeds(corpus: &Corpus) -> u64 {
    if corpus.train.values.len() > 5_000_000 { 3 } else { 5 }
}

/// Text as TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control.is_control() => {
                out.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
