//! How much the label of each training row counts.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use potstill_data::{ClassWeights, Corpus, DataError, DataOptions, TableOptions, Task, load};

/// 60 rows, a third of them of the class `b`, with a weight each.
fn read(
    class_weights: ClassWeights,
    weight: Option<&str>,
    change: impl Fn(usize, &mut String),
) -> Result<Corpus, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| {
        let mut times = (row % 4).to_string();
        change(row, &mut times);
        format!("{row}.25,{times},{}\n", if row.is_multiple_of(3) { "b" } else { "a" })
    };
    let text = format!("size,times,class\n{}", (0..60).map(row).collect::<String>());
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let table = TableOptions { weight: weight.map(str::to_owned), ..TableOptions::default() };
    let options = DataOptions {
        source: "rows.csv".into(),
        label: Some("class".into()),
        table,
        class_weights,
        validation: 0.0,
        ..DataOptions::default()
    };
    load(&options, folder.path())
}

fn mean(weights: &[f32]) -> f64 {
    weights.iter().copied().map(f64::from).sum::<f64>() / weights.len() as f64
}

/// The row of the file that a training sample comes from, by its size.
fn source_rows(corpus: &Corpus) -> Vec<usize> {
    let width = corpus.train.shape.len();
    let mut sorted: Vec<(usize, f32)> = corpus
        .train
        .values
        .in_memory()
        .unwrap()
        .iter()
        .step_by(width)
        .copied()
        .enumerate()
        .collect();
    sorted.sort_by(|one, other| one.1.total_cmp(&other.1));
    // Training keeps the order of the file, so ranks only need to be ascending.
    assert!(sorted.windows(2).all(|pair| pair[0].0 < pair[1].0));
    sorted.into_iter().map(|(position, _)| position).collect()
}

#[test]
fn no_weights_are_no_weights() {
    assert!(read(ClassWeights::Equal, None, |_, _| ()).unwrap().weights.is_empty());
}

#[test]
fn balanced_classes_have_equal_sums() {
    let corpus = read(ClassWeights::Balanced, None, |_, _| ()).unwrap();
    // 40 rows of `a` and 20 of `b`, of which a fifth is held out: 48 / (2 * 32) and 48 / (2 * 16).
    for (weight, label) in corpus.weights.iter().zip(&corpus.train.labels) {
        assert_eq!(*weight, if *label == Some(0) { 0.75 } else { 1.5 });
    }
    assert_eq!(corpus.weights.len(), 48);
}

#[test]
fn given_weights_keep_their_ratio_and_have_the_mean_one() {
    let given = ClassWeights::Given(vec![("b".into(), 6.0)]);
    let corpus = read(given, None, |_, _| ()).unwrap();
    let of = |class| {
        let mut rows = corpus.weights.iter().zip(&corpus.train.labels);
        *rows.find(|(_, label)| **label == Some(class)).unwrap().0
    };
    assert!((of(1) / of(0) - 6.0).abs() < 1e-5);
    assert!((mean(&corpus.weights) - 1.0).abs() < 1e-6);
}

#[test]
fn weights_of_rows_keep_their_ratio_and_the_column_is_no_feature() {
    let corpus = read(ClassWeights::Equal, Some("times"), |_, _| ()).unwrap();
    assert_eq!(corpus.preprocessing.value_names(), ["size"]);
    assert_eq!(source_rows(&corpus).len(), corpus.weights.len());
    assert!((mean(&corpus.weights) - 1.0).abs() < 1e-6);
    let one = corpus.weights.iter().copied().filter(|weight| *weight > 0.0).reduce(f32::min);
    for weight in &corpus.weights {
        let times = weight / one.unwrap();
        assert!((times - times.round()).abs() < 1e-5 && times < 3.5, "{times}");
    }
    // Scaled weights are the same weights.
    let scaled = read(ClassWeights::Equal, Some("times"), |_, times| {
        *times = format!("{}", times.parse::<f64>().unwrap() * 4.0);
    });
    assert_eq!(scaled.unwrap().weights, corpus.weights);
    // Weight and class weight of a row are multiplied.
    let both = read(ClassWeights::Given(vec![("b".into(), 0.0)]), Some("times"), |_, _| ());
    let both = both.unwrap();
    for ((weight, label), own) in both.weights.iter().zip(&both.train.labels).zip(&corpus.weights) {
        assert_eq!(*weight > 0.0, *label == Some(0) && *own > 0.0);
    }
}

