//! The report's rows on which student and teacher differ, for each task, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

/// 300 rows whose class, labels and number depend on a word and two numbers; what was written in each cell.
fn table() -> Vec<Vec<String>> {
    let colours = ["red", "gr<b>een", "blue"];
    let row = |row: usize| {
        let (a, b, colour) = (row * 37 % 100, row * 53 % 70, row * 7 % 3);
        let kind = ["low", "middle", "high"][(a + b + 30 * colour) / 78];
        let flag = |is: bool| u8::from(is).to_string();
        let number = 10.0 * a as f64 - (b * colour) as f64;
        let mut cells =
            vec![format!("n{row}"), a.to_string(), b.to_string(), colours[colour].to_owned()];
        cells.extend([
            kind.to_owned(),
            flag(a > b),
            flag(colour == 1 && a > 50),
            number.to_string(),
        ]);
        cells
    };
    (0..300).map(row).collect()
}

const HEAD: [&str; 8] = ["name", "a", "b", "colour", "kind", "more", "rare", "number"];

/// Runs a teacher that learns well and a student that hardly does, and gives what differs.
fn disagreements(data: &str, method: &str) -> (Workshop, Vec<Value>) {
    let workshop = Workshop::new();
    let rows = table().iter().map(|row| row.join(",") + "\n").collect::<String>();
    workshop.write("rows.csv", format!("{}\n{rows}", HEAD.join(",")).as_bytes());
    let recipe = format!(
        "[data]\nsource = \"rows.csv\"\nid = \"name\"\n{data}\n[teacher]\nmodel = \"mlp\"\nhidden = [32]\nepochs = 30\n\
         learning_rate = 0.02\n[student]\nmodel = \"mlp\"\nhidden = [2]\n[distill]\nmethod = \"{method}\"\nepochs = 2\n\
         learning_rate = 0.01\nseeds = 1\n"
    );
    workshop.write("job.toml", recipe.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run"]);
    let record = std::fs::read_to_string(workshop.path("run/run.json")).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let found = record["summary"]["teaching"]["disagreements"].as_array().expect("a list");
    assert!((3..=12).contains(&found.len()), "{}", found.len());
    (workshop, found.clone())
}

/// The cells of a row that is shown, which must be those of its line in the file.
fn cells(one: &Value, hidden: &[&str]) -> Vec<String> {
    let place = one["row"]["place"].as_str().expect("a place");
    let line = place.trim_start_matches("line ").trim_end_matches(" of rows.csv");
    let row = &table()[line.parse::<usize>().expect("a line") - 2];
    let mut shown = HEAD.iter().zip(row).filter(|(name, _)| !hidden.contains(name));
    for pair in one["row"]["cells"].as_array().expect("cells") {
        let (name, cell) = shown.next().expect("a column");
        assert_eq!((pair[0].as_str(), pair[1].as_str()), (Some(*name), Some(cell.as_str())));
    }
    assert!(shown.next().is_none(), "{one}");
    row.clone()
}

fn report(workshop: &Workshop) -> String {
    std::fs::read_to_string(workshop.path("run/report.html")).expect("the report")
}

#[test]
fn contradictions_show_the_row_and_line_of_the_file() {
    let data = "label = \"kind\"\nignore = [\"more\", \"rare\", \"number\"]";
    let (workshop, found) = disagreements(data, "kd");
    for one in &found {
        assert_eq!(one["label"], cells(one, &["kind"])[4].as_str());
        assert_ne!(one["choices"][0]["class"], one["choices"][2]["class"]);
    }
    let predictions =
        std::fs::read_to_string(workshop.path("run/predictions.csv")).expect("a file");
    let mut lines = predictions.lines().map(|line| line.split(',').collect::<Vec<_>>());
    assert_eq!(lines.next().map(|head| head[..4].join(",")), Some("sample,row,id,label".into()));
    for cells in lines {
        let row = &table()[cells[1].parse::<usize>().expect("a row")];
        assert_eq!((cells[2], cells[3]), (row[0].as_str(), row[4].as_str()));
    }
    let page = report(&workshop);
    assert!(page.contains(" of rows.csv: name <b>n"), "the rows are on the page");
    assert!(!page.contains("gr<b>een"));
}

#[test]
fn labels_show_their_rows_and_what_differs_most() {
    let data = "task = \"labels\"\ntargets = [\"more\", \"rare\"]\nignore = [\"kind\", \"number\"]";
    let (workshop, found) = disagreements(data, "bernoulli");
    for one in &found {
        let row = cells(one, &["more", "rare"]);
        let expected: Vec<&str> = ["more", "rare"]
            .into_iter()
            .zip(&row[5..7])
            .filter(|(_, cell)| *cell == "1")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(one["label"], expected.join(";").as_str());
        assert_ne!(one["choices"][0]["class"], one["choices"][2]["class"]);
        assert!(one["apart"].as_str().is_some_and(|apart| apart.contains(" % → ")), "{one}");
    }
    assert!(report(&workshop).contains("finds other labels than its teacher"));
}

#[test]
fn numbers_show_the_rows_on_which_student_and_teacher_are_furthest_apart() {
    let data =
        "task = \"numbers\"\ntargets = [\"number\"]\nignore = [\"kind\", \"more\", \"rare\"]";
    let (workshop, found) = disagreements(data, "mse");
    let number =
        |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok()).expect("a number");
    let mut before = f64::INFINITY;
    for one in &found {
        assert_eq!(
            number(&one["label"]),
            cells(one, &["number"])[7].parse::<f64>().expect("a number")
        );
        let apart = number(&one["apart"]);
        let said = [0, 2].map(|role| number(&one["choices"][role]["class"]));
        assert!((apart - (said[0] - said[1]).abs()).abs() < 0.02, "{one}");
        assert!(apart <= before);
        before = apart;
    }
    assert!(report(&workshop).contains("furthest from its teacher"));
}

#[test]
fn rows_of_pixels_are_shown_as_pictures() {
    let workshop = Workshop::new();
    let few =
        ["distill", "digits", "--run", "run", "--set", "distill.seeds=1", "--set", "data.rows=800"];
    workshop.run(&few);
    let record = std::fs::read_to_string(workshop.path("run/run.json")).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let found = record["summary"]["teaching"]["disagreements"].as_array().expect("a list");
    assert!(!found.is_empty());
    for one in found {
        let picture = &one["picture"];
        assert_eq!((picture["width"].as_u64(), picture["height"].as_u64()), (Some(8), Some(8)));
        let bytes = picture["bytes"].as_array().expect("bytes");
        assert_eq!(bytes.len(), 64);
        let cells = one["row"]["cells"].as_array().expect("cells");
        assert_eq!((cells.len(), one["row"]["more"].as_u64()), (16, Some(48)));
        let cell =
            |place: usize| cells[place][1].as_str().and_then(|cell| cell.parse::<f32>().ok());
        // Every digit has black pixels; its brightest one is white.
        let is_brightest = |high: u8| {
            (0..16).all(|place| {
                let byte = cell(place).map(|cell| (cell * (255.0 / f32::from(high))) as u64);
                bytes[place].as_u64() == byte
            })
        };
        assert!((8..=16).any(is_brightest), "{one}");
    }
    let page = report(&workshop);
    assert!(page.contains(">Picture</th>") && page.contains(" of digits</small>"));
    assert!(!page.contains("pixel_3"), "no row of numbers beside the picture");
}
