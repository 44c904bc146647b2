//! Losses of softened probabilities against plain formulas in `f64`, at every level, and at any number of threads.

use potstill_ops::Level;
use potstill_ops::softened::{
    Class, FirstClasses, MadeUp, Share, correlations, divergence_from_first,
    divergence_from_made_up, mean_over_samples,
};
use random::{Generator, Stream};

/// Samples, classes, temperature and the size of the logits.
const CASES: [(usize, usize, f64, f64); 9] = [
    (1, 1, 1.0, 3.0),
    (1, 2, 1.0, 3.0),
    (3, 7, 2.0, 3.0),
    (32, 10, 4.0, 3.0),
    (33, 10, 20.0, 1.0),
    (9, 33, 0.01, 0.05),
    (8, 100, 1.0, 1e4),
    (2, 1000, 3.0, 5.0),
    (450, 10, 1.0, 3.0),
];

type Rows = Vec<Vec<f64>>;

fn logits(generator: &mut Generator, count: usize, scale: f64) -> Vec<f32> {
    (0..count).map(|_| (scale * generator.normal()) as f32).collect()
}

fn both(number: usize, count: usize, scale: f64) -> [Vec<f32>; 2] {
    let mut generator = Stream::new(5, "softened").at(number as u64).generator();
    [logits(&mut generator, count, scale), logits(&mut generator, count, scale)]
}

/// `log softmax(row / temperature)` of each row.
fn log_softmax(logits: &[f32], classes: usize, temperature: f64) -> Rows {
    let row = |row: &[f32]| {
        let scaled: Vec<f64> = row.iter().map(|&x| f64::from(x) / temperature).collect();
        let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = scaled.iter().map(|x| (x - most).exp()).sum::<f64>().ln() + most;
        scaled.iter().map(|x| x - total).collect()
    };
    logits.chunks(classes).map(row).collect()
}

/// The gradient of a mean of `T^2` times a loss, from the loss' slopes by the logarithms of the probabilities.
fn pulled_back(slopes: &Rows, log: &Rows, temperature: f64, samples: f64) -> Vec<f64> {
    let rows = slopes.iter().zip(log);
    let row = |(slopes, log): (&Vec<f64>, &Vec<f64>)| {
        let total: f64 = slopes.iter().sum();
        let each = slopes.iter().zip(log);
        each.map(|(slope, log)| temperature / samples * (slope - log.exp() * total))
            .collect::<Vec<_>>()
    };
    rows.flat_map(row).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, gradient: &[f32], slopes: &[f64]) {
    let error = (found - expected).abs();
    assert!(error <= 1e-12 * (1.0 + expected.abs()), "{found} is not {expected}");
    let largest = slopes.iter().fold(1e-9_f64, |most, slope| most.max(slope.abs()));
    for (found, expected) in gradient.iter().zip(slopes) {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= 1e-7 * largest, "{found} is not {expected}");
    }
    assert_eq!(gradient.len(), slopes.len());
}

/// The divergence of the teacher from the student, and a second number.
fn reverse(
    level: Level,
    [student, teacher]: [&[f32]; 2],
    classes: usize,
    temperature: f64,
) -> ([f64; 2], Vec<f32>) {
    let mut gradient = vec![f32::NAN; student.len()];
    let values = mean_over_samples(
        level,
        [student, teacher],
        (classes, temperature),
        |Class { q, p, log_q, log_p }| {
            let slope = q * (log_q - log_p);
            Share { values: [slope, p], slope }
        },
        |[value, one]| [value, one * value],
        &mut gradient,
    );
    (values, gradient)
}

#[test]
fn losses_that_add_up_over_classes_are_those_of_their_formula() {
    for level in Level::all() {
        for (number, (samples, classes, temperature, scale)) in CASES.into_iter().enumerate() {
            let [student, teacher] = both(number, samples * classes, scale);
            let (log_q, log_p) = (
                log_softmax(&student, classes, temperature),
                log_softmax(&teacher, classes, temperature),
            );
            let rows = log_q.iter().zip(&log_p);
            let slopes: Rows = rows
                .map(|(q, p)| q.iter().zip(p).map(|(q, p)| q.exp() * (q - p)).collect())
                .collect();
            let square = temperature * temperature / samples as f64;
            let expected = square * slopes.iter().flatten().sum::<f64>();
            let ([value, same], gradient) =
                reverse(level, [&student, &teacher], classes, temperature);
            let slopes = pulled_back(&slopes, &log_q, temperature, samples as f64);
            assert_close(value, expected, &gradient, &slopes);
            // Probabilities of a sample sum to 1.
            assert!((same - value).abs() <= 1e-12 * (1.0 + value.abs()));
        }
    }
}

