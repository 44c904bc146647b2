//! Every logit method, its terms and their gradients, against PyTorch's autograd in float64
//! (`oracles/logit_methods.py`), with a tape and without one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use nn::{Output, Taps};
use potstill_methods::{
    Ctkd, Direction, Dist, Dkd, Hard, Jsd, Kd, LogitBatch, LogitLoss, Method, Mlkd, Nkd,
    OwnNumbers, OwnParameters, ReverseKl, Shifted, Signals, SkewKl, Standardised, Tail,
    TeacherOutput, TermSum, TfKd, TopK, TotalVariation, Transform, Wsld,
};
use serde_json::Value;

/// Relative to a number or to the usual size of its gradient, whichever is more.
const TOLERANCE: f64 = 1e-5;

/// As in the oracle.
struct Generator(u64);

impl Generator {
    fn bits(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 48
    }

    fn logits(&mut self, count: usize, make: fn(f64) -> f64) -> Vec<f32> {
        (0..count).map(|_| make(self.bits() as f64 / 65536.0) as f32).collect()
    }
}

struct Case {
    name: String,
    shape: [usize; 2],
    student: Vec<f32>,
    teacher: Vec<f32>,
    labels: Vec<Option<u32>>,
}

impl Case {
    fn of(case: &Value) -> Self {
        let number = |key: &str| case[key].as_u64().unwrap() as usize;
        let (kind, rows, classes) =
            (case["kind"].as_str().unwrap(), number("rows"), number("classes"));
        let mut generator = Generator(case["seed"].as_u64().unwrap());
        let make: fn(f64) -> f64 = match kind {
            "extreme" => |unit| 20000.0 * unit - 10000.0,
            "ties" => |unit| (3.0 * unit).floor() - 1.0,
            _ => |unit| 12.0 * unit - 6.0,
        };
        let student = generator.logits(rows * classes, make);
        let mut teacher = generator.logits(rows * classes, make);
        let mut labels: Vec<Option<u32>> =
            (0..rows).map(|_| Some((generator.bits() % classes as u64) as u32)).collect();
        match kind {
            "same" => teacher.clone_from(&student),
            "one-hot" => {
                teacher.fill(0.0);
                for (row, label) in teacher.chunks_mut(classes).zip(labels.iter().rev()) {
                    row[label.unwrap() as usize] = 1e4;
                }
            }
            "unlabelled" => labels.fill(None),
            "masked" => labels.iter_mut().skip(1).step_by(3).for_each(|label| *label = None),
            _ => {}
        }
        let name = format!("{kind}, {rows} of {classes}");
        Self { name, shape: [rows, classes], student, teacher, labels }
    }

    fn tensor(&self, values: &[f32]) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), self.shape);
        Tensor::from_data(data, &Device::flex().autodiff())
    }
}

/// The methods by their names in the oracle.
fn method(name: &str) -> Arc<dyn Method> {
    let kd = |temperature| Arc::new(Kd { temperature, alpha: 1.0 });
    match name {
        "kd at 1" => Arc::new(Kd { temperature: 1.0, alpha: 0.9 }),
        "kd at 4" => Arc::new(Kd { temperature: 4.0, alpha: 0.9 }),
        "kd at 20" => Arc::new(Kd { temperature: 20.0, alpha: 0.9 }),
        "hard" => Arc::new(Hard),
        "dkd at 4" => Arc::new(Dkd::default()),
        "nkd at 1" => Arc::new(Nkd::default()),
        "nkd at 3" => Arc::new(Nkd { temperature: 3.0, other_weight: 0.5 }),
        "dist at 1" => Arc::new(Dist::default()),
        "dist at 4" => Arc::new(Dist { temperature: 4.0, inter_weight: 2.0, intra_weight: 0.5 }),
        "mlkd" => Arc::new(Mlkd { temperatures: vec![2.0, 5.0] }),
        "wsld at 2" => Arc::new(Wsld::default()),
        "reverse-kl at 2" => Arc::new(ReverseKl { temperature: 2.0 }),
        "jsd" => Arc::new(Jsd::default()),
        "jsd at 3" => Arc::new(Jsd { temperature: 3.0, beta: 0.1 }),
        "skew-kl" => Arc::new(SkewKl::default()),
        "skew-kl reverse at 2" => Arc::new(SkewKl {
            temperature: 2.0,
            direction: Direction::Reverse,
            ..SkewKl::default()
        }),
        "total-variation" => Arc::new(TotalVariation::default()),
        "top-k" => Arc::new(TopK { temperature: 2.0, k: 3, tail: Tail::Bucket }),
        "top-k none" => Arc::new(TopK { k: 3, tail: Tail::None, ..TopK::default() }),
        "tf-kd" => Arc::new(TfKd::default()),
        "standardised kd" => Arc::new(Standardised.of(kd(2.0))),
        "shifted kd" => Arc::new(Shifted.of(kd(4.0))),
        other => panic!("the oracle knows a method `{other}`"),
    }
}

