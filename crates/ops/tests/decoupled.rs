//! Losses that take the label apart from the other classes, against plain formulas in `f64`.

use potstill_ops::Level;
use potstill_ops::decoupled::{Labelled, losses, of_odds};
use random::Stream;

const EPSILON: f64 = f32::EPSILON as f64;

/// Samples, classes, temperature and the size of the logits.
const CASES: [(usize, usize, f64, f64); 8] = [
    (1, 2, 1.0, 3.0),
    (3, 7, 2.0, 3.0),
    (32, 10, 4.0, 3.0),
    (33, 10, 20.0, 3.0),
    (9, 33, 0.01, 0.05),
    (8, 100, 1.0, 1e4),
    (2, 1000, 3.0, 5.0),
    (450, 10, 1.0, 3.0),
];

struct Batch {
    student: Vec<f32>,
    teacher: Vec<f32>,
    labels: Vec<Option<u32>>,
    classes: usize,
    temperature: f64,
}

impl Batch {
    fn of((samples, classes, temperature, scale): (usize, usize, f64, f64)) -> Self {
        let mut generator = Stream::new(6, "decoupled").at((samples * classes) as u64).generator();
        let mut logits = || -> Vec<f32> {
            (0..samples * classes).map(|_| (scale * generator.normal()) as f32).collect()
        };
        let (student, teacher) = (logits(), logits());
        let label = |row: usize| Some(((3 * row + 1) % classes) as u32).filter(|_| row % 3 != 2);
        let labels = (0..samples).map(label).collect();
        Self { student, teacher, labels, classes, temperature }
    }

    fn labelled(&self) -> Labelled<'_> {
        let logits = [self.student.as_slice(), &self.teacher];
        let (labels, classes) = (self.labels.as_slice(), self.classes);
        Labelled { logits, labels, classes, temperature: self.temperature }
    }
}

/// Softened logits less the largest, without that of the label, and by how much the label's is above it.
fn apart(row: &[f32], label: usize, temperature: f64) -> (Vec<f64>, f64) {
    let others = row.iter().enumerate().filter(|(class, _)| *class != label);
    let scaled: Vec<f64> = others.map(|(_, &z)| f64::from(z) / temperature).collect();
    let most = scaled.iter().copied().fold(f64::MIN, f64::max);
    let total = most + scaled.iter().map(|x| (x - most).exp()).sum::<f64>().ln();
    (scaled.iter().map(|x| x - total).collect(), f64::from(row[label]) / temperature - total)
}

/// A loss of how sure both sides are, and its slope by the first.
fn target([student, teacher]: [f64; 2]) -> [f64; 2] {
    let far = student - teacher;
    [0.5 * far * far / (1.0 + teacher * teacher), far / (1.0 + teacher * teacher)]
}

fn reference(batch: &Batch, weights: [f64; 2]) -> ([f64; 2], Vec<f64>) {
    let count = batch.labels.iter().flatten().count() as f64;
    let (classes, temperature) = (batch.classes, batch.temperature);
    let (mut values, mut gradient) = ([0.0; 2], Vec::new());
    let rows = batch.student.chunks(classes).zip(batch.teacher.chunks(classes));
    for ((student, teacher), label) in rows.zip(&batch.labels) {
        let Some(label) = *label else {
            gradient.extend(vec![0.0; classes]);
            continue;
        };
        let label = label as usize;
        let (q, student) = apart(student, label, temperature);
        let (p, teacher) = apart(teacher, label, temperature);
        let [value, slope] = target([student, teacher]);
        values[0] += temperature * temperature * value / count;
        let divergence: f64 = p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum();
        values[1] += temperature * temperature * divergence / count;
        let (of_target, of_other) = (weights[0] * slope, weights[1]);
        let each =
            p.iter().zip(&q).map(|(p, q)| (of_other - of_target) * q.exp() - of_other * p.exp());
        let mut row: Vec<f64> = each.collect();
        row.insert(label, of_target);
        gradient.extend(row.iter().map(|slope| slope * temperature / count));
    }
    (values, gradient)
}

