//! Several labels and numbers, from a table to predictions, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

fn recipe(data: &str, distill: &str) -> String {
    format!(
        "[data]\nsource = \"table.csv\"\n{data}\n\n[teacher]\nmodel = \"mlp\"\nhidden = [16]\nepochs = 20\n\
         learning_rate = 0.02\n\n[student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\n{distill}\n\
         epochs = 20\nlearning_rate = 0.02\nseeds = 2\n"
    )
}

/// 240 rows with two features, of which labels and numbers are functions.
fn table() -> String {
    let rows = (0..240).map(|row| {
        let (a, b) = (f64::from(row * 37 % 100) / 10.0, f64::from(row * 53 % 70) / 10.0);
        let labels = [a > 5.0, b > 4.0, a + b > 9.0].map(u8::from);
        let [large, high, sum] = labels;
        format!("{a},{b},{large},{high},{sum},{},{}\n", 1000.0 + 100.0 * a - 40.0 * b, 0.01 * b)
    });
    format!("a,b,large,high,sum,price,weight\n{}", rows.collect::<String>())
}

fn workshop(data: &str, distill: &str) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("table.csv", table().as_bytes());
    workshop.write("job.toml", recipe(data, distill).as_bytes());
    workshop
}

const NUMBERS: &str = "task = \"numbers\"\ntargets = [\"price\"]\nignore = [\"large\", \"high\", \"sum\", \"weight\"]";
const LABELS: &str =
    "task = \"labels\"\ntargets = [\"large\", \"high\", \"sum\"]\nignore = [\"price\", \"weight\"]";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn file(workshop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(workshop.path(name)).expect("the file")
}

