//! What the logit methods must obey for any input, each law on a thousand random cases.
//!
//! Everything is computed in `f64` and rounded once, so that tolerances are small multiples of
//! `f32::EPSILON` where gradients are compared, and of `f64::EPSILON` where values are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use nn::{Output, Taps};
use potstill_methods::{
    Combination, Ctkd, Direction, Dist, Dkd, Hard, Jsd, Kd, LogitBatch, Member, Method,
    MethodError, Mlkd, Nkd, OwnNumbers, ReverseKl, Shifted, Signals, SkewKl, Standardised, Tail,
    TeacherOutput, Term, TermSum, TfKd, TopK, TotalVariation, Transform, Wsld,
};
use random::{Generator, Stream};

const CASES: u64 = 1000;

/// One batch.
#[derive(Clone, Debug)]
struct Case {
    classes: usize,
    student: Vec<f32>,
    teacher: Vec<f32>,
    labels: Vec<Option<u32>>,
}

impl Case {
    fn batch(&self) -> usize {
        self.labels.len()
    }

    fn labelled(&self) -> usize {
        self.labels.iter().flatten().count()
    }

    /// The samples of `order`, in that order.
    fn samples(&self, order: &[usize]) -> Self {
        let rows = |values: &[f32]| {
            let row = |&i: &usize| values[i * self.classes..][..self.classes].to_vec();
            order.iter().flat_map(row).collect()
        };
        Self {
            classes: self.classes,
            student: rows(&self.student),
            teacher: rows(&self.teacher),
            labels: order.iter().map(|&sample| self.labels[sample]).collect(),
        }
    }

    /// The terms of a method, and the gradient of their weighted sum.
    fn terms(&self, method: &dyn Method) -> (Vec<Term>, Vec<f64>) {
        self.sum(method, &|_| 1.0)
    }

    /// The gradient of the batch as a part of a larger one, of each term so much.
    fn shared(&self, method: &dyn Method, share: &dyn Fn(&str) -> f64) -> Vec<f64> {
        self.sum(method, share).1
    }

    fn sum(&self, method: &dyn Method, share: &dyn Fn(&str) -> f64) -> (Vec<Term>, Vec<f64>) {
        let mut gradient = vec![0.0; self.student.len()];
        let mut sum = TermSum::sharing(&mut gradient, share);
        let teacher = Some((self.teacher.as_slice(), [self.batch(), self.classes]));
        let labels = (&self.labels).into();
        let batch = LogitBatch {
            student: &self.student,
            teacher,
            labels,
            classes: self.classes,
            own: &OwnNumbers::new(),
        };
        method.on_logits().unwrap().terms(&batch, &mut sum).unwrap();
        let terms = sum.terms();
        (terms, gradient.into_iter().map(f64::from).collect())
    }

    /// The weighted sum and its gradient.
    fn loss(&self, method: &dyn Method) -> (f64, Vec<f64>) {
        let (terms, gradient) = self.terms(method);
        (terms.iter().map(|term| term.weight * term.value).sum(), gradient)
    }
}

/// Logits with few digits, so that sums and differences of them are exact.
fn logits(generator: &mut Generator, count: usize) -> Vec<f32> {
    (0..count).map(|_| (generator.normal() * 3.0 * 256.0).round() as f32 / 256.0).collect()
}

fn for_each_case(law: &str, check: impl Fn(Case, Generator)) {
    for number in 0..CASES {
        let mut generator = Stream::new(20_261_128, "logit laws").named(law).at(number).generator();
        let classes = 2 + generator.below(11) as usize;
        let batch = 1 + generator.below(9) as usize;
        let student = logits(&mut generator, batch * classes);
        let teacher = logits(&mut generator, batch * classes);
        let labels = (0..batch).map(|sample| {
            let label = generator.below(classes as u64) as u32;
            (sample == 0 || generator.below(3) > 0).then_some(label)
        });
        let labels = labels.collect();
        check(Case { classes, student, teacher, labels }, generator);
    }
}

/// How far apart the numbers are.
fn spread(row: &[f32]) -> f32 {
    let (least, most) =
        row.iter().fold((f32::MAX, f32::MIN), |(least, most), &z| (least.min(z), most.max(z)));
    most - least
}

