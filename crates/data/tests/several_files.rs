//! Several files as one source, by a list or a pattern.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::path::Path;

use potstill_data::{DataOptions, Defect, Source, TableOptions, check, load};

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn rows(range: std::ops::Range<usize>) -> String {
    range.map(|row| format!("{}.5,{},{}\n", row * 7 % 40, row % 5, row % 2)).collect()
}

/// Three files that are one table of 90 rows, and that table.
fn parts(folder: &Path) {
    write(folder, "all.csv", &format!("size,age,class\n{}", rows(0..90)));
    for (number, range) in [(1, 0..30), (2, 30..70), (3, 70..90)] {
        write(
            folder,
            &format!("data/part-{number}.csv"),
            &format!("size,age,class\n{}", rows(range)),
        );
    }
    write(folder, "data/other.csv", "x\n1\n");
    write(folder, "data/.part-9.csv", "x\n1\n");
}

fn options(source: impl Into<Source>) -> DataOptions {
    DataOptions { source: source.into(), label: Some("class".into()), ..DataOptions::default() }
}

#[test]
fn a_pattern_and_a_list_give_the_samples_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    parts(folder.path());
    let whole = load(&options("all.csv"), folder.path()).unwrap();
    let list = ["data/part-3.csv", "data/part-1.csv", "data/part-2.csv"].map(str::to_owned);
    let absolute = format!("{}/data/part-?.csv", folder.path().display());
    let sources = [
        Source::from("data/part-*.csv"),
        Source::of(list.to_vec()),
        "**/part-[123].csv".into(),
        absolute.into(),
    ];
    for source in sources {
        let found = load(&options(source.clone()), folder.path()).unwrap();
        assert!(found.train == whole.train && found.test == whole.test, "{source}");
        let names: Vec<&str> = found.sources.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names.len(), 3, "{source}");
        assert!(
            names
                .iter()
                .zip(1..)
                .all(|(name, number)| name.ends_with(&format!("part-{number}.csv")))
        );
    }
    // The columns of a file may come in another order.
    let moved = rows(30..70)
        .lines()
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            format!("{},{},{}\n", cells[2], cells[0], cells[1])
        })
        .collect::<String>();
    write(folder.path(), "data/part-2.csv", &format!("class,size,age\n{moved}"));
    let found = load(&options("data/part-*.csv"), folder.path()).unwrap();
    assert!(found.train == whole.train && found.test == whole.test);
}

#[test]
fn what_does_not_fit_is_named_by_file_and_column() {
    let folder = tempfile::tempdir().unwrap();
    parts(folder.path());
    let refused = |source: Source| {
        let error = load(&options(source), folder.path()).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), ".")
    };
    let first = "./data/part-1.csv";
    write(folder.path(), "data/part-2.csv", "size,class\n1,0\n");
    assert_eq!(
        refused("data/part-*.csv".into()),
        format!("./data/part-2.csv: column `age` is missing, unlike in {first}")
    );
    write(folder.path(), "data/part-2.csv", "size,age,class,more\n1,0,0,0\n");
    assert_eq!(
        refused("data/part-*.csv".into()),
        format!("./data/part-2.csv: column `more` is one column more, unlike in {first}")
    );
    write(folder.path(), "data/part-2.csv", "size,age,class\n1,0,1\n2,3\n");
    assert_eq!(
        refused("data/part-*.csv".into()),
        "./data/part-2.csv:3: expected 3 fields, found 2"
    );
    let twice = ["all.csv", "a*.csv"].map(str::to_owned).to_vec();
    assert_eq!(refused(Source::of(twice)), "`source` is all.csv, expected each file once");
    assert_eq!(
        refused("data/piece-*.csv".into()),
        "./data/piece-*.csv: expected files that match the pattern, found none"
    );
    write(folder.path(), "x.npy", "no array");
    let mixed = ["all.csv", "x.npy"].map(str::to_owned).to_vec();
    assert!(refused(Source::of(mixed)).starts_with("./x.npy: "));
}

/// Also where the folder comes first, whose labels a table does not have.
#[test]
fn a_table_and_a_folder_of_images_are_told_to_be_of_two_kinds() {
    let folder = tempfile::tempdir().unwrap();
    parts(folder.path());
    let image = include_bytes!("pictures/rgb.png");
    for name in ["0/cat/a.png", "0/dog/b.png", "images/cat/a.png", "images/dog/b.png"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, image).unwrap();
    }
    for (images, expected) in [
        ("0", "./all.csv: expected images of 3x12x20 like ./0, found a table"),
        ("images", "./images: expected a table like ./all.csv, found images of 3x12x20"),
    ] {
        let list = Source::of([images, "all.csv"].map(str::to_owned).to_vec());
        let error = load(&options(list), folder.path()).unwrap_err().to_string();
        assert_eq!(error.replace(&folder.path().display().to_string(), "."), expected);
    }
}

