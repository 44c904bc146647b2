//! `predictions.csv`: what every model of a run said about each test sample.

use std::path::Path;

use data::Task;
use eval::{Answers, Truth};
use report::summary::Role;
use store::{Disk, read_limited};

use crate::JobError;
use crate::archive::unreadable;
use crate::cells::{answers_in_cells, truth_in_cells};

/// The file in the folder of a run.
pub(crate) const PREDICTIONS: &str = "predictions.csv";

/// A thousand seeds on a million samples are not compared here.
const LARGEST: u64 = 1 << 32;

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

/// Writes a row for each test sample: its number, what is true of it, and what each model said. Where nothing is known
/// but what the teacher says, there is no column for what is true and none for a student alone. Where an answer is no class, the score of each answer follows it, because it cannot be told at a glance.
pub(crate) fn write(
    all: &[Choices],
    truth: &Truth,
    names: &[String],
    task: Task,
    folder: &Path,
    disk: &Disk,
) -> Result<(), JobError> {
    let labelled = !matches!(truth, Truth::Teacher(_));
    let mut head = vec!["sample".to_owned()];
    let mut columns = Vec::new();
    if labelled {
        head.push("label".to_owned());
        columns.push(truth_in_cells(truth, names));
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
    writer.write_record(head)?;
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
    let mut labels = Vec::new();
    let mut scores = vec![Vec::new(); said.len()];
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        labels.push(record.get(1).unwrap_or_default().to_owned());
        for (seed, (scores, place)) in scores.iter_mut().zip(&said).enumerate() {
            let hit = record.get(*place).is_some() && record.get(*place) == record.get(1);
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