fn soft(temperature: f64) -> Kd {
    Kd { temperature, alpha: 1.0 }
}

/// 0 where student and teacher agree.
fn divergences() -> Vec<Arc<dyn Method>> {
    let reverse = SkewKl { direction: Direction::Reverse, ..SkewKl::default() };
    vec![
        Arc::new(soft(3.0)),
        Arc::new(Dkd::default()),
        Arc::new(Mlkd::default()),
        Arc::new(Wsld::default()),
        Arc::new(ReverseKl { temperature: 3.0 }),
        Arc::new(Jsd { temperature: 2.0, beta: 0.3 }),
        Arc::new(SkewKl::default()),
        Arc::new(reverse),
        Arc::new(TotalVariation::default()),
        Arc::new(TopK { k: 2, ..TopK::default() }),
        Arc::new(Standardised.of(Arc::new(ReverseKl::default()))),
        Arc::new(Ctkd::default()),
    ]
}

/// All of them; the last two compare samples with one another.
fn all() -> Vec<Arc<dyn Method>> {
    let mut methods = divergences();
    methods.push(Arc::new(Hard));
    methods.push(Arc::new(Nkd::default()));
    methods.push(Arc::new(TopK { k: 2, tail: Tail::None, ..TopK::default() }));
    methods.push(Arc::new(TfKd::default()));
    methods.push(Arc::new(Shifted.of(Arc::new(ReverseKl::default()))));
    methods.push(Arc::new(Dist { temperature: 2.0, ..Dist::default() }));
    methods
}

fn compares_samples(method: &dyn Method) -> bool {
    ["dist", "mlkd"].contains(&method.name())
}

#[track_caller]
fn assert_all_close(found: &[f64], expected: &[f64], slack: f64, place: &dyn Method) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1e-3_f64, |most, x| most.max(x.abs()));
    for (&found, &expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= slack * largest, "{place:?}: {found} is not {expected}");
    }
}

#[track_caller]
fn assert_close(found: f64, expected: f64, slack: f64, place: &dyn Method) {
    let error = (found - expected).abs();
    assert!(error <= slack * (1.0 + expected.abs()), "{place:?}: {found} is not {expected}");
}

#[test]
fn a_constant_added_to_the_logits_of_a_sample_changes_nothing() {
    for_each_case("shift", |case, mut generator| {
        let mut shifted = case.clone();
        for logits in [&mut shifted.student, &mut shifted.teacher] {
            for row in logits.chunks_mut(case.classes) {
                let shift = generator.below(200) as f32 - 100.0;
                row.iter_mut().for_each(|logit| *logit += shift);
            }
        }
        for method in all() {
            let ((value, gradient), (other, moved)) =
                (case.loss(method.as_ref()), shifted.loss(method.as_ref()));
            assert_close(other, value, 1e-6, method.as_ref());
            assert_all_close(&moved, &gradient, 1e-5, method.as_ref());
        }
    });
}

#[test]
fn a_student_that_agrees_has_no_loss_and_no_gradient() {
    for_each_case("agree", |mut case, _| {
        case.teacher.clone_from(&case.student);
        for method in divergences() {
            let (value, gradient) = case.loss(method.as_ref());
            assert!(value.abs() <= 1e-12, "{method:?}: {value}");
            assert!(gradient.iter().all(|x| x.abs() <= 1e-12), "{method:?}: {gradient:?}");
        }
        // What these are there is known, too.
        // A constant row has no correlation.
        let relations = Dist { intra_weight: 0.0, ..Dist::default() };
        if case.student.chunks(case.classes).all(|row| spread(row) > 0.1) {
            let (value, gradient) = case.loss(&relations);
            assert!(value.abs() <= 1e-12 && gradient.iter().all(|x| x.abs() <= 1e-9), "{value}");
        }
        let (_, gradient) = case.loss(&Nkd { other_weight: 1.0, ..Nkd::default() });
        assert!(gradient.iter().all(|x| x.is_finite()));
        let kept = TopK { k: 1, tail: Tail::None, ..TopK::default() };
        let (value, _) = case.loss(&kept);
        let rows = case.student.chunks(case.classes).map(|row| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter().map(|&z| f64::from(z - most).exp()).sum::<f64>().ln()
        });
        let expected = rows.sum::<f64>() / case.batch() as f64;
        assert_close(value, expected, 1e-12, &kept);
    });
}