#[test]
fn a_made_up_teacher_is_one_whose_logits_are_equal_but_for_the_label() {
    for level in Level::all() {
        for (number, (samples, classes, temperature, scale)) in CASES.into_iter().enumerate() {
            let [student, _] = both(number, samples * classes, scale);
            let label = |row: usize, step: usize| Some(((step * row + 1) % classes) as u32);
            let first: Vec<_> = (0..samples).map(|row| label(row, 3)).collect();
            let second: Vec<_> =
                (0..samples).map(|row| label(row, 5).filter(|_| row % 3 != 1)).collect();
            let (above, shares) = (5.0, [(first.as_slice(), 0.7), (second.as_slice(), 0.1)]);
            let log_q = log_softmax(&student, classes, temperature);
            let (mut expected, mut slopes) = (0.0, vec![vec![0.0; classes]; samples]);
            for (labels, share) in &shares {
                for ((label, log_q), slopes) in labels.iter().zip(&log_q).zip(&mut slopes) {
                    let Some(label) = *label else { continue };
                    let mut logits = vec![0.0; classes];
                    logits[label as usize] = above;
                    let log_p = log_softmax(&logits, classes, temperature);
                    for ((log_p, log_q), slope) in log_p[0].iter().zip(log_q).zip(slopes) {
                        expected += share * temperature.powi(2) * log_p.exp() * (log_p - log_q);
                        *slope -= share * log_p.exp();
                    }
                }
            }
            let mut gradient = vec![f32::NAN; student.len()];
            let made_up = MadeUp { above: above.into(), shares: &shares };
            let shape = (classes, temperature);
            let value = divergence_from_made_up(level, &student, shape, made_up, &mut gradient);
            assert_close(
                value,
                expected,
                &gradient,
                &pulled_back(&slopes, &log_q, temperature, 1.0),
            );
        }
    }
}

#[test]
fn first_classes_are_compared_with_their_tail_or_without() {
    for level in Level::all() {
        for (number, (samples, classes, temperature, scale)) in CASES.into_iter().enumerate() {
            let [student, mut teacher] = both(number, samples * classes, scale);
            // Some ties.
            teacher.iter_mut().step_by(2).for_each(|logit| *logit = logit.round());
            let (log_q, log_p) = (
                log_softmax(&student, classes, temperature),
                log_softmax(&teacher, classes, temperature),
            );
            for (count, tail) in [(1, true), (3, true), (3, false), (2000, true), (2000, false)] {
                let (mut expected, mut slopes) = (0.0, vec![vec![0.0; classes]; samples]);
                for ((log_q, log_p), (slopes, row)) in
                    log_q.iter().zip(&log_p).zip(slopes.iter_mut().zip(teacher.chunks(classes)))
                {
                    let mut order: Vec<usize> = (0..classes).collect();
                    order.sort_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap().then(a.cmp(&b)));
                    let (first, rest) = order.split_at(count.min(classes));
                    let sum = |log: &[f64], places: &[usize]| -> f64 {
                        let most = places.iter().fold(f64::MIN, |most, &i| most.max(log[i]));
                        places.iter().map(|&i| (log[i] - most).exp()).sum::<f64>().ln() + most
                    };
                    let kept = if tail || rest.is_empty() { 0.0 } else { sum(log_p, first) };
                    for &place in first {
                        let log = log_p[place] - kept;
                        expected += log.exp() * (log - log_q[place]);
                        slopes[place] = -log.exp();
                    }
                    if tail && !rest.is_empty() {
                        let (p, q) = (sum(log_p, rest), sum(log_q, rest));
                        expected += p.exp() * (p - q);
                        for &place in rest {
                            slopes[place] = -p.exp() * (log_q[place] - q).exp();
                        }
                    }
                }
                expected *= temperature * temperature / samples as f64;
                let mut gradient = vec![f32::NAN; student.len()];
                let (logits, shape) = ([student.as_slice(), &teacher], (classes, temperature));
                let first = FirstClasses { count, tail };
                let value = divergence_from_first(level, logits, shape, first, &mut gradient);
                let slopes = pulled_back(&slopes, &log_q, temperature, samples as f64);
                assert_close(value, expected, &gradient, &slopes);
            }
        }
    }
}

