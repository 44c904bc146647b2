//! The JSON schema and the reading of a recipe are of one mind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod validator;

use std::path::Path;

use potstill_recipe::{Recipe, schema};
use serde_json::Value;
use validator::mistakes;

const SHORTEST: &str = r#"
[data]
source = "digits"
[teacher]
model = "mlp"
[student]
model = "mlp"
"#;

/// A recipe with more lines in one of its sections.
fn with(section: &str, lines: &str) -> String {
    let header = format!("[{section}]\n");
    match SHORTEST.contains(&header) {
        true => SHORTEST.replace(&header, &format!("{header}{lines}\n")),
        false => format!("{SHORTEST}{header}{lines}\n"),
    }
}

/// A recipe with another network for the student.
fn student(lines: &str) -> String {
    SHORTEST.replace("[student]\nmodel = \"mlp\"", &format!("[student]\n{lines}"))
}

/// A recipe with another teacher.
fn teacher(lines: &str) -> String {
    SHORTEST.replace("[teacher]\nmodel = \"mlp\"", &format!("[teacher]\n{lines}"))
}

fn document(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

fn reads(text: &str) -> bool {
    Recipe::read("recipe.toml", text, &[] as &[&str]).is_ok()
}

#[test]
fn every_delivered_recipe_and_its_resolved_text_are_valid() {
    let schema = schema().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let resolved = Recipe::read("recipe.toml", &text, &[] as &[&str]).unwrap().resolved;
        for text in [text, resolved] {
            assert_eq!(mistakes(&schema, &document(&text)), [""; 0], "{}", path.display());
        }
        checked += 1;
    }
    assert!(checked >= 8, "{checked}");
}

#[test]
fn what_is_read_is_valid() {
    let schema = schema().unwrap();
    for text in [
        SHORTEST.to_owned(),
        SHORTEST.replace("\"digits\"", "[\"a.csv\", \"b.csv\"]"),
        with("data", "class_weights = \"balanced\""),
        with("data", "class_weights = { a = 2, b = 0.5 }"),
        with("data", "validation = 0"),
        with("data", "views = \"online\"\nflip = true"),
        with("distill", "optimizer = \"sgd\"\nmomentum = 0.5\nnesterov = true"),
        with(
            "distill",
            "schedule = \"step\"\nmilestones = [2, 4]\nfactor = 0.5\noptimizer = \"rmsprop\"",
        ),
        with("distill", "epsilon_form = \"keras\"\ntemperature = 2"),
        student("model = \"resnet26\"\nwidth = 8"),
        student("model = \"wrn-22-3\""),
        student("model = \"vit\"\ndepth = 2"),
        student(
            "model = \"layers\"\nlayers = [{ kind = \"residual\", inner = [{ kind = \"conv\" }] }]",
        ),
        with("data", "task = \"numbers\"\ntargets = [\"a\"]")
            + "[distill]\nmethod = \"huber\"\ndelta = 2.0",
        with("distill", "method = \"dkd\"\nother_weight = 2.0\nstandardise = true"),
        with(
            "distill",
            "alpha = 0.5\nmethods = [{ method = \"kd\" }, { method = \"jsd\", beta = 0.3 }]",
        ),
        with("distill", "temperature_schedule = \"linear\"\ntemperature_end = 2.0"),
        teacher("file = \"runs/a\""),
        teacher("file = \"a.ONNX\"\noutputs_kind = \"probabilities\"\nfloor = 0.01"),
        teacher("file = \"a.onnx\"\noutputs_kind = \"logits\"\npixel_mean = [0.5]"),
        teacher("outputs = \"a.csv\"\noutputs_kind = \"probabilities\"\nfloor = 0.001"),
        teacher("ensemble = [{ file = \"a\" }, { file = \"b\", weight = 2.0 }]\nmean = \"logits\""),
    ] {
        assert!(reads(&text), "{text}");
        assert_eq!(mistakes(&schema, &document(&text)), [""; 0], "{text}");
    }
}

