/*!
What a recipe says about data: where it comes from, how it is split, and how samples are varied.
*/

use std::ops::Bound;
use std::path::{Path, PathBuf};

use options::{Key, OptionError, Section};

use crate::error::DataError;
use crate::reading::ImageReading;
use crate::room::Room;
use crate::source::Source;
use crate::table_options::TableOptions;
use crate::task::Task;
use crate::views::{LARGEST_MAGNITUDE, ViewCount};
use crate::weights::ClassWeights;

/// The settings of the recipe section `[data]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataOptions {
    /// `"digits"`, `"fashion-mnist"`, or a path: a CSV or Parquet file, an array of NumPy (`x.npy`,
    /// `data.npz`, `data.npz:x`), an IDX image file (gzip or not), or a folder with the IDX files of
    /// MNIST, the binary files of CIFAR or a folder of images for each class. Several paths, or a
    /// pattern, are one source. A relative path starts at the folder of the recipe.
    pub source: Source,
    /// What the target of a sample is.
    pub task: Task,
    /// The column of a table that holds the class.
    pub label: Option<String>,
    /// The names of all classes in order; those that occur in the source if empty. Classes that are named
    /// here need no rows.
    pub classes: Vec<String>,
    /// What is said about the columns of a table.
    pub table: TableOptions,
    /// How much the label of each class counts in training.
    pub class_weights: ClassWeights,
    /// The file with the labels of an IDX image file or of an array: IDX, `.npy` or `data.npz:y`.
    pub labels: Option<Source>,
    /// Share of every class held out for test when the source has no test split of its own;
    /// above 0, below 1.
    pub test: f64,
    /// A file with the test samples, taken instead of any other test split.
    pub test_source: Option<Source>,
    /// The file with the labels of `test_source`.
    pub test_labels: Option<Source>,
    /// Share of every class of the remaining rows used for validation; from 0, below 1.
    pub validation: f64,
    /// Share of every class of the training rows whose label stays visible, the other rows being
    /// an unlabelled transfer set; from 0, up to 1. At 0 no row of any part has a label.
    pub labelled: f64,
    /// A file with further samples to learn from. In a table the label column may be absent or
    /// have empty cells; IDX images have no labels.
    pub transfer: Option<Source>,
    /// Classes whose training samples the teacher sees and the students never.
    pub omit_classes: Vec<String>,
    /// How images are read.
    pub images: ImageReading,
    /// How many images of a folder may be bad; they are left out and reported.
    pub skip_bad: usize,
    /// The folder for a file with the values of all samples, which are in memory where none is given.
    /// Parquet files then stay where they are.
    pub scratch: Option<PathBuf>,
    /// Use only so many rows of the source, drawn at random; for quick trials.
    pub rows: Option<usize>,
    /// The seed that decides which row goes into which part.
    pub split_seed: u64,
    /// Number of views of every sample; view 0 is the sample as it is.
    pub views: ViewCount,
    /// Whether the students learn from all views, or from the samples as they are.
    pub student_views: bool,
    /// Largest random shift of an image, in pixels, along each axis.
    pub shift: usize,
    /// Pixels of padding on each side of an image from which it is cropped at random.
    pub crop: usize,
    /// Whether images are mirrored left to right at random.
    pub flip: bool,
    /// Operations of RandAugment that an image goes through; 0 for none.
    pub rand_augment: usize,
    /// How much they change, from 0 to 30.
    pub rand_magnitude: usize,
    /// Side of a square that is taken out of an image at random, in pixels; 0 for none.
    pub cutout: usize,
    /// Probability that a random rectangle is taken out of an image, from 0 to 1.
    pub erase: f64,
}

impl Default for DataOptions {
    fn default() -> Self {
        Self {
            source: "digits".into(),
            task: Task::Classes,
            label: None,
            classes: Vec::new(),
            table: TableOptions::default(),
            class_weights: ClassWeights::default(),
            labels: None,
            test: 0.2,
            test_source: None,
            test_labels: None,
            validation: 0.1,
            labelled: 1.0,
            transfer: None,
            omit_classes: Vec::new(),
            images: ImageReading::default(),
            skip_bad: 0,
            scratch: None,
            rows: None,
            split_seed: 0,
            views: ViewCount::ONE,
            student_views: true,
            shift: 0,
            crop: 0,
            flip: false,
            rand_augment: 0,
            rand_magnitude: USUAL_MAGNITUDE,
            cutout: 0,
            erase: 0.0,
        }
    }
}

