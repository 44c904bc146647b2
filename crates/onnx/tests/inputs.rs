//! What goes into models of several inputs: columns by their names, and numbers that are the same for every sample. Values by
//! `oracles/onnx_inputs.py`, with each runtime that is here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use potstill_onnx::{Feed, Given, Model, OnnxError, OrtLibrary, Runtime, ort_library};
use serde_json::Value;

/// Columns in the order of the table.
const COLUMNS: [&str; 4] = ["age", "rooms", "owner", "fee"];

fn bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

fn values(name: &str) -> Value {
    serde_json::from_str::<Value>(include_str!("models/inputs.json")).unwrap()[name].take()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

/// The runtimes that are here: `rten`, and ONNX Runtime where its shared library is found (`ORT_DYLIB_PATH`).
fn runtimes() -> Vec<Runtime> {
    match ort_library() {
        OrtLibrary::Found(_) => vec![Runtime::Rten, Runtime::Ort],
        other => {
            eprintln!("without ONNX Runtime: {other}");
            vec![Runtime::Rten]
        }
    }
}

fn by_columns(columns: &[&str], constants: &[(&str, f64)]) -> Feed {
    Feed {
        input: None,
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        constants: constants.iter().map(|&(name, number)| (name.to_owned(), number)).collect(),
    }
}

fn constants(case: &Value) -> Feed {
    let constants = case["constants"].as_object().unwrap().iter();
    let constants = constants.map(|(name, number)| (name.clone(), number.as_f64().unwrap()));
    Feed { constants: constants.collect(), ..Feed::default() }
}

fn close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{what}: {found} {expected}");
    }
}

#[test]
fn each_input_takes_the_column_of_its_name_whatever_their_order_and_types() {
    let case = values("columns");
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    let turned: Vec<f32> =
        inputs.chunks(4).flat_map(|row| row.iter().rev().copied().collect::<Vec<_>>()).collect();
    let mut names = COLUMNS;
    names.reverse();
    for runtime in runtimes() {
        // Ninety samples are no multiple of the four that one of the files takes at a time.
        for name in ["columns", "columns_fixed"] {
            for (columns, rows) in [(COLUMNS, &inputs), (names, &turned)] {
                let feed = by_columns(&columns, &[]);
                let model = Model::load(bytes(name), &feed, None, runtime).unwrap();
                assert!(model.input().is_none());
                let found = model.run(rows, &[4], 3).unwrap();
                close(&found, &outputs, &format!("{name} {runtime:?} {columns:?}"));
            }
        }
    }
}

#[test]
fn a_constant_stands_for_a_column_that_is_the_same_in_every_row() {
    let rows = numbers(&values("columns")["inputs"]);
    let fee: Vec<f32> = rows.chunks(4).flat_map(|row| [row[0], row[1], row[2], 1.5]).collect();
    let without: Vec<f32> = rows.chunks(4).flat_map(|row| [row[0], row[1], row[2]]).collect();
    for runtime in runtimes() {
        let load = |feed: &Feed| Model::load(bytes("columns"), feed, None, runtime).unwrap();
        let expected = load(&by_columns(&COLUMNS, &[])).run(&fee, &[4], 3).unwrap();
        let constant = load(&by_columns(&COLUMNS[..3], &[("fee", 1.5)]));
        assert_eq!(constant.run(&without, &[3], 3).unwrap(), expected, "{runtime:?}");
    }
}