/// Where a method goes through numbers in `f32` on the way, what of a value and of a gradient it cannot tell from
/// 0.
fn floors(name: &str, rows: usize) -> [f64; 2] {
    const ROUNDING: f64 = 2.0 * f32::EPSILON as f64;
    match name {
        "standardised kd" => [2e-6; 2],
        "shifted kd" => [4e-6; 2],
        _ => match name.strip_prefix("kd at ").map(|number| number.parse::<f64>().unwrap()) {
            Some(temperature) => {
                [temperature * temperature, temperature / rows as f64].map(|size| ROUNDING * size)
            }
            None => [1e-9; 2],
        },
    }
}

fn assert_value(found: f64, expected: f64, floor: f64, place: &str) {
    let allowed = TOLERANCE * expected.abs() + floor;
    assert!((found - expected).abs() <= allowed, "{place}: {found} is not {expected}");
}

fn assert_gradient(found: &[f32], expected: &Value, floor: f64, place: &str) {
    let some = expected["some"].as_array().unwrap();
    let norm = expected["norm"].as_f64().unwrap();
    let usual = norm / (found.len() as f64).sqrt();
    let step = found.len().div_ceil(12);
    assert_eq!(some.len(), found.len().div_ceil(step), "{place}");
    for (found, expected) in found.iter().step_by(step).zip(some) {
        let expected = expected.as_f64().unwrap();
        let allowed = TOLERANCE * expected.abs().max(usual) + floor;
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= allowed, "{place}: {found} is not {expected}");
    }
    let own = found.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let allowed = TOLERANCE * norm + floor * (found.len() as f64).sqrt();
    assert!((own - norm).abs() <= allowed, "{place}: the norm is {own}, not {norm}");
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}

fn document() -> Value {
    serde_json::from_str(include_str!("oracle/logit_methods.json")).unwrap()
}

