//! What the methods that compare taps must obey for any input, each law on a thousand random cases of each method;
//! and what is wrong with taps is told before a training.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod tapped;

use std::collections::BTreeMap;
use std::sync::Arc;

use nn::{Tap, TapKind, TapShape};
use potstill_methods::{
    At, Combination, Cwd, Fsp, Kd, Member, Method, MethodError, OfferedTaps, Rkd, SemCkd, Shifted,
    Signals, Sp, Standardised, TapMethod, TeacherOutput, Transform,
};
use random::{Generator, Stream};
use rayon::prelude::*;
use tapped::{Answer, Held, answers, fitted, method};

const CASES: u64 = 1000;
/// Methods that have a least value, 0, where student and teacher agree.
const DIVERGENCES: [&str; 20] = [
    "simkd",
    "at",
    "at paper",
    "sp",
    "rkd",
    "pkt",
    "cc",
    "nst",
    "fsp",
    "cwd",
    "ickd",
    "kdsvd",
    "kdsvd of two vectors",
    "cat-kd",
    "hidden",
    "hidden by direction",
    "attention",
    "attention by probabilities",
    "pkd",
    "pkd of the last token",
];

/// Two taps of both networks: of one shape, so that every method can compare them.
struct Case {
    student: Vec<Held>,
    teacher: Vec<Held>,
    generator: Generator,
}

impl Case {
    fn answers(&self, name: &str) -> Vec<Answer> {
        of(name, &self.student, &self.teacher)
    }
}

fn of(name: &str, student: &[Held], teacher: &[Held]) -> Vec<Answer> {
    let made = Made::new(name, student, teacher);
    answers(made.method.as_ref(), &made.student, &made.teacher, &made.own)
}

/// A method that knows its taps, with their values and its own parameters.
struct Made {
    method: Arc<dyn Method>,
    student: Vec<Held>,
    teacher: Vec<Held>,
    own: BTreeMap<String, Vec<f32>>,
}

impl Made {
    fn new(name: &str, student: &[Held], teacher: &[Held]) -> Self {
        let suiting = |held: &Held| Held { shape: suiting(name, held.shape), ..held.clone() };
        let [student, teacher]: [Vec<Held>; 2] =
            [student, teacher].map(|side| side.iter().map(suiting).collect());
        let method = fitted(method(name, student.len()).as_ref(), &student, &teacher).unwrap();
        let own = method.parameters().into_iter().map(|(path, own)| (path, own.values)).collect();
        Self { method, student, teacher, own }
    }

    /// The method beside the labels.
    fn combined(&self, alpha: f64) -> Combination {
        Combination::new(alpha).with(Member::of(self.method.clone()))
    }

    /// Its parameters by the names that they have in a combination.
    fn combined_own(&self) -> BTreeMap<String, Vec<f32>> {
        let name = self.method.name();
        self.own.iter().map(|(path, own)| (format!("{name}.{path}"), own.clone())).collect()
    }
}

/// The same numbers as a sequence, for methods that want one.
fn suiting(name: &str, shape: TapShape) -> TapShape {
    match shape {
        TapShape::Map { channels, height, width }
            if name.starts_with("hidden") || name.starts_with("pkd") =>
        {
            TapShape::Sequence { positions: height * width, features: channels }
        }
        other => other,
    }
}

