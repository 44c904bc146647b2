//! What is in a store is what was put there, to the last bit, or is found out.
#![allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use potstill_labels::{Found, Identity, LabelError, LabelStore, Precision};
use random::Stream;
use store::{Disk, StoreError};

/// Three classes need shards of 4096 rows: two views of 4100 rows are four files.
fn identity(rows: usize, precision: Precision) -> Identity {
    let facts = BTreeMap::from([("teacher".to_owned(), "a hash".to_owned())]);
    let outputs = ["cat", "dog", "ä \"quoted\""].map(str::to_owned).to_vec();
    Identity::new(facts, rows, 2, outputs, precision)
}

/// What a made-up teacher says: a number that half precision holds and that tells sample, view and class.
fn said(view: usize, row: usize, class: usize) -> f32 {
    let number = (row % 500 + 512 * class) as f32;
    if view == 0 { number } else { -number }
}

fn all_of(view: usize, rows: std::ops::Range<usize>) -> Vec<f32> {
    rows.flat_map(|row| (0..3).map(move |class| said(view, row, class))).collect()
}

/// Labels what is not there whole, and gives how many shards that were.
fn fill(disk: &Disk, root: &Path, identity: &Identity) -> Result<usize, LabelError> {
    let mut set = LabelStore::new(disk.clone(), root.to_owned()).open(identity.clone())?;
    let mut labelled = 0;
    for shard in identity.shards() {
        let expected = all_of(shard.view, shard.rows.clone());
        match set.read(&shard)? {
            Found::Whole(found) => assert!(found == expected, "{shard:?}"),
            Found::Absent | Found::Damaged(_) => {
                set.write(&shard, &expected)?;
                labelled += 1;
            }
        }
    }
    assert!(set.finish()?);
    Ok(labelled)
}

fn faults(root: &Path, identity: &Identity) -> Vec<LabelError> {
    let store = LabelStore::new(Disk::new(), root.to_owned());
    store
        .open(identity.clone())
        .and_then(|mut set| set.faults())
        .unwrap_or_else(|error| vec![error])
}

/// Flips a bit in place: what is cut and written anew may be flushed by the file system.
fn flip(path: &Path, bit: usize) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    for step in [0, 1] {
        file.seek(SeekFrom::Start(bit as u64 / 8)).unwrap();
        match step {
            0 => file.read_exact(&mut byte).unwrap(),
            _ => file.write_all(&[byte[0] ^ (1 << (bit % 8))]).unwrap(),
        }
    }
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path.strip_prefix(root).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

#[test]
fn labels_come_back_and_a_second_filling_asks_nobody() {
    for precision in [Precision::F32, Precision::F16] {
        let root = tempfile::tempdir().unwrap();
        let identity = identity(4100, precision);
        assert_eq!(fill(&Disk::new(), root.path(), &identity).unwrap(), 4);
        let written = files(root.path());
        assert_eq!(written.len(), 4 + 2, "shards, manifest, lock");
        assert_eq!(fill(&Disk::new(), root.path(), &identity).unwrap(), 0);
        assert!(files(root.path()) == written);
        assert!(faults(root.path(), &identity).is_empty());
        // Two numbers of four bytes and three labels, and what the file says about itself.
        let first = &written[&Path::new(&identity.name()).join("shards/part-00000.parquet")];
        let plain = 4096 * (8 + 3 * precision.bytes());
        assert!((plain..plain + 1500).contains(&first.len()), "{}", first.len());
    }
}

#[test]
fn ten_thousand_flipped_bits_are_all_found() {
    let root = tempfile::tempdir().unwrap();
    let identity = identity(12, Precision::F32);
    fill(&Disk::new(), root.path(), &identity).unwrap();
    let whole = files(root.path());
    let whole: Vec<_> = whole.iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    assert_eq!(whole.len(), 3);
    let mut generator = Stream::new(11, "flips").generator();
    let mut hit = [0; 3];
    for _ in 0..10_000 {
        let file = generator.below(3) as usize;
        let (name, bytes) = whole[file];
        let bit = generator.below(8 * bytes.len() as u64) as usize;
        flip(&root.path().join(name), bit);
        let found = faults(root.path(), &identity);
        assert_eq!(found.len(), 1, "{name:?}, bit {bit}: {found:?}");
        assert!(matches!(&found[0], LabelError::Damaged { path, .. } if path.ends_with(name)));
        flip(&root.path().join(name), bit);
        hit[file] += 1;
    }
    assert!(hit.iter().all(|&count| count > 3000), "{hit:?}");
    assert!(faults(root.path(), &identity).is_empty());
}

