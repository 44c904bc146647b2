/*!
From options to a corpus: read, divide, fit the preprocessing on the training part, transform.
*/

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use random::Stream;

use crate::copied::CopiedFile;
use crate::error::DataError;
use crate::file::SourceFile;
use crate::file_names::FileNames;
use crate::gallery::SkippedFile;
use crate::group_split::grouped;
use crate::memory::{self, Needed, machine_memory};
use crate::options::DataOptions;
use crate::origin::{self, Content, Origin, Part};
use crate::preprocessing::Preprocessing;
use crate::preprocessing::bytes::BytePreprocessing;
use crate::preprocessing::cells::CellCount;
use crate::preprocessing::table::Fitting;
use crate::raw;
use crate::roles;
use crate::room::Room;
use crate::sample::Samples;
use crate::split::{Cut, stratified};
use crate::task::{TargetScale, Task};
use crate::{omitted, weights};

/// A data set, divided and ready for networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// What the student learns from: the training rows in the order of their source, then the
    /// rows of the transfer file. Hidden labels are not here, nor anywhere else.
    pub train: Samples,
    /// How much the label of each training sample counts, 1 on the average; empty where all count
    /// alike.
    pub weights: Vec<f32>,
    /// Whether a training sample is of a class that the students never see; empty where they see all.
    pub omitted: Vec<bool>,
    /// Labelled samples for choosing; may be empty. Without labels where nothing has any.
    pub validation: Samples,
    /// Labelled samples for the final judgement alone. Without labels where nothing has any.
    pub test: Samples,
    /// A file of `test_source` that is a copy of one of the training source, or one of `transfer` that is a copy of one of the
    /// test part.
    pub copied: Option<CopiedFile>,
    /// The names of the classes in the order of their numbers, or of the labels or numbers to learn.
    pub classes: Vec<String>,
    /// How raw rows became samples.
    pub preprocessing: Preprocessing,
    /// By part (train, transfer, validation, test), the columns of a table with cells that were
    /// filled in, or with words that training does not know.
    pub cells: BTreeMap<&'static str, Vec<CellCount>>,
    /// The files that were read.
    pub sources: Vec<SourceFile>,
    /// The files that were left out, because `skip_bad` allows it.
    pub skipped: Vec<SkippedFile>,
}

impl Corpus {
    /// Whether no sample has a label, so that a teacher is all that can be learned from and measured by.
    pub fn is_unlabelled(&self) -> bool {
        self.train.labelled_rows().is_empty()
    }

    /// The training samples that the students learn from, labelled or not.
    pub fn student_rows(&self) -> usize {
        self.train.len() - self.omitted.iter().filter(|omitted| **omitted).count()
    }
}

/// The rows of the training source, by part.
pub(crate) struct Division {
    train: Vec<usize>,
    visible: Vec<Option<u32>>,
    validation: Vec<usize>,
    pub(crate) test: Vec<usize>,
}

/// Reads and divides the data that `options` describe; relative paths start at `base`.
///
/// The same files and options give the same corpus. Test and validation rows are drawn class by
/// class, at least one row of each; then labels are hidden, again class by class.
///
/// # Errors
/// Whatever is wrong with the options or the files, see [`DataError`].
///
/// ```
/// use potstill_data::{DataOptions, load};
///
/// let options = DataOptions { labelled: 0.1, ..DataOptions::default() };
/// let digits = load(&options, ".".as_ref())?;
/// assert_eq!(digits.classes.len(), 10);
/// assert_eq!(digits.train.len() + digits.validation.len() + digits.test.len(), 5620);
/// # Ok::<(), potstill_data::DataError>(())
/// ```
pub fn load(options: &DataOptions, base: &Path) -> Result<Corpus, DataError> {
    Divided::read(options, base)?.corpus(options)
}

