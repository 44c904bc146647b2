//! `predictions.csv`: what every model of a run chose for each test sample.

use std::path::Path;

use data::Samples;
use report::summary::Role;
use store::{Disk, read_limited};

use crate::JobError;
use crate::archive::unreadable;

/// The file in the folder of a run.
pub(crate) const PREDICTIONS: &str = "predictions.csv";

/// A thousand seeds on a million samples are not compared here.
const LARGEST: u64 = 1 << 32;

/// What the models of one seed chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) seed: u64,
    /// Classes by sample, for each of [`Role::ALL`].
    pub(crate) classes: [Vec<usize>; 3],
}

/// Writes a row for each test sample: its number, its class, and the choice of each model.
pub(crate) fn write(
    all: &[Choices],
    test: &Samples,
    names: &[String],
    folder: &Path,
    disk: &Disk,
) -> Result<(), JobError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let models = || all.iter().flat_map(|one| Role::ALL.map(|role| (one, role)));
    let head = models().map(|(one, role)| column(role, one.seed));
    writer.write_record(["sample", "label"].map(str::to_owned).into_iter().chain(head))?;
    let name = |class: usize| names.get(class).map_or("", String::as_str);
    for (sample, label) in test.labels.iter().enumerate() {
        let number = (sample + 1).to_string();
        let label = name(label.map_or(usize::MAX, |label| label as usize));
        let choices = models().map(|(one, role)| {
            let classes = one.classes.get(role as usize);
            name(classes.and_then(|classes| classes.get(sample)).copied().unwrap_or(usize::MAX))
        });
        writer.write_record([number.as_str(), label].into_iter().chain(choices))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(disk.write_file(&folder.join(PREDICTIONS), &bytes)?)
}

/// What `predictions.csv` says of the distilled students.
pub(crate) struct Students {
    /// The class of each test sample.
    pub(crate) labels: Vec<String>,
    /// For each seed in the order of the file, 1 where its student is right and 0 where not.
    pub(crate) right: Vec<Vec<f64>>,
}

/// Reads what the distilled students of a run chose.
pub(crate) fn students(folder: &Path) -> Result<Students, JobError> {
    let path = folder.join(PREDICTIONS);
    let bytes = read_limited(&path, LARGEST)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let wrong = |error: csv::Error| unreadable(&path, &error.to_string());
    let prefix = column(Role::Student, 0);
    let prefix = prefix.trim_end_matches('0');
    let header = reader.headers().map_err(wrong)?.clone();
    let places: Vec<usize> = header
        .iter()
        .enumerate()
        .filter(|(_, name)| name.starts_with(prefix))
        .map(|(place, _)| place)
        .collect();
    let (mut labels, mut right) = (Vec::new(), vec![Vec::new(); places.len()]);
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        labels.push(record.get(1).unwrap_or_default().to_owned());
        for (right, place) in right.iter_mut().zip(&places) {
            let hit = record.get(*place).is_some() && record.get(*place) == record.get(1);
            right.push(f64::from(u8::from(hit)));
        }
    }
    Ok(Students { labels, right })
}

fn column(role: Role, seed: u64) -> String {
    format!("{}-seed-{seed}", role.key())
}
