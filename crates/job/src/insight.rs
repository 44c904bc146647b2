//! What the teacher had to say, and where the student does not follow it.

use data::{SampleShape, Samples};
use eval::{Answers, Predictions, Truth};
use report::summary::{Choice, Disagreement, Picture, Softened};

use crate::JobError;
use crate::apart::furthest;
use crate::cells::{answers_in_cells, deviations, truth_in_cells};

/// Temperatures that the teacher is shown at.
const TEMPERATURES: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0];

/// Disagreements that are shown.
const SHOWN: usize = 12;

/// Numbers of a sample that are shown where it has no picture.
const NUMBERS: usize = 8;

/// Characters of an answer that are kept; a sample may have any number of labels.
const ANSWER: usize = 300;

/// Confidence and entropy of what a teacher says at each temperature: of classes, or of each label by itself, which applies or does
/// not; nothing of numbers.
pub(crate) fn softened_answers(teacher: &Answers) -> Result<Vec<Softened>, JobError> {
    Ok(match teacher {
        Answers::Classes(said) => softened(said),
        Answers::Labels(said) => {
            let pairs = said.rows().flatten().flat_map(|logit| [*logit as f32, 0.0]);
            softened(&Predictions::from_logits(2, &pairs.collect::<Vec<f32>>())?)
        }
        Answers::Numbers(_) => Vec::new(),
    })
}

/// As [`softened_answers`], of classes.
pub(crate) fn softened(teacher: &Predictions) -> Vec<Softened> {
    let at = TEMPERATURES.map(|temperature| {
        let softened = teacher.softened(temperature);
        Softened {
            temperature,
            confidence: softened.mean_confidence(),
            entropy: softened.mean_entropy(),
        }
    });
    at.to_vec()
}

/// The test samples on which the distilled student says something else than its teacher: of classes those first of which the
/// student is surest, of labels and numbers those on which the two are furthest apart. `models` are teacher, student
/// alone and distilled student.
pub(crate) fn disagreements(
    models: [&Answers; 3],
    test: &Samples,
    truth: &Truth,
    names: &[String],
) -> Result<Vec<Disagreement>, JobError> {
    let [teacher, _, student] = models;
    let found = furthest(teacher, student)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let cell = |cells: &[String], sample: usize| {
        let cell = cells.get(sample).map_or("", String::as_str);
        cell.chars().take(ANSWER).collect::<String>()
    };
    let labels = match truth {
        Truth::Classes(_) => Vec::new(),
        _ => truth_in_cells(truth, names, deviations(student)),
    };
    let said = models.map(|model| answers_in_cells(model, names));
    let shown = found.into_iter().take(SHOWN).map(|(sample, apart)| {
        let row = test.row(sample)?;
        let label = match truth {
            Truth::Classes(_) => {
                let label = test.labels.get(sample).copied().flatten();
                label.and_then(|label| names.get(label as usize)).cloned().unwrap_or_default()
            }
            _ => cell(&labels, sample),
        };
        let choices = models.into_iter().zip(&said);
        let choices = choices.map(|(model, said)| Choice {
            class: cell(said, sample),
            probability: model.classes().map_or(f64::NAN, |said| probability(said, sample)),
        });
        Ok(Disagreement {
            sample: sample as u64 + 1,
            label,
            choices: choices.collect(),
            picture: picture(test.shape, &row),
            values: values(test.shape, &row),
            row: None,
            apart: apart.in_words(names),
        })
    });
    shown.collect()
}

/// The probability of the class that a model chooses.
fn probability(predictions: &Predictions, sample: usize) -> f64 {
    let row = predictions.rows().nth(sample).unwrap_or_default();
    let chosen = predictions.argmax(sample).and_then(|class| row.get(class));
    chosen.map_or(f64::NAN, |log_probability| log_probability.exp())
}

/// An image as grey or coloured bytes, its darkest value black and its brightest white.
pub(crate) fn picture(shape: SampleShape, row: &[f32]) -> Option<Picture> {
    let SampleShape::Image { channels, height, width } = shape else { return None };
    if !matches!(channels, 1 | 3) {
        return None;
    }
    let low = row.iter().copied().fold(f32::INFINITY, f32::min);
    let high = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = 255.0 / (high - low).max(f32::MIN_POSITIVE);
    let plane = height * width;
    let bytes = (0..plane).flat_map(|pixel| {
        (0..channels).map(move |channel| row.get(channel * plane + pixel).copied().unwrap_or(low))
    });
    let bytes = bytes.map(|value| ((value - low) * scale) as u8).collect();
    Some(Picture { width: width as u32, height: height as u32, bytes })
}

/// The first numbers of a sample without a picture, as the network sees them.
fn values(shape: SampleShape, row: &[f32]) -> Vec<f32> {
    match shape {
        SampleShape::Vector(_) | SampleShape::Tokens { .. } => {
            row.iter().copied().take(NUMBERS).collect()
        }
        SampleShape::Image { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use eval::LabelPredictions;

    use super::*;

    #[test]
    fn each_label_is_softened_by_itself() {
        // Probabilities of 1/2 and 3/4; at a temperature of 2 the second is 1 / (1 + 1 / sqrt 3).
        let logits = [0.0, 3.0_f32.ln()];
        let said = Answers::Labels(LabelPredictions::from_logits(2, &logits).unwrap());
        let found = softened_answers(&said).unwrap();
        assert_eq!(found.len(), TEMPERATURES.len());
        let close = |value: f64, expected: f64| (value - expected).abs() < 1e-6;
        assert!(
            close(found[0].confidence, 0.625) && close(found[0].entropy, 0.627_741),
            "{found:?}"
        );
        assert!(close(found[1].confidence, 0.566_987), "{found:?}");
    }
}