/// One less the mean correlation of lines, and its slopes by the first.
fn correlation(q: &Rows, p: &Rows) -> (f64, Rows) {
    let count = q.len() as f64;
    let (mut value, mut slopes) = (0.0, Vec::new());
    for (q, p) in q.iter().zip(p) {
        let centred = |line: &[f64]| -> Vec<f64> {
            let mean = line.iter().sum::<f64>() / line.len() as f64;
            line.iter().map(|x| x - mean).collect()
        };
        let (q, p) = (centred(q), centred(p));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let norms = (dot(&q, &q) * dot(&p, &p)).sqrt();
        let held = norms.max(1e-8);
        value += (1.0 - dot(&q, &p) / held) / count;
        let shrink = if norms > 1e-8 { dot(&q, &p) / (held * dot(&q, &q)) } else { 0.0 };
        slopes.push(q.iter().zip(&p).map(|(q, p)| (shrink * q - p / held) / count).collect());
    }
    (value, slopes)
}

fn transposed(rows: &Rows) -> Rows {
    (0..rows[0].len()).map(|place| rows.iter().map(|row| row[place]).collect()).collect()
}

#[test]
fn correlations_are_those_of_rows_and_of_columns() {
    for level in Level::all() {
        for (number, (samples, classes, temperature, scale)) in CASES.into_iter().enumerate() {
            // What lies within rounding of the least product of norms is on either side of it.
            if samples == 1 || classes == 1 {
                continue;
            }
            let [student, teacher] = both(number, samples * classes, scale);
            let log_q = log_softmax(&student, classes, temperature);
            let probabilities = |log: &Rows| -> Rows {
                log.iter().map(|row| row.iter().map(|x| x.exp()).collect()).collect()
            };
            let (q, p) = (
                probabilities(&log_q),
                probabilities(&log_softmax(&teacher, classes, temperature)),
            );
            let (of_rows, by_row) = correlation(&q, &p);
            let (of_columns, by_column) = correlation(&transposed(&q), &transposed(&p));
            let by_column = transposed(&by_column);
            let slopes: Rows = by_row
                .iter()
                .zip(&by_column)
                .zip(&q)
                .map(|((a, b), q)| {
                    a.iter().zip(b).zip(q).map(|((a, b), q)| q * (2.0 * a + 0.5 * b)).collect()
                })
                .collect();
            let slopes = pulled_back(&slopes, &log_q, temperature, 1.0);
            let mut gradient = vec![f32::NAN; student.len()];
            let (logits, shape) = ([student.as_slice(), &teacher], (classes, temperature));
            let [rows, columns] = correlations(level, logits, shape, [2.0, 0.5], &mut gradient);
            let square = temperature * temperature;
            assert_close(rows, square * of_rows, &gradient, &slopes);
            assert_close(columns, square * of_columns, &gradient, &slopes);
        }
    }
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads_and_every_level() {
    let (samples, classes) = (512, 100);
    let [student, teacher] = both(100, samples * classes, 3.0);
    let labels: Vec<_> = (0..samples as u32).map(|row| Some(row % 100)).collect();
    let run = |threads, level| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (logits, shape) = ([student.as_slice(), &teacher], (classes, 4.0));
            let mut gradients = vec![vec![0.0; student.len()]; 3];
            let [a, b, c] = gradients.as_mut_slice() else { unreachable!() };
            let first = FirstClasses { count: 5, tail: true };
            let shares = [(labels.as_slice(), 1.0)];
            let made_up = MadeUp { above: 5.0, shares: &shares };
            let values = [
                divergence_from_first(level, logits, shape, first, a),
                divergence_from_made_up(level, &student, shape, made_up, b),
            ];
            let related = correlations(level, logits, shape, [1.0, 1.0], c);
            (values, related, gradients, reverse(level, logits, classes, 4.0))
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
fn a_sample_has_the_same_gradient_wherever_it_stands_and_none_without_samples() {
    let classes = 10;
    let [student, teacher] = both(200, 21 * classes, 3.0);
    let [later, after] = [&student, &teacher].map(|side| side[3 * classes..].to_vec());
    for level in Level::all() {
        let (_, gradient) = reverse(level, [&student, &teacher], classes, 2.0);
        let (_, moved) = reverse(level, [&later, &after], classes, 2.0);
        for (found, expected) in moved.iter().zip(&gradient[3 * classes..]) {
            // Means over 18 and over 21.
            assert!((found * 18.0 - expected * 21.0).abs() <= 1e-5 * expected.abs().max(1e-3));
        }
        assert_eq!(reverse(level, [&[], &[]], 10, 1.0), ([0.0; 2], Vec::new()));
    }
}

#[test]
fn what_is_not_a_number_reaches_the_value() {
    let [mut student, teacher] = both(300, 30, 1.0);
    student[17] = f32::NAN;
    assert!(reverse(Level::best(), [&student, &teacher], 10, 1.0).0[0].is_nan());
    assert!(reverse(Level::best(), [&teacher, &student], 10, 1.0).0[0].is_nan());
}
