//! Folders of images: what is read, what is skipped, and the text of every refusal.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use std::io::Write;
use std::path::{Path, PathBuf};

use potstill_data::{
    Corpus, DataError, DataOptions, Defect, ImageReading, Preprocessing, SampleShape, Severity,
    Source, check, load,
};
use serde_json::Value;

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures")
}

fn picture(name: &str) -> Vec<u8> {
    std::fs::read(pictures().join(name)).unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Two classes, `cat` and `dog`, of four images each.
fn pets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..4 {
        write(folder.path(), &format!("dog/{number}.png"), &picture("rgb.png"));
        write(folder.path(), &format!("cat/{number}.jpg"), &picture("photo.jpg"));
    }
    folder
}

fn options() -> DataOptions {
    DataOptions { source: ".".into(), test: 0.25, validation: 0.25, ..DataOptions::default() }
}

fn load_folder(folder: &Path) -> Result<Corpus, DataError> {
    load(&options(), folder)
}

/// The message from the folder on, and the hint.
fn refusal(folder: &Path) -> (String, String) {
    let error = load_folder(folder).unwrap_err();
    let message = error.to_string();
    let start = message.find("/./").unwrap() + 3;
    (message[start..].to_owned(), error.hint().unwrap_or_default())
}

/// The pixels from 0 to 255 of the only image of a folder, by the scale of the preprocessing.
fn raw_pixels(name: &str, images: ImageReading) -> (SampleShape, Vec<f64>) {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        write(folder.path(), &format!("{class}/{name}"), &picture(name));
    }
    let options =
        DataOptions { images, test_source: Some(".".into()), validation: 0.0, ..options() };
    let corpus = load(&options, folder.path()).unwrap();
    let Preprocessing::Image(scale) = &corpus.preprocessing else { panic!("no images") };
    let area = scale.height * scale.width;
    let raw = |(place, &value): (usize, &f32)| {
        let channel = place / area;
        255.0 * (f64::from(value) * scale.deviation[channel] + scale.mean[channel])
    };
    (corpus.train.shape, corpus.train.row(0).unwrap().iter().enumerate().map(raw).collect())
}

#[track_caller]
fn assert_pixels(name: &str, found: &[f64], expected: &Value, tolerance: f64) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{name}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let expected = expected.as_f64().unwrap();
        assert!((found - expected).abs() < tolerance, "{name}, {place}: {found} {expected}");
    }
}

#[test]
fn every_format_gives_the_pixels_that_pillow_reads() {
    let oracle: Value = serde_json::from_str(include_str!("pictures/pictures.json")).unwrap();
    for (name, expected) in oracle.as_object().unwrap() {
        let channels = (name == "transparent.png").then_some(3);
        let (shape, found) = raw_pixels(name, ImageReading { channels, ..ImageReading::default() });
        let size = |place: usize| expected["shape"][place].as_u64().unwrap() as usize;
        let (channels, height, width) = (size(0), size(1), size(2));
        assert_eq!(shape, SampleShape::Image { channels, height, width }, "{name}");
        // Decoders of lossy formats may differ in rounding and in how colours are scaled up.
        let tolerance = match name.as_str() {
            "photo.jpg" | "progressive.jpeg" | "grey.jpg" => 3.5,
            "lossy.webp" => 12.0,
            _ => 0.01,
        };
        assert_pixels(name, &found, &expected["pixels"], tolerance);
        if let (Some(fit), true) = (expected.get("fit"), tolerance < 5.0) {
            let size = ImageReading { size: Some(6), ..ImageReading::default() };
            let (_, found) = raw_pixels(name, size);
            // Pillow rounds between its two passes.
            assert_pixels(name, &found, fit, tolerance + 1.5);
        }
    }
}

