//! A student with a projector and the last layer of its teacher: against PyTorch in float64 (`oracles/reused_head.py`); the
//! layer is the teacher's to the bit, and what a file says wrong is refused before anything is built.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use data::SampleShape;
use judge::{CLASSES, SINGLE, Tolerance, WIDE, judge};
use potstill_nn::{
    AnyNetwork, Architecture, Head, Network, ReusedPlan, TapKind, Taps, batch, cpu, infer, probe,
    read_weights, totals,
};
use random::Stream;
use serde_json::Value;

const SHAPE: SampleShape = SampleShape::Image { channels: 2, height: 8, width: 8 };

fn resnet(width: usize) -> Architecture {
    Architecture::Resnet { depth: 8, width }
}

fn plan(channels: usize) -> ReusedPlan {
    ReusedPlan::of(&resnet(2), SHAPE, channels).unwrap()
}

fn teacher() -> AnyNetwork {
    resnet(3).build(SHAPE, CLASSES, Stream::new(1, "teacher"), &cpu()).unwrap()
}

#[test]
fn the_network_is_that_of_pytorch_and_neither_head_learns() {
    let case: Value = serde_json::from_str(include_str!("oracle/reused_head.json")).unwrap();
    let build = |_: &_| {
        let device = cpu().autodiff();
        Architecture::Reused(plan(10))
            .build(SHAPE, CLASSES, Stream::new(1, "test"), &device)
            .unwrap()
    };
    judge("reused head", &case, 128, &WIDE, build);
    let single = Tolerance { training: 1e-4, gradients: 1e-3, ..SINGLE };
    judge("reused head", &case, 128, &single, build);
    let layers = Architecture::Reused(plan(10)).layers(SHAPE, CLASSES).unwrap();
    assert_eq!(totals(&layers).parameters, case["weights"].as_u64().unwrap());
}

#[test]
fn the_last_layer_is_the_teachers_to_the_bit_and_says_of_its_features_what_the_teacher_says() {
    let teacher = teacher();
    let head = Head::of(&teacher, SHAPE.len()).unwrap();
    assert_eq!(head.channels, 12);
    let student = Architecture::Reused(plan(head.channels));
    let student = student.build(SHAPE, CLASSES, Stream::new(2, "student"), &cpu()).unwrap();
    let before = read_weights(&student);
    let student = head.into(student).unwrap();
    let (after, of_teacher) = (read_weights(&student), read_weights(&teacher));
    for (path, weight) in &after {
        let expected = if path.starts_with("output.") { &of_teacher[path] } else { &before[path] };
        assert_eq!(weight, expected, "{path}");
    }
    // Its body begins as the student alone does, but for its own last layer.
    let alone = resnet(2).build(SHAPE, CLASSES, Stream::new(2, "student"), &cpu()).unwrap();
    for (path, weight) in read_weights(&alone) {
        if !path.starts_with("output.") {
            assert_eq!(after[&format!("body.0.{path}")], weight, "{path}");
        }
    }
}

#[test]
fn it_offers_the_taps_of_its_student_and_the_features_behind_the_projector() {
    let architecture = Architecture::Reused(plan(12));
    let network = architecture.build(SHAPE, CLASSES, Stream::new(3, "test"), &cpu()).unwrap();
    let taps = probe(&network, SHAPE.len());
    let names: Vec<&str> = taps.iter().map(|tap| tap.name.as_str()).collect();
    assert_eq!(names, architecture.taps());
    let features = taps.iter().find(|tap| tap.kind == TapKind::Features).unwrap();
    assert_eq!(features.shape.channels(), 12);
    let maps = taps.iter().find(|tap| tap.kind == TapKind::ClassMaps).unwrap();
    assert_eq!(maps.shape.channels(), CLASSES);
    let values: Vec<f32> = (0..SHAPE.len()).map(|place| (place as f32 * 0.37).sin()).collect();
    let bare = infer(&network, &values, SHAPE.len(), CLASSES).unwrap();
    for wanted in [Taps::all(), Taps::these(["stage1".to_owned(), "features".to_owned()])] {
        let seen = network.observe(batch(&values, SHAPE.len()), wanted);
        let logits: Vec<f32> = seen.logits.into_data().iter::<f32>().collect();
        for (with, without) in logits.iter().zip(&bare) {
            assert!((with - without).abs() < 1e-5, "{with} {without}");
        }
        assert!(seen.taps.get("stage1").is_some());
    }
}

#[test]
fn a_network_that_ends_in_another_way_has_no_head_and_takes_none() {
    let cnn = Architecture::Cnn { channels: vec![3] };
    let network = cnn.build(SHAPE, CLASSES, Stream::new(1, "cnn"), &cpu()).unwrap();
    assert!(Head::of(&network, SHAPE.len()).is_none());
    let error = ReusedPlan::of(&cnn, SHAPE, 12).unwrap_err().to_string();
    assert!(
        error.contains("expected a network whose last layer gets the means of a map"),
        "{error}"
    );
}

#[test]
fn a_description_that_is_wrong_is_refused() {
    let refused = |plan: ReusedPlan| {
        let architecture = Architecture::Reused(plan);
        architecture.check(SHAPE, CLASSES).unwrap_err().to_string()
    };
    let right = plan(12);
    assert!(Architecture::Reused(right.clone()).check(SHAPE, CLASSES).is_ok());
    let error = refused(ReusedPlan { map: [9, 2, 2], ..right.clone() });
    assert!(error.contains("expected 9 to 9 channels, as the student has, found 8"), "{error}");
    refused(ReusedPlan { map: [8, 0, 2], ..right.clone() });
    refused(ReusedPlan { channels: 0, ..right.clone() });
    let nested = Box::new(Architecture::Reused(right.clone()));
    refused(ReusedPlan { student: nested, ..right.clone() });
    let dense = Box::new(Architecture::Mlp { hidden: vec![8] });
    refused(ReusedPlan { student: dense, ..right });
}
