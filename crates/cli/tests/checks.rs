//! Each kind of defect is planted alone in sound data, and the real program finds it and nothing
//! else, at the right place.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::collections::BTreeSet;

use data::Defect;
use random::Stream;
use serde_json::Value;
use workshop::Workshop;

/// A CSV file; row 0 stands in line 2.
#[derive(Clone)]
struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Three features that say something of the class, none of them all, and no two rows alike.
    fn sound(seed: u64, rows: usize) -> Self {
        let mut generator = Stream::new(seed, "rows").generator();
        let mut row = || {
            let size = generator.normal();
            let class = if size + generator.normal() > 0.0 { "b" } else { "a" };
            let age = 20 + 2 * generator.below(10);
            let colour = ["red", "green", "blue"][generator.below(3) as usize];
            vec![format!("{size:.6}"), age.to_string(), colour.to_owned(), class.to_owned()]
        };
        let header = ["size", "age", "colour", "kind"].map(str::to_owned).to_vec();
        Self { header, rows: (0..rows).map(|_| row()).collect() }
    }

    fn position(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).expect("the column is there")
    }

    fn set(&mut self, line: usize, column: &str, value: &str) {
        let column = self.position(column);
        self.rows[line - 2][column] = value.to_owned();
    }

    /// Adds a column; the value is a function of the row's number and class.
    fn add(&mut self, column: &str, value: impl Fn(usize, &str) -> String) {
        let class = self.position("kind");
        self.header.push(column.to_owned());
        for (number, row) in self.rows.iter_mut().enumerate() {
            let value = value(number, &row[class]);
            row.push(value);
        }
    }

    /// Gives each row another class, a function of the row's number and class.
    fn relabel(&mut self, class: impl Fn(usize, &str) -> String) {
        let column = self.position("kind");
        for (number, row) in self.rows.iter_mut().enumerate() {
            row[column] = class(number, &row[column]);
        }
    }

    fn text(&self) -> String {
        let lines = std::iter::once(&self.header).chain(&self.rows);
        lines.map(|cells| cells.join(",") + "\n").collect()
    }
}

/// Files with one defect, and the finding that is expected.
struct Plant {
    defect: Defect,
    severity: &'static str,
    place: &'static str,
    /// A part of the message.
    says: &'static str,
    train: Table,
    test: Table,
    more: Option<Table>,
    /// Further keys of `[data]`.
    keys: &'static str,
}

impl Plant {
    fn new(
        defect: Defect,
        severity: &'static str,
        place: &'static str,
        says: &'static str,
    ) -> Self {
        let (train, test) = (Table::sound(1, 300), Table::sound(2, 200));
        Self { defect, severity, place, says, train, test, more: None, keys: "" }
    }

    fn keys(mut self, keys: &'static str) -> Self {
        self.keys = keys;
        self
    }

    fn train(mut self, edit: impl FnOnce(&mut Table)) -> Self {
        edit(&mut self.train);
        self
    }

    fn test(mut self, edit: impl FnOnce(&mut Table)) -> Self {
        edit(&mut self.test);
        self
    }

    fn both(self, edit: impl Fn(&mut Table)) -> Self {
        self.train(&edit).test(&edit)
    }
}

fn recipe(data: &str) -> String {
    format!(
        "[data]\n{data}\nvalidation = 0.0\n\n[teacher]\nmodel = \"mlp\"\n\n[student]\nmodel = \"mlp\"\n"
    )
}

/// Kind, severity, place without the folder, and message of each finding.
fn found(workshop: &Workshop) -> Vec<[String; 4]> {
    let output = workshop.output(&["check", "job.toml", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("no JSON, but {}", String::from_utf8_lossy(&output.stderr));
    });
    let findings = value["findings"].as_array().expect("a list").clone();
    let errors = findings.iter().any(|finding| finding["severity"] == "error");
    assert_eq!(output.status.code(), Some(i32::from(errors)));
    let text = |finding: &Value, key: &str| finding[key].as_str().expect("text").replace("./", "");
    let keys = ["kind", "severity", "place", "message"];
    findings.iter().map(|finding| keys.map(|key| text(finding, key))).collect()
}

