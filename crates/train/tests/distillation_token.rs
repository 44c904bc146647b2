//! Of the two heads of a transformer with a distillation token the one learns from labels, the other from
//! the teacher.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use std::sync::Arc;

use data::{SampleShape, Targets};
use methods::{
    Alone, Combination, Hard, Kd, Member, Method, Standardised, TeacherOutput, Transform,
};
use nn::{Architecture, VisionTransformerSizes, Weights, batch};
use potstill_train::optimizer::{OptimizerOptions, Sgd};
use potstill_train::{Batch, Settings};
use random::Stream;
use toy::{CLASSES, trainer};

fn transformer() -> (Architecture, SampleShape) {
    let sizes = VisionTransformerSizes {
        patch: 2,
        width: 8,
        depth: 1,
        heads: 2,
        hidden: 8,
        distillation_token: true,
    };
    let shape = SampleShape::Image { channels: 1, height: 4, width: 4 };
    (Architecture::VisionTransformer(sizes), shape)
}

fn rows() -> Batch {
    let mut generator = Stream::new(5, "rows").generator();
    let mut normal = |count| (0..count).map(|_| generator.normal() as f32).collect::<Vec<_>>();
    let (inputs, teacher) = (normal(16 * 6), normal(CLASSES * 6));
    Batch {
        rows: Vec::new(),
        inputs: batch(&inputs, 16),
        labels: (0..6).map(|row| Some(row % CLASSES as u32)).collect(),
        weights: Vec::new(),
        teacher: Some(TeacherOutput::new(batch(&teacher, CLASSES))),
        targets: Targets::Classes,
        mixed: None,
    }
}

/// Which of both heads a step of plain descent moves.
fn moved(method: &dyn Method) -> [bool; 2] {
    let sgd = Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    let settings = Settings { optimizer: OptimizerOptions::Sgd(sgd), ..Settings::default() };
    let mut trainer = trainer(&transformer(), method, settings);
    let before = trainer.state().weights;
    trainer.step(&rows()).unwrap();
    let after = trainer.state().weights;
    let same = |path: &str, weights: &Weights| weights[path].values == before[path].values;
    assert!(!same("embedding.weight", &after));
    ["output.weight", "distillation_output.weight"].map(|path| !same(path, &after))
}

#[test]
fn both_heads_learn_also_where_only_labels_or_only_the_teacher_say_something() {
    for alpha in [0.0, 0.5, 1.0] {
        assert_eq!(moved(&Kd { temperature: 2.0, alpha }), [true, true], "{alpha}");
        let combined = |member| moved(&Combination::new(alpha).with(member));
        assert_eq!(combined(Member::new(Hard)), [true, true], "{alpha}");
        let transformed = Member::new(Standardised.of(Arc::new(Hard)));
        assert_eq!(combined(transformed), [true, true], "{alpha}");
    }
    assert_eq!(moved(&Alone), [true, true]);
    assert_eq!(moved(&Hard), [true, true]);
}

#[test]
fn without_weight_the_teacher_changes_nothing() {
    let learned = |method: &dyn Method| {
        let sgd = Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
        let settings = Settings { optimizer: OptimizerOptions::Sgd(sgd), ..Settings::default() };
        let mut trainer = trainer(&transformer(), method, settings);
        trainer.step(&rows()).unwrap();
        trainer.state().weights
    };
    let alone = learned(&Alone);
    assert!(learned(&Kd { temperature: 2.0, alpha: 0.0 }) == alone);
    assert!(learned(&Combination::new(0.0).with(Member::new(Hard))) == alone);
    assert!(learned(&Kd { temperature: 2.0, alpha: 0.5 }) != alone);
}