#[test]
fn constants_have_the_sizes_of_the_samples_or_those_that_the_file_states() {
    let all = values("masked");
    let tokens = numbers(&all["inputs"]);
    for runtime in runtimes() {
        for case in all["cases"].as_array().unwrap() {
            let feed = constants(case);
            let model = Model::load(bytes("masked"), &feed, None, runtime).unwrap();
            assert_eq!(model.input().unwrap().name, "input_ids");
            let found = model.run(&tokens, &[11], 3).unwrap();
            close(&found, &numbers(&case["outputs"]), &format!("{runtime:?} {feed:?}"));
            let named = Feed { input: Some("input_ids".to_owned()), ..feed.clone() };
            let named = Model::load(bytes("masked"), &named, None, runtime).unwrap();
            assert_eq!(named.run(&tokens, &[11], 3).unwrap(), found);
            // A shorter sample has shorter constants.
            let short = model.run(&tokens[..5], &[5], 3).unwrap();
            assert_eq!(short.len(), 3);

            let names = vec!["mean".to_owned()];
            let tapped = Model::tapped(&bytes("masked"), &feed, names, runtime).unwrap();
            let given = tapped.give(&tokens, &[11]).unwrap();
            let Given::Numbers { shape, values } = &given[0] else { panic!("{given:?}") };
            assert_eq!(shape[..], [5]);
            close(values, &numbers(&case["mean"]), "mean");
        }
    }
}

#[test]
fn a_row_of_several_inputs_has_the_same_bits_by_any_number_of_threads() {
    let rows = numbers(&values("columns")["inputs"]);
    for runtime in runtimes() {
        let asked = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let feed = by_columns(&COLUMNS, &[]);
                let model = Model::load(bytes("columns"), &feed, None, runtime).unwrap();
                model.run(&rows, &[4], 3).unwrap()
            })
        };
        let one = asked(1);
        assert_eq!((asked(2), asked(3)), (one.clone(), one));
    }
}

#[test]
fn what_goes_nowhere_or_does_not_fit_is_named() {
    let masked = ["attention_mask", "token_type_ids", "training", "temperature"];
    let ones = |names: &[&'static str]| -> Vec<(&str, f64)> {
        names.iter().map(|&name| (name, 1.0)).collect()
    };
    let with = |name: &'static str, number: f64| -> Vec<(&str, f64)> {
        let others = ones(&masked).into_iter().filter(|(other, _)| *other != name);
        others.chain([(name, number)]).collect()
    };
    let named = |constants: &[(&str, f64)]| Feed {
        input: Some("input_ids".to_owned()),
        ..by_columns(&[], constants)
    };
    let with_garden = [&COLUMNS[..], &["garden"]].concat();
    let everything = [&masked[..], &["input_ids"]].concat();
    let cases: Vec<(&str, Feed, &str)> = vec![
        (
            "columns",
            by_columns(&COLUMNS[..3], &[]),
            "nothing goes into the input `fee` double [?, 1]: expected a column of its name, or a constant, found the \
             columns `age`, `rooms`, `owner`",
        ),
        (
            "columns",
            by_columns(&with_garden, &[]),
            "no input takes the column `garden`: found `rooms`, `age`, `owner`, `fee`",
        ),
        ("columns", by_columns(&COLUMNS, &[("fee", 1.0)]), "no input takes the column `fee`"),
        (
            "masked",
            Feed::default(),
            "`training` bool [], `temperature` float [1]: expected a constant for all but one, or columns of their names, found \
             samples whose numbers have no names",
        ),
        (
            "masked",
            named(&ones(&masked[1..])),
            "the input `attention_mask` int64 [?, ?]: expected a constant, as whole samples go into `input_ids`, found none",
        ),
        (
            "masked",
            by_columns(&[], &[("mask", 1.0)]),
            "the constant `mask`: expected the name of an input, found `attention_mask` int64 [?, ?], `input_ids`",
        ),
        ("masked", by_columns(&[], &ones(&everything)), "expected one that no constant fills"),
        ("masked", named(&ones(&everything)), "expected one that no constant fills"),
        ("masked", named(&[("input_ids", 1.0)]), "expected `input_ids` without a constant"),
        (
            "masked",
            by_columns(&[], &with("attention_mask", 0.5)),
            "the input `attention_mask` takes integers from -16777215 to 16777215: found 0.5",
        ),
        (
            "masked",
            by_columns(&[], &with("training", 2.0)),
            "the input `training` takes integers from 0 to 1: found 2",
        ),
        (
            "masked",
            by_columns(&[], &with("temperature", 1e300)),
            "the input `temperature` takes numbers of single precision",
        ),
        ("words", by_columns(&["age", "city"], &[]), "found `city` string [?, 1]"),
        (
            "uneven",
            by_columns(&["age", "height"], &[]),
            "expected the same number of samples a pass for all, found `age` float [2, 1], `height` float [3, 1]",
        ),
        (
            "two_inputs",
            by_columns(&["left", "right"], &[]),
            "the input of the column `left`: expected sizes [?] or [?, 1], found `left` float [?, 2]",
        ),
    ];
    for runtime in runtimes() {
        for (name, feed, text) in &cases {
            let error = Model::load(bytes(name), feed, None, runtime).unwrap_err();
            assert!(error.to_string().contains(text), "{name} {runtime:?}: {error}");
            assert!(error.hint().is_some());
        }
        for (name, text) in [
            (
                "deep",
                "the constant `other`: expected open sizes where the samples [1, 2] have some",
            ),
            ("vast", "at most 268435456 numbers, found `other` float [1099511627776]"),
        ] {
            let feed = by_columns(&[], &[("other", 1.0)]);
            let model = Model::load(bytes(name), &feed, None, runtime).unwrap();
            let error = model.run(&[1.0; 4], &[2], 2).unwrap_err().to_string();
            assert!(error.contains(text), "{name} {runtime:?}: {error}");
        }
        let model = Model::load(bytes("columns"), &by_columns(&COLUMNS, &[]), None, runtime);
        let model = model.unwrap();
        let wrong = |row: [f32; 4]| model.run(&row, &[4], 3).unwrap_err();
        let halves = wrong([1.0, 0.5, 1.0, 1.0]);
        assert!(matches!(&halves, OnnxError::Number { input, .. } if input == "rooms"));
        let truth = wrong([1.0, 1.0, -1.0, 1.0]).to_string();
        assert_eq!(truth, "the input `owner` takes integers from 0 to 1: found -1");
        // Single precision does not hold the next whole number.
        let large = wrong([1.0, 16_777_216.0, 1.0, 1.0]).to_string();
        assert!(large.ends_with("found 16777216"), "{large}");
        let narrow = model.run(&[1.0; 3], &[3], 3).unwrap_err().to_string();
        assert_eq!(narrow, "the samples for the model: expected 4 columns, found [3]");
    }
}