fn refused(data: &str, distill: &str) -> String {
    let workshop = workshop(data, distill);
    let output = workshop.output(&["distill", "job.toml", "--run", "run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(2 | 3)), "{said}");
    assert!(!workshop.path("run").exists());
    said
}

#[test]
fn a_number_is_learned_and_predicted_in_its_unit() {
    let workshop = workshop(NUMBERS, "method = \"mse\"\nalpha = 0.5");
    let said = workshop.run(&["distill", "job.toml", "--run", "run"]);
    for words in ["MAE", "RMSE", "R2", "RMS difference from the teacher", "absolute error of the"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    for words in ["accuracy", "calibration", "Brier"] {
        assert!(!said.contains(words), "{words}: {said}");
    }
    let results = json(&file(&workshop, "run/results.json"));
    let metrics = &results["seeds"][0]["student"]["metrics"];
    let r2 = metrics["outputs"][0]["r2"].as_f64().expect("a number");
    assert!(r2 > 0.95, "{r2}");

    // The errors of the results, counted again from the predictions; they are in the unit of the file.
    let predictions = file(&workshop, "run/predictions.csv");
    let mut lines = predictions.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().expect("a head");
    let place = |name: &str| head.iter().position(|column| *column == name).expect("a column");
    let (label, said) = (place("label"), place("student-seed-0"));
    let scored = place("student-seed-0-score");
    let rows: Vec<Vec<&str>> = lines.collect();
    let number = |cell: &str| cell.parse::<f64>().expect("a number");
    let errors: Vec<f64> =
        rows.iter().map(|row| (number(row[label]) - number(row[said])).abs()).collect();
    assert!(rows.iter().all(|row| number(row[label]) > 700.0));
    for (row, error) in rows.iter().zip(&errors) {
        // The file has whole multiples of a hundredth, and the deviation is below a thousand.
        assert!((number(row[scored]) + error).abs() < 0.01);
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let mae = metrics["outputs"][0]["mae"].as_f64().expect("a number");
    assert!((mean - mae).abs() < 0.01, "{mean} {mae}");

    // The scale is in the file of the model, and the target column may be there or not.
    workshop.write("new.csv", b"b,a\n0,0\n1,10\n");
    let predicted = workshop.run(&["predict", "run", "new.csv"]);
    let rows: Vec<&str> = predicted.lines().collect();
    assert_eq!(rows[0], "b,a,prediction");
    let of = |row: &str| number(row.rsplit(',').next().expect("a cell"));
    assert!(
        (of(rows[1]) - 1000.0).abs() < 100.0 && (of(rows[2]) - 1960.0).abs() < 100.0,
        "{rows:?}"
    );
    let evaluation = json(&workshop.run(&["evaluate", "run", "--json"]));
    assert_eq!(evaluation["task"], "numbers");
    assert!(evaluation["metrics"]["mean"]["mae"].as_f64().is_some_and(|value| value > 0.0));

    for (name, words) in [("report.html", "MAE"), ("MODEL_CARD.md", "RMSE")] {
        let text = file(&workshop, &format!("run/{name}"));
        assert!(text.contains(words), "{name}");
        assert!(!text.contains("alibration"), "{name}");
    }
    assert!(workshop.path("run/plots/validation-error.svg").exists());
    assert!(!workshop.path("run/plots/validation-accuracy.svg").exists());
    assert!(file(&workshop, "run/metrics.jsonl").contains("\"absolute_error\":"));
}

#[test]
fn several_numbers_are_compared_in_their_deviations_and_predicted_by_name() {
    let data = "task = \"numbers\"\ntargets = [\"price\", \"weight\"]\n\
                ignore = [\"large\", \"high\", \"sum\"]";
    for method in ["huber", "teacher-bounded"] {
        let workshop = workshop(data, &format!("method = \"{method}\""));
        let said = workshop.run(&["distill", "job.toml", "--run", "run"]);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("standard deviations"), "{said}");
        assert!(said.contains("MAE of weight"), "{said}");
        workshop.write("new.csv", b"a,b\n1,2\n");
        let predicted = workshop.run(&["predict", "run", "new.csv"]);
        assert!(predicted.starts_with("a,b,prediction_price,prediction_weight\n"), "{predicted}");
    }
}

#[test]
fn labels_are_learned_scored_and_predicted_by_name() {
    let workshop = workshop(LABELS, "method = \"bernoulli\"\ntemperature = 2.0");
    let said = workshop.run(&["distill", "job.toml", "--run", "run"]);
    for words in
        ["F1 of a sample, %", "micro F1, %", "mean average precision, %", "Hamming loss, %"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let results = json(&file(&workshop, "run/results.json"));
    let metrics = &results["seeds"][0]["student"]["metrics"];
    assert!(metrics["sample_f1"].as_f64().is_some_and(|value| value > 0.8), "{metrics}");
    workshop.write("new.csv", b"a,b\n9,6\n0,0\n");
    let predicted = workshop.run(&["predict", "run", "new.csv"]);
    let rows: Vec<&str> = predicted.lines().collect();
    assert_eq!(rows[0], "a,b,prediction,probability_large,probability_high,probability_sum");
    assert!(rows[1].starts_with("9,6,large;high;sum,") && rows[2].starts_with("0,0,,"), "{rows:?}");
    let evaluated = workshop.run(&["evaluate", "run"]);
    assert!(evaluated.contains("average precision, %") && evaluated.contains("Hamming loss"));
    let report = file(&workshop, "run/report.html");
    assert!(report.contains("Hamming loss") && report.contains("Gain of each label by distilling"));
    assert!(!report.contains("Reliability") && !report.contains("Temperature scaling"));
}

#[test]
fn runs_of_numbers_are_ranked_by_their_error() {
    let workshop = workshop(NUMBERS, "method = \"mse\"\nselect = \"best\"\npatience = 20");
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "good"]);
    let poor = ["--set", "distill.learning_rate=0.00001", "--set", "student.hidden=[1]"];
    let arguments = [&["distill", "job.toml", "--quiet", "--run", "poor"][..], &poor].concat();
    workshop.run(&arguments);
    let said = workshop.run(&["compare", "poor", "good"]);
    assert!(said.contains("mean absolute error"), "{said}");
    let ranked = json(&workshop.run(&["compare", "poor", "good", "--json"]));
    assert_eq!(ranked["places"][0]["folder"], "good");
    assert!(ranked["places"][1]["behind"]["mean"].as_f64().is_some_and(|value| value < 0.0));
    assert!(ranked["places"][0]["score"]["mean"].as_f64().is_some_and(|value| value < 0.0));
}

#[test]
fn one_model_of_numbers_trains_alone() {
    let workshop = workshop(NUMBERS, "method = \"mse\"");
    let said = workshop.run(&["train", "job.toml", "--run", "alone"]);
    assert!(said.contains("mean absolute error") && said.contains("RMSE"), "{said}");
}

#[test]
fn runs_of_labels_and_numbers_that_are_killed_resume_to_the_same_bits() {
    for (data, method) in
        [(LABELS, "bernoulli"), (NUMBERS, "mse"), (NUMBERS, "huber"), (NUMBERS, "teacher-bounded")]
    {
        let workshop = workshop(data, &format!("method = \"{method}\""));
        workshop.run(&["distill", "job.toml", "--quiet", "--run", "whole"]);
        let cut = workshop.killed_at(150, &["distill", "job.toml", "--quiet", "--run", "cut"]);
        assert!(!cut.status.success(), "{method} ended before it could be killed");
        workshop.run(&["resume", "cut", "--quiet"]);
        for name in ["results.json", "metrics.jsonl", "predictions.csv"] {
            let [whole, cut] =
                ["whole", "cut"].map(|run| file(&workshop, &format!("{run}/{name}")));
            assert_eq!(whole, cut, "{method}: {name}");
        }
    }
}

#[test]
fn what_a_test_part_does_not_define_is_shown_as_missing() {
    for (data, method, row) in
        [(NUMBERS, "mse", "R2"), (LABELS, "bernoulli", "mean average precision, %")]
    {
        let workshop = workshop(data, &format!("method = \"{method}\""));
        // Equal numbers have no R2, labels that never apply no precision.
        let head = "a,b,large,high,sum,price,weight";
        let test = format!("{head}\n1,2,0,0,0,1100.1,0\n2,1,0,0,0,1100.1,0\n3,1,0,0,0,1100.1,0\n");
        workshop.write("test.csv", test.as_bytes());
        let source = "data.test_source=\"test.csv\"";
        let said = workshop.run(&["distill", "job.toml", "--run", "run", "--set", source]);
        let line = said.lines().find(|line| line.starts_with(row)).expect("the row");
        let cells: Vec<&str> = line[row.len()..].split_whitespace().collect();
        assert_eq!(cells, ["-", "-", "-"], "{said}");
        workshop.run(&["report", "run"]);
        for name in ["report.html", "MODEL_CARD.md"] {
            assert!(!file(&workshop, &format!("run/{name}")).contains("NaN"), "{name}");
        }
    }
}

#[test]
fn what_does_not_fit_the_task_is_refused_before_anything_is_made() {
    let cases = [
        (NUMBERS, "temperature = 2.0", "`temperature` is no option of the method `mse`"),
        (NUMBERS, "standardise = true", "`standardise` changes logits of classes"),
        (NUMBERS, "label_smoothing = 0.1", "`label_smoothing` shares a label among classes"),
        (LABELS, "label_smoothing = 0.1", "`label_smoothing` shares a label among classes"),
        (NUMBERS, "method = \"kd\"", "`mse`, `huber`, `teacher-bounded`"),
        (LABELS, "method = \"mse\"", "`bernoulli`"),
        ("task = \"numbers\"", "", "`targets` names no column"),
        ("task = \"numbers\"\nlabel = \"large\"", "", "`label` names a column with classes"),
        ("targets = [\"price\"]\nlabel = \"large\"", "", "`task` is classes"),
        ("task = \"numbers\"\ntargets = [\"cost\"]", "", "there is no column `cost`"),
        ("task = \"labels\"\ntargets = [\"large\", \"a\"]", "", "expected 0 or 1 in column `a`"),
        ("task = \"numbers\"\ntargets = [\"a\"]\nignore = [\"a\"]", "", "has no other use"),
        ("task = \"anything\"", "", "`classes`, `labels`, `numbers`"),
        (
            "task = \"labels\"\ntargets = [\"large\", \"a;b\"]",
            "",
            "the label `a;b` has a `;` in its name",
        ),
    ];
    for (data, distill, expected) in cases {
        let said = refused(data, distill).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_saved_teacher_of_numbers_teaches_in_the_unit_of_the_student() {
    let workshop = workshop(NUMBERS, "method = \"mse\"\nalpha = 1.0");
    workshop.run(&["train", "job.toml", "--model", "teacher", "--run", "taught"]);
    let recipe = format!(
        "[data]\nsource = \"table.csv\"\n{NUMBERS}\nsplit_seed = 5\n\n[teacher]\nfile = \"taught\"\n\n\
         [student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\nmethod = \"mse\"\nalpha = 1.0\n\
         epochs = 20\nlearning_rate = 0.02\nseeds = 2\n"
    );
    workshop.write("saved.toml", recipe.as_bytes());
    workshop.run(&["distill", "saved.toml", "--run", "run"]);
    let results = json(&file(&workshop, "run/results.json"));
    // Learned from the teacher alone, whose rows were others and so was its scale.
    for model in ["teacher", "student"] {
        let metrics = &results["seeds"][0][model]["metrics"];
        let r2 = metrics["outputs"][0]["r2"].as_f64().expect("a number");
        assert!(r2 > 0.9, "{model}: {r2}");
    }
    assert_eq!(results["seeds"][0]["teacher"], results["seeds"][1]["teacher"]);

    let classes = recipe.replace("numbers", "labels").replace("\"price\"", "\"large\", \"high\"");
    let classes = classes.replace("ignore = [\"large\", \"high\",", "ignore = [\"price\",");
    workshop.write("other.toml", classes.replace("\"mse\"", "\"bernoulli\"").as_bytes());
    let output = workshop.output(&["distill", "other.toml", "--run", "other"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("says numbers, and the data have labels"), "{said}");
    assert!(!workshop.path("other").exists());
}
