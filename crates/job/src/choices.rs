//! `predictions.csv`: what every model of a run said about each test sample.

use std::path::Path;

use data::{RowKey, Task};
use eval::{Answers, Truth};
use report::summary::Role;
use store::{Disk, read_limited};

use crate::JobError;
use crate::archive::unreadable;
use crate::cells::{answers_in_cells, deviations, truth_in_cells};

/// The file in the folder of a run.
pub(crate) const PREDICTIONS: &str = "predictions.csv";

/// A thousand seeds on a million samples are not compared here.
const LARGEST: u64 = 1 << 32;

/// The column with the row of a sample in its source, from 0 as in the recorded outputs of teachers.
const ROW: &str = "row";

/// The column with what is true.
const LABEL: &str = "label";

/// What the column of a model's scores has behind the model's name.
const SCORE: &str = "-score";

/// What the models of one seed said.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pub(crate) seed: u64,
    /// For each of [`Role::ALL`] what it said, and the score of each sample; none of a teacher that says
    /// nothing about the test part.
    pub(crate) models: [Option<(Answers, Vec<f64>)>; 3],
}

/// The test samples.
pub(crate) struct Asked<'a> {
    /// What is true of them.
    pub(crate) truth: &'a Truth,
    /// Where they come from; empty where that is not known any more.
    pub(crate) keys: &'a [RowKey],
    /// The names of classes or targets.
    pub(crate) names: &'a [String],
    pub(crate) task: Task,
}

/// Writes a row for each test sample: its number, its row in the source, what that is called, what is true of it, and what each
/// model said. Where nothing is known but what the teacher says, there is no column for what is true and none for a student
/// alone. Where an answer is no class, the score of each answer follows it, because it cannot be told at a glance.
pub(crate) fn write(
    all: &[Choices],
    asked: &Asked<'_>,
    folder: &Path,
    disk: &Disk,
) -> Result<(), JobError> {
    let Asked { truth, keys, names, task } = asked;
    let labelled = !matches!(truth, Truth::Teacher(_));
    let mut head = Vec::new();
    let mut columns: Vec<Vec<String>> = Vec::new();
    if !keys.is_empty() {
        head.push(ROW.to_owned());
        columns.push(keys.iter().map(|key| key.row.to_string()).collect());
    }
    let ids: Option<Vec<String>> = keys.iter().map(|key| key.id.clone()).collect();
    if let Some(ids) = ids.filter(|ids| !ids.is_empty()) {
        head.push("id".to_owned());
        columns.push(ids);
    }
    if labelled {
        let mut models = all.iter().flat_map(|one| one.models.iter().flatten());
        let deviations = models.next().map_or(&[][..], |(answers, _)| deviations(answers));
        head.push(LABEL.to_owned());
        columns.push(truth_in_cells(truth, names, deviations));
    }
    for one in all {
        let models = Role::ALL.into_iter().zip(&one.models);
        for (role, said) in models.filter(|(role, _)| labelled || *role != Role::Baseline) {
            let said = said.as_ref();
            head.push(column(role, one.seed));
            let cells = said.map(|(answers, _)| answers_in_cells(answers, names));
            columns.push(cells.unwrap_or_default());
            if !task.is_classes() {
                head.push(format!("{}{SCORE}", column(role, one.seed)));
                let scores = said.map(|(_, scores)| scores.iter().map(f64::to_string).collect());
                columns.push(scores.unwrap_or_default());
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("sample").chain(head.iter().map(String::as_str)))?;
    for sample in 0..columns.first().map_or(0, Vec::len) {
        let number = (sample + 1).to_string();
        let cells = columns.iter().map(|cells| cells.get(sample).map_or("", String::as_str));
        writer.write_record(std::iter::once(number.as_str()).chain(cells))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(disk.write_file(&folder.join(PREDICTIONS), &bytes)?)
}

/// What `predictions.csv` says of the distilled students.
pub(crate) struct Students {
    /// What is true of each test sample.
    pub(crate) labels: Vec<String>,
    /// For each seed in the order of the file, the score of each sample: 1 where its student has the
    /// class right and 0 where not, or what the file says.
    pub(crate) scores: Vec<Vec<f64>>,
}

/// Reads what the distilled students of a run said.
pub(crate) fn students(folder: &Path) -> Result<Students, JobError> {
    let path = folder.join(PREDICTIONS);
    let bytes = read_limited(&path, LARGEST)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let wrong = |error: csv::Error| unreadable(&path, &error.to_string());
    let prefix = column(Role::Student, 0);
    let prefix = prefix.trim_end_matches('0');
    let header = reader.headers().map_err(wrong)?.clone();
    let places = |scores: bool| {
        let named = header.iter().enumerate();
        let wanted = move |name: &str| name.starts_with(prefix) && name.ends_with(SCORE) == scores;
        named.filter(|(_, name)| wanted(name)).map(|(place, _)| place).collect::<Vec<usize>>()
    };
    let (scored, said) = (places(true), places(false));
    let label = header.iter().position(|name| name == LABEL);
    let label = label.ok_or_else(|| unreadable(&path, "there is no column `label`"))?;
    let mut labels = Vec::new();
    let mut scores = vec![Vec::new(); said.len()];
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        labels.push(record.get(label).unwrap_or_default().to_owned());
        for (seed, (scores, place)) in scores.iter_mut().zip(&said).enumerate() {
            let hit = record.get(*place).is_some() && record.get(*place) == record.get(label);
            scores.push(match scored.get(seed).and_then(|place| record.get(*place)) {
                Some(score) => score.parse().map_err(|_| {
                    unreadable(&path, &format!("expected a number as score, found `{score}`"))
                })?,
                None => f64::from(u8::from(hit)),
            });
        }
    }
    Ok(Students { labels, scores })
}

fn column(role: Role, seed: u64) -> String {
    format!("{}-seed-{seed}", role.key())
}
