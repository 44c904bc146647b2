//! Whether recorded outputs that are matched row by row say more about the labels than they would in another order.

use data::Corpus;
use teacher::{Part, ReadyTeacher, TeacherError, View};
use words::counted;

/// Fewer labels tell nothing.
const LEAST: usize = 100;

/// Standard deviations of what another order would give that the outputs should be above it.
const DEVIATIONS: f64 = 3.0;

/// A warning where the first choices of `outputs`, a file, fit the labels of the training rows no better than those of any
/// order of its rows.
pub(crate) fn doubt(
    outputs: &str,
    teacher: &dyn ReadyTeacher,
    corpus: &Corpus,
) -> Result<Option<String>, TeacherError> {
    let rows = corpus.train.labelled_rows();
    if !corpus.preprocessing.task().is_classes() || rows.len() < LEAST {
        return Ok(None);
    }
    let said = teacher.logits(corpus, Part::Train, View::PLAIN, &rows)?.unwrap_or_default();
    let classes = corpus.classes.len();
    let label =
        |&row: &usize| corpus.train.labels.get(row).copied().flatten().map(|it| it as usize);
    let labels: Vec<usize> = rows.iter().filter_map(label).collect();
    let choices: Vec<usize> = said.chunks(classes.max(1)).map(first_choice).collect();
    let found = no_better_than_another_order(&choices, &labels, classes);
    Ok(found.map(|[share, chance]| {
        format!(
            "`{outputs}` is matched row by row, and its first choice is the label in {:.1} % of {}, no more than in any other \
             order ({:.1} %): are its rows in the order of the data? With `id` in `[data]` and a column of that name they are \
             matched by name",
            100.0 * share,
            counted(labels.len(), "labelled training row"),
            100.0 * chance
        )
    }))
}

/// The place of the largest number, the first of several.
fn first_choice(logits: &[f32]) -> usize {
    let places = logits.iter().enumerate().rev();
    places.max_by(|(_, one), (_, other)| one.total_cmp(other)).map_or(0, |(place, _)| place)
}

/// The share of choices that are the label, and that of any other order of the choices, where the first is not clearly
/// above the second. None where the choices are all the same, which every order leaves as it is.
fn no_better_than_another_order(
    choices: &[usize],
    labels: &[usize],
    classes: usize,
) -> Option<[f64; 2]> {
    let count = labels.len().min(choices.len()) as f64;
    let shares = |of: &[usize]| {
        let mut shares = vec![0.0; classes];
        for &class in of {
            if let Some(share) = shares.get_mut(class) {
                *share += 1.0 / count;
            }
        }
        shares
    };
    let (chosen, labelled) = (shares(choices), shares(labels));
    if chosen.iter().filter(|share| **share > 0.0).count() < 2 {
        return None;
    }
    let chance: f64 = chosen.iter().zip(&labelled).map(|(one, other)| one * other).sum();
    let fitting = choices.iter().zip(labels).filter(|(choice, label)| choice == label).count();
    let share = fitting as f64 / count;
    let deviation = (chance * (1.0 - chance) / count).sqrt();
    (share <= chance + DEVIATIONS * deviation).then_some([share, chance])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_in_another_order_are_noticed_and_those_of_a_weak_teacher_are_not() {
        let labels: Vec<usize> = (0..300).map(|row| row % 3).collect();
        let turned: Vec<usize> = (0..300).map(|row| row / 3 % 3).collect();
        let [share, chance] = no_better_than_another_order(&turned, &labels, 3).unwrap();
        assert!((share - chance).abs() < 0.1 && (chance - 1.0 / 3.0).abs() < 0.01);
        // Right in every second row.
        let weak: Vec<usize> = (0..300).map(|row| if row % 2 == 0 { row % 3 } else { 0 }).collect();
        assert_eq!(no_better_than_another_order(&weak, &labels, 3), None);
        assert_eq!(no_better_than_another_order(&[1; 300], &labels, 3), None);
        assert_eq!(first_choice(&[0.5, 2.0, 2.0, -1.0]), 1);
    }
}