/// A thousand small cases of each of these methods.
fn for_each_case(law: &str, names: &[&'static str], check: impl Fn(&str, Case) + Sync) {
    let law = Stream::new(20_261_128, "feature laws").named(law);
    names.par_iter().for_each(|name| {
        let stream = law.named(name);
        (0..CASES).for_each(|number| check(name, random(&stream.at(number))));
    });
}

fn random(stream: &Stream) -> Case {
    let mut generator = stream.generator();
    let batch = 1 + generator.below(4) as usize;
    let mut size = |most: u64| 1 + generator.below(most) as usize;
    let (channels, height) = (size(3), size(2));
    let shape = TapShape::Map { channels, height, width: 2 };
    let mut side = || -> Vec<Held> {
        let held = (0..2).map(|_| {
            let count = batch * channels * height * 2;
            let values = (0..count).map(|_| generator.normal() as f32).collect();
            Held { batch, shape, values }
        });
        held.collect()
    };
    let (student, teacher) = (side(), side());
    Case { student, teacher, generator }
}

fn largest(answer: &Answer) -> f32 {
    let sizes = answer.taps.iter().flatten().map(|slope| slope.abs());
    // A slope that is not a number counts as infinite: `max` passes it over.
    sizes.map(|size| if size.is_nan() { f32::INFINITY } else { size }).fold(0.0, f32::max)
}

#[test]
fn a_divergence_is_zero_without_slope_where_both_agree() {
    for_each_case("agreement", &DIVERGENCES, |name, case| {
        for answer in of(name, &case.student, &case.student) {
            assert!(answer.value.abs() < 1e-14, "{name}: {}", answer.value);
            assert!(largest(&answer) < 1e-10, "{name}: {}", largest(&answer));
        }
    });
}

#[test]
fn a_divergence_is_never_below_zero_and_pulls_where_both_differ() {
    for_each_case("sign", &DIVERGENCES, |name, case| {
        let found = case.answers(name);
        for answer in &found {
            assert!(answer.value > -1e-14, "{name}: {}", answer.value);
        }
        if name.starts_with("kdsvd") {
            // Which vectors are compared changes from one step to the next.
            return;
        }
        // A step against the slope brings the student nearer.
        let before: f64 = found.iter().map(|a| a.weight * a.value).sum();
        let mut student = case.student.clone();
        let steepness: f64 = {
            let slope = |tap: usize, place: usize| -> f64 {
                found.iter().map(|a| a.weight * f64::from(a.taps[tap][place])).sum()
            };
            let places = |tap: usize| 0..student[tap].values.len();
            let squares = (0..2).flat_map(|tap| places(tap).map(move |place| (tap, place)));
            squares.map(|(tap, place)| slope(tap, place).powi(2)).sum()
        };
        if steepness < 1e-8 {
            return;
        }
        // So small that a second derivative can hardly undo it.
        let rate = 1e-4 / steepness.sqrt();
        for (tap, held) in student.iter_mut().enumerate() {
            for (place, value) in held.values.iter_mut().enumerate() {
                let slope: f64 =
                    found.iter().map(|a| a.weight * f64::from(a.taps[tap][place])).sum();
                *value -= (rate * slope) as f32;
            }
        }
        let after: f64 = of(name, &student, &case.teacher).iter().map(|a| a.weight * a.value).sum();
        let allowed = 1e-7 * before.abs();
        assert!(after <= before + allowed, "{name}: {before} to {after}");
    });
}

/// Methods whose least value depends on what they train.
const TRAINED: [&str; 8] = ["fitnet", "vid", "ab", "ft", "ofd", "reviewkd", "mgd", "semckd"];

/// Every method.
fn all() -> Vec<&'static str> {
    [&DIVERGENCES[..], &TRAINED].concat()
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    for_each_case("order", &all(), |name, mut case| {
        if name == "semckd" {
            // What a sample's products mean to it depends on where the others stand.
            return;
        }
        let places = case.student[0].values.len() / case.student[0].shape.channels();
        if name == "reviewkd" && places < 8 {
            // The slopes behind a normalisation of so few values are hardly more than rounding.
            return;
        }
        let order = case.generator.permutation(case.student[0].batch);
        let width = |held: &Held| held.values.len() / held.batch;
        let shuffled = |held: &Held| {
            let row = |&row: &usize| held.values[row * width(held)..][..width(held)].to_vec();
            Held { values: order.iter().flat_map(row).collect(), ..held.clone() }
        };
        let student: Vec<Held> = case.student.iter().map(shuffled).collect();
        let teacher: Vec<Held> = case.teacher.iter().map(shuffled).collect();
        for (before, after) in case.answers(name).iter().zip(of(name, &student, &teacher)) {
            let allowed = 1e-6 * before.value.abs().max(1e-6);
            assert!((after.value - before.value).abs() <= allowed, "{name}");
            for (tap, held) in case.student.iter().enumerate() {
                for (to, &from) in order.iter().enumerate() {
                    for place in 0..width(held) {
                        let found = after.taps[tap][to * width(held) + place];
                        let expected = before.taps[tap][from * width(held) + place];
                        let allowed = 1e-5 * largest(before).max(1e-6);
                        assert!((found - expected).abs() <= allowed, "{name}: {found} {expected}");
                    }
                }
            }
        }
    });
}

