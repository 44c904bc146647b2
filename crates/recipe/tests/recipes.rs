//! Recipes are read as they are written: the settings land where they belong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use nn::Architecture;
use potstill_recipe::Recipe;
use train::optimizer::{Adam, AdamW, Epsilon, OptimizerOptions, Sgd};
use train::schedule::{Schedule, Shape};
use train::{Select, Settings};

const SHORTEST: &str = r#"
[data]
source = "digits"
[teacher]
model = "mlp"
[student]
model = "mlp"
"#;

fn read(assignments: &[&str]) -> Recipe {
    Recipe::read("shortest.toml", SHORTEST, assignments).unwrap()
}

/// The text of a recipe that is delivered.
fn delivered(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// The resolved text says all that the recipe says, and nothing else.
fn assert_reads_back(recipe: &Recipe) {
    let back = Recipe::read("recipe.toml", &recipe.resolved, &[] as &[&str]).unwrap();
    assert_eq!(format!("{back:?}"), format!("{recipe:?}"));
}

#[test]
fn the_delivered_recipes_read_back_from_their_resolved_text() {
    for name in ["digits.toml", "digits-all-labels.toml", "fashion-mnist.toml", "mnist-hinton.toml"]
    {
        let recipe = Recipe::read(name, &delivered(name), &[] as &[&str]).unwrap();
        assert_reads_back(&recipe);
    }
}

/// What is read by the way another key points must not mind the defaults that the resolved text adds.
#[test]
fn teachers_and_procedures_read_back_from_their_resolved_text() {
    let trained = "model = \"mlp\"";
    let network = "{ model = \"mlp\", hidden = [9] }";
    let stage = "{ method = \"sp\", epochs = 2, optimizer = \"sgd\", learning_rate = 0.1 }";
    for (teacher, distill) in [
        ("file = \"a.onnx\"\noutputs_kind = \"logits\"\nvalues = \"scaled\"", String::new()),
        (
            "file = \"a.onnx\"\noutputs_kind = \"logits\"\ninput = \"ids\"\nconstants = { \"mask:0\" = 1, b = -0.5 }",
            String::new(),
        ),
        (
            "ensemble = [{ file = \"a\" }, { file = \"b\" }]\nmember_weights = \"confidence\"",
            String::new(),
        ),
        ("student_average = 0.9", String::new()),
        ("peers = 3", String::new()),
        (trained, format!("assistants = [{network}, {network}]")),
        (trained, "generations = 3".to_owned()),
        (trained, format!("stages = [{{ method = \"dkd\", alpha = 0.8 }}, {stage}]")),
    ] {
        let text = format!(
            "[data]\nsource = \"digits\"\n[teacher]\n{teacher}\n[student]\nmodel = \"mlp\"\n\
             [distill]\n{distill}\n"
        );
        let recipe = Recipe::read("job.toml", &text, &[] as &[&str]).unwrap();
        assert_reads_back(&recipe);
    }
}

#[test]
fn the_delivered_recipes_say_what_their_comments_say() {
    let read = |name| Recipe::read(name, &delivered(name), &[] as &[&str]).unwrap();
    let (tenth, all) = (read("digits.toml"), read("digits-all-labels.toml"));
    assert_eq!((tenth.data.labelled, all.data.labelled), (0.1, 1.0));
    for recipe in [tenth, all] {
        assert_eq!(recipe.data.source.to_string(), "digits");
        assert_eq!(
            recipe.teacher.trained().unwrap().architecture,
            Architecture::Mlp { hidden: vec![64, 64] }
        );
        assert_eq!(recipe.student, Architecture::Mlp { hidden: vec![32, 32] });
        assert_eq!(recipe.teacher.trained().unwrap().settings, Settings::default());
        assert_eq!(recipe.distill.settings, Settings::default());
        let method = format!("{:?}", recipe.distill.method);
        assert_eq!(method, "Kd { temperature: 1.0, alpha: 1.0 }");
    }

    let fashion = read("fashion-mnist.toml");
    let image = data::SampleShape::Image { channels: 1, height: 28, width: 28 };
    let costs = |network: &Architecture| nn::totals(&network.layers(image, 10).unwrap());
    let (teacher, student) =
        (costs(&fashion.teacher.trained().unwrap().architecture), costs(&fashion.student));
    assert_eq!(teacher.parameters / student.parameters, 18);
    assert!(teacher.multiply_adds / student.multiply_adds >= 100);
}

#[test]
fn the_shortest_recipe_is_all_defaults() {
    let recipe = read(&[]);
    assert_eq!(recipe.data, data::DataOptions::default());
    assert_eq!(
        recipe.teacher.trained().unwrap().architecture,
        Architecture::Mlp { hidden: vec![64, 64] }
    );
    assert_eq!(recipe.student, Architecture::Mlp { hidden: vec![32, 32] });
    assert_eq!(recipe.teacher.trained().unwrap().settings, Settings::default());
    assert_eq!(recipe.distill.settings, Settings::default());
    assert_eq!(format!("{:?}", recipe.distill.method), "Kd { temperature: 4.0, alpha: 0.9 }");
    assert_eq!((recipe.distill.seeds, recipe.distill.seed), (5, 0));
    assert_eq!(recipe.run.folder, Path::new("runs"));
    assert_eq!((recipe.run.checkpoint_steps, recipe.run.threads), (None, None));
    assert_reads_back(&recipe);
}

#[test]
fn each_optimizer_gets_its_own_settings() {
    let optimizer = |assignments: &[&str]| {
        let recipe = read(assignments);
        assert_reads_back(&recipe);
        (recipe.distill.settings.optimizer, recipe.distill.settings.schedule.rate)
    };
    let adam = |epsilon| OptimizerOptions::Adam(Adam { epsilon, ..Adam::default() });
    let keras = "distill.epsilon_form=keras";
    let epsilon = "distill.epsilon=1e-3";
    assert_eq!(optimizer(&[keras]), (adam(Epsilon::Keras(1e-7)), 1e-3));
    assert_eq!(optimizer(&[keras, epsilon]), (adam(Epsilon::Keras(1e-3)), 1e-3));
    assert_eq!(optimizer(&[epsilon]), (adam(Epsilon::PyTorch(1e-3)), 1e-3));

    let (found, _) = optimizer(&["distill.weight_decay=0.25"]);
    assert_eq!(found, OptimizerOptions::Adam(Adam { weight_decay: 0.25, ..Adam::default() }));

    let adamw = "distill.optimizer=adamw";
    assert_eq!(optimizer(&[adamw]), (OptimizerOptions::AdamW(AdamW::default()), 1e-3));
    let (found, _) = optimizer(&[adamw, keras, "distill.weight_decay=0.0"]);
    let expected = AdamW { weight_decay: 0.0, epsilon: Epsilon::KERAS, ..AdamW::default() };
    assert_eq!(found, OptimizerOptions::AdamW(expected));

    let sgd = "distill.optimizer=sgd";
    let expected = Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };
    assert_eq!(optimizer(&[sgd]), (OptimizerOptions::Sgd(expected), 0.05));
    let given = ["distill.momentum=0.5", "distill.weight_decay=1e-4", "distill.learning_rate=2"];
    let expected = Sgd { momentum: 0.5, nesterov: false, weight_decay: 1e-4 };
    assert_eq!(
        optimizer(&[sgd, given[0], given[1], given[2]]),
        (OptimizerOptions::Sgd(expected), 2.0)
    );
}

