//! The losses of distillation against their definition in `f64`, and the laws that they obey.

use potstill_ops::Level;
use potstill_ops::soft_targets::{Label, Soft, Terms, Weighted, loss};
use random::{Generator, Stream};

const EPSILON: f64 = f32::EPSILON as f64;

fn generator(law: &str, number: u64) -> Generator {
    Stream::new(4, "soft targets").named(law).at(number).generator()
}

fn logits(generator: &mut Generator, count: usize, scale: f64) -> Vec<f32> {
    (0..count).map(|_| (scale * generator.normal()) as f32).collect()
}

/// `log softmax(row / temperature)`.
fn log_softmax(row: &[f32], temperature: f64) -> Vec<f64> {
    let scaled: Vec<f64> = row.iter().map(|&x| f64::from(x) / temperature).collect();
    let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total = scaled.iter().map(|x| (x - most).exp()).sum::<f64>().ln() + most;
    scaled.iter().map(|x| x - total).collect()
}

fn soft_reference(
    student: &[f32],
    teacher: &[f32],
    classes: usize,
    temperature: f64,
) -> (f64, Vec<f64>) {
    let batch = (student.len() / classes) as f64;
    let (mut value, mut gradient) = (0.0, Vec::new());
    for (student, teacher) in student.chunks(classes).zip(teacher.chunks(classes)) {
        let (q, p) = (log_softmax(student, temperature), log_softmax(teacher, temperature));
        for (q, p) in q.iter().zip(&p) {
            value += temperature * temperature * p.exp() * (p - q) / batch;
            gradient.push(temperature * (q.exp() - p.exp()) / batch);
        }
    }
    (value, gradient)
}

fn label_reference(
    logits: &[f32],
    labels: &[Option<u32>],
    classes: usize,
    smoothing: f64,
) -> (f64, Vec<f64>) {
    let count = labels.iter().flatten().count() as f64;
    let (mut value, mut gradient) = (0.0, Vec::new());
    for (row, label) in logits.chunks(classes).zip(labels) {
        let log = log_softmax(row, 1.0);
        let Some(label) = *label else {
            gradient.extend(vec![0.0; classes]);
            continue;
        };
        for (class, log) in log.iter().enumerate() {
            let sure = if class == label as usize { 1.0 - smoothing } else { 0.0 };
            let target = sure + smoothing / classes as f64;
            value -= target * log / count;
            gradient.push((log.exp() - target) / count);
        }
    }
    (value, gradient)
}

fn soft(
    level: Level,
    student: &[f32],
    teacher: &[f32],
    classes: usize,
    temperature: f64,
) -> (f64, Vec<f32>) {
    let mut gradient = vec![f32::NAN; student.len()];
    let terms = Soft::of(teacher, temperature).alone();
    let [value, none] = loss(level, student, classes, terms, &mut gradient);
    assert_eq!(none, 0.0);
    (value, gradient)
}

fn label(level: Level, logits: &[f32], labels: &[Option<u32>], classes: usize) -> (f64, Vec<f32>) {
    smoothed(level, logits, labels, classes, 0.0)
}

fn smoothed(
    level: Level,
    logits: &[f32],
    labels: &[Option<u32>],
    classes: usize,
    smoothing: f64,
) -> (f64, Vec<f32>) {
    let mut gradient = vec![f32::NAN; logits.len()];
    let terms = Label::of(Weighted { labels, weights: &[] }, smoothing).alone();
    let [none, value] = loss(level, logits, classes, terms, &mut gradient);
    assert_eq!(none, 0.0);
    (value, gradient)
}

/// Within 1e-5 of the largest number, or `floor` if that is more.
#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], floor: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (&found, &expected) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= floor.max(1e-6 * largest), "{found} is not {expected}");
    }
}

const SIZES: [(usize, usize); 10] = [
    (1, 1),
    (1, 2),
    (32, 10),
    (9, 17),
    (3, 100),
    (8, 128),
    (5, 129),
    (2, 1000),
    (1, 5003),
    (450, 10),
];

#[test]
fn soft_values_and_gradients_are_those_of_the_definition() {
    for level in Level::all() {
        for (batch, classes) in SIZES {
            for (number, (temperature, distance)) in
                [(1.0, 3.0), (4.0, 3.0), (0.01, 0.05), (20.0, 8.0), (4.0, 1e-3)].iter().enumerate()
            {
                let mut generator = generator("soft", (batch * classes * 5 + number) as u64);
                let teacher = logits(&mut generator, batch * classes, 3.0);
                let away = logits(&mut generator, batch * classes, *distance);
                let student: Vec<f32> = teacher.iter().zip(away).map(|(t, d)| t + d).collect();
                let (value, gradient) = soft(level, &student, &teacher, classes, *temperature);
                let (expected, slopes) = soft_reference(&student, &teacher, classes, *temperature);
                let floor = (2.0 * EPSILON * temperature.powi(2)).max(1e-6 * expected);
                assert!((value - expected).abs() <= floor, "{value} is not {expected}");
                assert_close(&gradient, &slopes, 2.0 * EPSILON * temperature / batch as f64);
            }
        }
    }
}

