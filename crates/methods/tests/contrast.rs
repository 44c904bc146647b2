//! Contrastive distillation: loss, gradients and memory against PyTorch in float64 (`oracles/contrast.py`), and what its
//! negatives are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use nn::{Output, Tap, TapKind, TapShape, Taps};
use potstill_methods::{
    Crd, Method, MethodError, Moment, OfferedTaps, OwnParameters, Remembered, Signals, TapMethod,
    TeacherOutput,
};
use random::Stream;
use serde_json::Value;

/// As in the oracle.
struct Generator(u64);

impl Generator {
    fn values(&mut self, count: usize, make: fn(f64) -> f64) -> Vec<f32> {
        let mut unit = || {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 48) as f64 / 65536.0
        };
        (0..count).map(|_| make(unit()) as f32).collect()
    }
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    let device = Device::flex().autodiff();
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device)
}

/// A batch of vectors of both networks.
struct Batch {
    rows: Vec<usize>,
    student: Vec<f32>,
    teacher: Vec<f32>,
}

/// What the method says about a batch.
struct Answer {
    value: f64,
    by_student: Vec<f32>,
    own: BTreeMap<String, Vec<f32>>,
    reaches_teacher: bool,
    changes: Vec<Remembered>,
}

fn fitted(crd: Crd, widths: [usize; 2], labels: &[Option<u32>]) -> Arc<dyn Method> {
    let taps = widths.map(|width| {
        [Tap { name: "tap".to_owned(), shape: TapShape::Vector(width), kind: TapKind::Value }]
    });
    let offered = OfferedTaps { student: &taps[0], teacher: &taps[1], labels, batch_size: 4 };
    TapMethod::new(crd).fitted(offered, &Stream::new(1, "method")).unwrap().unwrap()
}

fn output(tap: Tensor<2>) -> Output {
    let [batch, _] = tap.dims();
    let mut taps = Taps::all();
    taps.keep("tap", || tap);
    Output { logits: tensor(&vec![0.0; 2 * batch], [batch, 2]), taps }
}

