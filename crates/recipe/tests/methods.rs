//! Methods, their options and their combinations, as recipes say them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_recipe::{OptionError, Problem, Recipe};

const TEXT: &str = r#"
[data]
source = "digits"
[teacher]
model = "mlp"
[student]
model = "mlp"
[distill]
"#;

const SEVERAL: &str = "alpha = 0.7
[[distill.methods]]
method = \"kd\"
temperature = 2.0
temperature_schedule = \"cosine\"
[[distill.methods]]
method = \"dist\"
weight = 0.5
";

fn read(rest: &str) -> Result<Recipe, OptionError> {
    Recipe::read("job.toml", &format!("{TEXT}{rest}"), &[] as &[&str])
}

fn method(rest: &str) -> String {
    let recipe = read(rest).unwrap();
    let back = Recipe::read("recipe.toml", &recipe.resolved, &[] as &[&str]).unwrap();
    let found = format!("{:?}", recipe.distill.method);
    assert_eq!(format!("{:?}", back.distill.method), found, "{}", recipe.resolved);
    found
}

/// Message, marked text and hint.
fn mistake(rest: &str) -> [String; 3] {
    let error = read(rest).unwrap_err();
    let place = error.place.as_ref().unwrap();
    let marked = place.text[place.span.clone()].to_owned();
    [error.to_string(), marked, error.hint().unwrap_or_default()]
}

#[test]
fn one_method_gets_its_options_and_its_usual_weight() {
    assert_eq!(method("temperature = 2.0"), "Kd { temperature: 2.0, alpha: 0.9 }");
    let dkd = method("method = \"dkd\"\nother_weight = 2.0");
    assert!(dkd.starts_with("Combination { alpha: 0.5, members: ["), "{dkd}");
    assert!(
        dkd.contains("Dkd { temperature: 4.0, target_weight: 1.0, other_weight: 2.0 }"),
        "{dkd}"
    );
    assert!(method("method = \"dist\"").contains("alpha: 0.667"));
    let both = method("standardise = true\nprobability_shift = true\nalpha = 0.5");
    let inner = "transform: Standardised, method: Kd { temperature: 4.0, alpha: 1.0 }";
    let nested = format!("transform: Shifted, method: Transformed {{ {inner} }}");
    assert!(both.contains(&nested), "{both}");
    assert!(both.contains("alpha: 0.5, members"), "{both}");
}

#[test]
fn several_methods_are_tables_with_weights() {
    let several = method(SEVERAL);
    assert!(several.starts_with("Combination { alpha: 0.7"), "{several}");
    assert!(several.contains("Kd { temperature: 2.0, alpha: 1.0 }"), "{several}");
    assert!(several.contains("Cosine { end: 1.0 }"), "{several}");
    assert!(several.contains("weight: 0.5"), "{several}");
    let inline = "methods = [{ method = \"kd\" }, { method = \"top-k\", k = 3 }]";
    assert!(method(inline).contains("TopK { temperature: 1.0, k: 3, tail: Bucket }"));
}

#[test]
fn options_of_another_method_are_refused_with_the_method_that_has_them() {
    let [message, marked, hint] = mistake("method = \"jsd\"\nother_weight = 2.0");
    assert_eq!(message, "`other_weight` is no option of the method `jsd`");
    assert_eq!(marked, "other_weight");
    assert_eq!(hint, "leave it out; it is an option of `dkd`, `nkd`");
    let [message, ..] = mistake("method = \"mlkd\"\ntemperature = 2.0");
    assert_eq!(message, "`temperature` is no option of the method `mlkd`");
    let [message, ..] = mistake(&SEVERAL.replace("weight = 0.5", "k = 3"));
    assert_eq!(message, "`k` is no option of the method `dist`");
}