/// Stands between the names of the labels that apply, in one cell of a table.
pub const BETWEEN_LABELS: char = ';';

impl DataOptions {
    /// The views that the students learn from.
    pub fn views_of_students(&self) -> ViewCount {
        if self.student_views { self.views } else { ViewCount::ONE }
    }

    /// Where the values of samples are kept; a relative folder starts at `base`.
    pub fn room(&self, base: &Path) -> Room {
        self.scratch.as_ref().map_or(Room::MEMORY, |folder| Room::folder(base.join(folder)))
    }

    /// Whether no row of any part has a label.
    pub fn is_unlabelled(&self) -> bool {
        self.labelled == 0.0
    }

    /// Whether the options ask for anything that makes one view differ from another.
    pub(crate) fn varies(&self) -> bool {
        let Self { shift, crop, flip, rand_augment, cutout, erase, .. } = *self;
        shift > 0 || crop > 0 || flip || rand_augment > 0 || cutout > 0 || erase > 0.0
    }

    /// Classes are in the column `label`; labels and numbers in the columns `targets`. Gives the key
    /// that contradicts, with message and hint.
    fn columns_of_task(&self) -> Result<(), (&'static str, String, &'static str)> {
        let task = self.task.name();
        if !self.task.is_classes() && self.class_weights != ClassWeights::Equal {
            let message = format!("weights are given to classes, and `task` is {task}");
            return Err(("class_weights", message, "give weights to rows by `weight` instead"));
        }
        if !self.task.is_classes() && !self.omit_classes.is_empty() {
            let message = format!("`omit_classes` names classes, and `task` is {task}");
            return Err(("omit_classes", message, "leave `omit_classes` out"));
        }
        self.without_labels()?;
        self.listed_classes()?;
        let divided = |name: &&String| name.contains(BETWEEN_LABELS);
        if let Some(name) =
            self.table.targets.iter().find(divided).filter(|_| self.task == Task::Labels)
        {
            let message = format!("the label `{name}` has a `{BETWEEN_LABELS}` in its name");
            return Err((
                "targets",
                message,
                "rename the column: labels stand in one cell with `;` between",
            ));
        }
        match (self.task, &self.label, self.table.targets.is_empty()) {
            (Task::Classes, _, true) | (Task::Labels | Task::Numbers, None, false) => Ok(()),
            (Task::Classes, _, false) => {
                let message =
                    "`targets` names columns with labels or numbers, and `task` is classes";
                let hint =
                    "set `task = \"labels\"` or `task = \"numbers\"`, or name the class by `label`";
                Err(("targets", message.to_owned(), hint))
            }
            (_, Some(_), _) => {
                let message = format!("`label` names a column with classes, and `task` is {task}");
                Err(("label", message, "name the columns by `targets` instead"))
            }
            (_, None, true) => {
                let message = format!("`task` is {task}, and `targets` names no column to learn");
                Err(("task", message, "such as `targets = [\"price\"]`"))
            }
        }
    }

    /// Where no row has a label, nothing can be said about labels.
    fn without_labels(&self) -> Result<(), (&'static str, String, &'static str)> {
        let about_labels = [
            ("task", !self.task.is_classes()),
            ("labels", self.labels.is_some()),
            ("test_labels", self.test_labels.is_some()),
            (OMIT_CLASSES.0, !self.omit_classes.is_empty()),
            ("class_weights", self.class_weights != ClassWeights::Equal),
            ("weight", self.table.weight.is_some()),
        ];
        match about_labels.into_iter().find(|(_, is_set)| *is_set && self.is_unlabelled()) {
            Some((key, _)) => {
                let message =
                    format!("`{key}` is about labels, and with `labelled = 0` there are none");
                Err((key, message, "leave it out, or set `labelled` above 0"))
            }
            None => Ok(()),
        }
    }

