//! What the methods for labels and for numbers must obey for any input.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod targets;

use potstill_methods::{
    Alone, Bernoulli, Combination, Huber, Labels, LogitBatch, LogitLoss, Member, Method,
    MethodError, Mse, OwnNumbers, TeacherBounded, TermSum, label_loss,
};
use random::{Generator, Stream};
use targets::{Batch, Found, term};

const CASES: u64 = 1000;

fn normal(generator: &mut Generator, count: usize, size: f64) -> Vec<f32> {
    (0..count).map(|_| (size * generator.normal()) as f32).collect()
}

/// A random batch of labels or numbers, some samples without.
fn random(case: u64, are_labels: bool) -> Batch {
    let mut generator = Stream::new(case, "targets").generator();
    let outputs = 1 + generator.below(4) as usize;
    let rows = 1 + generator.below(9) as usize;
    let size = [0.1, 1.0, 5.0][generator.below(3) as usize];
    let student = normal(&mut generator, rows * outputs, size);
    let teacher = normal(&mut generator, rows * outputs, size);
    let targets = (0..rows).map(|_| {
        let known = generator.below(4) > 0;
        let row: Vec<f32> = match are_labels {
            true => (0..outputs).map(|_| generator.below(2) as f32).collect(),
            false => normal(&mut generator, outputs, size),
        };
        known.then_some(row)
    });
    let targets = targets.collect();
    Batch { outputs, student, teacher, targets, are_labels }
}

/// A method beside the labels.
fn blended(method: impl Method + 'static, alpha: f64) -> Box<dyn Method> {
    Box::new(Combination::new(alpha).with(Member::new(method)))
}

fn bounded(margin: f64) -> Box<dyn Method> {
    blended(TeacherBounded { margin }, 1.0 / 3.0)
}

/// All methods, each with whether it is about labels.
fn methods() -> Vec<(Box<dyn Method>, bool)> {
    vec![
        (blended(Bernoulli { temperature: 3.0 }, 0.7), true),
        (blended(Mse, 0.4), false),
        (blended(Huber { delta: 0.8 }, 0.6), false),
        (bounded(0.1), false),
        (Box::new(Alone), true),
        (Box::new(Alone), false),
    ]
}

fn close(left: f64, right: f64, size: f64) -> bool {
    (left - right).abs() <= 1e-5 * (1.0 + size.abs())
}

#[test]
fn with_and_without_a_tape_it_is_the_same_loss() {
    for (method, are_labels) in methods() {
        for case in 0..CASES / 4 {
            let batch = random(case, are_labels);
            let taped = batch.taped(method.as_ref());
            let (terms, gradient) = batch.untaped(method.as_ref());
            assert_eq!(terms.len(), taped.len());
            for (term, (name, value)) in taped.iter().zip(&terms) {
                assert_eq!(term.name, *name);
                assert!(close(term.value, *value, *value), "{term:?} {value}");
            }
            for (place, found) in gradient.iter().enumerate() {
                let sum: f64 = taped.iter().map(|term| term.weight * term.gradient[place]).sum();
                assert!(close(f64::from(*found), sum, sum), "{method:?}: {found} {sum}");
            }
        }
    }
}

#[test]
fn a_student_that_is_its_teacher_has_no_loss_and_no_gradient() {
    let same: [(Box<dyn Method>, bool, &str); 3] = [
        (Box::new(Bernoulli { temperature: 2.5 }), true, "soft"),
        (Box::new(Mse), false, "mse"),
        (Box::new(Huber { delta: 0.3 }), false, "huber"),
    ];
    for (method, are_labels, name) in same {
        for case in 0..CASES {
            let mut batch = random(case, are_labels);
            batch.teacher.clone_from(&batch.student);
            let found = batch.taped(method.as_ref());
            let found = term(&found, name);
            assert_eq!(found.value, 0.0);
            assert!(found.gradient.iter().all(|slope| *slope == 0.0));
        }
    }
}

