//! The methods that compare taps, and their answers for taps of any shape.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use nn::{Feature, Output, Tap, TapKind, TapShape, Taps};
use potstill_methods::{
    Ab, At, Attention, AttentionForm, CatKd, Cc, Cwd, FitNet, Fsp, Ft, Hidden, HiddenForm, Ickd,
    KdSvd, Method, MethodError, Mgd, Nst, Ofd, OfferedTaps, OwnParameters, Part, Pkd, Pkt,
    ReviewKd, Rkd, ScoreForm, SemCkd, Signals, SimKd, Sp, SummaryToken, TapLoss, TapMethod,
    TeacherOutput, Vid,
};
use random::Stream;

/// Values of one tap: samples, shape of each, numbers.
#[derive(Clone, Debug)]
pub struct Held {
    pub batch: usize,
    pub shape: TapShape,
    pub values: Vec<f32>,
}

/// The method by its name in the oracle, which compares so many taps of both networks.
pub fn method(name: &str, taps: usize) -> Arc<dyn Method> {
    method_of(name, [taps, taps])
}

/// The same with so many taps of student and teacher.
pub fn method_of(name: &str, taps: [usize; 2]) -> Arc<dyn Method> {
    fn of<L: TapLoss>(loss: L, [student, teacher]: [usize; 2]) -> Arc<dyn Method> {
        let method = TapMethod::new(loss).student_taps(names(student));
        Arc::new(method.teacher_taps(names(teacher)))
    }
    match name {
        "fitnet" => of(FitNet, taps),
        "at" => of(At::default(), taps),
        "at paper" => of(At { form: AttentionForm::Paper }, taps),
        "sp" => of(Sp, taps),
        "rkd" => of(Rkd::default(), taps),
        "pkt" => of(Pkt, taps),
        "cc" => of(Cc::default(), taps),
        "cc of order 4" => of(Cc { gamma: 1.5, order: 4 }, taps),
        "nst" => of(Nst, taps),
        "fsp" => of(Fsp, taps),
        "vid" => of(Vid::default(), taps),
        "cwd" => of(Cwd::default(), taps),
        "ickd" => of(Ickd, taps),
        "ab" => of(Ab::default(), taps),
        "kdsvd" => of(KdSvd::default(), taps),
        "kdsvd of two vectors" => of(KdSvd { singular_vectors: 2 }, taps),
        "ft" => of(Ft::default(), taps),
        "ofd" => of(Ofd, taps),
        "reviewkd" => of(ReviewKd, taps),
        "mgd" => of(Mgd::default(), taps),
        "semckd" => of(SemCkd::default(), taps),
        "simkd" => of(SimKd, taps),
        "cat-kd" => of(CatKd::default(), taps),
        "hidden" => of(Hidden::default(), taps),
        "hidden by direction" => of(Hidden { form: HiddenForm::Cosine }, taps),
        "attention" => of(Attention::default(), taps),
        "attention by probabilities" => of(Attention { form: ScoreForm::Probabilities }, taps),
        "pkd" => of(Pkd::default(), taps),
        "pkd of the last token" => of(Pkd { token: SummaryToken::Last }, taps),
        other => panic!("no method {other}"),
    }
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("tap{number}"))
}

/// What the taps hold that a method compares.
fn kind(method: &str) -> TapKind {
    match method {
        "ofd" => TapKind::BeforeActivation,
        "simkd" => TapKind::Features,
        "cat-kd" => TapKind::ClassMaps,
        "attention" => TapKind::Attention,
        _ => TapKind::Value,
    }
}

fn offered(held: &[Held], kind: TapKind) -> Vec<Tap> {
    names(held.len()).zip(held).map(|(name, held)| Tap { name, shape: held.shape, kind }).collect()
}

/// The method for taps of these shapes, which are compared one by one in order.
pub fn fitted(
    method: &dyn Method,
    student: &[Held],
    teacher: &[Held],
) -> Result<Arc<dyn Method>, MethodError> {
    let kind = kind(method.name());
    let samples = student.first().map_or(0, |held| held.batch);
    let (student, teacher) = (offered(student, kind), offered(teacher, kind));
    // As in the oracle: whole batches, and smaller ones.
    let batch_size = samples.max(8);
    let offered = OfferedTaps { student: &student, teacher: &teacher, labels: &[], batch_size };
    Ok(method.fitted(offered, &Stream::new(1, "method"))?.unwrap())
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    let device = Device::flex().autodiff();
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device)
}