fn workshop_of(plant: &Plant) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("train.csv", plant.train.text().as_bytes());
    workshop.write("test.csv", plant.test.text().as_bytes());
    let mut data =
        String::from("source = \"train.csv\"\nlabel = \"kind\"\ntest_source = \"test.csv\"\n");
    if let Some(more) = &plant.more {
        workshop.write("more.csv", more.text().as_bytes());
        data.push_str("transfer = \"more.csv\"\n");
    }
    workshop.write("job.toml", recipe(&(data + plant.keys)).as_bytes());
    workshop
}

/// The class `c` in the first `rows` rows.
fn third_class(rows: usize) -> impl Fn(&mut Table) {
    move |table| table.relabel(|row, class| if row < rows { "c" } else { class }.to_owned())
}

fn classes_and_columns() -> Vec<Plant> {
    vec![
        Plant::new(
            Defect::FewRows,
            "warning",
            "test.csv",
            "test: expected at least 30 rows, found 29",
        )
        .test(|test| test.rows.truncate(29)),
        Plant::new(Defect::FewOfClass, "warning", "train.csv, class `c`", "found 4")
            .train(|train| {
                // Few enough rows of the others for no imbalance.
                train.rows.truncate(100);
                third_class(4)(train);
            })
            .test(third_class(5)),
        Plant::new(Defect::ClassAbsent, "error", "test.csv, class `c`", "found 0")
            .train(third_class(12)),
        Plant::new(
            Defect::ClassImbalance,
            "warning",
            "train.csv, class `c`",
            "6 labelled training rows",
        )
        .train(third_class(6))
        .test(third_class(5)),
        Plant::new(Defect::ClassVariants, "warning", "train.csv, class `a`", "found `A` too").both(
            |table| {
                table.relabel(|row, class| if row % 9 == 0 { "A" } else { class }.to_owned());
            },
        ),
        Plant::new(Defect::NumericLabel, "warning", "train.csv, column `kind`", "25 classes")
            .both(|table| table.relabel(|row, _| format!("{}.5", row % 25))),
        Plant {
            more: Some({
                let mut more = Table::sound(3, 40);
                more.set(5, "kind", "");
                more.set(8, "kind", "");
                more
            }),
            ..Plant::new(
                Defect::UnlabelledRows,
                "note",
                "more.csv:5, column `kind`",
                "2 of 40 rows",
            )
        },
        Plant::new(
            Defect::ShiftedClasses,
            "warning",
            "test.csv, class `",
            "the share of the class differs",
        )
        .test(|test| test.relabel(|row, class| if row > 40 { "a" } else { class }.to_owned())),
        Plant::new(Defect::ConstantColumn, "warning", "train.csv, column `unit`", "the same value")
            .both(|table| table.add("unit", |_, _| "3".into())),
        Plant::new(Defect::NearConstantColumn, "warning", "train.csv, column `flag`", "99 %")
            .train(|train| train.add("flag", |row, _| u8::from(row == 7).to_string()))
            .test(|test| test.add("flag", |_, _| "0".into())),
        Plant::new(
            Defect::IdLikeColumn,
            "warning",
            "train.csv, column `number`",
            "set id = \"number\"",
        )
        .train(|train| train.add("number", |row, _| (2 * row).to_string()))
        .test(|test| test.add("number", |row, _| (3 * row + 1).to_string())),
        Plant::new(Defect::UnnamedColumn, "warning", "train.csv:1, column 5", "has no name")
            .both(|table| table.add("", |row, _| (row * 7 % 11).to_string())),
        Plant::new(
            Defect::EqualColumns,
            "warning",
            "train.csv, column `code`",
            "as column `colour`",
        )
        .both(|table| {
            let colours: Vec<String> = table.rows.iter().map(|row| row[2].clone()).collect();
            table.add("code", |row, _| colours[row].len().to_string());
        }),
    ]
}

