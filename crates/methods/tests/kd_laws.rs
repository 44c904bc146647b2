//! What `kd` must obey for any input, on a thousand random cases.
//!
//! Values carry an error of about `f32::EPSILON * T^2` and gradients one of about
//! `f32::EPSILON * T / batch`, because probabilities and their logarithms are rounded to `f32`; each
//! tolerance below is a small multiple of that.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::{Device, Tensor, TensorData};
use nn::{Output, Taps};
use potstill_methods::{
    Alone, Kd, Method, MethodError, Part, Signals, TeacherOutput, label_loss, soft_target_loss,
};
use random::{Generator, Stream};

const CASES: u64 = 1000;
const EPSILON: f64 = f32::EPSILON as f64;

/// One batch, held as plain numbers so that a law can rearrange it.
#[derive(Clone)]
struct Case {
    classes: usize,
    student: Vec<f32>,
    teacher: Vec<f32>,
    labels: Vec<Option<u32>>,
    temperature: f64,
}

impl Case {
    fn batch(&self) -> usize {
        self.labels.len()
    }

    /// The samples of `order`, in that order.
    fn samples(&self, order: &[usize]) -> Self {
        let rows = |values: &[f32]| {
            order
                .iter()
                .flat_map(|&i| values[i * self.classes..][..self.classes].to_vec())
                .collect()
        };
        Self {
            student: rows(&self.student),
            teacher: rows(&self.teacher),
            labels: order.iter().map(|&sample| self.labels[sample]).collect(),
            ..*self
        }
    }

    fn tensor(&self, values: &[f32]) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), [self.batch(), self.classes]);
        Tensor::from_data(data, &Device::flex().autodiff())
    }

    fn soft(&self) -> (f64, Vec<f64>) {
        value_and_gradient(self.tensor(&self.student), |student| {
            soft_target_loss(student, self.tensor(&self.teacher).inner(), self.temperature)
        })
    }

    /// Needs at least one label.
    fn label(&self) -> (f64, Vec<f64>) {
        value_and_gradient(self.tensor(&self.student), |student| {
            label_loss(&student, &self.labels).unwrap()
        })
    }

    fn labelled(&self) -> usize {
        self.labels.iter().flatten().count()
    }

    /// The error to expect of the soft value `value`.
    fn slack(&self, value: f64) -> f64 {
        4.0 * EPSILON * (self.temperature * self.temperature + value.abs()) + self.cancellation()
    }

    /// The error to expect of each number of the soft gradient.
    fn gradient_slack(&self) -> f64 {
        (4.0 * EPSILON * self.temperature + self.cancellation()) / self.batch() as f64
    }

    /// Logits lose digits when they are large: `T^2 * (z / T)` keeps `EPSILON * T * z`.
    fn cancellation(&self) -> f64 {
        let largest = self.student.iter().chain(&self.teacher).fold(0.0_f32, |a, b| a.max(b.abs()));
        4.0 * EPSILON * self.temperature * f64::from(largest)
    }
}

