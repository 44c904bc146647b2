//! Mistakes that only the whole recipe shows, with their place and a way out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_recipe::{OptionError, Problem, Recipe};

const TEXT: &str = r#"
[data]
source = "digits"
validation = 0.0
[teacher]
model = "mlp"
[student]
model = "mlp"
[distill]
"#;

fn mistake(text: &str, assignments: &[&str]) -> OptionError {
    Recipe::read("job.toml", text, assignments).unwrap_err()
}

/// Where the mistake is: the origin, and the marked text.
fn place(error: &OptionError) -> (&str, &str) {
    let place = error.place.as_ref().unwrap();
    (&place.origin, &place.text[place.span.clone()])
}

#[test]
fn a_training_that_looks_at_validation_needs_some() {
    for (key, value) in [("patience", "2"), ("select", "\"best\"")] {
        for section in ["[teacher]", "[distill]"] {
            let text = TEXT.replace(section, &format!("{section}\n{key} = {value}"));
            let error = mistake(&text, &[]);
            assert!(matches!(*error.problem, Problem::Conflict { .. }), "{error}");
            assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
            assert!(error.to_string().contains("`data.validation` is 0"), "{error}");
            assert_eq!(place(&error), ("job.toml", value), "{section}");
            let start = error.place.as_ref().unwrap().span.start;
            assert!(start > text.find(section).unwrap(), "{section}");
            assert_eq!(error.hint().unwrap(), "set `validation = 0.1` in `[data]`");
            Recipe::read("job.toml", &text, &["data.validation=0.1"]).unwrap();
        }
    }
    Recipe::read("job.toml", TEXT, &["distill.select=last"]).unwrap();
}

#[test]
fn a_conflict_from_the_command_line_is_marked_there() {
    let error = mistake(TEXT, &["teacher.select=best"]);
    assert_eq!(place(&error), ("--set", "best"));
}

#[test]
fn an_unknown_model_is_refused_with_a_suggestion() {
    let error = mistake(&TEXT.replacen("\"mlp\"", "\"mlpp\"", 1), &[]);
    assert_eq!(error.to_string(), "`teacher.model` has an unknown value `mlpp`");
    assert_eq!(error.hint().unwrap(), "a similar value exists: `mlp`");
    assert_eq!(place(&error), ("job.toml", "\"mlpp\""));

    for depth in ["resnet9", "resnet2", "resnet1208", "resnet-8", "resnet99999999999999999999"] {
        let error = mistake(TEXT, &[&format!("student.model={depth}")]);
        assert!(matches!(*error.problem, Problem::UnknownChoice { .. }), "{error}");
        assert!(error.hint().unwrap().contains("`resnet"), "{depth}");
    }
    let error = mistake(TEXT, &["student.model=zzz"]);
    assert!(error.hint().unwrap().starts_with("the values are `mlp`, `cnn`, `resnet8`"));
}

/// The mistake of the second of two assignments, which it must be told at.
fn at_its_place(assignments: [&str; 2]) -> OptionError {
    let error = mistake(TEXT, &assignments);
    let (path, _) = assignments[1].split_once('=').unwrap();
    assert_eq!(place(&error), ("--set", path));
    error
}

#[test]
fn a_key_of_another_optimizer_is_told_at_its_place() {
    for assignments in [
        ["distill.optimizer=adam", "distill.momentum=0.5"],
        ["distill.optimizer=sgd", "distill.epsilon=0.1"],
        ["distill.schedule=cosine", "distill.power=2"],
    ] {
        let error = at_its_place(assignments);
        assert!(matches!(*error.problem, Problem::Conflict { .. }), "{error}");
    }
}

#[test]
fn a_key_of_another_model_is_unknown() {
    for assignments in [
        ["student.model=mlp", "student.channels=[4]"],
        ["student.model=cnn", "student.width=4"],
        ["student.model=resnet8", "student.hidden=[4]"],
        ["student.model=mlp", "student.epochs=3"],
    ] {
        let error = at_its_place(assignments);
        assert!(matches!(*error.problem, Problem::UnknownKey { .. }), "{error}");
    }
}

#[test]
fn what_must_be_given_is_asked_for() {
    for (missing, message) in [
        ("source = \"digits\"\n", "`source` is missing in `[data]`"),
        ("[teacher]\nmodel = \"mlp\"\n", "`model` is missing in `[teacher]`"),
        ("[student]\nmodel = \"mlp\"\n", "`model` is missing in `[student]`"),
    ] {
        let error = mistake(&TEXT.replace(missing, ""), &[]);
        assert_eq!(error.to_string(), message);
        assert!(error.hint().unwrap().starts_with("add `"));
    }
}

#[test]
fn no_seed_at_all_is_refused() {
    let error = mistake(TEXT, &["distill.seeds=0"]);
    let Problem::OutOfRange { key, found, .. } = &*error.problem else { panic!("{error}") };
    assert_eq!((key.as_str(), found.as_str()), ("seeds", "0"));
    assert_eq!(place(&error), ("--set", "0"));
}