fn cells() -> Vec<Plant> {
    vec![
        Plant::new(
            Defect::MissingCells,
            "note",
            "train.csv:5, column `size`",
            "1 of 300 cells is missing",
        )
        .train(|train| train.set(5, "size", "")),
        Plant::new(
            Defect::ManyMissing,
            "warning",
            "train.csv:2, column `late`",
            "200 of 300 cells",
        )
        .both(|table| {
            table.add(
                "late",
                |row, _| if row < 200 { String::new() } else { (row * 7 % 11).to_string() },
            );
            // Nothing is missing in the test file.
            if table.rows.len() == 200 {
                (2..202).for_each(|line| table.set(line, "late", &(line * 7 % 11).to_string()));
            }
        }),
        Plant::new(
            Defect::NewMissing,
            "warning",
            "test.csv:9, column `size`",
            "in training none is missing",
        )
        .test(|test| test.set(9, "size", "")),
        Plant::new(
            Defect::MissingWord,
            "warning",
            "train.csv:5, column `age`",
            "missing = [\"NA\"]",
        )
        .train(|train| [5, 9, 70].iter().for_each(|&line| train.set(line, "age", "NA"))),
        Plant::new(
            Defect::MissingCode,
            "warning",
            "train.csv:5, column `age`",
            "3 training cells hold -999",
        )
        .train(|train| [5, 9, 70].iter().for_each(|&line| train.set(line, "age", "-999"))),
        Plant::new(
            Defect::MixedColumn,
            "warning",
            "train.csv:7, column `age`",
            "`old` is no number",
        )
        .train(|train| train.set(7, "age", "old")),
        Plant::new(
            Defect::NumberLikeWords,
            "warning",
            "train.csv:2, column `price`",
            "but for its signs",
        )
        .both(|table| table.add("price", |row, _| format!("${}.50", row * 7 % 11))),
        Plant::new(Defect::DateLikeWords, "warning", "train.csv:2, column `day`", "is a date")
            .both(|table| table.add("day", |row, _| format!("2024-01-0{}", 1 + row * 7 % 9))),
        Plant::new(
            Defect::SpellingVariants,
            "warning",
            "train.csv:3, column `colour`",
            "differ in case",
        )
        .train(|train| {
            train.set(2, "colour", "Red");
            train.set(3, "colour", "red");
        }),
        Plant::new(Defect::SingleLevels, "warning", "train.csv, column `shop`", "12 of 17 words")
            .train(|train| {
                train.add("shop", |row, _| {
                    if row < 12 { format!("w{row}x") } else { format!("s{}", row % 5) }
                });
            })
            .test(|test| test.add("shop", |row, _| format!("s{}", row % 5))),
        Plant::new(
            Defect::LineBreaks,
            "warning",
            "train.csv:8, column `colour`",
            "1 of 300 cells of train holds line breaks, this one 2",
        )
        .train(|train| train.set(8, "colour", "\"red\n1,22,blue,a\nx\"")),
        Plant::new(
            Defect::Outlier,
            "warning",
            "train.csv:8, column `size`",
            "1 of 300 cells of train",
        )
        .train(|train| train.set(8, "size", "2e4")),
    ]
}

fn leaks() -> Vec<Plant> {
    let both = |table: &mut Table| {
        table.relabel(|row, class| if row % 3 == 0 { "c" } else { class }.to_owned());
    };
    vec![
        Plant::new(Defect::LabelCopy, "error", "train.csv, column `answer`", "under other names")
            .both(|table| {
                table.add("answer", |_, class| ["yes", "no"][usize::from(class == "a")].into())
            }),
        Plant::new(
            Defect::LabelFunction,
            "warning",
            "train.csv, column `answer`",
            "ignore = [\"answer\"]",
        )
        .both(|table| {
            both(table);
            table.add("answer", |_, class| ["yes", "no"][usize::from(class == "c")].into());
        }),
        Plant::new(
            Defect::LabelDetermined,
            "warning",
            "train.csv, column `ward`",
            "have the same class",
        )
        .both(|table| table.add("ward", |row, class| format!("{class}{}", row % 2))),
        Plant::new(
            Defect::LabelThreshold,
            "warning",
            "train.csv, column `score`",
            "without overlap",
        )
        .both(|table| {
            let scale = 300.0 / table.rows.len() as f64;
            table.add("score", |row, class| {
                format!("{:.4}", if class == "a" { 0.5 } else { 900.5 } + scale * row as f64)
            });
        }),
    ]
}

