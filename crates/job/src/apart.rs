//! How far student and teacher are apart on each sample.

use eval::{Answers, EvalError};

use crate::cells::number;

/// What the two differ in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Apart {
    /// In the class.
    Class,
    /// In labels; the one whose probabilities differ most, and what teacher and student give it.
    Label { label: usize, teacher: f64, student: f64 },
    /// In numbers, by so much, as an absolute error is measured.
    Number(f64),
}

impl Apart {
    /// For a cell of a table; nothing of classes, which say all there is.
    pub(crate) fn in_words(self, names: &[String]) -> String {
        match self {
            Self::Class => String::new(),
            Self::Label { label, teacher, student } => {
                let name = names.get(label).map_or("", String::as_str);
                format!("{name}: {:.0} % → {:.0} %", 100.0 * teacher, 100.0 * student)
            }
            // Of one number in its unit, of several in deviations: six significant digits of either.
            Self::Number(distance) => number(distance, distance),
        }
    }
}

/// The samples on which student and teacher choose another class or other labels, or say other numbers, those first that are
/// worst.
///
/// # Errors
/// [`EvalError`] where the two are not about the same.
pub(crate) fn furthest(
    teacher: &Answers,
    student: &Answers,
) -> Result<Vec<(usize, Apart)>, EvalError> {
    let mut found: Vec<(f64, usize, Apart)> = match (teacher, student) {
        (Answers::Classes(teacher), Answers::Classes(student)) => {
            let rows = student.rows().enumerate();
            let differ = |sample: &usize| teacher.argmax(*sample) != student.argmax(*sample);
            let sure = |row: &[f64]| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            rows.filter(|(sample, _)| differ(sample))
                .map(|(sample, row)| (sure(row), sample, Apart::Class))
                .collect()
        }
        (Answers::Labels(teacher), Answers::Labels(student)) => {
            let rows = teacher.rows().zip(student.rows()).enumerate();
            rows.filter_map(|(sample, (teacher, student))| {
                let (distance, apart) = labels(teacher, student)?;
                Some((distance, sample, apart))
            })
            .collect()
        }
        (Answers::Numbers(teacher), Answers::Numbers(student)) => {
            let said: Vec<f64> = teacher.rows().flatten().copied().collect();
            let errors = student.absolute_errors(&said)?.into_iter().enumerate();
            errors
                .filter(|(_, error)| *error > 0.0)
                .map(|(sample, error)| (error, sample, Apart::Number(error)))
                .collect()
        }
        _ => return Err(EvalError::OtherTask),
    };
    // Stable: of equals the first sample comes first.
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    Ok(found.into_iter().map(|(_, sample, apart)| (sample, apart)).collect())
}

/// The sum of the differences of the probabilities, and the largest of them, by logits; none where the labels that apply are
/// the same.
fn labels(teacher: &[f64], student: &[f64]) -> Option<(f64, Apart)> {
    let pairs = || teacher.iter().zip(student);
    if pairs().all(|(teacher, student)| (*teacher >= 0.0) == (*student >= 0.0)) {
        return None;
    }
    let probability = |logit: &f64| 1.0 / (1.0 + (-logit).exp());
    let mut sum = 0.0;
    let mut largest = (f64::NEG_INFINITY, Apart::Class);
    for (label, (teacher, student)) in pairs().enumerate() {
        let (teacher, student) = (probability(teacher), probability(student));
        let difference = (teacher - student).abs();
        sum += difference;
        if difference > largest.0 {
            largest = (difference, Apart::Label { label, teacher, student });
        }
    }
    Some((sum, largest.1))
}

#[cfg(test)]
mod tests {
    use eval::{LabelPredictions, NumberPredictions, Predictions};

    use super::*;

    #[test]
    fn of_classes_the_surest_contradiction_comes_first() {
        let teacher = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let student = [0.0, 1.0, 3.0, 0.0, 0.0, 4.0];
        let said = |logits: &[f32]| Answers::Classes(Predictions::from_logits(2, logits).unwrap());
        let found = furthest(&said(&teacher), &said(&student)).unwrap();
        assert_eq!(found, [(2, Apart::Class), (0, Apart::Class)]);
    }

    #[test]
    fn labels_on_which_both_are_of_one_mind_are_left_out() {
        let ln3 = 3.0_f32.ln();
        let teacher = [ln3, -ln3, ln3, ln3, -ln3, -ln3];
        let student = [ln3, -9.0, ln3, -ln3, 9.0, ln3];
        let said =
            |logits: &[f32]| Answers::Labels(LabelPredictions::from_logits(2, logits).unwrap());
        let found = furthest(&said(&teacher), &said(&student)).unwrap();
        let samples: Vec<usize> = found.iter().map(|(sample, _)| *sample).collect();
        assert_eq!(samples, [2, 1]);
        let names = ["red".to_owned(), "blue".to_owned()];
        assert_eq!(found[1].1.in_words(&names), "blue: 75 % → 25 %");
        assert_eq!(found[0].1.in_words(&names), "red: 25 % → 100 %");
    }

    #[test]
    fn numbers_are_ordered_by_their_distance() {
        let said = |values: &[f32]| {
            Answers::Numbers(NumberPredictions::from_scaled(&[(10.0, 2.0)], values).unwrap())
        };
        let found = furthest(&said(&[0.0, 0.0, 1.0]), &said(&[1.0, 0.0, -1.0])).unwrap();
        assert_eq!(found, [(2, Apart::Number(4.0)), (0, Apart::Number(2.0))]);
    }

    #[test]
    fn answers_to_other_questions_are_refused() {
        let classes = Answers::Classes(Predictions::from_logits(2, &[1.0, 0.0]).unwrap());
        let labels = Answers::Labels(LabelPredictions::from_logits(2, &[1.0, 0.0]).unwrap());
        assert!(furthest(&classes, &labels).is_err());
    }
}