/// The same samples in the same parts and order as [`load`] gives them, as another preprocessing
/// makes them from the raw rows: that of a model which was trained before. Images are read as it
/// reads them.
///
/// # Errors
/// As [`load`], and what does not fit the preprocessing: a column that is absent, another shape.
pub fn load_as(
    options: &DataOptions,
    base: &Path,
    preprocessing: &Preprocessing,
) -> Result<Corpus, DataError> {
    let images = match preprocessing {
        Preprocessing::Image(image) => image.reading,
        Preprocessing::Table(_) | Preprocessing::Vector(_) | Preprocessing::Bytes(_) => {
            options.images
        }
    };
    let options = DataOptions { images, ..options.clone() };
    let divided = Divided::read(&options, base)?;
    Divided { preprocessing: preprocessing.clone(), ..divided }.corpus(&options)
}

/// The rows of one part, as they are in a file.
pub(crate) struct Piece<'a> {
    /// Train, transfer, validation or test.
    pub(crate) name: &'static str,
    pub(crate) content: &'a Content,
    /// The rows of `content` that belong to the part.
    pub(crate) rows: Vec<usize>,
    /// The label of each of them, where it may be known.
    pub(crate) labels: Vec<Option<u32>>,
    /// The targets that the labels number; empty for classes.
    pub(crate) targets: &'a [f64],
    /// The file of each sample of `content`, where each has its own.
    pub(crate) files: Option<&'a FileNames>,
}

impl<'a> Piece<'a> {
    fn whole(name: &'static str, part: &'a Part) -> Self {
        let rows = (0..part.content.len()).collect();
        let (labels, files) = (part.labels.clone(), part.files.as_ref());
        Self { name, content: &part.content, rows, labels, targets: &part.targets, files }
    }
}

/// What the options describe, read and divided, with its cells still as they are in the files.
pub(crate) struct Divided {
    pub(crate) origin: Origin,
    pub(crate) division: Division,
    pub(crate) preprocessing: Preprocessing,
    /// Where the values of samples are kept.
    room: Room,
}

impl Divided {
    pub(crate) fn read(options: &DataOptions, base: &Path) -> Result<Self, DataError> {
        options.validate()?;
        let origin = origin::read(options, base)?;
        let division = divide(&origin, options)?;
        let preprocessing = fit(&origin, &division, options)?;
        Ok(Self { origin, division, preprocessing, room: options.room(base) })
    }

    /// Reads tables that stayed in their files.
    pub(crate) fn hold_tables(&mut self) -> Result<(), DataError> {
        let Origin { train, test, transfer, .. } = &mut self.origin;
        for part in [Some(train), test.as_mut(), transfer.as_mut()].into_iter().flatten() {
            if let Content::Table(table) = &mut part.content {
                table.hold()?;
            }
        }
        Ok(())
    }