fn near_leaks() -> Vec<Plant> {
    vec![
        Plant::new(
            Defect::LabelNearCopy,
            "warning",
            "train.csv, column `answer`",
            "tells the class of 99.3 % of the rows",
        )
        .both(|table| {
            table.add("answer", |row, class| {
                ["yes", "no"][usize::from((class == "a") != (row % 150 == 7))].into()
            });
        }),
    ]
}

fn rows_and_files() -> Vec<Plant> {
    let copied = |class: &'static str| {
        move |train: &mut Table| {
            let mut row = train.rows[8].clone();
            row[3] = if row[3] == class {
                row[3].clone()
            } else {
                ["a", "b"][usize::from(row[3] == "a")].into()
            };
            train.rows.push(row);
        }
    };
    let class_of_row = Table::sound(1, 300).rows[8][3].clone();
    let (same, other) = if class_of_row == "a" { ("a", "b") } else { ("b", "a") };
    let names = |letter: &'static str, groups: usize| {
        move |table: &mut Table| table.add("name", |row, _| format!("{letter}{}", row % groups))
    };
    vec![
        Plant::new(Defect::DuplicateRows, "warning", "train.csv:302", "this one train.csv:10")
            .train(copied(same)),
        Plant::new(
            Defect::ContradictoryLabels,
            "warning",
            "train.csv:302",
            "those of train.csv:10",
        )
        .train(copied(other)),
        Plant::new(
            Defect::SharedRows,
            "error",
            "test.csv:202",
            "3 of 203 rows of test also occur in train, this one as train.csv:12",
        )
        .test(|test| test.rows.extend_from_slice(&Table::sound(1, 300).rows[10..13])),
        Plant::new(
            Defect::UnseenWords,
            "warning",
            "test.csv:6, column `colour`",
            "1 of 200 cells of test",
        )
        .test(|test| test.set(6, "colour", "mauve")),
        Plant::new(Defect::ShiftedColumn, "warning", "test.csv, column `age`", "is test drawn")
            .test(|test| (2..100).for_each(|line| test.set(line, "age", "38"))),
        Plant::new(Defect::ExtraColumn, "warning", "test.csv, column `bonus`", "no such column")
            .test(|test| test.add("bonus", |row, _| row.to_string())),
        Plant::new(
            Defect::SharedIds,
            "warning",
            "test.csv:4, column `name`",
            "this one `n10` as train.csv:12",
        )
        .keys("id = \"name\"")
        .train(names("n", 300))
        .test(names("m", 200))
        .test(|test| test.set(4, "name", "n10")),
        Plant::new(
            Defect::SharedGroups,
            "error",
            "test.csv:4, column `name`",
            "this one `n3` as train.csv:5",
        )
        .keys("group = \"name\"")
        .train(names("n", 50))
        .test(names("m", 50))
        .test(|test| test.set(4, "name", "n3")),
        Plant::new(
            Defect::LargeGroup,
            "warning",
            "train.csv, column `name`",
            "200 of 300 rows are in one group, `n`",
        )
        .keys("group = \"name\"")
        .train(|train| {
            train.add("name", |row, _| if row < 200 { "n".into() } else { format!("n{row}") })
        })
        .test(names("m", 50)),
        Plant::new(
            Defect::UnevenWeights,
            "warning",
            "train.csv:9, column `times`",
            "of 300 labelled rows make them worth 9 equal ones; this row has the largest",
        )
        .keys("weight = \"times\"")
        .train(|train| train.add("times", |row, _| if row == 7 { "150" } else { "1" }.into()))
        .test(|test| test.add("times", |_, _| "1".into())),
    ]
}

