/*!
From options to a corpus: read, divide, fit the preprocessing on the training part, transform.
*/

use std::path::Path;

use random::Stream;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::gallery::SkippedFile;
use crate::options::DataOptions;
use crate::origin::{self, Content, Origin, Part};
use crate::preprocessing::Preprocessing;
use crate::reading::ImageReading;
use crate::sample::Samples;
use crate::split::{Cut, stratified};

/// A data set, divided and ready for networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// What the student learns from: the training rows in the order of their source, then the
    /// rows of the transfer file. Hidden labels are not here, nor anywhere else.
    pub train: Samples,
    /// Labelled samples for choosing; may be empty.
    pub validation: Samples,
    /// Labelled samples for the final judgement alone.
    pub test: Samples,
    /// The names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
    /// How raw rows became samples.
    pub preprocessing: Preprocessing,
    /// The files that were read.
    pub sources: Vec<SourceFile>,
    /// The files that were left out, because `skip_bad` allows it.
    pub skipped: Vec<SkippedFile>,
}

/// The rows of the training source, by part.
struct Division {
    train: Vec<usize>,
    visible: Vec<Option<u32>>,
    validation: Vec<usize>,
    test: Vec<usize>,
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
    options.validate()?;
    let origin = origin::read(options, base)?;
    let division = divide(&origin, options)?;
    let preprocessing = fit(&origin, &division.train, options.images)?;
    let source = &origin.train;
    let labels = |rows: &[usize]| -> Vec<Option<u32>> {
        rows.iter().map(|&row| source.labels.get(row).copied().flatten()).collect()
    };

    let mut train = preprocessing.samples(&source.content, &division.train, division.visible)?;
    if let Some(transfer) = &origin.transfer {
        train.append(whole(&preprocessing, transfer)?);
    }
    let validation = labels(&division.validation);
    let validation = preprocessing.samples(&source.content, &division.validation, validation)?;
    let test = match &origin.test {
        Some(test) => whole(&preprocessing, test)?,
        None => preprocessing.samples(&source.content, &division.test, labels(&division.test))?,
    };
    let Origin { classes, sources, skipped, .. } = origin;
    Ok(Corpus { train, validation, test, classes, preprocessing, sources, skipped })
}

fn divide(origin: &Origin, options: &DataOptions) -> Result<Division, DataError> {
    let labels = &origin.train.labels;
    let stream = |purpose| Stream::new(options.split_seed, purpose);
    let take = |rows: &[usize], part, share, leave| {
        let cut = Cut { part, share, leave };
        stratified(rows, labels, &origin.classes, &cut, &stream(part))
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
    // Also where all labels stay, because this finds a class without any training row.
    let part = if options.labelled < 1.0 { "labelled" } else { "training" };
    let (_, shown) = take(&rows, part, options.labelled, 0)?;
    let visible = rows
        .iter()
        .map(|row| shown.binary_search(row).ok().and_then(|_| labels.get(*row).copied().flatten()))
        .collect();
    Ok(Division { train: rows, visible, validation, test })
}

fn fit(
    origin: &Origin,
    training: &[usize],
    reading: ImageReading,
) -> Result<Preprocessing, DataError> {
    let classes = origin.classes.clone();
    match &origin.train.content {
        Content::Table(table) => {
            let label = origin.label.as_deref().unwrap_or_default();
            Preprocessing::of_table(table, label, classes, training, origin.divisor)
        }
        Content::Vectors(vectors) => Ok(Preprocessing::of_vectors(vectors, classes, training)),
        Content::Images(images) => Ok(Preprocessing::of_images(images, classes, training, reading)),
    }
}

fn whole(preprocessing: &Preprocessing, part: &Part) -> Result<Samples, DataError> {
    let rows: Vec<usize> = (0..part.content.len()).collect();
    preprocessing.samples(&part.content, &rows, part.labels.clone())
}