fn numbers(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// `own` holds parameters and memory.
fn answer(method: &dyn Method, batch: &Batch, own: &BTreeMap<String, Vec<f32>>) -> Answer {
    let count = batch.rows.len();
    let leaf = |values: &[f32]| tensor(values, [values.len()]).require_grad();
    let (student, teacher) = (leaf(&batch.student), leaf(&batch.teacher));
    let rows = |leaf: &Tensor<1>| leaf.clone().reshape([count, leaf.dims()[0] / count]);
    let seen = output(rows(&student));
    let said = output(rows(&teacher));
    let said = TeacherOutput::new(said.logits).with_taps(said.taps).of_rows(&batch.rows);
    let labels = vec![None; count];
    let signals = Signals { student: &seen, teacher: Some(&said), labels: (&labels).into() };
    let own: OwnParameters = own.iter().map(|(name, own)| (name.clone(), leaf(own))).collect();
    let changes = method.remembered(&signals, &own).unwrap();
    let parts = method.parts_with(&signals, &own).unwrap();
    assert_eq!((parts.len(), parts[0].name), (1, "contrast"));
    let value = f64::from(numbers(parts[0].value.clone())[0]);
    let mut gradients = parts[0].value.backward();
    let mut of = |leaf: &Tensor<1>| leaf.grad_remove(&mut gradients).map(numbers);
    let own = own.iter().filter_map(|(name, leaf)| Some((name.clone(), of(leaf)?))).collect();
    let by_student = of(&student).unwrap();
    Answer { value, by_student, own, reaches_teacher: of(&teacher).is_some(), changes }
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn sizes(value: &Value) -> Vec<usize> {
    floats(value).into_iter().map(|size| size as usize).collect()
}

fn assert_near(found: &[f32], expected: &[f64], place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    let squares: f64 = expected.iter().map(|x| x * x).sum();
    let usual = (squares / expected.len() as f64).sqrt();
    for (found, expected) in found.iter().zip(expected) {
        let allowed = 1e-5 * expected.abs().max(usual);
        assert!((f64::from(*found) - expected).abs() <= allowed, "{place}: {found} {expected}");
    }
}

/// The memory behind the changes.
fn changed(
    memory: &BTreeMap<String, Vec<f32>>,
    changes: &[Remembered],
) -> BTreeMap<String, Vec<f32>> {
    let mut memory = memory.clone();
    for Remembered { name, start, values } in changes {
        memory.get_mut(name).unwrap()[*start..start + values.len()].copy_from_slice(values);
    }
    memory
}

#[test]
fn loss_gradients_and_memory_are_those_of_the_oracle() {
    let text = std::fs::read_to_string("tests/oracle/crd.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 14);
    for case in &cases {
        let labels: Vec<Option<u32>> = case["labels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|label| label.as_u64().map(|l| l as u32))
            .collect();
        let rows = sizes(&case["rows"]);
        let [student, teacher] = sizes(&case["widths"]).try_into().unwrap();
        let size = case["size"].as_u64().unwrap() as usize;
        let crd = Crd { embedding_size: size, ..Crd::default() };
        let method = fitted(crd, [student, teacher], &labels);
        let mut generator = Generator(case["seed"].as_u64().unwrap());
        let make: fn(f64) -> f64 = match case["kind"].as_str().unwrap() {
            "extreme" => |unit| 20000.0 * unit - 10000.0,
            "ties" => |unit| (3.0 * unit).floor() - 1.0,
            _ => |unit| 4.0 * unit - 2.0,
        };
        let batch = Batch {
            student: generator.values(rows.len() * student, make),
            teacher: generator.values(rows.len() * teacher, make),
            rows,
        };
        let mut own = BTreeMap::new();
        for (side, width) in [("student", student), ("teacher", teacher)] {
            for (name, count) in [("bias", size), ("weight", width * size)] {
                let values = generator.values(count, |unit| unit - 0.5);
                own.insert(format!("embedding.0.{side}.{name}"), values);
            }
        }
        assert!(own.keys().eq(method.parameters().keys()));
        let mut memory = BTreeMap::from([("memory.0.scales".to_owned(), vec![0.0, 0.0])]);
        for side in ["student", "teacher"] {
            let values = generator.values(labels.len() * size, |unit| unit - 0.5);
            memory.insert(format!("memory.0.{side}"), values);
        }
        assert!(memory.keys().eq(method.memory().keys()));
        let given: BTreeMap<_, _> =
            own.iter().chain(&memory).map(|(k, v)| (k.clone(), v.clone())).collect();
        let found = answer(method.as_ref(), &batch, &given);
        let place = format!("case {}", case["seed"]);
        assert_near(&[found.value as f32], &[case["value"].as_f64().unwrap()], &place);
        assert_near(&found.by_student, &floats(&case["by_student"]), &place);
        assert!(!found.reaches_teacher);
        assert_eq!(found.own.len(), 4, "{place}: {:?}", found.own.keys());
        for (name, expected) in case["own"].as_object().unwrap() {
            let found = &found.own[&format!("embedding.0.{name}")];
            assert_near(found, &floats(expected), &format!("{place}, {name}"));
        }
        let after = changed(&memory, &found.changes);
        assert_near(&after["memory.0.scales"], &floats(&case["scales"]), &place);
        for (side, expected) in
            ["student", "teacher"].iter().zip(case["memory"].as_array().unwrap())
        {
            assert_near(&after[&format!("memory.0.{side}")], &floats(expected), &place);
        }
        // With the scales that were found the loss stays what it is.
        let mut kept = given.clone();
        kept.insert("memory.0.scales".to_owned(), after["memory.0.scales"].clone());
        let again = answer(method.as_ref(), &batch, &kept);
        assert!((again.value - found.value).abs() <= 1e-5 * found.value.abs(), "{place}");
        let scales = |change: &&Remembered| change.name == "memory.0.scales";
        let told: Vec<f32> =
            again.changes.iter().filter(scales).flat_map(|c| c.values.clone()).collect();
        assert_eq!(told, after["memory.0.scales"]);
    }
}

const LABELS: usize = 5;
const ROWS: usize = 60;

fn moment(step: u64) -> Moment {
    Moment { step, steps_per_epoch: 10, epochs: 2 }
}

/// The rows that the student's side of a sample is compared with in a step: the loss depends on their places of the
/// memory, whose gradient shows it.
fn compared(negatives: usize, row: usize, step: u64) -> BTreeSet<usize> {
    let labels: Vec<Option<u32>> = (0..ROWS).map(|row| Some((row % LABELS) as u32)).collect();
    let crd = Crd { embedding_size: 4, negatives, contrast_temperature: 1.0, ..Crd::default() };
    let method = fitted(crd, [3, 3], &labels);
    let now = method.at(moment(step)).unwrap();
    let all = method.parameters().into_iter().chain(method.memory());
    let mut own: BTreeMap<String, Vec<f32>> = all.map(|(name, own)| (name, own.values)).collect();
    own.insert("memory.0.scales".to_owned(), vec![60.0, 60.0]);
    let batch =
        Batch { rows: vec![row], student: vec![1.0, -0.5, 0.25], teacher: vec![0.5, 1.0, -1.0] };
    let before = answer(now.as_ref(), &batch, &own).value;
    let told = |other: &usize| {
        let mut own = own.clone();
        own.get_mut("memory.0.teacher").unwrap()[other * 4..][..4].fill(3.0);
        answer(now.as_ref(), &batch, &own).value != before
    };
    (0..ROWS).filter(told).collect()
}

#[test]
fn negatives_are_of_other_classes_and_are_drawn_anew_in_each_step() {
    let all = compared(1000, 7, 0);
    let others = |row: &usize| *row == 7 || row % LABELS != 7 % LABELS;
    assert_eq!(all, (0..ROWS).filter(others).collect());
    let (some, again, later) = (compared(10, 7, 4), compared(10, 7, 4), compared(10, 7, 5));
    assert_eq!(some.len(), 11);
    assert!(some.is_subset(&all) && some.contains(&7));
    assert_eq!(some, again);
    assert_ne!(some, later);
    assert_ne!(some, compared(10, 12, 4));
}

#[test]
fn samples_whose_rows_are_not_told_are_an_error() {
    let method = fitted(Crd::default(), [3, 3], &[None; 5]);
    let seen = output(tensor(&[0.5; 6], [2, 3]));
    let labels = vec![None; 2];
    for rows in [&[][..], &[0, 5]] {
        let said = output(tensor(&[0.5; 6], [2, 3]));
        let said = TeacherOutput::new(said.logits).with_taps(said.taps).of_rows(rows);
        let signals = Signals { student: &seen, teacher: Some(&said), labels: (&labels).into() };
        let error = method.parts(&signals).unwrap_err();
        let found = rows.len().min(1);
        assert_eq!(error, MethodError::Rows { method: "crd", samples: 2, found });
    }
}

#[test]
fn the_first_memory_has_a_length_of_about_one() {
    let method = fitted(Crd::default(), [3, 3], &[None; 50]);
    for (name, side) in method.memory().iter().filter(|(name, _)| !name.ends_with("scales")) {
        assert_eq!(side.shape, [50, 128], "{name}");
        for row in side.values.chunks(128) {
            let square: f32 = row.iter().map(|x| x * x).sum();
            assert!((square - 1.0).abs() < 0.4, "{name}: {square}");
        }
    }
}

/// A random batch of distinct rows with a random memory, and a method that draws no negatives at random.
fn random_case(number: u64) -> (Arc<dyn Method>, Batch, BTreeMap<String, Vec<f32>>) {
    let mut generator = Stream::new(20_261_128, "contrast laws").at(number).generator();
    let rows = 2 + generator.below(8) as usize;
    let labels: Vec<Option<u32>> =
        (0..rows).map(|_| Some(generator.below(4) as u32).filter(|label| *label < 3)).collect();
    let method = fitted(Crd { embedding_size: 3, ..Crd::default() }, [2, 4], &labels);
    let own = method.parameters().into_iter().chain(method.memory());
    let own = own.map(|(name, own)| (name, own.values)).collect();
    let mut chosen = generator.permutation(rows);
    chosen.truncate(1 + generator.below(rows as u64) as usize);
    let mut values =
        |count: usize| -> Vec<f32> { (0..count).map(|_| generator.normal() as f32).collect() };
    let (student, teacher) = (values(2 * chosen.len()), values(4 * chosen.len()));
    (method, Batch { rows: chosen, student, teacher }, own)
}

#[test]
fn the_order_of_the_samples_matters_neither_to_the_loss_nor_to_the_memory() {
    for number in 0..1000 {
        let (method, batch, own) = random_case(number);
        let found = answer(method.as_ref(), &batch, &own);
        let reversed = |values: &[f32], width: usize| -> Vec<f32> {
            values.chunks(width).rev().flatten().copied().collect()
        };
        let backwards = Batch {
            rows: batch.rows.iter().rev().copied().collect(),
            student: reversed(&batch.student, 2),
            teacher: reversed(&batch.teacher, 4),
        };
        let other = answer(method.as_ref(), &backwards, &own);
        assert!((found.value - other.value).abs() <= 1e-6 * found.value.abs(), "{number}");
        let largest = found.by_student.iter().fold(1e-6_f32, |most, slope| most.max(slope.abs()));
        for (a, b) in found.by_student.iter().zip(reversed(&other.by_student, 2)) {
            assert!((a - b).abs() <= 1e-5 * largest, "{number}: {a} {b}");
        }
        let [a, b] = [&found, &other].map(|answer| changed(&own, &answer.changes));
        for (name, values) in &a {
            for (a, b) in values.iter().zip(&b[name]) {
                assert!((a - b).abs() <= 1e-5 * a.abs().max(1e-3), "{number}, {name}: {a} {b}");
            }
        }
    }
}

#[test]
fn extremes_give_finite_numbers_and_the_loss_is_never_below_zero() {
    const EXTREMES: [f32; 7] = [0.0, 0.0, 1e4, -1e4, 1e-6, 1e-30, -1.0];
    for number in 0..1000 {
        let (method, mut batch, own) = random_case(number);
        let mut generator = Stream::new(number, "extremes").generator();
        for value in batch.student.iter_mut().chain(&mut batch.teacher) {
            *value = EXTREMES[generator.below(7) as usize];
        }
        let found = answer(method.as_ref(), &batch, &own);
        assert!(found.value.is_finite() && found.value >= 0.0, "{number}: {}", found.value);
        let slopes = found.by_student.iter().chain(found.own.values().flatten());
        let kept = found.changes.iter().flat_map(|change| &change.values);
        assert!(slopes.chain(kept).all(|value| value.is_finite()), "{number}");
        assert!(!found.reaches_teacher, "{number}");
    }
}