fn plants() -> Vec<Plant> {
    [classes_and_columns(), cells(), leaks(), near_leaks(), rows_and_files()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn sound_data_has_no_finding() {
    let sound = Plant::new(Defect::FewRows, "", "", "");
    assert_eq!(found(&workshop_of(&sound)), Vec::<[String; 4]>::new());
    let said = workshop_of(&sound).run(&["check", "job.toml"]);
    assert_eq!(said, "recipe and data are fine\n");
}

#[test]
fn each_planted_defect_is_found_alone_at_its_place() {
    let mut wrong = Vec::new();
    for plant in plants() {
        let findings = found(&workshop_of(&plant));
        let name = plant.defect.name();
        let right = match &findings[..] {
            [[kind, severity, place, message]] => {
                kind == name
                    && severity == plant.severity
                    && place.starts_with(plant.place)
                    && message.contains(plant.says)
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{name}: {findings:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_is_planted() {
    let mut planted: BTreeSet<Defect> = plants().iter().map(|plant| plant.defect).collect();
    // In images, below, and in `crates/data/tests/image_folders.rs`.
    planted.extend([Defect::ConstantImage, Defect::SkippedFile]);
    // In `target_checks.rs`.
    planted.extend([Defect::ConstantTarget, Defect::TargetCopy, Defect::TargetFunction]);
    let missing: Vec<&str> = Defect::ALL
        .iter()
        .filter(|defect| !planted.contains(defect))
        .map(|defect| defect.name())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// An IDX file of bytes.
fn idx(dimensions: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    dimensions.iter().for_each(|dimension| bytes.extend(dimension.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn images(seed: u64, count: u32, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut generator = Stream::new(seed, "pixels").generator();
    let mut pixels: Vec<u8> = (0..16 * count).map(|_| generator.below(256) as u8).collect();
    edit(&mut pixels);
    idx(&[count, 4, 4], &pixels)
}

#[test]
fn images_of_one_colour_and_repeated_ones_are_found_by_number() {
    let workshop = Workshop::new();
    let labels =
        |count: u32| idx(&[count], &(0..count).map(|row| (row / 2 % 2) as u8).collect::<Vec<_>>());
    let data = "source = \"images\"\nlabels = \"labels\"\ntest_source = \"test\"\ntest_labels = \"test-labels\"";
    workshop.write("job.toml", recipe(data).as_bytes());
    workshop.write("labels", &labels(60));
    workshop.write("test-labels", &labels(40));
    workshop.write("test", &images(2, 40, |_| ()));
    let mut expected = Vec::new();
    let mut check = |kind: &str, place: &str, edit: &dyn Fn(&mut Vec<u8>)| {
        workshop.write("images", &images(1, 60, edit));
        expected = found(&workshop);
        assert_eq!(expected.len(), 1, "{expected:?}");
        assert_eq!(expected[0][..3], [kind.to_owned(), "warning".into(), place.to_owned()]);
    };
    check("constant-image", "images, sample 17", &|pixels| pixels[17 * 16..18 * 16].fill(7));
    let copy = |pixels: &mut Vec<u8>, from: usize, to: usize| {
        let image: Vec<u8> = pixels[from * 16..(from + 1) * 16].to_vec();
        pixels[to * 16..(to + 1) * 16].copy_from_slice(&image);
    };
    check("duplicate-rows", "images, sample 21", &|pixels| copy(pixels, 5, 21));
    check("contradictory-labels", "images, sample 22", &|pixels| copy(pixels, 5, 22));
    workshop.write("images", &images(1, 60, |_| ()));
    assert_eq!(found(&workshop), Vec::<[String; 4]>::new());
}

#[test]
fn what_cannot_be_loaded_is_an_error_with_its_place() {
    let cases: [(Plant, &str); 4] = [
        (
            Plant::new(Defect::SharedIds, "", "", "")
                .keys("id = \"name\"")
                .both(|table| table.add("name", |row, _| (row % 100).to_string())),
            "train.csv:102: column `name` holds `0` again, as line 2 does",
        ),
        (
            Plant::new(Defect::ExtraColumn, "", "", "")
                .train(|train| train.add("bonus", |row, _| row.to_string())),
            "test.csv: there is no column `bonus`; the columns are `size`, `age`, `colour`, `kind`",
        ),
        (
            Plant::new(Defect::ManyMissing, "", "", "")
                .both(|table| table.add("late", |_, _| String::new())),
            "train.csv: column `late` has no value in any training row",
        ),
        (
            Plant::new(Defect::UnlabelledRows, "", "", "").test(|test| test.set(9, "kind", "")),
            "test.csv:9: column `kind` has no value",
        ),
    ];
    for (plant, expected) in cases {
        let output = workshop_of(&plant).output(&["check", "job.toml"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{said}");
        assert_eq!(output.status.code(), Some(3));
    }
}