/// Methods that compare each sample by itself, so that a batch is the mean of its samples. The others compare samples
/// with one another (`sp`, `rkd`, `pkt`, `cc`, `semckd`), normalise by the batch (`reviewkd`, `ofd`) or hide places that
/// depend on the place in the batch (`mgd`).
const SAMPLE_BY_SAMPLE: [&str; 20] = [
    "fitnet",
    "at",
    "at paper",
    "nst",
    "fsp",
    "vid",
    "cwd",
    "ickd",
    "ab",
    "ft",
    "kdsvd",
    "kdsvd of two vectors",
    "simkd",
    "cat-kd",
    "hidden",
    "hidden by direction",
    "attention",
    "attention by probabilities",
    "pkd",
    "pkd of the last token",
];

#[test]
fn splitting_a_batch_and_averaging_gives_the_whole() {
    for_each_case("split", &SAMPLE_BY_SAMPLE, |name, mut case| {
        let batch = case.student[0].batch;
        if batch < 2 {
            return;
        }
        let at = 1 + case.generator.below(batch as u64 - 1) as usize;
        let whole = case.answers(name);
        let pieces = [0..at, at..batch].map(|rows| {
            let piece = |held: &Held| {
                let width = held.values.len() / held.batch;
                let values = held.values[rows.start * width..rows.end * width].to_vec();
                Held { batch: rows.len(), values, ..*held }
            };
            let side = |held: &[Held]| held.iter().map(piece).collect::<Vec<_>>();
            (rows.len() as f64 / batch as f64, of(name, &side(&case.student), &side(&case.teacher)))
        });
        for (number, whole) in whole.iter().enumerate() {
            let parts = pieces.iter().map(|(share, answers)| share * answers[number].value);
            let joined: f64 = parts.sum();
            let allowed = 1e-6 * whole.value.abs().max(1e-6);
            assert!((joined - whole.value).abs() <= allowed, "{name}: {joined} {}", whole.value);
            for (tap, expected) in whole.taps.iter().enumerate() {
                let found = pieces.iter().flat_map(|(share, answers)| {
                    answers[number].taps[tap].iter().map(|slope| *share as f32 * slope)
                });
                for (found, expected) in found.zip(expected) {
                    let allowed = 1e-5 * largest(whole).max(1e-6);
                    assert!((found - expected).abs() <= allowed, "{name}: {found} {expected}");
                }
            }
        }
    });
}

#[test]
fn at_alpha_0_there_is_the_label_alone_and_at_alpha_1_the_method_alone() {
    for_each_case("alpha", &all(), |name, case| {
        let made = Made::new(name, &case.student, &case.teacher);
        let own = made.combined_own();
        let weights =
            |alpha| tapped::weights(&made.combined(alpha), &made.student, &made.teacher, &own);
        assert_eq!(weights(0.0), [("label", 1.0)], "{name}");
        let mut both = weights(0.25);
        assert_eq!(both.pop(), Some(("label", 0.75)), "{name}");
        let alone = case.answers(name);
        let quarters = alone.iter().map(|answer| (answer.name, 0.25 * answer.weight));
        assert!(both.into_iter().eq(quarters), "{name}");
        let mut found = answers(&made.combined(1.0), &made.student, &made.teacher, &own);
        for answer in &mut found {
            let plain = std::mem::take(&mut answer.own).into_iter();
            let prefix = format!("{}.", made.method.name());
            answer.own = plain
                .map(|(path, slopes)| (path.strip_prefix(&prefix).unwrap().to_owned(), slopes))
                .collect();
        }
        assert_eq!(found, alone, "{name}");
    });
}

