//! Of labels of which the first classes are kept, those are exact, and the store gives back what it was given.
#![allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use potstill_labels::{Found, Identity, Keeping, LabelStore, Precision};
use random::Stream;
use store::Disk;

const CLASSES: usize = 40;
const ROWS: usize = 300;

fn keeping(precision: Precision, classes: usize) -> Keeping {
    Keeping { precision, top_k: Some(classes), taps: false }
}

fn kept(keeping: Keeping, row: &[f32]) -> Vec<f32> {
    let mut values = row.to_vec();
    keeping.round(&mut values, 0, 0, row.len()).unwrap();
    values
}

/// Normal logits of deviation 4.
fn said(rows: usize) -> Vec<f32> {
    let mut generator = Stream::new(6, "logits").generator();
    (0..rows * CLASSES).map(|_| 4.0 * generator.normal() as f32).collect()
}

/// The largest first, and of equals the first.
fn order(row: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&one, &two| row[two].total_cmp(&row[one]).then(one.cmp(&two)));
    order
}

fn probabilities(row: &[f32]) -> Vec<f64> {
    let exponentials: Vec<f64> = row.iter().map(|&logit| f64::from(logit).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|value| value / sum).collect()
}

#[test]
fn the_first_classes_keep_their_logits_and_the_others_share_what_they_have_together() {
    // The mean of e^1, e^0 and e^-1 is (2.718282 + 1 + 0.367879) / 3 = 1.362054, its logarithm 0.308994.
    let first_two = keeping(Precision::F32, 2);
    let found = kept(first_two, &[1.0, 5.0, 0.0, 3.0, -1.0]);
    assert_eq!([found[1], found[3]], [5.0, 3.0]);
    for place in [0, 2, 4] {
        assert!((found[place] - 0.308_994).abs() < 1e-6, "{found:?}");
    }
    assert_eq!(kept(first_two, &found), found, "cut once is cut");
    assert_eq!(kept(first_two, &[1.0, 2.0]), [1.0, 2.0], "there is no other class");
}

#[test]
fn all_probabilities_of_the_first_classes_stay() {
    for classes in [1, 5, 39] {
        for row in said(ROWS).chunks(CLASSES) {
            let (before, after) =
                (probabilities(row), probabilities(&kept(keeping(Precision::F32, classes), row)));
            for &place in &order(row)[..classes] {
                assert!((before[place] - after[place]).abs() < 1e-6, "{classes}");
            }
        }
    }
}

#[test]
fn of_equal_classes_the_first_are_kept_and_stay_the_first() {
    for precision in [Precision::F32, Precision::F16] {
        for row in [[2.0; 5], [0.0; 5], [-0.0; 5], [-3.0; 5], [1.0, 2.0, 2.0, 2.0, 2.0]] {
            let found = kept(keeping(precision, 2), &row);
            let places = order(&found);
            assert_eq!(places[..2], order(&row)[..2], "{row:?} {found:?}");
            assert!(found[places[1]] > found[places[2]], "{found:?}");
            assert_eq!(kept(keeping(precision, 2), &found), found);
        }
    }
}

fn identity(keeping: Keeping) -> Identity {
    let facts = BTreeMap::from([("teacher".to_owned(), "a hash".to_owned())]);
    let outputs = (0..CLASSES).map(|class| format!("class {class}")).collect();
    Identity::new(facts, ROWS, 1, outputs, keeping)
}

/// Labels all samples, and gives what was written and the size of the file.
fn fill(root: &Path, keeping: Keeping) -> (Vec<f32>, u64) {
    let identity = identity(keeping);
    let mut set = LabelStore::new(Disk::new(), root.to_owned()).open(identity.clone()).unwrap();
    let shard = identity.shards().next().unwrap();
    let mut values = said(ROWS);
    keeping.round(&mut values, 0, 0, CLASSES).unwrap();
    set.write(&shard, &values).unwrap();
    assert!(set.finish().unwrap());
    (values, set.bytes())
}

#[test]
fn labels_come_back_and_take_the_place_that_is_said() {
    for precision in [Precision::F32, Precision::F16] {
        for classes in [1, 5, 39, 40] {
            let root = tempfile::tempdir().unwrap();
            let keeping = keeping(precision, classes);
            let (written, bytes) = fill(root.path(), keeping);
            let identity = identity(keeping);
            let store = LabelStore::new(Disk::new(), root.path().to_owned());
            let mut set = store.open(identity.clone()).unwrap();
            match set.read(&identity.shards().next().unwrap()).unwrap() {
                Found::Whole(found) => assert_eq!(found, written, "{keeping:?}"),
                other => panic!("{keeping:?}: {other:?}"),
            }
            assert!(set.faults().unwrap().is_empty());
            if classes < CLASSES {
                let plain = (ROWS * (8 + keeping.bytes(CLASSES))) as u64;
                let most = plain + 1000 + 150 * (2 * classes as u64 + 1);
                assert!((plain..most).contains(&bytes), "{keeping:?}: {bytes} of {plain}");
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_a_shard_is_found() {
    let root = tempfile::tempdir().unwrap();
    let keeping = keeping(Precision::F16, 3);
    fill(root.path(), keeping);
    let identity = identity(keeping);
    let folder = root.path().join(identity.name());
    // Without the manifest the shard stands for itself.
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    let path = folder.join("shards/part-00000.parquet");
    let whole = std::fs::read(&path).unwrap();
    let shard = identity.shards().next().unwrap();
    let mut generator = Stream::new(7, "flips").generator();
    for _ in 0..2000 {
        let bit = generator.below(8 * whole.len() as u64) as usize;
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &damaged).unwrap();
        let store = LabelStore::new(Disk::new(), root.path().to_owned());
        let found = store.open(identity.clone()).unwrap().read(&shard).unwrap();
        assert!(matches!(found, Found::Damaged(_)), "bit {bit}");
    }
}