#[test]
fn what_is_no_weight_is_named() {
    let refused = |bad: &'static str| {
        let change = move |row: usize, times: &mut String| {
            if row % 10 == 4 {
                *times = bad.into();
            }
        };
        read(ClassWeights::Equal, Some("times"), change).unwrap_err().to_string()
    };
    for bad in ["-1", "many", "NaN", "inf"] {
        let said = refused(bad);
        let expected = format!(": column `times` holds `{bad}`, expected a weight of 0 or more");
        assert!(said.ends_with(&expected) && said.contains("rows.csv:"), "{said}");
    }
    assert!(refused("").contains("column `times` has no value"));
    let all_0 = read(ClassWeights::Equal, Some("times"), |_, times| *times = "0".into());
    let expected =
        "`weight` is times, expected weights above 0 whose sum single precision can hold";
    let all_0 = all_0.unwrap_err();
    assert_eq!(all_0.to_string(), expected);
    let hint = "give the label of at least one training row a weight above 0";
    assert_eq!(all_0.hint().unwrap(), hint);
    let unknown = read(ClassWeights::Given(vec![("c".into(), 2.0)]), None, |_, _| ());
    let unknown = unknown.unwrap_err();
    assert!(unknown.hint().unwrap().starts_with("name classes as the data does"));
    assert_eq!(
        unknown.to_string(),
        "`class_weights` is c, expected names of classes, which are `a`, `b`"
    );
    let absent = read(ClassWeights::Equal, Some("weigth"), |_, _| ());
    assert!(absent.unwrap_err().to_string().contains("there is no column `weigth`"));
    let label = read(ClassWeights::Equal, Some("class"), |_, _| ()).unwrap_err();
    assert_eq!(label.hint().unwrap(), "give `weight` another column, or leave it out");
    assert!(label.to_string().contains("a column other than the label"));
}

/// Rows whose number to learn is twice their size.
fn read_numbers(class_weights: ClassWeights) -> Result<Corpus, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("{row},{},{}\n", 2 * row, row % 4);
    let text = format!("size,price,times\n{}", (0..60).map(row).collect::<String>());
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    let table = TableOptions {
        weight: Some("times".into()),
        targets: vec!["price".into()],
        ..TableOptions::default()
    };
    let options = DataOptions {
        source: "rows.csv".into(),
        task: Task::Numbers,
        table,
        class_weights,
        validation: 0.0,
        ..DataOptions::default()
    };
    load(&options, folder.path())
}

#[test]
fn rows_of_numbers_have_their_weights_and_no_weights_of_classes() {
    let corpus = read_numbers(ClassWeights::Equal).unwrap();
    assert_eq!((corpus.weights.len(), corpus.train.shape.len()), (48, 1));
    assert!((mean(&corpus.weights) - 1.0).abs() < 1e-6);
    // The file's weights are 0, 1, 2, 3 in turn, so those of the training rows have these ratios.
    let least = corpus.weights.iter().copied().filter(|weight| *weight > 0.0);
    let least = least.fold(f32::INFINITY, f32::min);
    for weight in &corpus.weights {
        let ratio = weight / least;
        assert!((ratio - ratio.round()).abs() < 1e-5 && ratio < 3.5, "{ratio}");
    }
    assert!(corpus.weights.contains(&0.0));

    let error = read_numbers(ClassWeights::Balanced).unwrap_err().to_string();
    assert!(error.contains("class_weights") && error.contains("numbers"), "{error}");
}