#[test]
fn every_term_and_its_gradient_agree_with_the_oracle() {
    let document = document();
    let mut terms = 0;
    for case in document["cases"].as_array().unwrap() {
        let answers = case["methods"].as_object().unwrap();
        let case = Case::of(case);
        for (name, expected) in answers {
            let method = method(name);
            let student = case.tensor(&case.student).require_grad();
            let output = Output { logits: student.clone(), taps: Taps::none() };
            let teacher = TeacherOutput::new(case.tensor(&case.teacher));
            let labels = (&case.labels).into();
            let signals = Signals { student: &output, teacher: Some(&teacher), labels };
            let parts = method.parts(&signals).unwrap();
            let [floor, of_slope] = floors(name, case.shape[0]);
            let expected = expected.as_object().unwrap();
            assert_eq!(parts.len(), expected.len(), "{name}");
            let mut sum = vec![0.0_f64; case.student.len()];
            let mut values = Vec::new();
            for part in &parts {
                let expected = &expected[part.name];
                let place = format!("{name}, {}, {}", part.name, case.name);
                let value = f64::from(numbers(part.value.clone())[0]);
                assert_value(value, expected["value"].as_f64().unwrap(), floor, &place);
                // A term without a label has no tape.
                let gradient = match part.value.is_tracked() {
                    true => numbers(student.grad(&part.value.backward()).unwrap()),
                    false => vec![0.0; case.student.len()],
                };
                assert_gradient(&gradient, expected, of_slope, &place);
                for (sum, gradient) in sum.iter_mut().zip(gradient) {
                    *sum += part.weight * f64::from(gradient);
                }
                values.push(value);
                terms += 1;
            }

            // Without a tape the terms are the same.
            let [rows, classes] = case.shape;
            let mut gradient = vec![0.0; case.student.len()];
            let mut found = TermSum::new(&mut gradient);
            let teacher = Some((case.teacher.as_slice(), [rows, classes]));
            let batch = LogitBatch {
                student: &case.student,
                teacher,
                labels,
                classes,
                own: &OwnNumbers::new(),
            };
            method.on_logits().unwrap().terms(&batch, &mut found).unwrap();
            let place = format!("{name}, {}, without a tape", case.name);
            for ((term, part), value) in found.terms().iter().zip(&parts).zip(values) {
                assert_eq!((term.name, term.weight), (part.name, part.weight), "{place}");
                assert_value(term.value, value, floor, &place);
            }
            let usual = (sum.iter().map(|x| x * x).sum::<f64>() / sum.len() as f64).sqrt();
            for (&found, &expected) in gradient.iter().zip(&sum) {
                let allowed = TOLERANCE * expected.abs().max(usual) + of_slope;
                let error = (f64::from(found) - expected).abs();
                assert!(error <= allowed, "{place}: {found} is not {expected}");
            }
        }
    }
    assert!(terms > 1400, "only {terms} terms");
}

#[test]
fn the_learned_temperature_agrees_with_the_oracle_and_climbs() {
    let device = Device::flex().autodiff();
    for case in document()["cases"].as_array().unwrap() {
        let expected = &case["ctkd"];
        let case = Case::of(case);
        let student = case.tensor(&case.student).require_grad();
        let output = Output { logits: student.clone(), taps: Taps::none() };
        let teacher = TeacherOutput::new(case.tensor(&case.teacher));
        let labels = (&case.labels).into();
        let signals = Signals { student: &output, teacher: Some(&teacher), labels };
        let theta = Tensor::<1>::from_floats([1.0], &device).require_grad();
        let own = OwnParameters::from([("theta".to_owned(), theta.clone())]);
        let parts = Ctkd::default().parts_with(&signals, &own).unwrap();
        let place = format!("ctkd, {}", case.name);
        let value = f64::from(numbers(parts[0].value.clone())[0]);
        assert_value(value, expected["value"].as_f64().unwrap(), 1e-9, &place);
        let gradients = parts[0].value.backward();
        assert_gradient(&numbers(student.grad(&gradients).unwrap()), expected, 1e-9, &place);
        let found = f64::from(numbers(theta.grad(&gradients).unwrap())[0]);
        assert_value(found, -expected["theta"].as_f64().unwrap(), 1e-9, &place);
        let values = [1.0];
        let own = OwnNumbers::from([("theta", values.as_slice())]);
        let teacher = Some((case.teacher.as_slice(), case.shape));
        let classes = case.shape[1];
        let batch = LogitBatch { student: &case.student, teacher, labels, classes, own: &own };
        let mut gradient = vec![0.0; case.student.len()];
        let mut sum = TermSum::new(&mut gradient);
        Ctkd::default().terms(&batch, &mut sum).unwrap();
        let (terms, of_own) = sum.terms_and_own();
        assert_value(terms[0].value, value, 1e-9, &place);
        assert_gradient(&gradient, expected, 1e-9, &place);
        assert_value(of_own["theta"][0].into(), found, 1e-9, &place);
        let alone = Ctkd::default().parts(&signals).unwrap();
        assert_eq!(numbers(alone[0].value.clone()), numbers(parts[0].value.clone()));
    }
}