#[test]
fn classes_are_the_sorted_folders_and_rows_the_sorted_files() {
    let folder = pets();
    write(folder.path(), ".DS_Store", b"hidden");
    write(folder.path(), "notes.txt", b"beside the classes");
    let corpus = load_folder(folder.path()).unwrap();
    assert_eq!(corpus.classes, ["cat", "dog"]);
    assert_eq!((corpus.train.len(), corpus.validation.len(), corpus.test.len()), (4, 2, 2));
    assert_eq!(corpus.train.labels, [0, 0, 1, 1].map(Some));
    assert_eq!(corpus.sources.len(), 1);
    let rows = corpus.preprocessing.read_rows(folder.path()).unwrap();
    assert_eq!(rows.header, ["file"]);
    assert_eq!(rows.records[0], ["cat/0.jpg"]);
    assert_eq!(rows.records[7], ["dog/3.png"]);
    assert_eq!(rows.samples.labels, [0, 0, 0, 0, 1, 1, 1, 1].map(Some));
    // Images alone have no labels, and classes are known by name.
    let rows = corpus.preprocessing.read_rows(&folder.path().join("dog")).unwrap();
    assert_eq!(rows.samples.labels, [None; 4]);
    let dogs = tempfile::tempdir().unwrap();
    write(dogs.path(), "dog/x.png", &picture("rgb.png"));
    let rows = corpus.preprocessing.read_rows(dogs.path()).unwrap();
    assert_eq!(rows.samples.labels, [Some(1)]);
    write(dogs.path(), "fox/x.png", &picture("rgb.png"));
    let error = corpus.preprocessing.read_rows(dogs.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("fox/x.png: label `fox` is not among the 2 classes `cat`, `dog`"),
        "{error}"
    );
    // Where nobody asks for labels, folders may have any name.
    let rows = corpus.preprocessing.read_unlabelled(dogs.path()).unwrap();
    assert_eq!(rows.records, [["dog/x.png"], ["fox/x.png"]]);
    assert_eq!(rows.samples.labels, [None; 2]);
    let path = dogs.path().join("rows.csv");
    std::fs::write(&path, "size,class\n1,fox\n").unwrap();
    let error = corpus.preprocessing.read_unlabelled(&path).unwrap_err().to_string();
    assert!(
        error.ends_with(
            ", or a table with the columns `pixel_0`, `pixel_1` and so on, found a table"
        ),
        "{error}"
    );
}

#[test]
fn images_that_a_model_cannot_take_are_held_against_those_of_training() {
    let preprocessing = load_folder(pets().path()).unwrap().preprocessing;
    let refused = |name: &str, bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, bytes);
        let error = preprocessing.read_unlabelled(folder.path()).unwrap_err();
        (error.to_string(), error.hint().unwrap())
    };
    // The only image of its folder.
    let (message, hint) = refused("x.png", &picture("grey.png"));
    let expected = "x.png: expected an image of 3x12x20 as in training, found 1x12x20";
    assert!(message.ends_with(expected), "{message}");
    assert!(hint.starts_with("convert the image"), "{hint}");
    // Nobody has a recipe here, whose keys would help.
    let cut = picture("photo.jpg");
    assert_eq!(refused("x.jpg", &cut[..cut.len() - 40]).1, "get the file again or remove it");
    let (_, hint) = refused("x.png", &picture("transparent.png"));
    assert_eq!(hint, "save the image without transparency, as those of training were");
}

#[test]
fn folders_named_train_and_test_are_the_splits() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        for number in 0..3 {
            write(folder.path(), &format!("train/{class}/{number}.png"), &picture("rgb.png"));
        }
        write(folder.path(), &format!("test/{class}/0.webp"), &picture("lossless.webp"));
    }
    let corpus = load_folder(folder.path()).unwrap();
    assert_eq!((corpus.train.len(), corpus.validation.len(), corpus.test.len()), (4, 2, 2));
    let names: Vec<&str> = corpus.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["./train", "./test"]);
    assert_eq!(corpus.preprocessing.read_rows(folder.path()).unwrap().samples, corpus.test);
}