/// With `d` the difference of two channels, `T^2 KL` over their places tends to half the variance of `d`.
#[test]
fn at_a_high_temperature_places_are_compared_by_half_the_variance_of_the_difference() {
    for_each_case("hot", &["cwd"], |_, case| {
        let (student, teacher) = (&case.student[..1], &case.teacher[..1]);
        let method = TapMethod::new(Cwd { temperature: 1e4 });
        let method = method.student_taps(["tap0"]).teacher_taps(["tap0"]);
        let fit = fitted(&method, student, teacher).unwrap();
        let own = fit.parameters().into_iter().map(|(path, own)| (path, own.values));
        let found = answers(fit.as_ref(), student, teacher, &own.collect());
        let places = student[0].shape.positions();
        let rows = student[0].values.chunks(places).zip(teacher[0].values.chunks(places));
        let halves = rows.map(|(student, teacher)| {
            let d = student.iter().zip(teacher).map(|(&s, &t)| f64::from(s) - f64::from(t));
            let mean = d.clone().sum::<f64>() / places as f64;
            d.map(|d| (d - mean).powi(2)).sum::<f64>() / places as f64 / 2.0
        });
        let halves: Vec<f64> = halves.collect();
        let expected = halves.iter().sum::<f64>() / halves.len() as f64;
        let error = (found[0].value - expected).abs();
        assert!(error <= 0.01 * expected + 1e-6, "{} is not {expected}", found[0].value);
    });
}

#[test]
fn relations_and_maps_do_not_depend_on_the_scale_of_the_student() {
    let names = [
        "at",
        "at paper",
        "sp",
        "rkd",
        "pkt",
        "cc",
        "nst",
        "ickd",
        "kdsvd",
        "cat-kd",
        "hidden by direction",
        "pkd",
        "pkd of the last token",
    ];
    for_each_case("scale", &names, |name, mut case| {
        let factor = 2.0_f32.powi(case.generator.below(21) as i32 - 10);
        let mut student = case.student.clone();
        student.iter_mut().flat_map(|held| &mut held.values).for_each(|value| *value *= factor);
        for (before, after) in case.answers(name).iter().zip(of(name, &student, &case.teacher)) {
            assert!((after.value - before.value).abs() < 1e-12, "{name}: {before:?} {after:?}");
        }
    });
}

#[test]
fn extremes_and_dead_units_give_finite_numbers_and_the_teacher_gets_no_slope() {
    const EXTREMES: [f32; 7] = [0.0, 0.0, 1e4, -1e4, 1e-6, 1e-30, -1.0];
    for_each_case("extremes", &all(), |name, mut case| {
        let generator = &mut case.generator;
        let everywhere = generator.below(3) == 0;
        let same = EXTREMES[generator.below(7) as usize];
        for held in case.student.iter_mut().chain(&mut case.teacher) {
            for value in &mut held.values {
                let drawn = EXTREMES[generator.below(7) as usize];
                *value = if everywhere { same } else { drawn };
            }
        }
        for answer in case.answers(name) {
            assert!(answer.value.is_finite(), "{name}");
            let slopes = answer.taps.iter().flatten().chain(answer.own.values().flatten());
            assert!(slopes.copied().all(f32::is_finite), "{name}: {answer:?}");
            assert!(!answer.reaches_teacher, "{name}");
        }
    });
}