fn found(level: Level, batch: &Batch, weights: [f64; 2]) -> ([f64; 2], Vec<f32>) {
    let mut gradient = vec![f32::NAN; batch.student.len()];
    let values = losses(level, batch.labelled(), weights, target, &mut gradient);
    (values, gradient)
}

#[test]
fn both_losses_are_those_of_their_formula() {
    for level in Level::all() {
        for case in CASES {
            let batch = Batch::of(case);
            for weights in [[1.0, 0.0], [0.0, 1.0], [0.5, 8.0]] {
                let (values, gradient) = found(level, &batch, weights);
                let (expected, slopes) = reference(&batch, weights);
                let square = batch.temperature.powi(2);
                let count = batch.labels.iter().flatten().count() as f64;
                let factor = batch.temperature / count;
                for (value, expected) in values.iter().zip(expected) {
                    let allowed = 1e-6 * expected + 2.0 * EPSILON * square;
                    assert!((value - expected).abs() <= allowed, "{value} is not {expected}");
                }
                let largest = slopes.iter().fold(0.0_f64, |most, slope| most.max(slope.abs()));
                for (found, expected) in gradient.iter().zip(&slopes) {
                    let error = (f64::from(*found) - expected).abs();
                    let floor = 2.0 * EPSILON * (weights[0] + weights[1]) * factor;
                    assert!(error <= floor.max(2e-6 * largest), "{found} is not {expected}");
                }
            }
        }
    }
}

#[test]
fn numbers_of_the_odds_are_those_of_both_sides() {
    for level in Level::all() {
        for case in CASES {
            let batch = Batch::of(case);
            let numbers =
                of_odds(level, batch.labelled(), |[student, teacher]| student - 2.0 * teacher);
            let rows = batch.student.chunks(batch.classes).zip(batch.teacher.chunks(batch.classes));
            for ((number, label), (student, teacher)) in numbers.iter().zip(&batch.labels).zip(rows)
            {
                let expected = label.map_or(0.0, |label| {
                    let odds = |row| apart(row, label as usize, batch.temperature).1;
                    odds(student) - 2.0 * odds(teacher)
                });
                let error = (f64::from(*number) - expected).abs();
                assert!(error <= 1e-6 * expected.abs().max(1.0), "{number} is not {expected}");
            }
            assert_eq!(numbers.len(), batch.labels.len());
        }
    }
}

#[test]
fn a_student_that_equals_its_teacher_has_exactly_no_loss_and_no_gradient() {
    for level in Level::all() {
        for case in CASES {
            let mut batch = Batch::of(case);
            batch.teacher.clone_from(&batch.student);
            let (values, gradient) = found(level, &batch, [1.0, 8.0]);
            assert_eq!(values, [0.0; 2]);
            assert!(gradient.iter().all(|&slope| slope == 0.0));
        }
    }
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads_and_every_level() {
    let batch = Batch::of((512, 100, 4.0, 3.0));
    let run = |threads, level| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let numbers = of_odds(level, batch.labelled(), |[student, _]| student);
            (found(level, &batch, [1.0, 8.0]), numbers)
        })
    };
    let expected = run(1, Level::Portable);
    for level in Level::all() {
        for threads in [1, 2, 3] {
            assert!(run(threads, level) == expected, "{threads} threads, {level:?}");
        }
    }
}

#[test]
fn without_labels_or_others_there_is_no_loss() {
    let mut batch = Batch::of((3, 7, 2.0, 3.0));
    batch.labels.fill(None);
    assert_eq!(found(Level::best(), &batch, [1.0; 2]), ([0.0; 2], vec![0.0; 21]));
    let alone = Batch { labels: vec![Some(0); 21], classes: 1, ..batch };
    assert_eq!(found(Level::best(), &alone, [1.0; 2]), ([0.0; 2], vec![0.0; 21]));
    assert_eq!(of_odds(Level::best(), alone.labelled(), |_| 1.0), vec![0.0; 21]);
}

#[test]
fn what_is_not_a_number_reaches_the_value() {
    let mut batch = Batch::of((3, 7, 2.0, 3.0));
    batch.student[2] = f32::NAN;
    assert!(found(Level::best(), &batch, [1.0; 2]).0[1].is_nan());
}