#[test]
fn a_file_that_is_no_good_is_refused_with_its_name() {
    let refused = |name: &str, bytes: &[u8]| {
        let folder = pets();
        write(folder.path(), name, bytes);
        refusal(folder.path())
    };
    let cut = picture("photo.jpg");
    let (message, hint) = refused("cat/x.jpg", &cut[..cut.len() - 40]);
    assert_eq!(message, "cat/x.jpg: expected a whole JPEG image, found no end of the image");
    assert!(hint.contains("`skip_bad`"));
    let mut damaged = picture("rgb.png");
    damaged[100] ^= 1;
    let damaged_hint = "get the file again or remove it; `skip_bad` allows so many bad files";
    for (name, bytes, format) in [
        ("dog/x.png", damaged, "PNG"),
        ("dog/x.png", picture("rgb.png")[..60].to_vec(), "PNG"),
        ("dog/x.webp", picture("lossy.webp")[..60].to_vec(), "WebP"),
        ("dog/x.jpg", [&[0xff, 0xd8, 0xff, 0xe0][..], &[0; 40], &[0xff, 0xd9]].concat(), "JPEG"),
    ] {
        let (message, hint) = refused(name, &bytes);
        let expected = "found one that is damaged or cut off";
        assert_eq!(message, format!("{name}: expected a whole {format} image, {expected}"));
        assert_eq!(hint, damaged_hint);
    }
    assert_eq!(
        refused("dog/x.txt", b"text"),
        (
            "dog/x.txt: expected an image file: .jpg, .jpeg, .png or .webp, found another file"
                .into(),
            "convert the file, or move it elsewhere".into()
        )
    );
    let (message, hint) = refused("dog/x.png", &picture("photo.jpg"));
    assert_eq!(message, "dog/x.png: expected PNG as the name says, found JPEG");
    assert_eq!(hint, "correct the ending of the file's name");
    for (bytes, found) in [
        (&b"BM\x00\x00"[..], "BMP"),
        (b"GIF89a", "GIF"),
        (b"II*\x00", "TIFF"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "a page in HTML"),
        ("nächste Woche\n".as_bytes(), "text"),
        (&[b'a', 0, 1, 2, 3, 4, 5, 6], "a file of no known format"),
        (&[0xff, 0xfe, 9, 9], "a file of no known format"),
    ] {
        let (message, hint) = refused("dog/x.png", bytes);
        let expected = "dog/x.png: expected a JPEG, PNG or WebP image";
        assert_eq!(message, format!("{expected}, found {found}"));
        assert!(hint.starts_with("replace it by an image, or remove it; `skip_bad`"), "{hint}");
    }
    let (message, hint) = refused("dog/x.png", &picture("grey.png"));
    assert_eq!(
        message,
        "dog/x.png: expected an image of 3x12x20 like the first, `cat/0.jpg`, found 1x12x20"
    );
    assert!(hint.contains("`size`") && hint.contains("`channels`"));
    let (message, hint) = refused("dog/x.png", &picture("transparent.png"));
    assert_eq!(
        message,
        "dog/x.png: expected a grey or an RGB image, found an image with transparency"
    );
    assert!(hint.contains("channels = 3"));
    assert_eq!(refused("dog/x.png", b"").0, "dog/x.png: the file is empty");
    let (message, hint) = refused("0.png", &picture("rgb.png"));
    assert_eq!(message, "0.png: expected folders of classes alone, found an image beside them");
    assert!(hint.starts_with("move it into the folder of its class"), "{hint}");
    let (message, hint) = refused("dog/more.png/x.png", &picture("rgb.png"));
    assert_eq!(message, "dog/more.png: expected an image file, found a folder");
    assert!(hint.starts_with("put the images into the folder of their class itself"), "{hint}");
    let folder = pets();
    std::fs::create_dir(folder.path().join("fox")).unwrap();
    assert_eq!(
        refusal(folder.path()).0,
        "fox: expected at least one image of the class, found an empty folder"
    );
}

#[test]
fn an_image_that_states_a_huge_size_is_refused_before_it_is_decoded() {
    // The size stands in the first chunk of a PNG file, with a checksum that must be right.
    for (sides, said) in [
        ([0, 1, 0, 0, 0, 1, 0, 0], "at most 16384 pixels along a side, found 65536x65536"),
        (
            [0x7f, 255, 255, 255, 0, 0, 0, 1],
            "at most 16384 pixels along a side, found 2147483647x1",
        ),
        (
            [0, 0, 64, 0, 0, 0, 64, 0],
            "at most 536870912 bytes to decode the image, found 805306368, of 16384x16384 pixels",
        ),
    ] {
        let mut bomb = picture("rgb.png");
        bomb[16..24].copy_from_slice(&sides);
        let mut checksum = flate2::Crc::new();
        checksum.update(&bomb[12..29]);
        let sum = checksum.sum().to_be_bytes();
        bomb[29..33].copy_from_slice(&sum);
        let folder = pets();
        write(folder.path(), "dog/x.png", &bomb);
        let (message, hint) = refusal(folder.path());
        assert_eq!(message, format!("dog/x.png: expected {said}"));
        assert!(hint.starts_with("scale the image down, or remove it"), "{hint}");
    }
}