#[test]
fn no_term_is_negative() {
    for_each_case("positive", |mut case, mut generator| {
        // Students near the teacher, where a divergence is smallest.
        let distance = f64::from(generator.uniform()).powi(4);
        for (student, teacher) in case.student.iter_mut().zip(&case.teacher) {
            *student = *teacher + (distance * generator.normal()) as f32;
        }
        for method in all() {
            let (terms, _) = case.terms(method.as_ref());
            // A divergence in `f32` is exact to its rounding, times the squares of `mlkd`'s temperatures.
            let rounding = 90.0 * f64::from(f32::EPSILON);
            assert!(terms.iter().all(|term| term.value >= -rounding), "{method:?}: {terms:?}");
        }
    });
}

/// With `d` the difference of the logits, a divergence whose curvature at agreement is `s` times that of
/// `kd` tends to `s` times half the variance of `d` over classes as the temperature grows.
#[test]
fn at_a_high_temperature_divergences_are_multiples_of_half_the_variance() {
    let temperature = 1e4;
    let reverse = SkewKl { temperature, skew: 0.2, direction: Direction::Reverse };
    let learned = Ctkd { lowest_temperature: temperature, ..Ctkd::default() };
    let methods: [(Arc<dyn Method>, f64); 7] = [
        (Arc::new(learned), 1.0),
        (Arc::new(Mlkd { temperatures: vec![temperature] }), 1.0),
        (Arc::new(TopK { temperature, k: 12, tail: Tail::Bucket }), 1.0),
        (Arc::new(ReverseKl { temperature }), 1.0),
        (Arc::new(Jsd { temperature, beta: 0.3 }), 0.3 * 0.7),
        (Arc::new(SkewKl { direction: Direction::Forward, ..reverse }), 0.64),
        (Arc::new(reverse), 0.64),
    ];
    for_each_case("hot", |case, _| {
        let rows = case.student.chunks(case.classes).zip(case.teacher.chunks(case.classes));
        let variances = rows.map(|(student, teacher)| {
            let d: Vec<f64> =
                student.iter().zip(teacher).map(|(&s, &t)| f64::from(s) - f64::from(t)).collect();
            let mean = d.iter().sum::<f64>() / d.len() as f64;
            d.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / d.len() as f64
        });
        let expected = variances.sum::<f64>() / case.batch() as f64 / 2.0;
        for (method, scale) in &methods {
            let (value, _) = case.loss(method.as_ref());
            let error = (value - scale * expected).abs();
            assert!(error <= 0.01 * expected + 1e-6, "{method:?}: {value}, not {expected}");
        }
    });
}

/// As above, over the samples that count, each by its weight where the method has one.
#[test]
fn at_a_high_temperature_methods_of_labelled_samples_are_half_the_variance_as_well() {
    let temperature = 100.0;
    for_each_case("hot labels", |mut case, _| {
        let known: Vec<usize> = (0..case.batch()).filter(|&i| case.labels[i].is_some()).collect();
        case = case.samples(&known);
        for logits in [&mut case.student, &mut case.teacher] {
            logits.iter_mut().for_each(|logit| *logit /= 4.0);
        }
        let (classes, count) = (case.classes as f64, case.batch() as f64);
        let of = |logits: &[f32], label: u32| -> f64 {
            let sum = logits.iter().map(|&z| f64::from(z).exp()).sum::<f64>();
            sum.ln() - f64::from(logits[label as usize])
        };
        let (mut plain, mut weighted) = (0.0, 0.0);
        let rows = case.student.chunks(case.classes).zip(case.teacher.chunks(case.classes));
        for ((student, teacher), label) in rows.zip(case.labels.iter().flatten()) {
            let d = student.iter().zip(teacher).map(|(&s, &t)| f64::from(s) - f64::from(t));
            let mean = d.clone().sum::<f64>() / classes;
            let half = d.map(|d| (d - mean).powi(2)).sum::<f64>() / classes / 2.0 / count;
            plain += half;
            weighted += half * (1.0 - (-of(student, *label) / of(teacher, *label)).exp());
        }
        // All classes have the same probability, so that the others have this share.
        let other_weight = (classes - 1.0) / classes;
        let dkd = Dkd { temperature, target_weight: 1.0, other_weight };
        let methods: [(&dyn Method, f64); 2] = [(&dkd, plain), (&Wsld { temperature }, weighted)];
        for (method, expected) in methods {
            let (value, _) = case.loss(method);
            let allowed = 0.1 * expected + 16.0 * f64::from(f32::EPSILON) * 1e4;
            assert!((value - expected).abs() <= allowed, "{method:?}: {value}, not {expected}");
        }
    });
}

