//! Outputs that someone else's model gave, matched to the samples they belong to.

use data::{Corpus, RecordedRows, RowFile, RowKey, RowKeys};
use std::collections::{BTreeMap, BTreeSet};
use store::hash_bytes;

use crate::soft_targets::single;
use crate::{OutputForm, Part, ReadyTeacher, TeacherError, View};

/// Recorded outputs as they were read: for each file of samples a file of outputs.
#[derive(Debug)]
pub struct Outputs {
    /// The outputs for the rows of each file.
    pub files: BTreeMap<RowFile, RecordedRows>,
    /// What the numbers are.
    pub form: OutputForm,
}

/// Recorded outputs, each at its sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    train: Vec<f32>,
    /// None where nothing is known about the part.
    validation: Option<Vec<f32>>,
    test: Option<Vec<f32>>,
    /// How many probabilities were raised to the floor.
    raised: usize,
    fingerprint: String,
}

impl Recorded {
    /// Finds the outputs of every sample: by its name where the file of outputs has a column of names,
    /// else by its row in the file that it comes from. The samples to learn from need outputs, all of
    /// them, and so does a test source that has a file of outputs; else of the validation part and of the
    /// test part either all have some or none.
    ///
    /// # Errors
    /// [`TeacherError::Length`] for files that are matched by row and are not equally long,
    /// [`TeacherError::Ambiguous`] for a name that two samples have,
    /// [`TeacherError::Absent`] for a sample without outputs, [`TeacherError::UnknownName`] for outputs with a name that
    /// no row of any file of the data has, [`TeacherError::Row`] for a row that is not of the stated kind.
    pub fn new(outputs: &Outputs, keys: &RowKeys) -> Result<Self, TeacherError> {
        for (file, rows) in &outputs.files {
            check_length(rows, *file, keys)?;
            if rows.ids.is_some() {
                check_names(*file, keys)?;
            }
        }
        let mut raised = 0;
        let train = outputs.of(Part::Train, &keys.train, &mut raised)?;
        let train = match train {
            Some(train) => train,
            None => return Err(outputs.absent(Part::Train, 0, keys.train.first())),
        };
        let validation = outputs.of(Part::Validation, &keys.validation, &mut raised)?;
        let test = outputs.of(Part::Test, &keys.test, &mut raised)?;
        outputs.files.values().try_for_each(|rows| check_known(rows, keys))?;
        Ok(Self { train, validation, test, raised, fingerprint: outputs.fingerprint() })
    }

    /// How many probabilities were raised to the floor, in all parts.
    pub fn raised(&self) -> usize {
        self.raised
    }
}

impl ReadyTeacher for Recorded {
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View<'_>,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        single(view.mix)?;
        if view.number > 0 {
            return Err(TeacherError::OtherView { view: view.number });
        }
        let recorded = match part {
            Part::Train => Some(&self.train),
            Part::Validation => self.validation.as_ref(),
            Part::Test => self.test.as_ref(),
        };
        let classes = corpus.classes.len();
        let of_row = |recorded: &[f32], row: usize| {
            let start = row.saturating_mul(classes);
            recorded.get(start..start.saturating_add(classes)).unwrap_or_default().to_vec()
        };
        Ok(recorded.map(|recorded| rows.iter().flat_map(|&row| of_row(recorded, row)).collect()))
    }

    /// With a hash of the outputs in the order of the samples: other names of the rows give other outputs.
    fn fingerprint(&self) -> String {
        let bytes: Vec<u8> = self.train.iter().flat_map(|logit| logit.to_le_bytes()).collect();
        format!("{} matched {}", self.fingerprint, hash_bytes(&bytes))
    }
}

fn check_length(rows: &RecordedRows, file: RowFile, keys: &RowKeys) -> Result<(), TeacherError> {
    let expected = keys.counts.get(&file).copied().unwrap_or_default();
    if rows.ids.is_some() || rows.rows() == expected {
        return Ok(());
    }
    let path = rows.path.display().to_string();
    Err(TeacherError::Length { path, of: file.words(), expected, found: rows.rows() })
}

/// Checks that each name is that of a row of the data, be it one that is not used, or one of another of its files.
fn check_known(rows: &RecordedRows, keys: &RowKeys) -> Result<(), TeacherError> {
    let names = rows.ids.iter().flatten();
    let mut unknown: Vec<(usize, &String)> =
        names.filter(|(name, _)| !keys.know(name)).map(|(name, row)| (*row, name)).collect();
    unknown.sort_unstable();
    match unknown.first() {
        None => Ok(()),
        Some((row, name)) => Err(TeacherError::UnknownName {
            place: rows.place(*row),
            name: (*name).clone(),
            count: unknown.len(),
        }),
    }
}

/// Checks that the samples of a file, whatever their part, have different names.
fn check_names(file: RowFile, keys: &RowKeys) -> Result<(), TeacherError> {
    let mut seen = BTreeSet::new();
    let all = [&keys.train, &keys.validation, &keys.test].into_iter().flatten();
    for name in all.filter(|key| key.file == file).filter_map(|key| key.id.as_deref()) {
        if !seen.insert(name) {
            return Err(TeacherError::Ambiguous { name: name.to_owned(), of: file.words() });
        }
    }
    Ok(())
}

impl Outputs {
    /// The logits of all samples of a part; none where there are outputs for none of them.
    fn of(
        &self,
        part: Part,
        keys: &[RowKey],
        raised: &mut usize,
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let found: Vec<Option<(&RecordedRows, usize)>> =
            keys.iter().map(|key| self.find(key)).collect();
        // A file for the test source alone is there to be found.
        let is_meant =
            |key: &RowKey| key.file == RowFile::Test && self.files.contains_key(&key.file);
        if found.iter().all(Option::is_none) && !keys.iter().any(is_meant) {
            return Ok(None);
        }
        let mut logits = Vec::new();
        for (place, (key, found)) in keys.iter().zip(found).enumerate() {
            let Some((rows, row)) = found else {
                return Err(self.absent(part, place, Some(key)));
            };
            let pushed = self.form.push_logits(rows.row(row), &mut logits);
            *raised += pushed.map_err(|(expected, found)| TeacherError::Row {
                place: rows.place(row),
                expected,
                found,
            })?;
        }
        Ok(Some(logits))
    }

    /// The row of outputs that belongs to a sample.
    fn find(&self, key: &RowKey) -> Option<(&RecordedRows, usize)> {
        let rows = self.files.get(&key.file)?;
        let row = match &rows.ids {
            Some(ids) => *ids.get(key.id.as_deref()?)?,
            None => key.row,
        };
        Some((rows, row))
    }

    fn absent(&self, part: Part, place: usize, key: Option<&RowKey>) -> TeacherError {
        let sample = match key {
            Some(RowKey { file, row, id: None }) => {
                format!("row {} of {} ({})", row + 1, file.words(), part.words())
            }
            Some(RowKey { file, id: Some(id), .. }) => {
                format!("`{id}` of {} ({})", file.words(), part.words())
            }
            None => format!("{} sample {}", part.words(), place + 1),
        };
        let reason = match key.and_then(|key| self.files.get(&key.file)) {
            Some(rows) => format!("{} has no row of this name", rows.path.display()),
            None => "no file of outputs is given for these samples".to_owned(),
        };
        TeacherError::Absent { sample, reason }
    }

    fn fingerprint(&self) -> String {
        let hashes = self
            .files
            .iter()
            .map(|(file, rows)| format!("{} {}", file.words(), rows.source.blake3));
        let hashes: Vec<String> = hashes.collect();
        format!("{} {}", self.form.fingerprint(), hashes.join(" "))
    }
}