#[test]
fn sizes_and_channels_are_made_equal_where_the_options_say_so() {
    let folder = pets();
    write(folder.path(), "dog/x.png", &picture("grey.png"));
    write(folder.path(), "dog/y.png", &picture("transparent.png"));
    let images = ImageReading { size: Some(8), channels: Some(1), ..ImageReading::default() };
    let corpus = load(&DataOptions { images, ..options() }, folder.path()).unwrap();
    assert_eq!(corpus.train.shape, SampleShape::Image { channels: 1, height: 8, width: 8 });
    // The model brings what it predicts to the same size.
    let stored = serde_json::to_string(&corpus.preprocessing).unwrap();
    let stored: Preprocessing = serde_json::from_str(&stored).unwrap();
    let rows = stored.read_rows(folder.path()).unwrap();
    assert_eq!(rows.samples.len(), 10);
    assert_eq!(rows.samples.shape, corpus.train.shape);
}

#[test]
fn bad_files_are_skipped_up_to_the_budget_and_named() {
    let folder = pets();
    write(folder.path(), "cat/a.jpg", b"no image");
    write(folder.path(), "dog/z.gif", b"GIF89a");
    let with = |skip_bad| load(&DataOptions { skip_bad, ..self::options() }, folder.path());
    let corpus = with(2).unwrap();
    assert_eq!(corpus.train.len() + corpus.validation.len() + corpus.test.len(), 8);
    let names: Vec<&str> = corpus.skipped.iter().map(|file| file.name.as_str()).collect();
    assert!(names[0].ends_with("cat/a.jpg") && names[1].ends_with("dog/z.gif"), "{names:?}");
    let options = DataOptions { skip_bad: 2, ..options() };
    let findings = check(&options, folder.path()).unwrap();
    let finding = findings.iter().find(|finding| finding.place.ends_with("dog/z.gif")).unwrap();
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(
        finding.message,
        "skipped, 2 of 2: expected an image file: .jpg, .jpeg, .png or .webp, found another file"
    );
    let error = with(1).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("more files than `skip_bad` = 1 cannot be used"), "{message}");
    assert!(message.contains("dog/z.gif: expected an image file"), "{message}");
    assert!(with(0).unwrap_err().to_string().contains("cat/a.jpg: expected a JPEG, PNG"));
}

#[test]
fn an_image_beside_the_folders_of_classes_counts_as_a_bad_file() {
    let folder = pets();
    write(folder.path(), "0.png", &picture("rgb.png"));
    write(folder.path(), "cat/a.jpg", b"no image");
    let with = |skip_bad| load(&DataOptions { skip_bad, ..self::options() }, folder.path());
    let corpus = with(2).unwrap();
    assert_eq!(corpus.train.len() + corpus.validation.len() + corpus.test.len(), 8);
    assert_eq!(corpus.classes, ["cat", "dog"]);
    let first = &corpus.skipped[0];
    assert!(first.name.ends_with("0.png") && corpus.skipped.len() == 2, "{first:?}");
    assert_eq!(first.reason, "expected folders of classes alone, found an image beside them");
    let error = with(1).unwrap_err().to_string();
    assert!(error.starts_with("more files than `skip_bad` = 1 cannot be used"), "{error}");
}

#[test]
fn a_cut_or_a_flipped_bit_is_refused_or_gives_whole_images() {
    for name in ["rgb.png", "photo.jpg", "progressive.jpeg", "lossless.webp", "lossy.webp"] {
        let whole = picture(name);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &format!("a/{name}"), &whole);
        let other = folder.path().join("b").join(name);
        std::fs::create_dir(other.parent().unwrap()).unwrap();
        let options = DataOptions { test_source: Some(".".into()), validation: 0.0, ..options() };
        let read = |bytes: &[u8]| {
            std::fs::write(&other, bytes).unwrap();
            load(&options, folder.path())
        };
        let intact = read(&whole).unwrap();
        for length in (0..whole.len()).step_by(3) {
            // The last bytes of a PNG file are a checksum of nothing.
            if let Ok(corpus) = read(&whole[..length]) {
                assert_eq!(corpus.train, intact.train, "{name}, {length} bytes");
                assert!(length + 12 > whole.len(), "{name}, {length} bytes");
            }
        }
        for bit in (0..8 * whole.len()).step_by(13) {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(corpus) = read(&damaged) {
                assert_eq!(corpus.train.values.len(), 2 * 3 * 12 * 20, "{name}, bit {bit}");
            }
        }
    }
}