fn map(name: &str, channels: usize) -> Tap {
    let shape = TapShape::Map { channels, height: 4, width: 4 };
    Tap { name: name.to_owned(), shape, kind: TapKind::Value }
}

fn row(name: &str) -> Tap {
    Tap { name: name.to_owned(), shape: TapShape::Vector(8), kind: TapKind::Value }
}

/// What fitting to these taps fails with, and what is to be done.
fn mistake(method: &dyn Method, student: &[Tap], teacher: &[Tap]) -> [String; 2] {
    let offered = OfferedTaps { student, teacher, labels: &[], batch_size: 4 };
    let error = method.fitted(offered, &Stream::new(0, "method")).unwrap_err();
    [error.to_string(), error.hint().unwrap()]
}

#[test]
fn taps_that_do_not_exist_are_told_with_a_suggestion_and_all_names() {
    let taps = [map("stage1", 4), map("stage2", 8), row("pooled")];
    let method = TapMethod::new(At::default()).student_taps(["stagee2"]);
    let [message, hint] = mistake(&method, &taps, &taps);
    assert_eq!(message, "method `at`: the student has no tap `stagee2`");
    assert_eq!(hint, "a similar tap exists: `stage2`; all of them: `stage1`, `stage2`, `pooled`");
    let method = TapMethod::new(Sp).teacher_taps(["layer"]);
    let [message, hint] = mistake(&method, &taps, &taps);
    assert_eq!(message, "method `sp`: the teacher has no tap `layer`");
    assert_eq!(hint, "its taps are `stage1`, `stage2`, `pooled`");
}

#[test]
fn taps_of_a_shape_that_cannot_be_used_are_told_with_those_that_can() {
    let taps = [map("stage1", 4), row("pooled")];
    let method = TapMethod::new(At::default()).student_taps(["pooled"]);
    let [message, hint] = mistake(&method, &taps, &taps);
    let expected = "method `at`: tap `pooled` of the student: expected channels of at least two positions, as \
                    images have, found 8 values";
    assert_eq!((message.as_str(), hint.as_str()), (expected, "taps that can be used: `stage1`"));
    let [message, hint] = mistake(&TapMethod::new(At::default()), &[row("hidden1")], &taps);
    assert!(message.starts_with("method `at`: tap `hidden1` of the student"), "{message}");
    assert!(hint.contains("take a method for any shape, such as `sp`"), "{hint}");
    let wide = [map("stage1", 5), map("stage2", 5)];
    let narrow = [map("stage1", 4), map("stage2", 5)];
    let [message, _] = mistake(&TapMethod::new(Fsp), &narrow, &wide);
    let expected = "method `fsp`: tap `stage1` of the student: expected 5 channels, as the teacher's tap has, \
                    found 4 channels of 4x4";
    assert_eq!(message, expected);
    let [message, _] = mistake(&TapMethod::new(Fsp), &wide[..1], &wide);
    assert!(message.contains("expected another tap behind it"), "{message}");
}

#[test]
fn networks_without_taps_and_unequal_numbers_of_taps_are_told() {
    let taps = [map("stage1", 4), map("stage2", 8)];
    let [message, hint] = mistake(&TapMethod::new(Sp), &taps, &[]);
    assert_eq!(message, "method `sp`: expected a teacher with taps, found one without");
    assert!(hint.contains("a method of logits, such as `kd`"), "{hint}");
    let [message, _] = mistake(&TapMethod::new(Sp).student_taps(["stage1"]), &[], &taps);
    assert_eq!(message, "method `sp`: expected a student with taps, found one without");
    let method = TapMethod::new(Sp).student_taps(["stage1", "stage2"]).teacher_taps(["stage2"]);
    let [message, hint] = mistake(&method, &taps, &taps);
    let expected = "method `sp`: expected a tap of the teacher for each of the student's, found 2 of the \
                    student and 1 of the teacher";
    assert_eq!(message, expected);
    assert_eq!(hint, "name as many in `teacher_taps` as in `student_taps`");
}

