//! Arrays of NumPy and folders of images from the recipe to predictions, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

fn recipe(data: &str) -> String {
    format!(
        "[data]\n{data}\n\n[teacher]\nmodel = \"mlp\"\nepochs = 1\n\n[student]\nmodel = \"mlp\"\n\
         hidden = [4]\n\n[distill]\nepochs = 1\nseeds = 1\n"
    )
}

/// An NPY file of float32, two dimensions.
fn npy(rows: usize, width: usize) -> Vec<u8> {
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}\n");
    let numbers = (0..rows * width).map(|at| ((at * 37 % 101) as f32 - 50.0).to_le_bytes());
    let size = (header.len() as u16).to_le_bytes();
    let start = [b"\x93NUMPY\x01\x00", &size[..], header.as_bytes()].concat();
    start.into_iter().chain(numbers.flatten()).collect()
}

fn npy_labels(rows: usize) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows},), }}\n");
    let size = (header.len() as u16).to_le_bytes();
    let start = [b"\x93NUMPY\x01\x00", &size[..], header.as_bytes()].concat();
    start.into_iter().chain((0..rows).map(|row| (row % 2) as u8)).collect()
}

#[test]
fn arrays_are_distilled_predicted_and_their_faults_refused() {
    let workshop = Workshop::new();
    let data = "source = \"x.npy\"\nlabels = \"y.npy\"";
    workshop.write("job.toml", recipe(data).as_bytes());
    workshop.write("x.npy", &npy(40, 3));
    workshop.write("y.npy", &npy_labels(40));
    workshop.run(&["distill", "job.toml", "--run", "run"]);
    assert!(workshop.run(&["evaluate", "run"]).contains("accuracy"));
    let said = workshop.run(&["predict", "run", "x.npy"]);
    assert!(said.starts_with("prediction,probability\n"), "{said}");
    assert_eq!(said.lines().count(), 41);
    workshop.compare("predict-array-of-another-width", &["predict", "run", "y.npy"]);
    workshop.write("x.npy", &npy(40, 3)[..500]);
    workshop.compare("npy-truncated", &["check", "job.toml"]);
    workshop.write("x.npy", b"\x80\x04\x95\x10 a pickle");
    workshop.compare("npy-pickle", &["check", "job.toml"]);
}

#[test]
fn folders_of_images_are_distilled_and_predicted_and_bad_files_named() {
    let workshop = Workshop::new();
    let picture = include_bytes!("../../data/tests/pictures/rgb.png");
    let other = include_bytes!("../../data/tests/pictures/photo.jpg");
    for number in 0..8 {
        workshop.write(&format!("pets/cat/{number}.png"), picture);
        workshop.write(&format!("pets/dog/{number}.jpg"), other);
    }
    workshop.write("pets/dog/note.png", b"no image");
    workshop.write("job.toml", recipe("source = \"pets\"\nsize = 8").as_bytes());
    workshop.compare("image-folder-bad-file", &["check", "job.toml"]);
    let arguments = ["--set", "data.skip_bad=1"];
    let check = workshop.output(&["check", "job.toml", arguments[0], arguments[1]]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(said.contains("pets/dog/note.png: skipped, 1 of 1: expected a JPEG"), "{said}");
    workshop.run(&["distill", "job.toml", "--run", "run", arguments[0], arguments[1]]);
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("a report");
    assert!(report.contains("were skipped: 1"), "the report does not name the skipped file");
    // The file is still there, and a prediction does not pass over it.
    workshop.compare("predict-bad-image", &["predict", "run", "pets"]);
    std::fs::remove_file(workshop.path("pets/dog/note.png")).expect("it is there");
    let said = workshop.run(&["predict", "run", "pets"]);
    assert!(said.starts_with("file,prediction,probability\ncat/0.png,"), "{said}");
    assert_eq!(said.lines().count(), 17);
    assert!(workshop.run(&["evaluate", "run", "pets"]).contains("16 of pets"));
}
