//! Models give what ONNX Runtime gives, and files that are none give errors.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use potstill_onnx::{Description, Feed, Model, OnnxError, Runtime};
use serde_json::Value;

fn bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

fn values() -> Value {
    serde_json::from_str(include_str!("models/values.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

fn sizes(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|size| size as usize).collect()
}

#[test]
fn outputs_are_those_of_onnx_runtime() {
    let values = values();
    for (name, case) in values.as_object().unwrap() {
        let model = Model::load(bytes(name), &Feed::default(), None, Runtime::Rten).unwrap();
        let shape = sizes(&case["shape"]);
        let classes = case["classes"].as_u64().unwrap() as usize;
        let found = model.run(&numbers(&case["inputs"]), &shape[1..], classes).unwrap();
        let expected = numbers(&case["outputs"]);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{name}: {found} {expected}");
        }
    }
}

#[test]
fn each_sample_is_seen_alone_also_where_the_file_fixes_their_number() {
    let values = values();
    for name in ["dense", "fixed_batch"] {
        let all = numbers(&values["dense"]["inputs"]);
        let model = Model::load(bytes(name), &Feed::default(), None, Runtime::Rten).unwrap();
        let together = model.run(&all, &[4], 3).unwrap();
        assert_eq!(together.len(), 70 * 3);
        for (row, expected) in all.chunks(4).zip(together.chunks(3)) {
            let alone = model.run(row, &[4], 3).unwrap();
            for (alone, expected) in alone.iter().zip(expected) {
                assert!((alone - expected).abs() < 1e-5, "{name}: {alone} {expected}");
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_whoever_is_asked_with_it_and_by_how_many_threads() {
    let values = values();
    let all = numbers(&values["dense"]["inputs"]);
    let asked = |threads: usize, rows: &[f32]| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            Model::load(bytes("dense"), &Feed::default(), None, Runtime::Rten)
                .unwrap()
                .run(rows, &[4], 3)
                .unwrap()
        })
    };
    let together = asked(1, &all);
    for threads in [2, 3, 8] {
        assert_eq!(asked(threads, &all), together, "{threads}");
    }
    let alone: Vec<f32> = all.chunks(4).flat_map(|row| asked(2, row)).collect();
    assert_eq!(alone, together);
}

#[test]
fn a_description_says_what_is_in_a_file() {
    let images = Description::read(&bytes("channels_last")).unwrap();
    assert_eq!(images.inputs[0].to_string(), "`input` float [?, 9, 8, 3]");
    assert_eq!(images.outputs[0].to_string(), "`scores` float [?, 4]");
    assert_eq!(images.operators["Conv"], 2);
    assert_eq!(images.operators["Softmax"], 1);
    assert_eq!(images.producer, "pytorch");
    for (name, case) in values().as_object().unwrap() {
        let found = Description::read(&bytes(name)).unwrap().parameters;
        // Constants within nodes, such as sizes, are numbers of the file too.
        let weights = case["parameters"].as_u64().unwrap();
        assert!((weights..weights + 64).contains(&found), "{name}: {weights} {found}");
    }
    let trees = Description::read(&bytes("trees")).unwrap();
    assert_eq!(trees.operators["ai.onnx.ml.TreeEnsembleClassifier"], 1);
}

#[test]
fn what_the_runtime_lacks_or_the_model_does_not_fit_is_named() {
    let refused = |name: &str, input: Option<&str>, output| {
        let feed = Feed { input: input.map(str::to_owned), ..Feed::default() };
        Model::load(bytes(name), &feed, output, Runtime::Rten).unwrap_err().to_string()
    };
    let trees = refused("trees", None, Some("scores"));
    assert!(
        trees.contains("rten cannot run it") && trees.contains("TreeEnsembleClassifier"),
        "{trees}"
    );
    assert!(refused("trees", None, None).contains("a name, as there are several"));
    assert!(refused("two_inputs", None, None).contains(
        "nothing goes into the inputs `left` float [?, 2], `right` float [?, 2]: expected a constant"
    ));
    assert!(refused("external", None, None).contains("`../weights.bin`"));
    assert!(refused("dense", None, Some("logits")).contains("expected `logits`, found `scores`"));
    assert!(refused("dense", Some("image"), None).contains("expected `image`, found `input`"));

    let dense = Model::load(bytes("dense"), &Feed::default(), None, Runtime::Rten).unwrap();
    let failed = |shape: &[usize], classes| dense.run(&[0.5; 20], shape, classes).unwrap_err();
    assert!(failed(&[5], 3).to_string().contains("expected `input` float [?, 4], found [5]"));
    assert!(failed(&[2, 2], 3).to_string().contains("found [2, 2]"));
    assert!(failed(&[4], 7).to_string().contains("expected 7 numbers for each sample"));
    let numbers = Model::load(bytes("bytes"), &Feed::default(), None, Runtime::Rten).unwrap();
    let halves = numbers.run(&[0.5; 11], &[11], 3).unwrap_err();
    assert!(matches!(halves, OnnxError::Number { found: 0.5, .. }), "{halves}");
    for (name, found) in [("no_batch", "[0, 2]"), ("huge_batch", "[4611686018427387904, 2]")] {
        let model = Model::load(bytes(name), &Feed::default(), None, Runtime::Rten).unwrap();
        let error = model.run(&[0.5; 4], &[2], 2).unwrap_err().to_string();
        assert!(error.contains("1 sample or more a pass") && error.ends_with(found), "{error}");
    }
    // An index beyond the table.
    assert!(matches!(numbers.run(&[99.0; 11], &[11], 3), Err(OnnxError::Run(_))));
}

/// Where the fields of a whole file end, by its own encoding: a number of the field and its kind, and for what these files
/// have a number or a length.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![0];
    let mut place = 0;
    let number = |place: &mut usize| {
        let mut value = 0_u64;
        for shift in (0..).step_by(7) {
            let byte = bytes[*place];
            *place += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    };
    while place < bytes.len() {
        let kind = number(&mut place) & 7;
        let value = number(&mut place);
        place += if kind == 2 { value as usize } else { 0 };
        ends.push(place);
    }
    ends
}

#[test]
fn a_file_that_is_cut_is_an_error_unless_the_end_of_a_part_is() {
    for name in ["dense", "channels_last", "bytes", "trees", "external", "fixed_batch", "changing"]
    {
        let whole = bytes(name);
        let ends = ends(&whole);
        assert_eq!(ends.last(), Some(&whole.len()), "{name}");
        for length in 0..whole.len() {
            let cut = &whole[..length];
            match Description::read(cut) {
                Err(OnnxError::Format(_)) => {}
                // A graph that is there whole is a graph: what follows is the version of its operators and the like.
                Ok(found) => {
                    assert!(ends.contains(&length), "{name}, {length} of {} bytes", whole.len());
                    let expected = Description::read(&whole).unwrap();
                    assert_eq!(found.outputs, expected.outputs, "{name}, {length}");
                    assert_eq!(found.operators, expected.operators, "{name}, {length}");
                }
                Err(other) => {
                    assert!(ends.contains(&length) && name == "external", "{name}: {other}");
                }
            }
            let loaded = Model::load(cut.to_vec(), &Feed::default(), None, Runtime::Rten);
            assert!(loaded.is_err() || ends.contains(&length), "{name}, {length}");
        }
    }
}

#[test]
fn changed_files_are_errors_or_other_models_and_never_a_panic() {
    for name in ["dense", "channels_last", "bytes", "trees", "external", "fixed_batch"] {
        let whole = bytes(name);
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        for _ in 0..400 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut changed = whole.clone();
            let place = (state as usize >> 8) % changed.len();
            changed[place] ^= 1 << (state % 8);
            if let Ok(model) = Model::load(changed, &Feed::default(), None, Runtime::Rten) {
                let _ = model.run(&[0.5; 8], &[4], 3);
            }
        }
    }
    for hostile in [&b""[..], b"\x00", b"PK\x03\x04", &[0xff; 64], b"\x08\x07"] {
        assert!(matches!(
            Model::load(hostile.to_vec(), &Feed::default(), None, Runtime::Rten),
            Err(OnnxError::Format(_))
        ));
    }
}

#[test]
#[cfg(not(feature = "ort"))]
fn onnx_runtime_is_refused_where_it_is_not_built_in_and_named_where_it_is_needed() {
    let refused = Model::load(bytes("dense"), &Feed::default(), None, Runtime::Ort).unwrap_err();
    assert!(matches!(refused, OnnxError::NotBuilt), "{refused}");
    assert!(refused.hint().unwrap().contains("--features ort"));
    let forest =
        Model::load(bytes("forest"), &Feed::default(), Some("scores"), Runtime::Rten).unwrap_err();
    assert!(forest.to_string().contains("TreeEnsembleClassifier"), "{forest}");
    assert!(forest.hint().unwrap().contains("runtime = \"ort\""));
}