#[test]
fn the_usual_taps_are_the_last_ones_that_can_be_used() {
    let student = [map("stage1", 4), map("stage2", 8), row("pooled")];
    let teacher = [map("stem", 4), map("stage1", 4), map("stage2", 8), row("pooled")];
    let taps = |method: &dyn Method| {
        let offered =
            OfferedTaps { student: &student, teacher: &teacher, labels: &[], batch_size: 4 };
        let names = method.fitted(offered, &Stream::new(0, "method")).unwrap().unwrap().taps();
        (names.student.join(" "), names.teacher.join(" "))
    };
    let pair = |student: &str, teacher: &str| (student.to_owned(), teacher.to_owned());
    assert_eq!(taps(&TapMethod::new(Sp)), pair("pooled", "pooled"));
    assert_eq!(taps(&TapMethod::new(At::default())), pair("stage1 stage2", "stage1 stage2"));
    let one = TapMethod::new(At::default()).student_taps(["stage1"]);
    assert_eq!(taps(&one), pair("stage1", "stage2"));
    let crossed = TapMethod::new(SemCkd::default()).student_taps(["stage1", "stage2"]);
    let each = pair(
        "stage1 stage1 stage1 stage1 stage2 stage2 stage2 stage2",
        "stem stage1 stage2 pooled stem stage1 stage2 pooled",
    );
    assert_eq!(taps(&crossed), each);
    let both = Combination::new(0.5)
        .with(Member::new(Kd { alpha: 1.0, ..Kd::default() }))
        .with(Member::new(TapMethod::new(Sp)))
        .with(Member::new(TapMethod::new(At::default()).teacher_taps(["stem"])));
    assert_eq!(taps(&both), pair("pooled stage2", "pooled stem"));
}

#[test]
fn a_method_that_is_not_fitted_or_not_shown_its_taps_says_so() {
    let (student, teacher) = tapped::logits(3);
    let teacher = TeacherOutput::new(teacher);
    let labels = vec![None; 3];
    let signals = Signals { student: &student, teacher: Some(&teacher), labels: (&labels).into() };
    let error = TapMethod::new(Sp).parts(&signals).unwrap_err();
    assert_eq!(error, MethodError::NotFitted { method: "sp" });
    let taps = [row("hidden1")];
    let offered = OfferedTaps { student: &taps, teacher: &taps, labels: &[], batch_size: 4 };
    let fit = TapMethod::new(Sp).fitted(offered, &Stream::new(0, "method")).unwrap().unwrap();
    let error = fit.parts(&signals).unwrap_err();
    assert!(matches!(error, MethodError::MissingTap { .. }), "{error}");
}

#[test]
fn a_transform_of_logits_leaves_the_taps_to_the_method_behind_it() {
    let method = Standardised.of(Arc::new(Shifted.of(Arc::new(TapMethod::new(Sp)))));
    assert!(method.compares_taps() && method.task().is_none() && method.on_logits().is_none());
    let taps = [row("hidden1")];
    let offered = OfferedTaps { student: &taps, teacher: &taps, labels: &[], batch_size: 4 };
    let fit = method.fitted(offered, &Stream::new(0, "method")).unwrap().unwrap();
    assert_eq!((fit.taps().student, fit.smallest_batch()), (vec!["hidden1".to_owned()], 2));
}

#[test]
fn a_method_of_relations_asks_for_enough_samples() {
    let least = |method: &dyn Method| method.smallest_batch();
    assert_eq!(least(&TapMethod::new(Sp)), 2);
    assert_eq!(least(&TapMethod::new(Rkd::default())), 3);
    assert_eq!(least(&TapMethod::new(Rkd { angle_weight: 0.0, ..Rkd::default() })), 2);
    let both = Combination::new(0.5)
        .with(Member::new(TapMethod::new(At::default())))
        .with(Member::new(TapMethod::new(Rkd::default())));
    assert_eq!(least(&both), 3);
}