    /// Listed classes are at least two, all different, and for files and classes alone.
    fn listed_classes(&self) -> Result<(), (&'static str, String, &'static str)> {
        let wrong =
            |message: String| Err((CLASSES.0, message, "list each class once, by its name"));
        if self.task.is_classes() {
            let names = &self.classes;
            let again = names
                .iter()
                .enumerate()
                .find(|(place, name)| names.iter().take(*place).any(|earlier| earlier == *name));
            return match (again, names.len()) {
                (Some((_, name)), _) => wrong(format!("`classes` names `{name}` twice")),
                (None, 1) => {
                    wrong("`classes` names one class, and at least 2 can be told apart".into())
                }
                (None, _) => Ok(()),
            };
        }
        let task = self.task.name();
        for (key, is_set) in
            [(CLASSES.0, !self.classes.is_empty()), ("file", self.table.file.is_some())]
        {
            if is_set {
                let message = format!("`{key}` is for classes, and `task` is {task}");
                return Err((key, message, "leave it out"));
            }
        }
        Ok(())
    }

    /// Checks what can be checked without looking at the data.
    ///
    /// # Errors
    /// [`DataError::Option`] for the first value outside its range, or views without a variation
    /// and the other way round.
    pub fn validate(&self) -> Result<(), DataError> {
        share("test", self.test, self.test > 0.0 && self.test < 1.0, "above 0 and below 1")?;
        let inside = (0.0..1.0).contains(&self.validation);
        share("validation", self.validation, inside, "from 0 and below 1")?;
        let inside = (0.0..=1.0).contains(&self.labelled);
        share("labelled", self.labelled, inside, "from 0 to 1")?;
        share("erase", self.erase, (0.0..=1.0).contains(&self.erase), "from 0 to 1")?;
        if self.rand_magnitude > LARGEST_MAGNITUDE {
            let expected = format!("from 0 to {LARGEST_MAGNITUDE}");
            return Err(refused("rand_magnitude", self.rand_magnitude, expected));
        }
        if self.rows == Some(0) {
            return Err(refused("rows", 0, "at least 1"));
        }
        if let Err((key, message, _)) = self.columns_of_task() {
            return Err(refused(key, "wrong", message));
        }
        self.views.check(self.varies())
    }
}

/// How what a share must do begins, where it is too large.
pub(crate) const LEAVING_ROWS: &str = "a share that leaves";

/// The error for an option outside its range.
pub(crate) fn refused(
    key: &'static str,
    value: impl ToString,
    expected: impl Into<String>,
) -> DataError {
    DataError::Option { key, value: value.to_string(), expected: expected.into() }
}

fn share(key: &'static str, value: f64, inside: bool, range: &str) -> Result<(), DataError> {
    if inside { Ok(()) } else { Err(refused(key, value, format!("a share {range}"))) }
}

const SOURCE: Key =
    Key("source", "digits, fashion-mnist, or paths: .csv, .parquet, .npy, .npz, IDX, folder");
const LABEL: Key = Key("label", "the column of a table that holds the class");
const CLASSES: Key =
    Key("classes", "the names of all classes in order; those of the source if left out");
const LABELS: Key = Key("labels", "the file with the labels of an IDX image file or an array");
const TEST: Key = Key("test", "share held out for test when the source has no test part");
const TEST_SOURCE: Key = Key("test_source", "a file with the test samples, instead of a share");
const TEST_LABELS: Key = Key("test_labels", "the file with the labels of test_source");
const VALIDATION: Key = Key("validation", "share of the remaining rows for validation");
const LABELLED: Key =
    Key("labelled", "share of training rows whose label stays visible; 0 for no label anywhere");
const TRANSFER: Key = Key("transfer", "a file with further rows to learn from, labelled or not");
const OMIT_CLASSES: Key =
    Key("omit_classes", "classes that the teacher sees and the students never");
const SKIP_BAD: Key = Key("skip_bad", "leave out so many images of a folder that cannot be used");
const SCRATCH: Key =
    Key("scratch", "a folder for the values of all samples; they are in memory if left out");
