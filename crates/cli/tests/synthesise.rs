//! Synthetic rows of a table, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const ROWS: usize = 60;

/// The cells of a row: a whole number, a number, a word, and a number that is sometimes missing.
fn features(row: usize) -> [String; 4] {
    let word = ["red", "green", "blue"][row % 3];
    let sometimes = if row.is_multiple_of(7) { "?".to_owned() } else { format!("{}", row % 5) };
    [format!("{}", row * 7 % 60), format!("{}.5", row * 11 % 60), word.to_owned(), sometimes]
}

fn workshop() -> Workshop {
    let workshop = Workshop::new();
    let line = |row: usize| {
        let class = if row * 7 % 60 < 30 { "low" } else { "high" };
        format!("{},row-{row},{class}\n", features(row).join(","))
    };
    let text =
        format!("whole,part,word,gap,name,class\n{}", (0..ROWS).map(line).collect::<String>());
    workshop.write("rows.csv", text.as_bytes());
    // The transfer set is not there before it is made.
    let recipe = "[data]\nsource = \"rows.csv\"\nlabel = \"class\"\nid = \"name\"\nmissing = [\"?\"]\n\
                  transfer = \"more.csv\"\nvalidation = 0.0\n\n[teacher]\nmodel = \"mlp\"\n\
                  epochs = 2\n\n[student]\nmodel = \"mlp\"\n\n[distill]\nepochs = 2\nseeds = 1\n";
    workshop.write("job.toml", recipe.as_bytes());
    workshop
}

fn made(workshop: &Workshop, arguments: &[&str]) -> Vec<Vec<String>> {
    let text = workshop.run(&[&["synthesise", "job.toml"], arguments].concat());
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("name,whole,part,word,gap"));
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    lines.map(cells).collect()
}

/// Cells that a row of the source has as its features.
fn is_real(cells: &[String]) -> bool {
    (0..ROWS).any(|row| features(row) == cells)
}

#[test]
fn rows_of_an_omitted_class_are_not_taken() {
    let workshop = workshop();
    for method in ["munge", "spunge"] {
        let set = ["--set", "data.omit_classes=[\"low\"]", "--by", method];
        let rows = made(&workshop, &[&["--rows", "60", "--seed", "3"], &set[..]].concat());
        // The first column is below 30 in every row of the class, and numbers stay within those of the others.
        for row in rows {
            assert!(row[1].parse::<usize>().expect("a number") >= 30, "{row:?}");
        }
    }
}

#[test]
fn where_nothing_changes_the_rows_are_those_of_training() {
    let workshop = workshop();
    let rows = made(&workshop, &["--rows", "100", "--share", "0"]);
    assert_eq!(rows.len(), 100);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row[0], format!("synthetic-{}", number + 1));
        assert!(is_real(&row[1..]), "{row:?}");
        // A fifth of 60 rows is held out for test.
        assert_eq!(rows[number % 48][1..], row[1..]);
    }
}

#[test]
fn munge_without_noise_gives_the_nearest_other_row() {
    let workshop = workshop();
    let own = made(&workshop, &["--rows", "48", "--share", "0"]);
    let moved = made(&workshop, &["--rows", "48", "--share", "1", "--locality", "1e300"]);
    let places = places(&own);
    for (row, moved) in moved.iter().enumerate() {
        let others = (0..own.len()).filter(|other| *other != row);
        let distance = |other: &usize| -> f64 {
            let pairs = places[row].iter().zip(&places[*other]);
            pairs.map(|(one, other)| (one - other).powi(2)).sum()
        };
        let least = others.clone().map(|other| distance(&other)).fold(f64::INFINITY, f64::min);
        let found = others.into_iter().find(|other| own[*other][1..] == moved[1..]);
        let found = distance(&found.expect("another row of training"));
        assert!(found <= least * (1.0 + 1e-5), "{moved:?}: {found}, expected {least}");
    }
}