#[test]
fn mistakes_in_lists_of_methods_are_told() {
    let [message, marked, hint] = mistake(&format!("temperature = 2.0\n{SEVERAL}"));
    assert_eq!(message, "`temperature` belongs to one method, and `methods` lists several");
    assert_eq!(
        (marked.as_str(), hint.as_str()),
        ("temperature", "put `temperature` into the table of its method")
    );
    let [message, marked, _] = mistake(&SEVERAL.replace("\"dist\"", "\"kd\""));
    assert_eq!(message, "the method `kd` stands in `methods` twice");
    assert_eq!(marked, "\"kd\"");
    let [message, _, hint] = mistake(&SEVERAL.replace("\"dist\"", "\"dits\""));
    assert_eq!(message, "`distill.methods.1.method` has an unknown value `dits`");
    assert_eq!(hint, "a similar value exists: `dist`");
    let error = read("methods = [{ weight = 1.0 }]").unwrap_err();
    assert!(matches!(*error.problem, Problem::Missing { .. }), "{error}");
}

#[test]
fn keys_of_a_schedule_that_have_no_use_are_refused() {
    let cases = [
        (
            "method = \"hard\"\ntemperature_schedule = \"linear\"",
            "`temperature_schedule` is about a temperature, and `hard` has none to set",
            "leave it out, or choose `method = \"kd\"`",
        ),
        (
            "weight_warmup_epochs = 3",
            "`weight_warmup_epochs` is how long a warm-up takes, and `weight_schedule` is \"constant\"",
            "leave it out, or set `weight_schedule` to \"warm-up\"",
        ),
        (
            "temperature_schedule = \"warm-up\"\ntemperature_end = 2.0",
            "`temperature_end` is where a way ends, and `temperature_schedule` is \"warm-up\"",
            "leave it out, or set `temperature_schedule` to \"linear\" or \"cosine\"",
        ),
    ];
    for (text, expected, advice) in cases {
        let [message, _, hint] = mistake(text);
        assert_eq!((message.as_str(), hint.as_str()), (expected, advice));
    }
    read("temperature_schedule = \"cosine\"\ntemperature_end = 2.0").unwrap();
}

#[test]
fn a_batch_that_is_too_small_for_a_method_is_refused() {
    let [message, marked, hint] = mistake("method = \"dist\"\nbatch_size = 2");
    assert_eq!(message, "expected batches of at least 3 samples for `dist` to compare, found 2");
    assert_eq!((marked.as_str(), hint.as_str()), ("2", "set `batch_size = 32`, or at least 3"));
    read("method = \"dist\"\nbatch_size = 2\nintra_weight = 0.0").unwrap();
}

#[test]
fn a_student_that_nothing_would_teach_is_refused() {
    let [message, marked, _] = mistake("methods = []");
    assert_eq!(message, "expected a method in `methods`, found none");
    assert_eq!(marked, "[]");
    let [message, ..] = mistake("methods = [{ method = \"kd\", weight = 0.0 }]");
    assert_eq!(message, "the methods in `methods` all have the weight 0");
    let [message, ..] = mistake("method = \"mlkd\"\ntemperatures = []");
    assert_eq!(message, "expected a temperature in `temperatures`, found none");
    for (method, keys) in [
        ("dkd", vec!["target_weight", "other_weight"]),
        ("dist", vec!["inter_weight", "intra_weight"]),
        ("rkd", vec!["distance_weight", "angle_weight"]),
        ("sp", vec!["loss_weight"]),
    ] {
        let none = keys.iter().map(|key| format!("\n{key} = 0"));
        let text = format!("method = \"{method}\"{}", none.collect::<String>());
        let [message, marked, _] = mistake(&text);
        let listed: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let expected = "nothing of the method counts: expected a weight above 0 in";
        assert_eq!(message, format!("{expected} {}, found 0", listed.join(" or ")));
        assert_eq!(marked, "0");
        let last = format!("\n{} = 0", keys[keys.len() - 1]);
        read(&text.replace(&last, "")).unwrap();
    }
    read("method = \"kd\"\nalpha = 0").unwrap();
    read("methods = [{ method = \"kd\" }, { method = \"dist\", weight = 0.0 }]").unwrap();
    let [message, ..] = mistake("method = \"tf-kd\"\nprobability_shift = true");
    assert_eq!(message, "`probability_shift` changes what the teacher says, and `tf-kd` asks none");
}