#[test]
fn no_term_is_negative() {
    for (method, are_labels) in methods() {
        for case in 0..CASES {
            let (terms, _) = random(case, are_labels).untaped(method.as_ref());
            assert!(terms.iter().all(|(_, value)| *value >= -1e-12), "{method:?}: {terms:?}");
        }
    }
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    for (method, are_labels) in methods() {
        for case in 0..CASES {
            let batch = random(case, are_labels);
            let mut turned = batch.clone();
            let reversed = |values: &[f32]| -> Vec<f32> {
                values.chunks(batch.outputs).rev().flatten().copied().collect()
            };
            turned.student = reversed(&batch.student);
            turned.teacher = reversed(&batch.teacher);
            turned.targets.reverse();
            let ((one, slopes), (other, turned)) =
                (batch.untaped(method.as_ref()), turned.untaped(method.as_ref()));
            for ((_, one), (_, other)) in one.iter().zip(&other) {
                assert!((one - other).abs() <= 1e-12 * (1.0 + one.abs()));
            }
            let turned = reversed(&turned);
            assert!(
                slopes.iter().zip(&turned).all(|(a, b)| (a - b).abs() <= 1e-6 * (1.0 + a.abs()))
            );
        }
    }
}

#[test]
fn at_high_temperatures_the_soft_part_is_an_eighth_of_the_squared_difference() {
    for case in 0..CASES {
        let batch = random(case, true);
        let (terms, _) = batch.untaped(&Bernoulli { temperature: 1e3 });
        let squares = batch.student.iter().zip(&batch.teacher);
        let squares: f64 = squares.map(|(s, t)| (f64::from(*s) - f64::from(*t)).powi(2)).sum();
        let expected = squares / 8.0 / batch.rows() as f64;
        assert!((terms[0].1 - expected).abs() <= 1e-3 * expected, "{} {expected}", terms[0].1);
    }
}

#[test]
fn huber_is_half_of_the_squared_error_where_all_are_within_its_delta() {
    for case in 0..CASES {
        let batch = random(case, false);
        let (huber, _) = batch.untaped(&Huber { delta: 1e6 });
        let (mse, _) = batch.untaped(&Mse);
        assert!((2.0 * huber[0].1 - mse[0].1).abs() <= 1e-9 * mse[0].1);
    }
}

#[test]
fn a_bound_far_above_any_error_leaves_only_the_label_part() {
    let without: fn(&Found) -> bool = |term| term.name == "bounded" && term.value == 0.0;
    for case in 0..CASES {
        let mut batch = random(case, false);
        batch.teacher.iter_mut().for_each(|value| *value += 1e4);
        let found = batch.taped(bounded(0.0).as_ref());
        assert!(found.iter().any(without));
        assert!(term(&found, "bounded").gradient.iter().all(|slope| *slope == 0.0));
        // A teacher that is right leaves nothing within the bound.
        let known = batch.targets.iter().any(Option::is_some);
        let perfect = batch.targets.iter().enumerate().flat_map(|(row, target)| {
            let own = batch.teacher[row * batch.outputs..][..batch.outputs].to_vec();
            target.clone().unwrap_or(own)
        });
        batch.teacher = perfect.collect();
        let found = batch.taped(bounded(0.0).as_ref());
        let (label, bounded) = (term(&found, "label"), term(&found, "bounded"));
        assert!(close(label.value, bounded.value, label.value));
        assert!(!known || label.value > 0.0);
    }
}

#[test]
fn splitting_a_batch_and_averaging_gives_the_whole() {
    for (method, are_labels) in methods() {
        for case in 0..CASES {
            let batch = random(case, are_labels);
            let (labels, _) = batch.numbered();
            let half = batch.rows() / 2;
            let piece = |from: usize, to: usize| {
                let range = from * batch.outputs..to * batch.outputs;
                Batch {
                    student: batch.student[range.clone()].to_vec(),
                    teacher: batch.teacher[range].to_vec(),
                    targets: batch.targets[from..to].to_vec(),
                    ..batch.clone()
                }
            };
            let (whole, _) = batch.untaped(method.as_ref());
            let (first, _) = piece(0, half).untaped(method.as_ref());
            let (second, _) = piece(half, batch.rows()).untaped(method.as_ref());
            for (place, (name, value)) in whole.iter().enumerate() {
                let counts = [&labels[..half], &labels[half..]];
                let counts = counts.map(|labels| method.samples(name, labels) as f64);
                let parts = counts[0] * first[place].1 + counts[1] * second[place].1;
                let joint = parts / (counts[0] + counts[1]).max(1.0);
                assert!((joint - value).abs() <= 1e-9 * (1.0 + value), "{method:?} {name}");
            }
        }
    }
}