/// Rows as points: numbers in standard deviations, a value for each word, and one for a missing cell,
/// which has the median.
fn places(rows: &[Vec<String>]) -> Vec<Vec<f64>> {
    let mut places = vec![Vec::new(); rows.len()];
    for column in [1, 2, 4] {
        let numbers = rows.iter().map(|row| row[column].parse::<f64>().ok());
        let numbers: Vec<Option<f64>> = numbers.collect();
        let mut known: Vec<f64> = numbers.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        let half = known.len() / 2;
        let median = match known.len() % 2 {
            0 => f64::midpoint(known[half - 1], known[half]),
            _ => known[half],
        };
        let filled: Vec<f64> = numbers.iter().map(|number| number.unwrap_or(median)).collect();
        let count = filled.len() as f64;
        let mean = filled.iter().sum::<f64>() / count;
        let deviation =
            (filled.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        for ((place, value), number) in places.iter_mut().zip(&filled).zip(&numbers) {
            place.push((value - mean) / deviation);
            place.push(f64::from(u8::from(number.is_none())));
        }
    }
    for (place, row) in places.iter_mut().zip(rows) {
        place.extend(["red", "green", "blue"].map(|word| f64::from(u8::from(row[3] == word))));
    }
    places
}

#[test]
fn numbers_stay_in_their_range_and_whole_and_words_known() {
    let workshop = workshop();
    for by in ["munge", "spunge"] {
        let rows = made(&workshop, &["--rows", "500", "--by", by, "--share", "0.9"]);
        let again = made(&workshop, &["--rows", "500", "--by", by, "--share", "0.9"]);
        assert_eq!(rows, again);
        assert_ne!(
            rows,
            made(&workshop, &["--rows", "500", "--by", by, "--share", "0.9", "--seed", "1"])
        );
        let mut new = 0;
        for row in &rows {
            let whole: i64 = row[1].parse().expect("a whole number");
            let part: f64 = row[2].parse().expect("a number");
            assert!((0..60).contains(&whole) && (0.5..=59.5).contains(&part), "{row:?}");
            assert!(["red", "green", "blue"].contains(&row[3].as_str()));
            assert!(row[4] == "?" || (0..5).contains(&row[4].parse::<i64>().expect("a number")));
            new += usize::from(!is_real(&row[1..]));
        }
        assert!(new > 400, "{by}: {new} of 500 rows are new");
        assert!(rows.iter().any(|row| row[4] == "?"));
    }
}

#[test]
fn a_spunged_row_has_at_most_the_share_of_its_cells_drawn_anew() {
    let workshop = workshop();
    let arguments = ["--rows", "480", "--by", "spunge", "--share", "0.5", "--noise", "0"];
    let rows = made(&workshop, &arguments);
    let own = made(&workshop, &["--rows", "480", "--share", "0"]);
    let changed = rows
        .iter()
        .zip(&own)
        .map(|(row, own)| row[1..].iter().zip(&own[1..]).filter(|(cell, own)| cell != own).count());
    let changed: Vec<usize> = changed.collect();
    assert!(changed.iter().all(|count| *count <= 2), "{changed:?}");
    // Half of the rows have two drawn cells, and few of these are equal by chance.
    assert!(changed.iter().filter(|count| **count == 2).count() > 120);
}

#[test]
fn synthetic_rows_become_a_transfer_set() {
    let workshop = workshop();
    let said = workshop.run(&["synthesise", "job.toml", "--rows", "90", "-o", "more.csv"]);
    assert!(said.is_empty(), "{said}");
    let said = workshop.run(&["plan", "job.toml"]);
    assert!(said.contains("138 rows"), "{said}");
    workshop.run(&["distill", "job.toml", "--run", "run"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let workshop = workshop();
    for (arguments, code, expected) in [
        (&["--rows", "9", "--noise", "1"][..], 2, "`--noise` is an option of `--by spunge`"),
        (&["--rows", "9", "--by", "spunge", "--locality", "1"], 2, "`--by munge`"),
        (&["--rows", "9", "--share", "1.5"], 2, "from 0 to 1"),
        (&["--rows", "9", "--locality", "0"], 2, "a number above 0"),
        (&["--rows", "0"], 2, "--rows"),
    ] {
        let output = workshop.output(&[&["synthesise", "job.toml"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
