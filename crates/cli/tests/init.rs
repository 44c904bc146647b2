//! From a file of one's own to a report, by `init` and `distill` alone.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

/// 300 flowers of three kinds; the class stands in the middle.
fn flowers() -> String {
    let kinds = ["rose", "tulip", "lily"];
    let row = |number: usize| {
        let kind = (number * 11) % 3;
        let size = kind as f64 + (number * 37 % 100) as f64 / 80.0;
        let width = (number * 53 % 100) as f64 / 50.0 - kind as f64;
        format!("{size},{},{width},{}\n", kinds[kind], ["wet", "dry"][number / 7 % 2])
    };
    format!("petal,Species,width,soil\n{}", (0..300).map(row).collect::<String>())
}

#[test]
fn a_table_becomes_a_recipe_that_runs_to_the_report() {
    let workshop = Workshop::new();
    workshop.write("flowers.csv", flowers().as_bytes());
    let output = workshop.output(&["init", "flowers.csv"]);
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("takes `Species` as the class"), "{told}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("potstill distill recipe.toml"), "{said}");
    let recipe = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the recipe");
    assert!(recipe.contains("300 samples of") && recipe.contains("3 classes"), "{recipe}");
    assert!(recipe.lines().all(|line| line.chars().count() <= 120), "{recipe}");
    workshop.output(&["check", "recipe.toml"]);
    workshop.run(&["distill", "recipe.toml", "--quiet", "--set", "distill.seeds=2"]);
    assert!(workshop.path("runs/recipe/report.html").is_file());
}

#[test]
fn another_label_another_folder_and_images_are_taken() {
    let workshop = Workshop::new();
    workshop.write("flowers.csv", flowers().as_bytes());
    workshop.write("jobs/empty", b"");
    workshop.run(&["init", "flowers.csv", "--label", "soil", "--output", "jobs/soil.toml"]);
    let recipe = std::fs::read_to_string(workshop.path("jobs/soil.toml")).expect("the recipe");
    assert!(recipe.contains("label = \"soil\"") && recipe.contains("2 classes"), "{recipe}");
    workshop.run(&["plan", "jobs/soil.toml"]);
    workshop.run(&["init", "digits", "--output", "digits.toml"]);
    workshop.run(&["plan", "digits.toml"]);
}

#[test]
fn init_overwrites_nothing_and_says_what_is_wrong() {
    let workshop = Workshop::new();
    workshop.write("recipe.toml", b"mine");
    workshop.write("flowers.csv", flowers().as_bytes());
    for (arguments, code, what) in [
        (vec!["init", "flowers.csv"], 2, "`recipe.toml` exists"),
        (vec!["init", "--output", "new.toml"], 2, "no answer to: Where is your data"),
        (vec!["init", "nowhere.csv", "--output", "new.toml"], 3, "nowhere.csv"),
        (vec!["init", "flowers.csv", "--label", "speceis", "--output", "new.toml"], 3, "speceis"),
    ] {
        let output = workshop.output(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(what), "{arguments:?}: {said}");
        assert!(!workshop.path("new.toml").exists());
    }
    let kept = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the file");
    assert_eq!(kept, "mine");
}