#[test]
fn decoupled_parts_join_to_the_divergence_of_kd() {
    for_each_case("decoupled", |case, mut generator| {
        let temperature = f64::from(generator.uniform_between(0.5, 10.0));
        let case = case.samples(&[0]);
        let row = case.teacher.iter().map(|&z| (f64::from(z) / temperature).exp());
        let label = case.labels[0].unwrap() as usize;
        let p = (f64::from(case.teacher[label]) / temperature).exp() / row.sum::<f64>();
        let dkd = Dkd { temperature, target_weight: 1.0, other_weight: 1.0 - p };
        let ((value, gradient), (expected, slopes)) =
            (case.loss(&dkd), case.loss(&soft(temperature)));
        assert_close(value, expected, 1e-5 * temperature, &dkd);
        assert_all_close(&gradient, &slopes, 1e-4 * temperature, &dkd);
    });
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    for_each_case("order", |case, mut generator| {
        let order = generator.permutation(case.batch());
        let reordered = case.samples(&order);
        for method in all() {
            let (value, gradient) = case.loss(method.as_ref());
            let (other, found) = reordered.loss(method.as_ref());
            let rows = order.iter().flat_map(|&i| &gradient[i * case.classes..][..case.classes]);
            let expected: Vec<f64> = rows.copied().collect();
            assert_close(other, value, 1e-12, method.as_ref());
            assert_all_close(&found, &expected, 1e-6, method.as_ref());
        }
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
        for method in all().iter().filter(|method| !compares_samples(method.as_ref())) {
            let (terms, _) = case.terms(method.as_ref());
            for (number, term) in terms.iter().enumerate() {
                let counts = |case: &Case| method.samples(term.name, &case.labels) as f64;
                let average: f64 = pieces
                    .iter()
                    .filter(|piece| counts(piece) > 0.0)
                    .map(|piece| piece.terms(method.as_ref()).0[number].value * counts(piece))
                    .sum();
                assert_close(average / counts(&case), term.value, 1e-12, method.as_ref());
            }
            let count = |case: &Case, name: &str| method.samples(name, &case.labels) as f64;
            let joined = pieces.iter().flat_map(|piece| {
                let share = |name: &str| match count(&case, name) {
                    0.0 => 1.0,
                    all => count(piece, name) / all,
                };
                piece.shared(method.as_ref(), &share)
            });
            let (_, gradient) = case.terms(method.as_ref());
            assert_all_close(&joined.collect::<Vec<_>>(), &gradient, 1e-6, method.as_ref());
        }
    });
}