#[test]
fn a_flipped_bit_is_found_without_a_manifest_too_and_labelled_again() {
    let root = tempfile::tempdir().unwrap();
    let identity = identity(12, Precision::F16);
    fill(&Disk::new(), root.path(), &identity).unwrap();
    let folder = root.path().join(identity.name());
    let whole = files(root.path());
    let shard = folder.join("shards/part-00001.parquet");
    let bytes = std::fs::read(&shard).unwrap();
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    for bit in 0..8 * bytes.len() {
        flip(&shard, bit);
        let mut set =
            LabelStore::new(Disk::new(), root.path().to_owned()).open(identity.clone()).unwrap();
        let second = identity.shards().nth(1).unwrap();
        assert!(matches!(set.read(&second).unwrap(), Found::Damaged(_)), "bit {bit}");
        flip(&shard, bit);
    }
    flip(&shard, 800);
    assert_eq!(fill(&Disk::new(), root.path(), &identity).unwrap(), 1);
    assert!(files(root.path()) == whole);
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error_and_no_panic() {
    let root = tempfile::tempdir().unwrap();
    let identity = identity(12, Precision::F32);
    fill(&Disk::new(), root.path(), &identity).unwrap();
    let folder = root.path().join(identity.name());
    for name in ["shards/part-00000.parquet", "manifest.json"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        for length in 0..bytes.len() {
            std::fs::write(folder.join(name), &bytes[..length]).unwrap();
            assert_eq!(faults(root.path(), &identity).len(), 1, "{name}, {length} bytes");
        }
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn a_shard_of_other_labels_or_another_place_is_damage() {
    let root = tempfile::tempdir().unwrap();
    let first = identity(4100, Precision::F32);
    let mut second = first.clone();
    second.facts.insert("teacher".to_owned(), "another hash".to_owned());
    for identity in [&first, &second] {
        fill(&Disk::new(), root.path(), identity).unwrap();
    }
    let part = |identity: &Identity, number: usize| {
        let folder = root.path().join(identity.name());
        folder.join("shards").join(format!("part-{number:05}.parquet"))
    };
    for (from, to) in [(part(&second, 0), part(&first, 0)), (part(&first, 3), part(&first, 1))] {
        let kept = std::fs::read(&to).unwrap();
        std::fs::copy(from, &to).unwrap();
        // Whether or not a manifest knows better.
        let manifest = root.path().join(first.name()).join("manifest.json");
        let listed = std::fs::read(&manifest).unwrap();
        assert_eq!(faults(root.path(), &first).len(), 1);
        std::fs::remove_file(&manifest).unwrap();
        assert_eq!(faults(root.path(), &first).len(), 2);
        std::fs::write(&manifest, listed).unwrap();
        std::fs::write(&to, kept).unwrap();
    }
    assert!(faults(root.path(), &first).is_empty());
}

#[test]
fn a_filling_that_fails_at_any_call_goes_on_without_a_lost_or_doubled_row() {
    let whole = tempfile::tempdir().unwrap();
    let identity = identity(4100, Precision::F16);
    let disk = Disk::new();
    fill(&disk, whole.path(), &identity).unwrap();
    let calls = disk.calls();
    assert!(calls > 20, "{calls}");
    for call in 1..=calls {
        let root = tempfile::tempdir().unwrap();
        let failing = Disk::failing_at(call, ErrorKind::StorageFull);
        let failed = fill(&failing, root.path(), &identity);
        assert!(matches!(failed, Err(LabelError::Store(StoreError::Full { .. }))), "call {call}");
        let missing = faults(root.path(), &identity).len();
        // What the manifest lacks is labelled, and nothing else.
        let labelled = fill(&Disk::new(), root.path(), &identity).unwrap();
        assert!(labelled <= missing, "call {call}: {labelled} of {missing}");
        assert!(files(root.path()) == files(whole.path()), "call {call}");
    }
}

#[test]
fn those_who_fill_at_the_same_time_end_with_one_whole_set() {
    let root = tempfile::tempdir().unwrap();
    let identity = identity(20_000, Precision::F32);
    std::thread::scope(|scope| {
        let fillers = [(); 4].map(|()| scope.spawn(|| fill(&Disk::new(), root.path(), &identity)));
        for filler in fillers {
            filler.join().unwrap().unwrap();
        }
    });
    assert!(faults(root.path(), &identity).is_empty());
    assert_eq!(files(root.path()).len(), 10 + 2);
}

#[test]
fn leftovers_of_the_dead_are_removed_when_nobody_else_writes() {
    let root = tempfile::tempdir().unwrap();
    let identity = identity(12, Precision::F32);
    let shards = root.path().join(identity.name()).join("shards");
    std::fs::create_dir_all(&shards).unwrap();
    let leftover = shards.join(".tmp-part-00000.parquet-1-0");
    std::fs::write(&leftover, b"half").unwrap();
    fill(&Disk::new(), root.path(), &identity).unwrap();
    assert!(!leftover.exists());

    // Someone else is at work: what looks left over may be theirs.
    let folder = root.path().join(identity.name());
    let other = store::Lock::share(&Disk::new(), &folder, &[]).unwrap();
    std::fs::write(&leftover, b"half").unwrap();
    std::fs::remove_file(shards.join("part-00001.parquet")).unwrap();
    assert_eq!(fill(&Disk::new(), root.path(), &identity).unwrap(), 1);
    assert!(leftover.exists());
    drop(other);
}

#[test]
fn the_nearest_other_labels_say_what_changed() {
    let root = tempfile::tempdir().unwrap();
    let store = LabelStore::new(Disk::new(), root.path().to_owned());
    let first = identity(12, Precision::F32);
    assert_eq!(store.nearest_differences(&first), None);
    fill(&Disk::new(), root.path(), &first).unwrap();
    assert_eq!(store.nearest_differences(&first), None);
    let mut other = first.clone();
    other.precision = Precision::F16;
    assert_eq!(store.nearest_differences(&other), Some(vec!["precision".to_owned()]));
    fill(&Disk::new(), root.path(), &other).unwrap();
    other.facts.insert("teacher".to_owned(), "another".to_owned());
    assert_eq!(store.nearest_differences(&other), Some(vec!["teacher".to_owned()]));
}

#[test]
fn half_precision_rounds_and_refuses_what_it_cannot_hold() {
    let mut values = [0.1, -3.0, 1e-9, 70_000.0];
    Precision::F32.round(&mut values, 0, 0, 2).unwrap();
    assert_eq!(values, [0.1, -3.0, 1e-9, 70_000.0]);
    let error = Precision::F16.round(&mut values, 3, 10, 2).unwrap_err();
    assert!(matches!(error, LabelError::TooLarge { sample: 11, view: 3, found: 70_000.0 }));
    // 0.1 as NumPy's float16 has it.
    assert_eq!(values[..3], [0.099_975_586, -3.0, 0.0]);
}
