//! The keys of a training become the settings that they name, and mistakes in them have a place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use data::Mixing;
use potstill_recipe::{OptionError, Recipe};
use train::Settings;
use train::optimizer::{OptimizerOptions, RmsProp, Sgd};
use train::schedule::{Schedule, Shape};

const SHORTEST: &str = r#"
[data]
source = "digits"
[teacher]
model = "mlp"
[student]
model = "mlp"
"#;

/// The settings of the student with these keys; the resolved recipe gives them back.
fn settings(keys: &[&str]) -> Result<Settings, OptionError> {
    let assignments: Vec<String> = keys.iter().map(|key| format!("distill.{key}")).collect();
    let recipe = Recipe::read("shortest.toml", SHORTEST, &assignments)?;
    let none: [&str; 0] = [];
    let again = Recipe::read("resolved.toml", &recipe.resolved, &none).unwrap();
    assert_eq!(recipe.distill.settings, again.distill.settings);
    assert_eq!(recipe.resolved, again.resolved);
    Ok(recipe.distill.settings)
}

fn refused(keys: &[&str]) -> String {
    settings(keys).unwrap_err().problem.to_string()
}

#[test]
fn optimisers_are_read_with_their_own_defaults() {
    let found = settings(&["optimizer=rmsprop"]).unwrap();
    assert_eq!(found.optimizer, OptimizerOptions::RmsProp(RmsProp::default()));
    assert_eq!(found.schedule.rate, 0.01);
    let keys =
        ["optimizer=rmsprop", "smoothing=0.9", "momentum=0.5", "epsilon=0.1", "weight_decay=2"];
    let expected = RmsProp { smoothing: 0.9, momentum: 0.5, epsilon: 0.1, weight_decay: 2.0 };
    assert_eq!(settings(&keys).unwrap().optimizer, OptimizerOptions::RmsProp(expected));

    let found = settings(&["optimizer=sgd", "nesterov=true"]).unwrap();
    let expected = Sgd { nesterov: true, ..Sgd::default() };
    assert_eq!(found.optimizer, OptimizerOptions::Sgd(expected));
    let error = refused(&["optimizer=sgd", "nesterov=true", "momentum=0"]);
    assert_eq!(error, "`nesterov` looks ahead by the momentum, and `momentum` is 0");
    assert_eq!(refused(&["nesterov=true"]), "`nesterov` has no use with `optimizer = \"adam\"`");
    let error = settings(&["optimizer=adamw", "momentum=0.5"]).unwrap_err();
    assert_eq!(error.hint().unwrap(), "leave it out, or set `optimizer` to sgd or rmsprop");
    assert_eq!(refused(&["power=2"]), "`power` has no use with `schedule = \"constant\"`");
    assert_eq!(refused(&["schedule=step", "milestones=[4, 2]"]), "`milestones` do not rise");
}

#[test]
fn weight_decay_pulls_at_everything_unless_told_otherwise() {
    assert!(settings(&[]).unwrap().decay_norms_and_biases);
    assert!(!settings(&["decay_norms_and_biases=false"]).unwrap().decay_norms_and_biases);
}

#[test]
fn schedules_are_read_with_their_own_keys() {
    let shape = |keys: &[&str]| settings(keys).unwrap().schedule.shape;
    assert_eq!(shape(&["schedule=one-cycle"]), Shape::OneCycle);
    assert_eq!(shape(&["schedule=polynomial"]), Shape::Polynomial { power: 1.0 });
    let found = settings(&["schedule=polynomial", "power=2", "warmup_steps=4"]).unwrap().schedule;
    let shape_of = Shape::Polynomial { power: 2.0 };
    assert_eq!(found, Schedule { rate: 1e-3, warmup_steps: 4, shape: shape_of });
    let expected = Shape::Step { milestones: vec![3, 6], factor: 0.1 };
    assert_eq!(shape(&["schedule=step", "milestones=[3, 6]"]), expected);
    let expected = Shape::Step { milestones: vec![1], factor: 0.5 };
    assert_eq!(shape(&["schedule=step", "milestones=[1]", "factor=0.5"]), expected);
    assert!(refused(&["schedule=step"]).contains("milestones"));
    assert!(refused(&["milestones=[3]"]).contains("milestones"), "a constant rate has no such key");
}

#[test]
fn accumulation_averages_and_smoothing_are_off_unless_asked_for() {
    let found = settings(&[]).unwrap();
    assert_eq!((found.accumulate, found.ema, found.label_smoothing), (1, None, 0.0));
    let found = settings(&["accumulate=4", "ema=0.99", "label_smoothing=0.1"]).unwrap();
    assert_eq!((found.accumulate, found.ema, found.label_smoothing), (4, Some(0.99), 0.1));
}

#[test]
fn teacher_and_students_learn_from_mixed_samples_where_the_teacher_can_be_asked() {
    let read = |keys: &[&str]| Recipe::read("shortest.toml", SHORTEST, keys);
    let mixing = |key| read(&[key]).unwrap().teacher.trained().unwrap().settings.mixing;
    assert_eq!(mixing("teacher.epochs=3"), None);
    assert_eq!(mixing("teacher.mixup=0.2"), Some(Mixing::Mixup { alpha: 0.2 }));
    assert_eq!(mixing("teacher.cutmix=1"), Some(Mixing::CutMix { alpha: 1.0 }));
    let refused = |keys: &[&str]| read(keys).unwrap_err().problem.to_string();
    let error = refused(&["teacher.mixup=0.2", "teacher.cutmix=1"]);
    assert_eq!(error, "`mixup` and `cutmix` cannot both mix a batch");
    let of_students = read(&["distill.cutmix=0.5"]).unwrap().distill.settings.mixing;
    assert_eq!(of_students, Some(Mixing::CutMix { alpha: 0.5 }));
    for (keys, says) in [
        (["distill.mixup=0.2", "distill.method=dkd"], "the class or the place of each sample"),
        (["distill.mixup=0.2", "distill.method=crd"], "the class or the place of each sample"),
        (["distill.mixup=0.2", "teacher.top_k=2"], "where it is asked at each step"),
    ] {
        let error = refused(&keys);
        assert!(
            error.starts_with("`mixup` mixes samples, and ") && error.contains(says),
            "{error}"
        );
    }
}

#[test]
fn a_student_that_teaches_itself_needs_labels_that_count() {
    let own = SHORTEST.replace("[teacher]\nmodel = \"mlp\"", "[teacher]\nstudent_average = 0.9");
    let read = |keys: &[&str]| Recipe::read("own.toml", &own, keys);
    read(&["distill.alpha=0.99"]).unwrap();
    read(&["distill.alpha=1.0", "distill.stages=[{ method = \"kd\", alpha = 0.5 }]"]).unwrap();
    for method in ["kd", "dkd", "sp"] {
        let method = format!("distill.method={method}");
        let error = read(&["distill.alpha=1.0", &method]).unwrap_err();
        assert!(error.to_string().contains("learns from what it says itself alone"), "{error}");
        assert_eq!(error.hint().unwrap(), "set `alpha` below 1, so that labels count");
    }
    let peers = own.replace("student_average = 0.9", "peers = 2");
    let error = Recipe::read("peers.toml", &peers, &["distill.alpha=1.0"]).unwrap_err();
    assert!(error.to_string().contains("the students learn from one another alone"), "{error}");
}