#[test]
fn samples_without_a_label_leave_the_means_of_methods_that_need_one() {
    let methods: [Arc<dyn Method>; 4] = [
        Arc::new(Dkd::default()),
        Arc::new(Nkd::default()),
        Arc::new(Wsld::default()),
        Arc::new(TfKd::default()),
    ];
    for_each_case("masked", |mut case, _| {
        let known: Vec<usize> = (0..case.batch()).filter(|&i| case.labels[i].is_some()).collect();
        for method in &methods {
            assert!(!method.learns_without_labels());
            let (value, gradient) = case.loss(method.as_ref());
            let (alone, kept) = case.samples(&known).loss(method.as_ref());
            assert_eq!(value, alone, "{method:?}");
            let mut kept = kept.chunks(case.classes);
            for (row, label) in gradient.chunks(case.classes).zip(&case.labels) {
                match label {
                    Some(_) => assert_eq!(row, kept.next().unwrap(), "{method:?}"),
                    None => assert!(row.iter().all(|&x| x == 0.0), "{method:?}"),
                }
            }
        }
        assert!(case.labelled() > 0);
        case.labels.fill(None);
        for method in &methods {
            let (value, gradient) = case.loss(method.as_ref());
            assert!(value == 0.0 && gradient.iter().all(|&x| x == 0.0), "{method:?}");
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
        for method in all() {
            let (value, gradient) = case.loss(method.as_ref());
            let finite = value.is_finite() && gradient.iter().all(|x| x.is_finite());
            assert!(finite, "{method:?}: {value} {case:?}");
        }
    });
}

#[test]
fn standardised_logits_know_no_scale_and_no_shift() {
    // Those that are smooth: rounding does not bring them over an edge.
    let smooth: [Arc<dyn Method>; 7] = [
        Arc::new(ReverseKl { temperature: 2.0 }),
        Arc::new(soft(2.0)),
        Arc::new(Dkd::default()),
        Arc::new(Dist::default()),
        Arc::new(Jsd::default()),
        Arc::new(SkewKl::default()),
        Arc::new(Wsld::default()),
    ];
    let methods = smooth.map(|method| Standardised.of(method));
    for_each_case("standardised", |case, mut generator| {
        // Of two logits only the order is left, and of almost equal ones rounding.
        let sides = case.student.chunks(case.classes).chain(case.teacher.chunks(case.classes));
        if case.classes == 2 || sides.map(spread).any(|spread| spread < 0.5) {
            return;
        }
        let mut changed = case.clone();
        for (side, scale) in [(&mut changed.student, 4.0), (&mut changed.teacher, 0.5)] {
            for row in side.chunks_mut(case.classes) {
                let shift = generator.below(64) as f32;
                row.iter_mut().for_each(|logit| *logit = scale * *logit + shift);
            }
        }
        for method in &methods {
            let ((value, gradient), (other, found)) = (case.loss(method), changed.loss(method));
            assert_close(other, value, 1e-5, method);
            // The student's logits are four times as large, so each counts for a quarter.
            let expected: Vec<f64> = gradient.iter().map(|x| x / 4.0).collect();
            assert_all_close(&found, &expected, 1e-3, method);
        }
    });
}

#[test]
fn a_shifted_teacher_is_never_wrong_and_as_sure_as_before() {
    for_each_case("shifted", |case, _| {
        let method = Shifted.of(Arc::new(Hard));
        let (value, _) = case.loss(&method);
        let mut told = case.clone();
        for (row, label) in told.teacher.chunks_mut(case.classes).zip(&case.labels) {
            if let Some(label) = label {
                row[*label as usize] = 1e3;
            }
        }
        assert_close(value, told.loss(&Hard).0, 1e-12, &method);
    });
}

#[test]
fn first_classes_with_a_bucket_say_less_than_all_classes_and_more_classes_say_more() {
    for_each_case("bucket", |case, _| {
        let (full, _) = case.loss(&soft(1.0));
        let mut before = 0.0;
        for k in 1..=case.classes {
            let method = TopK { k, ..TopK::default() };
            let (value, _) = case.loss(&method);
            assert!(value >= before - 1e-12 && value <= full + 1e-5 * (1.0 + full), "{k}: {value}");
            before = value;
        }
        assert_close(before, full, 1e-5, &TopK::default());
    });
}

/// Methods that say several things about a batch, beside the labels.
fn combination(alpha: f64) -> Combination {
    Combination::new(alpha)
        .with(Member::new(soft(2.0)))
        .with(Member::new(Dkd::default()).weighted(0.5, potstill_methods::Course::Constant))
}

#[test]
fn a_combination_is_the_sum_of_its_methods_and_the_labels() {
    for_each_case("combination", |case, mut generator| {
        let alpha = f64::from(generator.uniform_between(0.1, 0.9));
        let (value, gradient) = case.loss(&combination(alpha));
        let ((kd, of_kd), (dkd, of_dkd)) = (case.loss(&soft(2.0)), case.loss(&Dkd::default()));
        let (label, of_label) = case.loss(&potstill_methods::Alone);
        let join =
            |kd: f64, dkd: f64, label: f64| alpha * kd + 0.5 * alpha * dkd + (1.0 - alpha) * label;
        let place = combination(alpha);
        assert_close(value, join(kd, dkd, label), 1e-6, &place);
        let expected: Vec<f64> = (0..gradient.len())
            .map(|place| join(of_kd[place], of_dkd[place], of_label[place]))
            .collect();
        assert_all_close(&gradient, &expected, 1e-5, &place);
    });
}

#[test]
fn alpha_leaves_out_what_has_no_weight() {
    let mut generator = Stream::new(3, "alpha").generator();
    let case = Case {
        classes: 3,
        student: logits(&mut generator, 6),
        teacher: logits(&mut generator, 6),
        labels: vec![Some(1), None],
    };
    let names = |alpha| {
        let (terms, _) = case.terms(&combination(alpha));
        terms.iter().map(|term| (term.name, term.weight)).collect::<Vec<_>>()
    };
    assert_eq!(names(0.0), [("label", 1.0)]);
    assert_eq!(names(1.0), [("soft", 1.0), ("target", 0.5), ("other", 4.0)]);
    assert_eq!(names(0.5), [("soft", 0.5), ("target", 0.25), ("other", 2.0), ("label", 0.5)]);
    let (none, some) = (combination(0.0), combination(0.5));
    assert!(!none.needs_teacher() && !none.learns_without_labels());
    assert!(some.needs_teacher() && some.learns_without_labels());
    assert_eq!(some.samples("label", &case.labels), 1);
    assert_eq!(some.samples("target", &case.labels), 1);
    assert_eq!(some.samples("soft", &case.labels), 2);
    assert_eq!(Combination::new(0.5).with(Member::new(Dist::default())).smallest_batch(), 3);
}

#[test]
fn terms_of_the_same_name_are_refused() {
    let twice = Combination::new(1.0).with(Member::new(soft(1.0))).with(Member::new(soft(2.0)));
    let case = Case {
        classes: 2,
        student: vec![0.0, 1.0],
        teacher: vec![1.0, 0.0],
        labels: vec![Some(0)],
    };
    let mut gradient = [0.0; 2];
    let batch = LogitBatch {
        student: &case.student,
        teacher: Some((&case.teacher, [1, 2])),
        labels: (&case.labels).into(),
        classes: 2,
        own: &OwnNumbers::new(),
    };
    let mut sum = TermSum::new(&mut gradient);
    let error = twice.on_logits().unwrap().terms(&batch, &mut sum).unwrap_err();
    assert_eq!(error, MethodError::TermTwice { term: "soft" });
    assert!(error.hint().is_some());
}

#[test]
fn no_gradient_reaches_the_teacher() {
    let device = Device::flex().autodiff();
    for_each_case("teacher", |case, _| {
        let tensor = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [case.batch(), case.classes]);
            Tensor::<2>::from_data(data, &device).require_grad()
        };
        for method in all() {
            let student = Output { logits: tensor(&case.student), taps: Taps::none() };
            let weight = tensor(&case.teacher);
            let teacher = TeacherOutput::new(weight.clone() * 2.0);
            let labels = (&case.labels).into();
            let signals = Signals { student: &student, teacher: Some(&teacher), labels };
            for part in method.parts(&signals).unwrap() {
                let gradients = part.value.backward();
                assert!(weight.grad(&gradients).is_none(), "{method:?}");
                assert!(student.logits.grad(&gradients).is_some(), "{method:?}");
            }
        }
    });
}

#[test]
fn at_alpha_0_there_is_the_label_alone_and_at_alpha_1_the_method_alone() {
    for_each_case("alpha", |case, _| {
        let label = case.loss(&potstill_methods::Alone);
        for method in all() {
            let beside = |alpha| Combination::new(alpha).with(Member::of(method.clone()));
            assert_eq!(case.loss(&beside(0.0)), label, "{method:?}");
            assert_eq!(case.loss(&beside(1.0)), case.loss(method.as_ref()), "{method:?}");
        }
        assert_eq!(case.loss(&Kd { temperature: 4.0, alpha: 0.0 }), label);
        let (terms, _) = case.terms(&soft(4.0));
        assert_eq!(terms.iter().map(|term| term.name).collect::<Vec<_>>(), ["soft"]);
    });
}