const ROWS: Key = Key("rows", "use only so many rows of the source; all if left out");
const SPLIT_SEED: Key = Key("split_seed", "decides which row goes into which part");
const STUDENT_VIEWS: Key =
    Key("student_views", "whether the students see all views, or the images as they are");
const SHIFT: Key = Key("shift", "largest random shift of a view, in pixels");
const CROP: Key = Key("crop", "padding from which a view is cropped at random, in pixels");
const FLIP: Key = Key("flip", "mirror views left to right at random");
const RAND_AUGMENT: Key = Key("rand_augment", "operations of RandAugment that a view goes through");
const RAND_MAGNITUDE: Key = Key("rand_magnitude", "how much they change, of 30");
/// The one that most trainings with torchvision take.
const USUAL_MAGNITUDE: usize = 9;
const CUTOUT: Key = Key("cutout", "side of a square taken out of a view, in pixels");
const ERASE: Key = Key("erase", "probability that a rectangle is taken out of a view");

/// The options that make views differ.
pub(crate) const VARIATIONS: &str = "`shift`, `crop`, `flip`, `rand_augment`, `cutout` or `erase`";

impl DataOptions {
    /// Reads the section `[data]` of a recipe.
    ///
    /// # Errors
    /// Values of another type, out of range, or that do not go together.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let default = Self::default();
        let above_0 = Bound::Excluded(0.0);
        let [usual_magnitude, largest] = [USUAL_MAGNITUDE as u64, LARGEST_MAGNITUDE as u64];
        let source = section.optional_texts(SOURCE)?.map(Source::of);
        let options = Self {
            source: source.ok_or_else(|| section.missing(SOURCE, "\"digits\""))?,
            task: Task::read(section)?,
            label: section.optional_text(LABEL, None)?,
            classes: section.texts(CLASSES)?,
            table: TableOptions::read(section)?,
            class_weights: ClassWeights::read(section)?,
            labels: section.optional_texts(LABELS)?.map(Source::of),
            test: section.number(TEST, default.test, (above_0, Bound::Excluded(1.0)))?,
            test_source: section.optional_texts(TEST_SOURCE)?.map(Source::of),
            test_labels: section.optional_texts(TEST_LABELS)?.map(Source::of),
            validation: section.number(VALIDATION, default.validation, 0.0..1.0)?,
            labelled: section.number(LABELLED, default.labelled, 0.0..=1.0)?,
            transfer: section.optional_texts(TRANSFER)?.map(Source::of),
            omit_classes: section.texts(OMIT_CLASSES)?,
            images: ImageReading::read(section)?,
            skip_bad: section.integer(SKIP_BAD, 0, 0..)? as usize,
            scratch: section.optional_text(SCRATCH, None)?.map(PathBuf::from),
            rows: section.optional_integer(ROWS, 1..)?.map(|rows| rows as usize),
            split_seed: section.integer(SPLIT_SEED, default.split_seed, 0..)?,
            views: ViewCount::read(section)?,
            student_views: section.boolean(STUDENT_VIEWS, true)?,
            shift: section.integer(SHIFT, 0, 0..=65_536)? as usize,
            crop: section.integer(CROP, 0, 0..=65_536)? as usize,
            flip: section.boolean(FLIP, false)?,
            rand_augment: section.integer(RAND_AUGMENT, 0, 0..=16)? as usize,
            rand_magnitude: section.integer(RAND_MAGNITUDE, usual_magnitude, 0..=largest)? as usize,
            cutout: section.integer(CUTOUT, 0, 0..=65_536)? as usize,
            erase: section.number(ERASE, 0.0, 0.0..=1.0)?,
        };
        if let Err((key, message, hint)) = options.columns_of_task() {
            return Err(section.conflict(key, message, hint.to_owned()));
        }
        if let Err(error) = options.validate() {
            let hint = format!("set `views` above 1 together with {VARIATIONS}");
            return Err(section.conflict("views", error.to_string(), hint));
        }
        Ok(options)
    }
}
