//! Columns that are no features, and groups that stay in one part.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};

use potstill_data::{Corpus, DataError, DataOptions, Samples, TableOptions, load};
use random::Stream;

const CLASSES: usize = 3;

/// A row: its group and its class. The number of the row is its one feature.
type Rows = Vec<(usize, usize)>;

/// Groups of very different sizes, each with classes of its own liking.
fn drawn(seed: u64, groups: usize) -> Rows {
    let mut generator = Stream::new(seed, "groups").generator();
    let mut rows = Vec::new();
    for group in 0..groups {
        let favourite = generator.below(CLASSES as u64) as usize;
        for _ in 0..1 + generator.below(1 + generator.clone().below(30)) {
            let class = generator.below(2 * CLASSES as u64) as usize;
            rows.push((group, if class < CLASSES { class } else { favourite }));
        }
    }
    generator.shuffle(&mut rows);
    rows
}

fn options(group: Option<&str>) -> DataOptions {
    let columns = TableOptions { group: group.map(str::to_owned), ..TableOptions::default() };
    DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        test: 0.25,
        validation: 0.2,
        table: columns,
        ..DataOptions::default()
    }
}

fn load_text(text: &str, options: &DataOptions) -> Result<Corpus, DataError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    load(options, folder.path())
}

fn load_rows(rows: &Rows, split_seed: u64) -> Result<Corpus, DataError> {
    let lines = rows.iter().enumerate();
    let lines = lines.map(|(row, (group, class))| format!("{row},g{group},{class}\n"));
    let text = format!("row,patient,class\n{}", lines.collect::<String>());
    load_text(&text, &DataOptions { split_seed, ..options(Some("patient")) })
}

/// The numbers of the rows in a part: the samples of a corpus are in the order of the file, so
/// they are found again by their standardised number.
fn numbers(part: &Samples, all: &BTreeMap<u32, usize>) -> Vec<usize> {
    (0..part.len()).map(|row| all[&part.row(row).unwrap()[0].to_bits()]).collect()
}

/// For train, validation and test the rows of the file.
fn parts(corpus: &Corpus) -> [Vec<usize>; 3] {
    let parts = [&corpus.train, &corpus.validation, &corpus.test];
    let mut values: Vec<f32> =
        parts.iter().flat_map(|part| part.values.in_memory().unwrap().to_vec()).collect();
    values.sort_by(f32::total_cmp);
    let all = values.iter().enumerate().map(|(row, value)| (value.to_bits(), row)).collect();
    parts.map(|part| numbers(part, &all))
}

fn groups_of(rows: &Rows, part: &[usize]) -> BTreeSet<usize> {
    part.iter().map(|&row| rows[row].0).collect()
}

/// The squared differences of the shares of the classes from `share`.
fn distance(counts: &[f64], totals: &[f64], share: f64) -> f64 {
    counts.iter().zip(totals).map(|(count, total)| (count / total - share).powi(2)).sum()
}

fn class_counts(rows: &Rows, part: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut counts = vec![0.0; CLASSES];
    part.for_each(|row| counts[rows[row].1] += 1.0);
    counts
}

#[test]
fn no_group_is_in_two_parts_and_every_row_is_in_one() {
    for seed in 0..20 {
        let rows = drawn(seed, 40);
        let parts = parts(&load_rows(&rows, seed).unwrap());
        let mut all: Vec<usize> = parts.iter().flatten().copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
        let groups = parts.each_ref().map(|part| groups_of(&rows, part));
        assert!(groups[0].is_disjoint(&groups[1]), "seed {seed}");
        assert!(groups[0].is_disjoint(&groups[2]), "seed {seed}");
        assert!(groups[1].is_disjoint(&groups[2]), "seed {seed}");
    }
}

#[test]
fn shares_come_near_the_best_that_whole_groups_allow() {
    let (mut ours, mut least) = (0.0, 0.0);
    for seed in 0..20 {
        let rows = drawn(100 + seed, 12);
        let totals = class_counts(&rows, 0..rows.len());
        let Ok(corpus) = load_rows(&rows, seed) else { continue };
        let [_, _, test] = parts(&corpus);
        let found = distance(&class_counts(&rows, test.into_iter()), &totals, 0.25);
        let all = (1..(1_usize << 12) - 1).filter_map(|choice| {
            let chosen = (0..rows.len()).filter(|&row| choice >> rows[row].0 & 1 == 1);
            let counts = class_counts(&rows, chosen);
            let whole =
                counts.iter().zip(&totals).all(|(count, total)| *count > 0.0 && count < total);
            whole.then(|| distance(&counts, &totals, 0.25))
        });
        let best = all.fold(f64::INFINITY, f64::min);
        assert!(found >= best - 1e-12, "seed {seed}: better than the best");
        (ours, least) = (ours + found, least + best);
    }
    assert!(ours <= 2.0 * least + 0.02, "{ours} {least}");
    // With many groups, the shares are met within two hundredths.
    for seed in 0..5 {
        let rows = drawn(200 + seed, 400);
        let totals = class_counts(&rows, 0..rows.len());
        let [_, validation, test] = parts(&load_rows(&rows, seed).unwrap());
        for (part, share) in [(test, 0.25), (validation, 0.75 * 0.2)] {
            for (count, total) in class_counts(&rows, part.into_iter()).iter().zip(&totals) {
                assert!((count / total - share).abs() < 0.02, "seed {seed}: {count} of {total}");
            }
        }
    }
}