    /// The parts in order: train, transfer where there is one, validation, test.
    pub(crate) fn pieces(&self) -> Vec<Piece<'_>> {
        let Self { origin, division, .. } = self;
        let Part { content, targets, files, .. } = &origin.train;
        let files = files.as_ref();
        let drawn = |name, rows: &Vec<usize>| {
            let label = |&row: &usize| origin.train.labels.get(row).copied().flatten();
            let labels = rows.iter().map(label).collect();
            Piece { name, content, rows: rows.clone(), labels, targets, files }
        };
        let labels = division.visible.clone();
        let rows = division.train.clone();
        let train = Piece { name: "train", content, rows, labels, targets, files };
        let transfer = origin.transfer.as_ref().map(|part| Piece::whole("transfer", part));
        let test = match &origin.test {
            Some(test) => Piece::whole("test", test),
            None => drawn("test", &division.test),
        };
        let validation = drawn("validation", &division.validation);
        std::iter::once(train).chain(transfer).chain([validation, test]).collect()
    }

    /// Refuses samples that would be in memory and do not fit there, named by the largest part.
    fn check_memory(&self, pieces: &[Piece<'_>]) -> Result<(), DataError> {
        let largest = pieces.iter().max_by_key(|piece| piece.rows.len());
        let Some(Piece { content, .. }) = largest.filter(|_| self.room.is_memory()) else {
            return Ok(());
        };
        let samples = pieces.iter().map(|piece| piece.rows.len()).sum();
        let shape = self.preprocessing.shape();
        Needed::values(content.path(), samples, shape, memory::OF_RECIPE).check(machine_memory())
    }

    pub(crate) fn corpus(&self, options: &DataOptions) -> Result<Corpus, DataError> {
        let pieces = self.pieces();
        self.check_memory(&pieces)?;
        let weights = weights::of_rows(&pieces, options, &self.origin.classes)?;
        let omitted = omitted::of_rows(&self.origin, &pieces, options)?;
        let empty = || Samples::empty(self.preprocessing.shape());
        let (mut train, mut validation, mut test) = (empty(), empty(), empty());
        let mut sources = self.origin.sources.clone();
        let mut cells = BTreeMap::new();
        for Piece { name, content, rows, labels, targets, .. } in pieces {
            let labels = (labels, targets);
            let (samples, mut counts) =
                self.preprocessing.samples(content, &rows, labels, &self.room)?;
            if name == "train" {
                // Rare words are no surprise in the rows that they were counted in.
                counts.retain(|count| count.missing > 0 || count.broken > 0);
                counts.iter_mut().for_each(|count| (count.unseen, count.first_unseen) = (0, None));
            }
            if !counts.is_empty() {
                cells.insert(name, counts);
            }
            if let Preprocessing::Bytes(bytes) = &self.preprocessing {
                sources.push(bytes.source(name, &samples)?);
            }
            match name {
                "validation" => &mut validation,
                "test" => &mut test,
                _ => &mut train,
            }
            .append(samples);
        }
        let classes = self.origin.classes.clone();
        let preprocessing = self.preprocessing.clone();
        let skipped = self.origin.skipped.clone();
        Ok(Corpus {
            train,
            weights,
            omitted,
            validation,
            test,
            copied: self.origin.copy.clone(),
            classes,
            preprocessing,
            cells,
            sources,
            skipped,
        })
    }
}

/// The names of the columns of a source that is a table without a known label column; none for
/// other sources. A relative path starts at `base`.
///
/// # Errors
/// [`DataError::UnknownSource`] where there is no such file, or what is wrong with the table.
pub fn columns(source: &str, base: &Path) -> Result<Option<Vec<String>>, DataError> {
    let options = DataOptions { source: source.into(), ..DataOptions::default() };
    // Folders of images are not decoded for it.
    for file in options.source.files(base, "source").unwrap_or_default() {
        if !raw::is_table(&file.path)? {
            return Ok(None);
        }
    }
    match origin::read(&options, base) {
        Err(DataError::LabelNotNamed { columns, .. }) => Ok(Some(columns)),
        Err(error) => Err(error),
        Ok(_) => Ok(None),
    }
}

/// Whether the rows of a table can be divided by the classes that stand in `column`: every row has one, and there are enough rows of
/// each for all parts.
pub fn is_class_column(source: &str, base: &Path, column: &str) -> bool {
    let label = Some(column.to_owned());
    let options = DataOptions { source: source.into(), label, ..DataOptions::default() };
    origin::read(&options, base).and_then(|origin| divide(&origin, &options)).is_ok()
}

/// What the rows of all labels and numbers are called, where there are too few of them.
const ANY_ROW: &str = "any row";