fn value_and_gradient(
    logits: Tensor<2>,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> (f64, Vec<f64>) {
    let logits = logits.require_grad();
    let value = loss(logits.clone());
    let gradient = logits.grad(&value.backward()).unwrap();
    (number(&value), gradient.try_into_vec_as::<f32>().unwrap().iter().map(|&x| x.into()).collect())
}

fn number(value: &Tensor<1>) -> f64 {
    value.clone().try_into_vec_as::<f32>().unwrap()[0].into()
}

fn logits(generator: &mut Generator, count: usize, scale: f64) -> Vec<f32> {
    (0..count).map(|_| (generator.normal() * scale) as f32).collect()
}

fn random_case(law: &str, number: u64) -> (Case, Generator) {
    let mut generator = Stream::new(20_261_123, "kd laws").named(law).at(number).generator();
    let classes = 2 + generator.below(11) as usize;
    let batch = 1 + generator.below(9) as usize;
    let temperature = f64::from(generator.uniform_between(0.5, 20.0));
    let case = Case {
        classes,
        student: logits(&mut generator, batch * classes, 3.0),
        teacher: logits(&mut generator, batch * classes, 3.0),
        labels: (0..batch)
            .map(|sample| {
                let label = generator.below(classes as u64) as u32;
                (sample == 0 || generator.below(3) > 0).then_some(label)
            })
            .collect(),
        temperature,
    };
    (case, generator)
}

fn for_each_case(law: &str, check: impl Fn(Case, Generator)) {
    for number in 0..CASES {
        let (case, generator) = random_case(law, number);
        check(case, generator);
    }
}

#[track_caller]
fn assert_close(found: f64, expected: f64, slack: f64) {
    assert!((found - expected).abs() <= slack, "{found} is not {expected} within {slack}");
}

#[track_caller]
fn assert_all_close(found: &[f64], expected: &[f64], slack: f64) {
    assert_eq!(found.len(), expected.len());
    for (&found, &expected) in found.iter().zip(expected) {
        assert_close(found, expected, slack);
    }
}

#[test]
fn a_constant_added_to_the_logits_of_a_sample_changes_nothing() {
    for_each_case("shift", |case, mut generator| {
        let mut shifted = case.clone();
        for side in [&mut shifted.student, &mut shifted.teacher] {
            for row in side.chunks_mut(case.classes) {
                let shift = generator.uniform_between(-30.0, 30.0);
                row.iter_mut().for_each(|logit| *logit += shift);
            }
        }
        let (value, gradient) = case.soft();
        let (shifted_value, shifted_gradient) = shifted.soft();
        assert_close(shifted_value, value, shifted.slack(value));
        assert_all_close(&shifted_gradient, &gradient, shifted.gradient_slack());

        let (value, gradient) = case.label();
        let (shifted_value, shifted_gradient) = shifted.label();
        let slack = 4.0 * EPSILON * 64.0;
        assert_close(shifted_value, value, slack);
        assert_all_close(&shifted_gradient, &gradient, slack);
    });
}

#[test]
fn a_student_that_equals_its_teacher_has_no_loss_and_no_gradient() {
    for_each_case("equal", |mut case, _| {
        case.student.clone_from(&case.teacher);
        let (value, gradient) = case.soft();
        assert_close(value, 0.0, 4.0 * EPSILON * case.temperature * case.temperature);
        let slack = 4.0 * EPSILON * case.temperature / case.batch() as f64;
        assert_all_close(&gradient, &vec![0.0; gradient.len()], slack);
    });
}

#[test]
fn the_soft_part_is_never_negative_and_the_label_part_never_below_zero() {
    for_each_case("positive", |mut case, mut generator| {
        // Students near the teacher, where the divergence is smallest.
        let distance = f64::from(generator.uniform()).powi(4);
        for (student, teacher) in case.student.iter_mut().zip(&case.teacher) {
            *student = *teacher + (distance * generator.normal()) as f32;
        }
        assert!(case.soft().0 >= -4.0 * EPSILON * case.temperature * case.temperature);
        assert!(case.label().0 >= 0.0);
    });
}

/// With `d` the difference of the logits, `T^2 KL` tends to half the variance of `d` over classes,
/// and its gradient to `(d - mean d) / (C B)`; the next term is smaller by about `max |z| / T`.
#[test]
fn at_a_high_temperature_the_soft_part_is_half_the_variance_of_the_difference() {
    for_each_case("hot", |mut case, mut generator| {
        let count = case.student.len();
        case.student = logits(&mut generator, count, 1.0);
        case.teacher = logits(&mut generator, count, 1.0);
        let (batch, classes) = (case.batch() as f64, case.classes as f64);
        let mut half_variance = 0.0;
        let mut limit = Vec::new();
        let rows = case.student.chunks(case.classes).zip(case.teacher.chunks(case.classes));
        for (student, teacher) in rows {
            let difference: Vec<f64> =
                student.iter().zip(teacher).map(|(&s, &t)| f64::from(s) - f64::from(t)).collect();
            let mean = difference.iter().sum::<f64>() / classes;
            let squares = difference.iter().map(|d| (d - mean).powi(2)).sum::<f64>();
            half_variance += squares / classes / 2.0 / batch;
            limit.extend(difference.iter().map(|d| (d - mean) / (classes * batch)));
        }
        let largest = limit.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));

        case.temperature = 100.0;
        let (value, _) = case.soft();
        assert_close(value, half_variance, 0.1 * half_variance + 8.0 * EPSILON * 1e4);
        case.temperature = 1000.0;
        let (_, gradient) = case.soft();
        assert_all_close(&gradient, &limit, 0.02 * largest + 4.0 * EPSILON * 1e3 / batch);
    });
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    for_each_case("order", |case, mut generator| {
        let order = generator.permutation(case.batch());
        let reordered = case.samples(&order);
        let by_order = |gradient: &[f64]| -> Vec<f64> {
            order
                .iter()
                .flat_map(|&i| gradient[i * case.classes..][..case.classes].to_vec())
                .collect()
        };
        let (value, gradient) = case.soft();
        let (other_value, other_gradient) = reordered.soft();
        assert_close(other_value, value, case.slack(value));
        assert_eq!(other_gradient, by_order(&gradient));

        let (value, gradient) = case.label();
        let (other_value, other_gradient) = reordered.label();
        assert_close(other_value, value, 4.0 * EPSILON * value.abs());
        assert_eq!(other_gradient, by_order(&gradient));
    });
}