#[test]
fn the_division_is_a_function_of_the_seed_and_large_groups_have_their_turn() {
    let rows = drawn(7, 60);
    let divided = |seed| parts(&load_rows(&rows, seed).unwrap());
    assert_eq!(divided(3), divided(3));
    assert_ne!(divided(3)[2], divided(4)[2]);
    // Over many seeds a large group is in test in a fourth of the divisions. A small one is more
    // often, because small groups fill what the large ones leave open.
    let mut times = vec![0; 60];
    for seed in 0..100 {
        groups_of(&rows, &divided(seed)[2]).into_iter().for_each(|group| times[group] += 1);
    }
    let mut sizes = vec![0; 60];
    rows.iter().for_each(|(group, _)| sizes[*group] += 1);
    let mean = |large: bool| {
        let of: Vec<i32> = (0..60)
            .filter(|&group| (sizes[group] > 8) == large)
            .map(|group| times[group])
            .collect();
        f64::from(of.iter().sum::<i32>()) / of.len() as f64
    };
    assert!((20.0..30.0).contains(&mean(true)), "{}", mean(true));
    assert!((25.0..45.0).contains(&mean(false)), "{}", mean(false));
}

#[test]
fn a_class_in_one_group_cannot_be_divided() {
    let alone: Rows = (0..60).map(|row| (row % 6, usize::from(row % 6 == 0))).collect();
    let error = load_rows(&alone, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the test split leaves class `1` empty: the rows of the class are in 1 group, which stays \
         together"
    );
    assert!(error.hint().unwrap().contains("test_source"));
}

const TABLE: &str = "name,size,visit,note,class\nq1,1,x,7,a\nq2,2,y,8,a\nq3,3,x,9,a\nq4,4,y,1,a\n\
                     q5,5,y,2,b\nq6,6,x,3,b\nq7,7,y,4,b\nq8,8,x,5,b\n";

fn roles() -> TableOptions {
    TableOptions { id: Some("name".into()), ignore: vec!["note".into()], ..TableOptions::default() }
}

#[test]
fn columns_with_a_role_are_no_features() {
    let with = |table| DataOptions { table, test: 0.5, validation: 0.0, ..options(None) };
    let names = |table| load_text(TABLE, &with(table)).unwrap().preprocessing.value_names();
    assert_eq!(names(roles()), ["size", "visit=x", "visit=y"]);
    assert_eq!(names(TableOptions { group: Some("visit".into()), ..roles() }), ["size"]);
    assert_eq!(
        names(TableOptions { ignore: vec!["size".into(), "visit".into()], ..roles() }),
        ["note"]
    );
}

#[test]
fn columns_of_images_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let header = |dimensions: &[u8]| {
        let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
        dimensions.iter().for_each(|&dimension| bytes.extend([0, 0, 0, dimension]));
        bytes
    };
    let pixels: Vec<u8> = (0..80).collect();
    std::fs::write(folder.path().join("images"), [header(&[20, 2, 2]), pixels].concat()).unwrap();
    let labels: Vec<u8> = (0..20).map(|row| row % 2).collect();
    std::fs::write(folder.path().join("labels"), [header(&[20]), labels].concat()).unwrap();
    let load_with = |table| {
        let images = DataOptions { source: "images".into(), label: None, ..options(None) };
        load(&DataOptions { labels: Some("labels".into()), table, ..images }, folder.path())
    };
    assert!(load_with(TableOptions::default()).is_ok());
    for (key, table) in [
        ("id", roles()),
        ("missing", TableOptions { missing: None, ..TableOptions::default() }),
        ("rare", TableOptions { rare: Some(2), ..TableOptions::default() }),
    ] {
        let message = load_with(table).unwrap_err().to_string();
        let expected =
            format!("`{key}` is set, expected nothing, because the source is not a table");
        assert_eq!(message, expected);
    }
}

#[test]
fn an_id_that_occurs_twice_or_not_at_all_is_refused() {
    let with = |table| DataOptions { table, ..options(None) };
    let refused = |text: &str, table| {
        let message = load_text(text, &with(table)).unwrap_err().to_string();
        message[message.find("rows.csv").unwrap_or(0)..].to_owned()
    };
    assert_eq!(
        refused(&TABLE.replace("q7", "q3"), roles()),
        "rows.csv:8: column `name` holds `q3` again, as line 4 does"
    );
    assert_eq!(
        refused(&TABLE.replace("q7", ""), roles()),
        "rows.csv:8: column `name` has no value"
    );
    let label = TableOptions { id: Some("class".into()), ..TableOptions::default() };
    assert_eq!(refused(TABLE, label), "`id` is class, expected a column other than the label");
    let absent = TableOptions { ignore: vec!["notes".into()], ..TableOptions::default() };
    assert!(refused(TABLE, absent).starts_with("rows.csv: there is no column `notes`"));
    let gap = TableOptions { group: Some("visit".into()), ..TableOptions::default() };
    assert_eq!(
        refused(&TABLE.replace("4,y", "4,"), gap),
        "rows.csv:5: column `visit` has no value"
    );
}