pub(crate) fn divide(origin: &Origin, options: &DataOptions) -> Result<Division, DataError> {
    // Labels and numbers, and rows without a label, are divided as rows of one class.
    let (strata, names) = match options.task {
        Task::Classes if options.is_unlabelled() => {
            (vec![Some(0); origin.train.content.len()], vec![ANY_ROW.to_owned()])
        }
        Task::Classes if !options.classes.is_empty() => {
            occurring(&origin.train.labels, &origin.classes)
        }
        Task::Classes => (origin.train.labels.clone(), origin.classes.clone()),
        Task::Labels | Task::Numbers => {
            let labels = origin.train.labels.iter();
            (labels.map(|label| label.map(|_| 0)).collect(), vec![ANY_ROW.to_owned()])
        }
    };
    let stream = |purpose| Stream::new(options.split_seed, purpose);
    let groups = roles::groups(&origin.train.content, &options.table)?;
    let take = |rows: &[usize], part, share, leave| {
        let cut = Cut { part, share, leave };
        match &groups {
            // Which rows of the training part show their labels divides no group between parts.
            Some(groups) if leave > 0 => {
                grouped(rows, &strata, groups, &names, &cut, &stream(part))
            }
            _ => stratified(rows, &strata, &names, &cut, &stream(part)),
        }
    };
    let mut rows: Vec<usize> = (0..origin.train.content.len()).collect();
    if let Some(count) = options.rows {
        stream("rows").generator().shuffle(&mut rows);
        rows.truncate(count);
        rows.sort_unstable();
    }
    let mut test = Vec::new();
    if origin.test.is_none() {
        (rows, test) = take(&rows, "test", options.test, 1)?;
    }
    let mut validation = Vec::new();
    if options.validation > 0.0 {
        (rows, validation) = take(&rows, "validation", options.validation, 1)?;
    }
    let shown = match options.is_unlabelled() {
        true => Vec::new(),
        // Also where all labels stay, because this finds a class without any training row.
        false => {
            let part = if options.labelled < 1.0 { "labelled" } else { "training" };
            take(&rows, part, options.labelled, 0)?.1
        }
    };
    let visible = rows
        .iter()
        .map(|row| {
            shown
                .binary_search(row)
                .ok()
                .and_then(|_| origin.train.labels.get(*row).copied().flatten())
        })
        .collect();
    Ok(Division { train: rows, visible, validation, test })
}

/// The labels and names of the classes that have a row: of those that a recipe lists some may have none.
fn occurring(labels: &[Option<u32>], classes: &[String]) -> (Vec<Option<u32>>, Vec<String>) {
    let found: BTreeSet<u32> = labels.iter().flatten().copied().collect();
    let number = |label: &u32| found.iter().position(|class| class == label);
    let strata = labels.iter().map(|label| number(label.as_ref()?).map(|number| number as u32));
    let name = |class: &u32| classes.get(*class as usize).cloned();
    (strata.collect(), found.iter().filter_map(name).collect())
}

fn fit(
    origin: &Origin,
    division: &Division,
    options: &DataOptions,
) -> Result<Preprocessing, DataError> {
    let classes = origin.classes.clone();
    let training = division.train.as_slice();
    match &origin.train.content {
        Content::Table(_) if options.table.file.is_some() => {
            let label = origin.label.clone().unwrap_or_default();
            BytePreprocessing::new(&options.table, label, classes).map(Preprocessing::Bytes)
        }
        Content::Table(table) => {
            let label = origin.label.as_deref().unwrap_or_default();
            let (task, scales) = (options.task, target_scales(origin, division, options.task));
            let options = &options.table;
            let divisor = origin.divisor;
            let fitting = Fitting { table, label, options, training, divisor };
            Preprocessing::of_table(&fitting, classes, (task, scales))
        }
        Content::Vectors(vectors) => Ok(Preprocessing::of_vectors(vectors, classes, training)),
        Content::Images(images) => {
            Preprocessing::of_images(images, classes, training, options.images)
        }
    }
}

/// The scale of each number to learn, from the training rows that show theirs.
fn target_scales(origin: &Origin, division: &Division, task: Task) -> Vec<TargetScale> {
    if task != Task::Numbers {
        return Vec::new();
    }
    let width = origin.classes.len();
    let shown = || division.visible.iter().flatten();
    let column = |output: usize| {
        let number = |&label: &u32| origin.train.targets.get(label as usize * width + output);
        shown().filter_map(number).copied().collect::<Vec<f64>>()
    };
    (0..width).map(|output| TargetScale::fit(&column(output))).collect()
}
