//! Models whose numbers are in other files (`oracles/onnx_external.py`) are the models that they were made of, and what
//! is not there, or not within the folder, is an error.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests write and read their own files")]

use std::path::{Path, PathBuf};

use potstill_onnx::{Description, Feed, Model, OnnxError, Runtime, WholeModel};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models")
}

fn external(name: &str) -> Vec<u8> {
    std::fs::read(models().join("external").join(name)).unwrap()
}

/// `net.onnx` with its data in a folder of its own, which lies in another one.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("net.data"), external("net.data")).unwrap();
    (outer, inner)
}

/// The model with each of the texts in place of the one before it, which is as long.
fn changed(changes: &[[&str; 2]]) -> Vec<u8> {
    let mut bytes = external("net.onnx");
    for [old, new] in changes {
        assert_eq!(old.len(), new.len());
        let place = bytes.windows(old.len()).position(|part| part == old.as_bytes()).unwrap();
        bytes[place..place + old.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

fn refused(bytes: Vec<u8>, folder: &Path) -> String {
    let error = WholeModel::new(bytes, folder).unwrap_err();
    assert!(matches!(error, OnnxError::ExternalData { .. }), "{error}");
    assert!(error.hint().unwrap().contains("beside it"));
    error.to_string()
}

#[test]
fn a_model_with_its_numbers_elsewhere_gives_the_bits_of_the_one_that_it_was_made_of() {
    let one = std::fs::read(models().join("dense.onnx")).unwrap();
    let rows: Vec<f32> = (0..40).map(|number| (number as f32 * 0.7).sin()).collect();
    let outputs = |bytes: Vec<u8>| {
        Model::load(bytes, &Feed::default(), None, Runtime::Rten)
            .unwrap()
            .run(&rows, &[4], 3)
            .unwrap()
    };
    let expected = outputs(one.clone());
    for (name, files) in [("net.onnx", 1), ("each.onnx", 4)] {
        let whole = WholeModel::new(external(name), &models().join("external")).unwrap();
        assert_eq!(whole.files.len(), files);
        let bytes: u64 = whole.files.iter().map(|file| file.bytes).sum();
        // (4 x 8 + 8 + 8 x 3 + 3) numbers of four bytes.
        assert_eq!(bytes, 268);
        let (found, known) = (Description::read(&whole.bytes).unwrap(), Description::read(&one));
        assert_eq!(found, known.unwrap());
        assert_eq!(outputs(whole.bytes), expected, "{name}");
    }
    let whole = WholeModel::new(one.clone(), Path::new("nowhere")).unwrap();
    assert_eq!((whole.bytes, whole.files.len()), (one, 0));
}

#[test]
fn what_is_not_there_is_named_with_its_tensor_and_file() {
    let (_outer, folder) = folder();
    let about = "the tensor `0.weight` lies in the file";
    let missing = refused(changed(&[["net.data", "net.dota"]]), &folder);
    assert!(missing.contains(&format!("{about} `net.dota`: expected a file in the folder of")));
    assert!(missing.ends_with("found no such file"), "{missing}");
    std::fs::write(folder.join("net.data"), &external("net.data")[..267]).unwrap();
    let short = refused(external("net.onnx"), &folder);
    let told = "`2.bias` lies in the file `net.data`: expected 12 bytes from byte 256 on, found a file of 267 bytes";
    assert!(short.contains(told), "{short}");
    let far = refused(changed(&[["128", "268"], ["256", "999"]]), &folder);
    assert!(far.contains("a `length` of 268"), "{far}");
    let far = refused(changed(&[["256", "999"]]), &folder);
    assert!(far.contains("12 bytes from byte 999 on"), "{far}");
    let long = refused(changed(&[["128", "132"]]), &folder);
    assert!(
        long.contains("expected 128 bytes for 32 bits of each of [8, 4], found a `length` of 132")
    );
    let text = refused(changed(&[["160", "1x0"]]), &folder);
    assert!(text.contains("a number of bytes as `offset`, found `1x0`"), "{text}");
    let negative = refused(changed(&[["160", "-60"]]), &folder);
    assert!(negative.contains("found `-60`"), "{negative}");
    // The bytes alone are refused too, whoever reads them.
    assert!(matches!(
        Description::read(&external("net.onnx")),
        Err(OnnxError::ExternalData { .. })
    ));
    let loaded = Model::load(external("net.onnx"), &Feed::default(), None, Runtime::Rten);
    assert!(matches!(loaded, Err(OnnxError::ExternalData { .. })));
}

#[test]
fn data_outside_of_the_folder_of_the_model_is_refused() {
    let (outer, folder) = folder();
    std::fs::write(outer.path().join("a.dat"), external("net.data")).unwrap();
    let above = refused(changed(&[["net.data", "../a.dat"]]), &folder);
    assert!(above.contains("`../a.dat`") && above.contains("found a path that leads out"));
    let absolute = refused(changed(&[["net.data", "/net.dat"]]), &folder);
    assert!(absolute.contains("found a path that leads out of it"), "{absolute}");
    std::fs::create_dir(folder.join("sub")).unwrap();
    let is_folder = refused(changed(&[["net.data", "././/sub"]]), &folder);
    assert!(is_folder.contains("something that is no file"), "{is_folder}");
}

#[cfg(unix)]
#[test]
fn a_link_may_lead_to_a_file_within_the_folder_and_to_no_other() {
    use std::os::unix::fs::symlink;
    let (outer, folder) = folder();
    std::fs::rename(folder.join("net.data"), folder.join("other")).unwrap();
    symlink("other", folder.join("net.data")).unwrap();
    WholeModel::new(external("net.onnx"), &folder).unwrap();
    std::fs::remove_file(folder.join("net.data")).unwrap();
    std::fs::rename(folder.join("other"), outer.path().join("other")).unwrap();
    symlink("../other", folder.join("net.data")).unwrap();
    let out = refused(external("net.onnx"), &folder);
    assert!(out.contains("found a link that leads out of it"), "{out}");
    // The model itself may be reached through a link.
    std::fs::remove_file(folder.join("net.data")).unwrap();
    std::fs::rename(outer.path().join("other"), folder.join("net.data")).unwrap();
    symlink("inner", outer.path().join("link")).unwrap();
    WholeModel::new(external("net.onnx"), &outer.path().join("link")).unwrap();
}

#[test]
fn data_that_no_file_of_this_format_can_hold_is_refused_by_what_the_model_says() {
    let (_outer, folder) = folder();
    let file = std::fs::File::create(folder.join("net.data")).unwrap();
    // A file with holes, which takes no room.
    file.set_len(3 << 30).unwrap();
    let error = WholeModel::new(external("net.onnx"), &folder).unwrap_err().to_string();
    assert!(error.contains("a file that can be read, of at most 2147483648 bytes"), "{error}");
    // The sizes of the first tensor are two numbers of one byte each.
    let mut bytes = external("net.onnx");
    let graph = bytes.windows(10).position(|part| part == b"main_graph").unwrap();
    let sizes = bytes[graph..].windows(4).position(|part| part == [8, 8, 8, 4]).unwrap() + graph;
    bytes[sizes + 3] = 127;
    let error = WholeModel::new(bytes, &folder).unwrap_err().to_string();
    assert!(error.contains("expected 4064 bytes for 32 bits of each of [8, 127]"), "{error}");
}

#[test]
fn changed_models_are_errors_or_other_models_and_never_a_panic() {
    let whole = external("net.onnx");
    let folder = models().join("external");
    let (mut read, mut state) = (0, 0x2545_F491_4F6C_DD1D_u64);
    for _ in 0..2000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut changed = whole.clone();
        let place = (state as usize >> 8) % changed.len();
        changed[place] ^= 1 << (state % 8);
        let Ok(found) = WholeModel::new(changed, &folder) else { continue };
        read += 1;
        if let Ok(model) = Model::load(found.bytes, &Feed::default(), None, Runtime::Rten) {
            let _ = model.run(&[0.5; 8], &[4], 3);
        }
    }
    assert!(read > 100, "{read}");
    for length in 0..whole.len() {
        let _ = WholeModel::new(whole[..length].to_vec(), &folder);
    }
}
