//! Tables as users bring them, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

fn recipe(data: &str) -> String {
    format!(
        "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n{data}\n\n[teacher]\nmodel = \"mlp\"\n\
         epochs = 2\n\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\n[distill]\nepochs = 2\nseeds = 1\n"
    )
}

fn with_table(data: &str, table: &str) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("table.csv", table.as_bytes());
    workshop.write("job.toml", recipe(data).as_bytes());
    workshop
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// 120 rows; each sixth size is missing and each fifth colour.
fn gaps() -> String {
    let rows = (0..120).map(|row| {
        let size = if row % 6 == 0 { "NA".into() } else { [3, 15, 30][row % 3].to_string() };
        let colour = if row % 5 == 0 { "" } else { ["red", "green", "blue"][row % 3] };
        format!("{size},{colour},{},{}\n", [100, 200][row % 2], ["high", "low"][row % 2])
    });
    format!("size,colour,zip,kind\n{}", rows.collect::<String>())
}

#[test]
fn filled_cells_and_unknown_words_are_told_by_every_command() {
    let workshop = with_table("missing = [\"NA\"]\ncategorical = [\"zip\"]", &gaps());
    let told = text(&workshop.output(&["distill", "job.toml", "--run", "run"]).stderr);
    // The data line is wrapped to the width of the terminal.
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("; train: missing cells filled in: `size` "), "{told}");
    assert!(told.contains("; test: missing cells filled in: "), "{told}");
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("the report");
    assert!(report.contains("In the data, train: missing cells filled in: "));

    workshop.write("new.csv", b"id,size,colour,zip\nA,,red,100\nB,3,,300\nC,NA,mauve,200\n");
    let output = workshop.output(&["predict", "run", "new.csv"]);
    assert_eq!(
        text(&output.stderr).lines().collect::<Vec<_>>(),
        [
            "warning: column `size`: 2 of 3 cells are missing, the first in line 2, and count as the \
             median 15, with a value that marks them",
            "warning: column `colour`: 1 of 3 cells is missing, the first in line 3, and counts as the \
             level `(missing)`; 1 of 3 cells holds a word that training does not know, the first in line 4: `mauve`",
            "warning: column `zip`: 1 of 3 cells holds a word that training does not know, the first in line 3: `300`",
        ]
    );
    let predicted = text(&output.stdout);
    let rows: Vec<&str> = predicted.lines().collect();
    assert_eq!(rows.len(), 4, "{predicted}");
    assert!(rows[1].starts_with("A,,red,100,") && rows[3].starts_with("C,NA,mauve,200,"));
    let json: Value = serde_json::from_str(&workshop.run(&["predict", "run", "new.csv", "--json"]))
        .expect("JSON");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["predictions"], predicted);

    workshop.write("scored.csv", b"size,colour,zip,kind\n,red,100,high\n4,blue,200,low\n");
    let output = workshop.output(&["evaluate", "run", "scored.csv"]);
    assert!(text(&output.stderr).starts_with("warning: column `size`: 1 of 2 cells"));
}

#[test]
fn complete_rows_can_be_demanded() {
    let workshop = with_table("missing = \"refuse\"", &gaps().replace("NA", "7"));
    let output = workshop.output(&["distill", "job.toml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("table.csv:2: column `colour` has no value"));
}

#[test]
fn ids_are_carried_to_the_predictions_and_never_learned_from() {
    let rows = (0..120).map(|row| {
        format!(
            "r{row:03},{},{},{}\n",
            row / 4,
            row % 10,
            ["high", "low"][usize::from(row % 10 < 5)]
        )
    });
    let table = format!("name,patient,size,kind\n{}", rows.collect::<String>());
    let workshop = with_table("id = \"name\"\ngroup = \"patient\"", &table);
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);
    workshop.write("new.csv", b"name,size\nx2,9\nx1,0\n");
    let predicted = workshop.run(&["predict", "run", "new.csv"]);
    let names: Vec<&str> = predicted.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(names, ["name", "x2", "x1"]);

    workshop.write("table.csv", table.replace("r050", "r017").as_bytes());
    let output = workshop.output(&["distill", "job.toml"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(
        said.contains("table.csv:52: column `name` holds `r017` again, as line 19 does"),
        "{said}"
    );
}