#[test]
fn a_batch_is_the_average_of_its_pieces_weighed_by_the_samples_that_count() {
    for_each_case("split", |case, mut generator| {
        if case.batch() < 2 {
            return;
        }
        let at = 1 + generator.below(case.batch() as u64 - 1) as usize;
        let pieces = [0..at, at..case.batch()].map(|r| case.samples(&r.collect::<Vec<_>>()));

        let (value, gradient) = case.soft();
        let (mut average, mut together) = (0.0, Vec::new());
        for piece in &pieces {
            let share = piece.batch() as f64 / case.batch() as f64;
            let (value, gradient) = piece.soft();
            average += share * value;
            together.extend(gradient.iter().map(|x| share * x));
        }
        assert_close(average, value, case.slack(value));
        assert_all_close(&together, &gradient, case.gradient_slack());

        let (value, _) = case.label();
        let average: f64 = pieces
            .iter()
            .filter(|piece| piece.labelled() > 0)
            .map(|piece| piece.label().0 * piece.labelled() as f64 / case.labelled() as f64)
            .sum();
        assert_close(average, value, 8.0 * EPSILON * value.abs());
    });
}

#[test]
fn a_sample_without_a_label_leaves_the_label_part_alone() {
    for_each_case("masked", |case, _| {
        let known: Vec<usize> = (0..case.batch()).filter(|&i| case.labels[i].is_some()).collect();
        let (value, gradient) = case.label();
        let (alone, alone_gradient) = case.samples(&known).label();
        assert_eq!(value, alone);
        let mut kept = alone_gradient.chunks(case.classes);
        for (row, label) in gradient.chunks(case.classes).zip(&case.labels) {
            match label {
                Some(_) => assert_eq!(row, kept.next().unwrap()),
                None => assert!(row.iter().all(|&x| x == 0.0)),
            }
        }
    });
}

#[test]
fn extreme_logits_give_finite_values_and_gradients() {
    for_each_case("extreme", |mut case, mut generator| {
        let count = case.student.len();
        let mut extreme = || -> Vec<f32> {
            (0..count).map(|_| [-1e4, 0.0, 1e4][generator.below(3) as usize]).collect()
        };
        (case.student, case.teacher) = (extreme(), extreme());
        for (value, gradient) in [case.soft(), case.label()] {
            assert!(value.is_finite() && gradient.iter().all(|x| x.is_finite()), "{value}");
        }
    });
}