#[test]
fn planted_mistakes_are_found_by_the_schema_and_by_the_reading() {
    let schema = schema().unwrap();
    let numbers = with("data", "task = \"numbers\"\ntargets = [\"a\"]");
    for text in [
        SHORTEST.replace("source", "sources"),
        SHORTEST.replace("[teacher]", "[techer]"),
        SHORTEST.replace("\"digits\"", "[]"),
        SHORTEST.replace("[student]\nmodel = \"mlp\"", ""),
        with("data", "test = 1.0"),
        with("data", "test = \"0.2\""),
        with("data", "rows = 0"),
        with("data", "rows = 1.5"),
        with("data", "flip = 1"),
        with("data", "views = \"offline\"\nflip = true"),
        with("data", "views = 65537\nflip = true"),
        with("data", "views = 1.5\nflip = true"),
        with("data", "layout = \"channels-middle\""),
        with("data", "class_weights = \"equal\""),
        with("data", "class_weights = { a = -1.0 }"),
        with("distill", "alpha = 1.5"),
        with("distill", "method = \"kdd\""),
        with("distill", "delta = 1.0"),
        with("distill", "momentum = 0.9"),
        with("distill", "optimizer = \"sgd\"\nepsilon = 1e-8"),
        with("distill", "schedule = \"step\""),
        with("distill", "milestones = [3]"),
        with("distill", "mixup = 4.5"),
        with("teacher", "seeds = 3"),
        with("run", "threads = 0"),
        student("model = \"mlp\"\nchannels = [8]"),
        student("model = \"mlp\"\nhidden = [0]"),
        student("model = \"resnet20x4\"\nwidth = 8"),
        student("model = \"perceptron\""),
        student("model = \"layers\""),
        student("model = \"layers\"\nlayers = [{ kind = \"dense\", channels = 3 }]"),
        student("model = \"layers\"\nlayers = [{ units = 3 }]"),
        student("model = \"layers\"\nlayers = [{ kind = \"residual\" }]"),
        with("distill", "method = \"kd\"\nother_weight = 2.0"),
        with("distill", "methods = [{ method = \"kd\", beta = 0.3 }]"),
        with("distill", "methods = [{ weight = 0.3 }]"),
        with("distill", "method = \"kd\"\nmethods = [{ method = \"kd\" }]"),
        with("distill", "temperature_end = 2.0"),
        teacher("file = \"runs/a\"\nmodel = \"mlp\""),
        teacher("outputs = \"a.csv\""),
        teacher("outputs = \"a.csv\"\noutputs_kind = \"scores\""),
        teacher("file = \"a.onnx\""),
        teacher("file = \"runs/a\"\npixel_mean = [0.5]"),
        teacher("ensemble = [{ file = \"a.onnx\" }, { file = \"b\" }]"),
        teacher("ensemble = [{ fil = \"a\" }, { file = \"b\" }]"),
        student(
            "model = \"layers\"\nlayers = [{ kind = \"residual\", inner = [{ kind = \"gelo\" }] }]",
        ),
        numbers.clone() + "[distill]\nmethod = \"kd\"",
        numbers.clone() + "[distill]\nmethod = \"mse\"\ndelta = 1.0",
        numbers + "[distill]\nmethod = \"mse\"\ntemperature = 2.0",
    ] {
        assert!(!reads(&text), "{text}");
        assert!(!mistakes(&schema, &document(&text)).is_empty(), "{text}");
    }
}

#[test]
fn keys_have_their_explanations_and_defaults() {
    let schema = schema().unwrap();
    let distill = &schema["properties"]["distill"]["anyOf"][0]["properties"];
    assert_eq!(distill["seeds"]["default"], 5);
    // It depends on the method.
    assert_eq!(distill["temperature"].get("default"), None);
    assert!(distill["temperature"]["description"].as_str().unwrap().starts_with("softens"));
    // It depends on the optimiser.
    assert_eq!(distill["learning_rate"].get("default"), None);
    assert_eq!(
        schema["properties"]["teacher"]["anyOf"][0]["properties"]["hidden"]["default"],
        serde_json::json!([64, 64])
    );
    assert_eq!(schema["required"], serde_json::json!(["data", "student", "teacher"]));
    assert!(schema["$defs"]["layer"]["properties"]["kernel"].is_object());
}