#[test]
fn changed_files_are_errors_or_other_models_and_never_a_panic() {
    let case = &values("masked")["cases"][0];
    let (tokens, rows) = ([3.0; 11], [1.0; 4]);
    for (name, feed, row) in [
        ("columns", by_columns(&COLUMNS, &[]), &rows[..]),
        ("masked", constants(case), &tokens[..]),
    ] {
        let whole = bytes(name);
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut loaded = 0;
        for _ in 0..400 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut changed = whole.clone();
            let place = (state as usize >> 8) % changed.len();
            changed[place] ^= 1 << (state % 8);
            if let Ok(model) = Model::load(changed, &feed, None, Runtime::Rten) {
                let _ = model.run(row, &[row.len()], 3);
                loaded += 1;
            }
        }
        assert!(loaded > 10, "{name}: {loaded}");
    }
}

/// The network gives what goes in, as single precision.
#[test]
fn bytes_are_bytes_and_half_precision_is_taken_by_rten_alone() {
    let feed = by_columns(&["half", "small"], &[]);
    for runtime in runtimes() {
        let model = Model::load(bytes("narrow"), &feed, None, runtime);
        if runtime == Runtime::Ort {
            let refused = model.unwrap_err().to_string();
            assert!(refused.ends_with("found `half` float16 [?, 1]"), "{refused}");
            continue;
        }
        let model = model.unwrap();
        let given = model.run(&[0.5, 255.0, -2.0, 0.0], &[2], 2).unwrap();
        assert_eq!(given, [255.0, 0.5, 0.0, -2.0]);
        let large = model.run(&[0.5, 256.0], &[2], 2).unwrap_err().to_string();
        assert_eq!(large, "the input `small` takes integers from 0 to 255: found 256");
    }
}