#[test]
fn files_that_are_nearly_what_is_read_are_told_from_others() {
    let folder = tempfile::tempdir().unwrap();
    for (name, found, hint) in [
        ("x.tsv", "one with tabs", "save the table as .csv"),
        ("x.CSV.gz", "a compressed one", "unpack the file"),
        ("x.parquet.zst", "a compressed one", "unpack the file"),
        ("data_batch_2.bin", "one of these files", "give the folder as the source"),
        ("cat.JPG", "a single image", "give the folder: with a folder of images for each class"),
        ("x.bin", "the first bytes", "name files *.csv"),
    ] {
        write(folder.path(), name, "a\tb\n1\t2\n");
        let error = load(&options(name), folder.path()).unwrap_err();
        assert!(error.to_string().contains(&format!(", found {found}")), "{error}");
        assert!(error.hint().unwrap().starts_with(hint), "{error}: {:?}", error.hint());
    }
}

#[test]
fn errors_and_findings_name_the_file_and_its_row() {
    let folder = tempfile::tempdir().unwrap();
    parts(folder.path());
    let text = std::fs::read_to_string(folder.path().join("data/part-2.csv")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[6] = ",3,1";
    lines[8] = lines[7];
    write(folder.path(), "data/part-2.csv", &lines.join("\n"));
    let all = DataOptions { validation: 0.0, test: 0.1, ..options("data/part-*.csv") };
    let findings = check(&all, folder.path()).unwrap();
    let missing = findings
        .iter()
        .find(|finding| matches!(finding.defect, Defect::MissingCells | Defect::NewMissing));
    assert!(missing.unwrap().place.ends_with("data/part-2.csv:7, column `size`"), "{findings:#?}");
    let refuse = TableOptions { missing: None, ..TableOptions::default() };
    let error = load(&DataOptions { table: refuse, ..all.clone() }, folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("data/part-2.csv:7: column `size` has no value"));
    let corpus = load(&all, folder.path()).unwrap();
    let count = corpus.cells.values().flatten().next().unwrap();
    assert!(count.to_string().contains("the first in line 7 of "), "{count}");
    // An id that stands in two files.
    write(folder.path(), "data/part-3.csv", "size,age,class\n12345.5,1,0\n");
    write(folder.path(), "data/part-2.csv", "size,age,class\n1,1,1\n12345.5,1,0\n");
    write(folder.path(), "data/part-1.csv", "size,age,class\n3,1,1\n2,1,0\n");
    let id = TableOptions { id: Some("size".into()), ..TableOptions::default() };
    let error = load(&DataOptions { table: id, ..options("data/part-*.csv") }, folder.path());
    let said = error.unwrap_err().to_string();
    assert!(said.contains("data/part-3.csv:2: column `size` holds `12345.5` again, as line 3 of "));
    assert!(said.ends_with("data/part-2.csv does"), "{said}");
}

/// An NPY file of float32 or of bytes.
fn npy(shape: &str, kind: &str, content: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let size = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &size[..], header.as_bytes(), content].concat()
}

#[test]
fn arrays_are_joined_with_their_labels() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = |range: std::ops::Range<u32>| -> Vec<u8> {
        range.flat_map(|number| ((number * 37 % 101) as f32).to_le_bytes()).collect()
    };
    let labels =
        |range: std::ops::Range<u32>| range.map(|row| (row % 2) as u8).collect::<Vec<u8>>();
    for (name, range) in [("all", 0..40), ("part-1", 0..16), ("part-2", 16..40)] {
        let count = range.len();
        let values = numbers(2 * range.start..2 * range.end);
        std::fs::write(
            folder.path().join(format!("x-{name}.npy")),
            npy(&format!("{count}, 2"), "<f4", &values),
        )
        .unwrap();
        std::fs::write(
            folder.path().join(format!("y-{name}.npy")),
            npy(&format!("{count},"), "|u1", &labels(range)),
        )
        .unwrap();
    }
    let options = |source: &str, labels: &str| DataOptions {
        source: source.into(),
        labels: Some(labels.into()),
        ..DataOptions::default()
    };
    let whole = load(&options("x-all.npy", "y-all.npy"), folder.path()).unwrap();
    let found = load(&options("x-part-*.npy", "y-part-*.npy"), folder.path()).unwrap();
    assert!(found.train == whole.train && found.test == whole.test);
    let error = load(&options("x-part-*.npy", "y-part-1.npy"), folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`labels` is 1 file, expected one for each of 2 files with samples"
    );
    assert!(error.hint().unwrap().starts_with("name a file of labels for each file of samples"));
    std::fs::write(folder.path().join("x-part-3.npy"), npy("1, 3", "<f4", &numbers(0..3))).unwrap();
    std::fs::write(folder.path().join("y-part-3.npy"), npy("1,", "|u1", &[0])).unwrap();
    let error = load(&options("x-part-*.npy", "y-part-*.npy"), folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("x-part-1.npy, found rows of 3 numbers")
            && error.to_string().contains("x-part-3.npy: expected rows of 2 numbers like "),
        "{error}"
    );
}