/// A student on a device with a tape, a teacher and labels.
fn signals() -> (Output, TeacherOutput, [Option<u32>; 2]) {
    let device = Device::flex().autodiff();
    let logits = Tensor::from_floats([[2.0, 0.5, -1.0], [0.3, 1.2, 0.8]], &device).require_grad();
    let teacher = Tensor::from_floats([[3.0, 1.0, -2.0], [-0.5, 2.5, 1.5]], &device);
    (Output { logits, taps: Taps::none() }, TeacherOutput::new(teacher), [Some(0), None])
}

fn names(parts: &[Part]) -> Vec<(&'static str, f64)> {
    parts.iter().map(|part| (part.name, part.weight)).collect()
}

#[test]
fn alpha_weighs_the_parts_and_leaves_out_those_of_weight_zero() {
    let (student, teacher, labels) = signals();
    let signals = Signals { student: &student, teacher: Some(&teacher), labels: (&labels).into() };
    let of = |alpha: f64| names(&Kd { temperature: 2.0, alpha }.parts(&signals).unwrap());
    assert_eq!(of(0.75), [("soft", 0.75), ("label", 0.25)]);
    assert_eq!(of(0.0), [("label", 1.0)]);
    assert_eq!(of(1.0), [("soft", 1.0)]);
    assert_eq!(names(&Alone.parts(&signals).unwrap()), [("label", 1.0)]);
    assert!(Kd::default().needs_teacher() && !Alone.needs_teacher());
    assert!(!Kd { temperature: 2.0, alpha: 0.0 }.learns_without_labels());
    assert!(Kd { temperature: 2.0, alpha: 1.0 }.learns_without_labels());
}

#[test]
fn no_gradient_reaches_the_teacher() {
    for_each_case("teacher", |case, _| {
        let logits = case.tensor(&case.student).require_grad();
        let student = Output { logits, taps: Taps::none() };
        let weight = case.tensor(&case.teacher).require_grad();
        let teacher = TeacherOutput::new(weight.clone() * 2.0);
        assert!(!teacher.logits().is_autodiff());
        let labels = (&case.labels).into();
        let signals = Signals { student: &student, teacher: Some(&teacher), labels };
        let parts = Kd { temperature: case.temperature, alpha: 0.9 }.parts(&signals).unwrap();
        let total = parts[0].value.clone() + parts[1].value.clone();
        let gradients = total.backward();
        assert!(weight.grad(&gradients).is_none());
        assert!(student.logits.grad(&gradients).is_some());
    });
}

#[test]
fn signals_that_do_not_belong_together_are_errors() {
    let (student, teacher, labels) = signals();
    let base = Signals { student: &student, teacher: Some(&teacher), labels: (&labels).into() };
    let refused = |signals: Signals<'_>, expected: MethodError, text: &str| {
        let error = Kd::default().parts(&signals).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.to_string(), text);
        assert!(error.hint().is_some());
    };
    refused(
        Signals { teacher: None, ..base },
        MethodError::MissingTeacher { method: "kd" },
        "method `kd`: expected the outputs of a teacher, found none",
    );
    for found in [[2, 2], [1, 3], [2, 4]] {
        let other = TeacherOutput::new(Tensor::zeros(found, &Device::flex()));
        refused(
            Signals { teacher: Some(&other), ..base },
            MethodError::TeacherShape { expected: [2, 3], found },
            &format!(
                "logits of the teacher: expected 2 samples of 3 classes as the student has, found {} of {}",
                found[0], found[1]
            ),
        );
    }
    refused(
        Signals { labels: (&[Some(0)]).into(), ..base },
        MethodError::LabelCount { expected: 2, found: 1 },
        "labels: expected one for each of 2 samples, found 1",
    );
    refused(
        Signals { labels: (&[None, Some(3)]).into(), ..base },
        MethodError::LabelRange { sample: 1, classes: 3, found: 3 },
        "label of sample 1 of the batch: expected a class below 3, found 3",
    );
}