#[test]
fn the_soft_gradient_is_the_slope_of_the_value() {
    let (classes, temperature) = (5, 2.5);
    let mut generator = generator("slope", 0);
    let (student, teacher) = (logits(&mut generator, 15, 2.0), logits(&mut generator, 15, 2.0));
    let (_, gradient) = soft(Level::best(), &student, &teacher, classes, temperature);
    for (place, &found) in gradient.iter().enumerate() {
        let at = |step: f32| {
            let mut student = student.clone();
            student[place] += step;
            let value = soft_reference(&student, &teacher, classes, temperature).0;
            (value, f64::from(student[place]))
        };
        let ((high, above), (low, below)) = (at(1e-3), at(-1e-3));
        let slope = (high - low) / (above - below);
        assert!((f64::from(found) - slope).abs() < 1e-6, "{found} is not {slope}");
    }
}

#[test]
fn label_values_and_gradients_are_those_of_the_definition() {
    for level in Level::all() {
        for (batch, classes) in SIZES {
            let mut generator = generator("label", (batch * classes) as u64);
            let logits = logits(&mut generator, batch * classes, 4.0);
            let labels: Vec<Option<u32>> = (0..batch)
                .map(|sample| {
                    let label = generator.below(classes as u64) as u32;
                    (sample == 0 || generator.below(3) > 0).then_some(label)
                })
                .collect();
            for smoothing in [0.0, 0.1, 0.9] {
                let (value, gradient) = smoothed(level, &logits, &labels, classes, smoothing);
                let (expected, slopes) = label_reference(&logits, &labels, classes, smoothing);
                assert!((value - expected).abs() <= 2.0 * EPSILON * expected.max(1.0), "{value}");
                let count = labels.iter().flatten().count() as f64;
                assert_close(&gradient, &slopes, 2.0 * EPSILON / count);
                let unlabelled = gradient.chunks(classes).zip(&labels).filter(|(_, l)| l.is_none());
                assert!(unlabelled.flat_map(|(row, _)| row).all(|&x| x == 0.0));
            }
        }
    }
}

#[test]
fn both_terms_together_are_each_by_itself_times_its_weight() {
    for level in Level::all() {
        for (batch, classes) in SIZES {
            let mut generator = generator("both", (batch * classes) as u64);
            let student = logits(&mut generator, batch * classes, 3.0);
            let teacher = logits(&mut generator, batch * classes, 3.0);
            let labels: Vec<Option<u32>> = (0..batch)
                .map(|_| generator.below(classes as u64) as u32)
                .map(|label| (label % 3 != 1).then_some(label))
                .collect();
            let weights: Vec<f32> = (0..batch).map(|_| 2.0 * generator.uniform()).collect();
            let count = labels.iter().flatten().count().max(1) as f64;
            let of_rows: Vec<f32> = (0..batch).map(|_| 2.0 * generator.uniform()).collect();
            let (mut soft, mut label, mut expected) = (0.0, 0.0, Vec::new());
            for (row, one) in labels.iter().enumerate() {
                let own = &student[row * classes..][..classes];
                let weight = f64::from(weights[row]) / count;
                let (value, slopes) = label_reference(own, &[*one], classes, 0.1);
                label += if one.is_some() { weight * value } else { 0.0 };
                let other = &teacher[row * classes..][..classes];
                let (divergence, away) = soft_reference(own, other, classes, 2.5);
                let share = f64::from(of_rows[row]) / batch as f64;
                soft += share * divergence;
                let both = slopes.iter().zip(away);
                expected.extend(both.map(|(l, s)| 0.3 * weight * l + 0.7 * share * s));
            }
            let labels = Weighted { labels: &labels, weights: &weights };
            let terms = Terms {
                soft: Some(Soft {
                    teacher: &teacher,
                    temperature: 2.5,
                    weights: &of_rows,
                    samples: None,
                    weight: 0.7,
                }),
                label: Some(Label { labels, smoothing: 0.1, weight: 0.3 }),
            };
            let mut gradient = vec![f32::NAN; student.len()];
            let values = loss(level, &student, classes, terms, &mut gradient);
            for (value, expected) in values.iter().zip([soft, label]) {
                assert!((value - expected).abs() <= 2e-6 * expected.max(1.0), "{value}");
            }
            assert_close(&gradient, &expected, 2.0 * EPSILON / batch as f64);
        }
    }
}