#[test]
fn no_gradient_reaches_the_teacher() {
    let methods: [(Box<dyn Method>, bool); 4] = [
        (Box::new(Bernoulli { temperature: 3.0 }), true),
        (Box::new(Mse), false),
        (Box::new(Huber { delta: 0.8 }), false),
        (Box::new(TeacherBounded { margin: 0.1 }), false),
    ];
    for (method, are_labels) in methods {
        for case in 0..CASES {
            let batch = random(case, are_labels);
            assert!(batch.teaches_the_student_alone(method.as_ref()), "{method:?}");
        }
    }
}

#[test]
fn at_alpha_0_there_is_the_label_alone_and_at_alpha_1_the_method_alone() {
    fn of(method: impl Method + Copy + 'static, are_labels: bool) {
        for case in 0..CASES {
            let batch = random(case, are_labels);
            let of_label = batch.untaped(&Alone);
            assert_eq!(batch.untaped(blended(method, 0.0).as_ref()), of_label);
            assert_eq!(batch.untaped(blended(method, 1.0).as_ref()), batch.untaped(&method));
        }
    }
    of(Bernoulli { temperature: 3.0 }, true);
    of(Mse, false);
    of(Huber { delta: 0.8 }, false);
    of(TeacherBounded { margin: 0.1 }, false);
}

#[test]
fn extremes_stay_finite() {
    for (method, are_labels) in methods() {
        for case in 0..CASES {
            let mut batch = random(case, are_labels);
            batch.student.iter_mut().for_each(|value| *value *= 1e4);
            batch.teacher.iter_mut().for_each(|value| *value *= -1e4);
            let (terms, gradient) = batch.untaped(method.as_ref());
            assert!(terms.iter().all(|(_, value)| value.is_finite()));
            assert!(gradient.iter().all(|slope| slope.is_finite()));
        }
    }
}

/// The label term with weights, and its gradient.
fn weighted(batch: &Batch, weights: &[f32]) -> (f64, Vec<f32>) {
    let (labels, targets) = batch.numbered();
    let mut gradient = vec![0.0; batch.student.len()];
    let mut sum = TermSum::new(&mut gradient);
    let labels = Labels { targets: &targets, weights, ..(&labels).into() };
    let classes = batch.outputs;
    let logits = LogitBatch {
        student: &batch.student,
        teacher: None,
        labels,
        classes,
        own: &OwnNumbers::new(),
    };
    Alone.terms(&logits, &mut sum).unwrap();
    (sum.terms()[0].value, gradient)
}

#[test]
fn a_weight_multiplies_the_loss_of_its_sample() {
    for are_labels in [true, false] {
        for case in 0..CASES {
            let batch = random(case, are_labels);
            let mut generator = Stream::new(case, "weights").generator();
            let weights: Vec<f32> = (0..batch.rows()).map(|_| generator.below(4) as f32).collect();
            let known = batch.targets.iter().flatten().count().max(1) as f64;
            let (value, gradient) = weighted(&batch, &weights);
            let mut sum = 0.0;
            for (row, weight) in weights.iter().enumerate() {
                // The mean over all samples, of which only this one counts.
                let mut alone = vec![0.0; weights.len()];
                alone[row] = 1.0;
                let (own, slopes) = weighted(&batch, &alone);
                sum += f64::from(*weight) * own;
                let place = row * batch.outputs..(row + 1) * batch.outputs;
                for (found, slope) in gradient[place.clone()].iter().zip(&slopes[place]) {
                    assert!((found - weight * slope).abs() <= 1e-6 * found.abs());
                }
                let mut single = batch.clone();
                single.targets.iter_mut().enumerate().for_each(|(other, target)| {
                    if other != row {
                        *target = None;
                    }
                });
                assert!(
                    (weighted(&single, &[]).0 - known * own).abs() <= 1e-9 * (1.0 + known * own)
                );
            }
            assert!((sum - value).abs() <= 1e-9 * (1.0 + value));
        }
    }
}

#[test]
fn targets_that_do_not_fit_are_named() {
    let batch = random(3, false);
    let (labels, targets) = batch.numbered();
    let device = burn::tensor::Device::flex().autodiff();
    let wide = burn::tensor::Tensor::<2>::zeros([batch.rows(), batch.outputs + 1], &device);
    let error = label_loss(&wide, Labels { targets: &targets, ..(&labels).into() }).unwrap_err();
    let expected = MethodError::TargetWidth { expected: batch.outputs + 1, found: batch.outputs };
    assert_eq!(error, expected);
    assert!(error.hint().is_some());
}