/// A grey PNG file.
fn png(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let mut checksum = flate2::Crc::new();
        checksum.update(kind);
        checksum.update(content);
        let length = (content.len() as u32).to_be_bytes();
        [&length[..], kind, content, &checksum.sum().to_be_bytes()].concat()
    };
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    for y in 0..height {
        packed.write_all(&[0]).unwrap();
        packed.write_all(&(0..width).map(|x| pixel(x, y)).collect::<Vec<u8>>()).unwrap();
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &header),
        &chunk(b"IDAT", &packed.finish().unwrap()),
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

#[test]
fn a_strip_of_one_pixel_is_brought_to_its_size_without_its_ends() {
    // All of it would be 1024 times 17 million pixels.
    let size = 1024;
    let folder = tempfile::tempdir().unwrap();
    let position = |at: u32| (at / 64) as u8;
    write(folder.path(), "high/0.png", &png(1, 16_384, |_, y| position(y)));
    write(folder.path(), "wide/0.png", &png(16_384, 1, |x, _| position(x)));
    let options = DataOptions {
        images: ImageReading { size: Some(size), ..ImageReading::default() },
        test_source: Some(".".into()),
        validation: 0.0,
        ..options()
    };
    let corpus = load(&options, folder.path()).unwrap();
    let Preprocessing::Image(scale) = &corpus.preprocessing else { panic!("no images") };
    assert_eq!((scale.height, scale.width), (size, size));
    // The four pixels in the middle are 127, 127, 128 and 128.
    for row in 0..2 {
        for value in corpus.train.row(row).unwrap().iter().step_by(997) {
            let pixel = 255.0 * (f64::from(*value) * scale.deviation[0] + scale.mean[0]);
            assert!((126.9..128.1).contains(&pixel), "{pixel}");
        }
    }
}

#[test]
fn a_model_that_asks_for_a_larger_size_than_there_is_room_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        write(folder.path(), &format!("{class}/0.png"), &png(3, 2, |x, y| (90 * x + y) as u8));
    }
    let images = ImageReading { size: Some(4), ..ImageReading::default() };
    let options =
        DataOptions { images, test_source: Some(".".into()), validation: 0.0, ..options() };
    let stored = load(&options, folder.path()).unwrap().preprocessing;
    let stored = serde_json::to_string(&stored).unwrap().replace("\"size\":4", "\"size\":100000");
    let stored: Preprocessing = serde_json::from_str(&stored).unwrap();
    let error = stored.read_rows(folder.path()).unwrap_err().to_string();
    assert!(error.contains("at most 67108864 pixels on the way to `size` = 100000"), "{error}");
}

#[test]
fn findings_name_the_files_of_images() {
    let folder = tempfile::tempdir().unwrap();
    for (source, first) in [("one", 0), ("two", 30)] {
        for number in 0..30 {
            let noise = |x: u32, y: u32| ((first + number) * 37 + x * x * 91 + y * 53 * x) as u8;
            let path = format!("{source}/{}/{number:02}.png", ["cat", "dog"][number as usize % 2]);
            write(folder.path(), &path, &png(5, 4, noise));
        }
    }
    write(folder.path(), "two/cat/10.png", &png(5, 4, |_, _| 7));
    let copied = std::fs::read(folder.path().join("one/dog/11.png")).unwrap();
    write(folder.path(), "two/dog/21.png", &copied);
    let options = DataOptions {
        source: Source::of(vec!["one".to_owned(), "two".to_owned()]),
        test_source: Some("two".into()),
        validation: 0.0,
        ..options()
    };
    let findings = check(&options, folder.path()).unwrap();
    let found = |defect| {
        let finding = findings.iter().find(|finding| finding.defect == defect).unwrap();
        let place = Path::new(&finding.place).strip_prefix(folder.path()).unwrap();
        (place.display().to_string(), finding.message.replace(folder.path().to_str().unwrap(), ""))
    };
    assert_eq!(found(Defect::ConstantImage).0, "two/cat/10.png");
    let (place, message) = found(Defect::DuplicateRows);
    assert_eq!(place, "two/dog/21.png");
    assert!(message.ends_with("this one /one/dog/11.png"), "{message}");
    let (place, message) = found(Defect::SharedRows);
    assert_eq!(place, "two/cat/00.png");
    assert!(message.ends_with("this one as /two/cat/00.png"), "{message}");
}