#[test]
fn a_student_that_equals_its_teacher_has_exactly_no_loss_and_no_gradient() {
    for level in Level::all() {
        for (batch, classes) in SIZES {
            let mut generator = generator("equal", (batch * classes) as u64);
            let logits = logits(&mut generator, batch * classes, 5.0);
            let (value, gradient) = soft(level, &logits, &logits, classes, 3.7);
            assert_eq!(value, 0.0);
            assert!(gradient.iter().all(|&x| x == 0.0));
        }
    }
}

#[test]
fn values_are_never_negative_beyond_rounding() {
    for number in 0..500 {
        let mut generator = generator("positive", number);
        let teacher = logits(&mut generator, 30, 3.0);
        let distance = f64::from(generator.uniform()).powi(4);
        let away = logits(&mut generator, 30, distance);
        let student: Vec<f32> = teacher.iter().zip(away).map(|(t, d)| t + d).collect();
        assert!(soft(Level::best(), &student, &teacher, 10, 4.0).0 >= -2.0 * EPSILON * 16.0);
        let labels = [Some(0), Some(9), None];
        assert!(label(Level::best(), &student, &labels, 10).0 >= 0.0);
    }
}

#[test]
fn extreme_logits_give_finite_values_and_gradients() {
    for level in Level::all() {
        for number in 0..500 {
            let mut generator = generator("extreme", number);
            let classes = 2 + generator.below(30) as usize;
            let mut extreme = || -> Vec<f32> {
                let count = 3 * classes;
                (0..count).map(|_| [-1e4, 0.0, 1e4][generator.below(3) as usize]).collect()
            };
            let (student, teacher) = (extreme(), extreme());
            for temperature in [0.01, 1.0, 1000.0] {
                let (value, gradient) = soft(level, &student, &teacher, classes, temperature);
                let expected = soft_reference(&student, &teacher, classes, temperature).0;
                assert!((value - expected).abs() <= 1e-6 * expected.max(temperature.powi(2)));
                assert!(gradient.iter().all(|x| x.is_finite()));
            }
            let (value, gradient) = label(level, &student, &[Some(1), None, Some(0)], classes);
            assert!(value.is_finite() && gradient.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn a_sample_has_the_same_gradient_wherever_it_stands() {
    let (batch, classes) = (77, 10);
    let mut generator = generator("order", 0);
    let student = logits(&mut generator, batch * classes, 3.0);
    let teacher = logits(&mut generator, batch * classes, 3.0);
    let order = generator.permutation(batch);
    let reorder = |values: &[f32]| -> Vec<f32> {
        order.iter().flat_map(|&i| values[i * classes..][..classes].to_vec()).collect()
    };
    for level in Level::all() {
        let (_, gradient) = soft(level, &student, &teacher, classes, 4.0);
        let (_, other) = soft(level, &reorder(&student), &reorder(&teacher), classes, 4.0);
        assert_eq!(other, reorder(&gradient));
    }
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads_and_every_level() {
    let (batch, classes) = (64, 1000);
    let mut generator = generator("threads", 0);
    let student = logits(&mut generator, batch * classes, 3.0);
    let teacher = logits(&mut generator, batch * classes, 3.0);
    let labels: Vec<_> = (0..batch as u32).map(|sample| Some(sample * 7)).collect();
    let run = |threads, level| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let soft = soft(level, &student, &teacher, classes, 4.0);
            (soft, label(level, &student, &labels, classes))
        })
    };
    let expected = run(1, Level::Portable);
    for level in Level::all() {
        for threads in [1, 2, 3] {
            assert_eq!(run(threads, level), expected);
        }
    }
}

#[test]
fn what_is_not_a_number_reaches_the_value() {
    let mut student = vec![1.0; 30];
    let teacher = vec![0.5; 30];
    student[17] = f32::NAN;
    assert!(soft(Level::best(), &student, &teacher, 10, 4.0).0.is_nan());
    assert!(soft(Level::best(), &teacher, &student, 10, 4.0).0.is_nan());
    assert!(label(Level::best(), &student, &[Some(0); 3], 10).0.is_nan());
}

#[test]
fn without_samples_or_labels_there_is_no_loss() {
    assert_eq!(soft(Level::best(), &[], &[], 10, 4.0), (0.0, Vec::new()));
    assert_eq!(label(Level::best(), &[], &[], 10), (0.0, Vec::new()));
    assert_eq!(label(Level::best(), &[1.0, 2.0], &[None, None], 1), (0.0, vec![0.0; 2]));
}