/// A flat leaf of the tape, and the feature that is made of it.
fn feature(held: &Held) -> (Tensor<1>, Feature) {
    let leaf = tensor(&held.values, [held.values.len()]).require_grad();
    let value = leaf.clone();
    let batch = held.batch;
    let feature = match held.shape {
        TapShape::Vector(values) => Feature::Vector(value.reshape([batch, values])),
        TapShape::Sequence { positions, features } => {
            Feature::Sequence(value.reshape([batch, positions, features]))
        }
        TapShape::Map { channels, height, width } => {
            Feature::Map(value.reshape([batch, channels, height, width]))
        }
    };
    (leaf, feature)
}

fn output(features: Vec<Feature>, batch: usize) -> Output {
    let mut taps = Taps::all();
    for (number, feature) in features.into_iter().enumerate() {
        taps.keep(&format!("tap{number}"), || feature);
    }
    Output { logits: tensor(&vec![0.0; 2 * batch], [batch, 2]), taps }
}

/// A term with its value, its gradient by each tap of the student, by each parameter of the method, and
/// whether the teacher's taps got one.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub name: &'static str,
    pub weight: f64,
    pub value: f64,
    pub taps: Vec<Vec<f32>>,
    pub own: BTreeMap<String, Vec<f32>>,
    pub reaches_teacher: bool,
}

/// The terms of a fitted method with these parameters.
pub fn answers(
    method: &dyn Method,
    student: &[Held],
    teacher: &[Held],
    own: &BTreeMap<String, Vec<f32>>,
) -> Vec<Answer> {
    let terms = observe(method, student, teacher, own).0.len();
    // A backward pass uses the tape up, so that each term has its own.
    (0..terms)
        .map(|number| {
            let (parts, leaves, own, of_teacher) = observe(method, student, teacher, own);
            let part = &parts[number];
            let value = f64::from(numbers(part.value.clone())[0]);
            let mut gradients = part.value.backward();
            let mut of = |leaf: &Tensor<1>| leaf.grad_remove(&mut gradients).map(numbers);
            let taps =
                leaves.iter().map(|leaf| of(leaf).unwrap_or_else(|| vec![0.0; leaf.dims()[0]]));
            let taps = taps.collect();
            let found = own.iter().map(|(name, leaf)| {
                (name.clone(), of(leaf).unwrap_or_else(|| vec![0.0; leaf.dims()[0]]))
            });
            let own = found.collect();
            let reaches_teacher = of_teacher.iter().any(|leaf| of(leaf).is_some());
            Answer { name: part.name, weight: part.weight, value, taps, own, reaches_teacher }
        })
        .collect()
}

/// Names and weights of the terms of a method with these parameters.
pub fn weights(
    method: &dyn Method,
    student: &[Held],
    teacher: &[Held],
    own: &BTreeMap<String, Vec<f32>>,
) -> Vec<(&'static str, f64)> {
    let (parts, ..) = observe(method, student, teacher, own);
    parts.iter().map(|part| (part.name, part.weight)).collect()
}

type Observed = (Vec<Part>, Vec<Tensor<1>>, OwnParameters, Vec<Tensor<1>>);

fn observe(
    method: &dyn Method,
    student: &[Held],
    teacher: &[Held],
    own: &BTreeMap<String, Vec<f32>>,
) -> Observed {
    let batch = student[0].batch;
    let (leaves, features): (Vec<_>, Vec<_>) = student.iter().map(feature).unzip();
    let (of_teacher, constants): (Vec<_>, Vec<_>) = teacher.iter().map(feature).unzip();
    let said = output(constants, batch);
    let said = TeacherOutput::new(said.logits).with_taps(said.taps);
    let seen = output(features, batch);
    let labels = vec![None; batch];
    let signals = Signals { student: &seen, teacher: Some(&said), labels: (&labels).into() };
    let own: OwnParameters = own
        .iter()
        .map(|(name, values)| (name.clone(), tensor(values, [values.len()]).require_grad()))
        .collect();
    (method.parts_with(&signals, &own).unwrap(), leaves, own, of_teacher)
}

pub fn numbers(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Logits of a student and a teacher of two classes, without any tap.
pub fn logits(batch: usize) -> (Output, Tensor<2>) {
    let zeros = tensor(&vec![0.0; 2 * batch], [batch, 2]);
    (Output { logits: zeros.clone(), taps: Taps::none() }, zeros)
}
