//! Which classes are taken for which, and what distilling changed in that.

use data::Task;

use crate::number;
use crate::plot::canvas::{Figure, Words};
use crate::plot::gain::{self, Change};
use crate::plot::heat_map::{self, Cell, Map, Tone};
use crate::summary::{Model, Role, Summary};

/// A confusion matrix for each model, and the difference between both students.
pub(crate) fn maps(summary: &Summary) -> Vec<Figure> {
    let models = Role::ALL.iter().filter_map(|role| summary.model(*role));
    let mut figures: Vec<Figure> = models.filter_map(|model| counts(summary, model)).collect();
    figures.extend(change(summary));
    figures
}

fn counts(summary: &Summary, model: &Model) -> Option<Figure> {
    let total = total(&model.confusion);
    if total == 0 {
        return None;
    }
    let cells =
        entries(&model.confusion).filter(|(.., count)| *count > 0).map(|(row, column, count)| {
            Cell {
                row,
                column,
                // The root lets rare confusions be seen beside the many right predictions.
                shade: (count as f64 / row_total(&model.confusion, row) as f64).sqrt(),
                tone: if row == column { Tone::Good } else { Tone::Bad },
                text: number::count(count),
            }
        });
    let right = (0..model.confusion.len())
        .fold(0, |sum: u64, class| sum.saturating_add(at(&model.confusion, class, class)));
    let description =
        format!("{} of {} predictions are right.", number::count(right), number::count(total));
    heat_map::draw(Map {
        name: format!("confusion-{}", model.role.key()),
        title: format!("Predictions of the {}", model.role.words()),
        classes: &summary.classes,
        cells: cells.collect(),
        struck: false,
        words: Words { description, caption: String::new() },
    })
}

/// Distilled minus alone. Only where both predicted equally many samples of each class can counts be subtracted.
fn change(summary: &Summary) -> Option<Figure> {
    let (alone, distilled) = students(summary)?;
    let size = alone.confusion.len().max(distilled.confusion.len());
    let comparable = (0..size)
        .all(|row| row_total(&alone.confusion, row) == row_total(&distilled.confusion, row));
    if !comparable || total(&alone.confusion) == 0 {
        return None;
    }
    let difference = |row, column| {
        let (after, before) =
            (at(&distilled.confusion, row, column), at(&alone.confusion, row, column));
        after as f64 - before as f64
    };
    let places: Vec<(usize, usize)> =
        (0..size).flat_map(|row| (0..size).map(move |column| (row, column))).collect();
    let largest =
        places.iter().map(|(row, column)| difference(*row, *column).abs()).fold(1.0, f64::max);
    let cells = places.iter().filter(|(row, column)| difference(*row, *column) != 0.0).map(
        |&(row, column)| {
            let value = difference(row, column);
            let tone = if (row == column) == (value > 0.0) { Tone::Good } else { Tone::Bad };
            Cell {
                row,
                column,
                shade: (value.abs() / largest).sqrt(),
                tone,
                text: number::signed(value, 0),
            }
        },
    );
    let gained: f64 = (0..size).map(|class| difference(class, class)).sum();
    heat_map::draw(Map {
        name: "confusion-difference".to_owned(),
        title: "Distilled student minus student alone".to_owned(),
        classes: &summary.classes,
        cells: cells.collect(),
        struck: true,
        words: Words {
            description: format!(
                "The distilled student has {} right predictions.",
                number::signed(gained, 0)
            ),
            caption: "Blue is for the better (more right, fewer wrong), orange for the worse."
                .to_owned(),
        },
    })
}

/// The change in the share of each class' samples that is predicted right, in percentage points.
pub(crate) fn gain(summary: &Summary) -> Option<Figure> {
    let (alone, distilled) = students(summary)?;
    if summary.task == Task::Labels {
        return gain_of_labels(summary, alone, distilled);
    }
    let changes = summary.classes.iter().enumerate().map(|(index, class)| {
        let value = 100.0 * (recall(&distilled.confusion, index) - recall(&alone.confusion, index));
        Change { class: class.clone(), value }
    });
    let labels = gain::Labels {
        name: "class-gain",
        title: "Gain of each class by distilling",
        axis: "percentage points of right predictions",
        caption: "Distilled student minus student alone, over all seeds. The numbers of single classes rest on few \
                  samples and carry no interval: read them as a hint where to look."
            .to_owned(),
    };
    gain::draw(changes.collect(), labels)
}

/// The change in the F1 of each label, in points.
fn gain_of_labels(summary: &Summary, alone: &Model, distilled: &Model) -> Option<Figure> {
    let pairs = summary.classes.iter().zip(alone.label_f1.iter().zip(&distilled.label_f1));
    let changes = pairs.map(|(label, (before, after))| Change {
        class: label.clone(),
        value: 100.0 * (after - before),
    });
    let labels = gain::Labels {
        name: "label-gain",
        title: "Gain of each label by distilling",
        axis: "points of F1",
        caption: "Distilled student minus student alone, mean over seeds. The numbers of single labels carry no \
                  interval: read them as a hint where to look."
            .to_owned(),
    };
    gain::draw(changes.collect(), labels)
}

fn students(summary: &Summary) -> Option<(&Model, &Model)> {
    summary.model(Role::Baseline).zip(summary.model(Role::Student))
}

fn entries(confusion: &[Vec<u64>]) -> impl Iterator<Item = (usize, usize, u64)> {
    let rows = confusion.iter().enumerate();
    rows.flat_map(|(row, counts)| {
        counts.iter().enumerate().map(move |(column, count)| (row, column, *count))
    })
}

fn at(confusion: &[Vec<u64>], row: usize, column: usize) -> u64 {
    confusion.get(row).and_then(|counts| counts.get(column)).copied().unwrap_or(0)
}

fn row_total(confusion: &[Vec<u64>], row: usize) -> u64 {
    confusion
        .get(row)
        .map_or(0, |counts| counts.iter().fold(0, |sum, count| sum.saturating_add(*count)))
}

fn total(confusion: &[Vec<u64>]) -> u64 {
    (0..confusion.len()).fold(0, |sum, row| sum.saturating_add(row_total(confusion, row)))
}

/// NaN for a class without test samples.
fn recall(confusion: &[Vec<u64>], class: usize) -> f64 {
    match row_total(confusion, class) {
        0 => f64::NAN,
        total => at(confusion, class, class) as f64 / total as f64,
    }
}