#[test]
fn settings_of_the_teacher_and_of_the_student_are_kept_apart() {
    let keys = [
        ("epochs", "3"),
        ("batch_size", "7"),
        ("learning_rate", "0.5"),
        ("schedule", "cosine"),
        ("warmup_steps", "11"),
        ("clip_norm", "1.5"),
        ("patience", "4"),
        ("select", "best"),
    ];
    let expected = Settings {
        epochs: 3,
        batch_size: 7,
        schedule: Schedule {
            rate: 0.5,
            warmup_steps: 11,
            shape: Shape::Cosine { final_fraction: 0.0 },
        },
        clip_norm: Some(1.5),
        patience: Some(4),
        select: Select::Best,
        ..Settings::default()
    };
    let given = |section: &str| {
        let assignment = |(key, value): &(&str, &str)| format!("{section}.{key}={value}");
        let assignments: Vec<String> = keys.iter().map(assignment).collect();
        let recipe = Recipe::read("shortest.toml", SHORTEST, &assignments).unwrap();
        assert_reads_back(&recipe);
        (recipe.teacher.trained().unwrap().settings.clone(), recipe.distill.settings)
    };
    assert_eq!(given("teacher"), (expected.clone(), Settings::default()));
    assert_eq!(given("distill"), (Settings::default(), expected));
}

#[test]
fn everything_else_lands_too() {
    let recipe = read(&[
        "data.rows=200",
        "data.split_seed=6",
        "student.model=resnet14",
        "student.width=8",
        "distill.temperature=2",
        "distill.alpha=0.5",
        "distill.seeds=2",
        "distill.seed=40",
        "run.folder=elsewhere",
        "run.checkpoint_steps=9",
        "run.threads=3",
    ]);
    assert_eq!((recipe.data.rows, recipe.data.split_seed), (Some(200), 6));
    assert_eq!(recipe.student, Architecture::Resnet { depth: 14, width: 8 });
    assert_eq!(format!("{:?}", recipe.distill.method), "Kd { temperature: 2.0, alpha: 0.5 }");
    assert_eq!((recipe.distill.seeds, recipe.distill.seed), (2, 40));
    assert_eq!(recipe.run.folder, Path::new("elsewhere"));
    assert_eq!((recipe.run.checkpoint_steps, recipe.run.threads), (Some(9), Some(3)));
    assert_reads_back(&recipe);
}
