//! Models whose numbers lie in other files, as PyTorch writes large ones, made one string of bytes.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use store::{hash_bytes, read_limited};

use crate::stored::{Stored, with_numbers};
use crate::wire::{self, Message, fields, message};
use crate::{LARGEST_FILE, OnnxError};

/// A model with all its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeModel {
    /// The bytes of the model as one file.
    pub bytes: Vec<u8>,
    /// The files that numbers were taken from, by name; none where all were in the model's own.
    pub files: Vec<DataFile>,
}

/// A file with numbers of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// As the model names it, from the folder of the model.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The BLAKE3 hash of all of it.
    pub hash: String,
}

impl WholeModel {
    /// The model in `bytes`, with what lies in other files within `folder`, that of its file.
    ///
    /// Whatever the model says of its data is compared with the sizes of the files before anything of them is read.
    ///
    /// # Errors
    /// [`OnnxError::Format`] for something else than a model, [`OnnxError::ExternalData`] for a file that is not there, is
    /// outside of the folder (by its name, or through a link) or too short, and for data of another size than the tensor's,
    /// [`OnnxError::TooLarge`] for more than [`LARGEST_FILE`] in all.
    pub fn new(bytes: Vec<u8>, folder: &Path) -> Result<Self, OnnxError> {
        wire::check(&bytes)?;
        let mut all = Vec::new();
        find(&bytes, Message::Model, &mut all)?;
        if all.is_empty() {
            return Ok(Self { bytes, files: Vec::new() });
        }
        let length = |length: u64, stored: &Stored| length.saturating_add(stored.length);
        check_size(all.iter().fold(bytes.len() as u64, length))?;
        let mut paths = BTreeMap::new();
        for stored in &all {
            paths.insert(stored.file.clone(), path_of(stored, folder)?);
        }
        let mut contents = BTreeMap::new();
        for stored in &all {
            if let (Some(path), false) =
                (paths.get(&stored.file), contents.contains_key(&stored.file))
            {
                contents.insert(stored.file.clone(), read(stored, path)?);
            }
        }
        let file = |(name, contents): (&String, &Vec<u8>)| DataFile {
            name: name.clone(),
            bytes: contents.len() as u64,
            hash: hash_bytes(contents),
        };
        let files = contents.iter().map(file).collect();
        let bytes = joined(&bytes, Message::Model, &contents)?;
        check_size(bytes.len() as u64)?;
        Ok(Self { bytes, files })
    }
}

/// Refuses a model whose numbers are not all in its bytes.
pub(crate) fn refuse_external(bytes: &[u8]) -> Result<(), OnnxError> {
    let mut all = Vec::new();
    find(bytes, Message::Model, &mut all)?;
    let refused = |stored: &Stored| {
        let expected = "it in the bytes of the model";
        Err(stored.wrong(expected.to_owned(), "it in a file of its own".to_owned()))
    };
    all.first().map_or(Ok(()), refused)
}

fn check_size(found: u64) -> Result<(), OnnxError> {
    if found <= LARGEST_FILE { Ok(()) } else { Err(OnnxError::TooLarge { found }) }
}

/// Finds the tensors that lie in other files.
fn find(bytes: &[u8], outer: Message, found: &mut Vec<Stored>) -> Result<(), OnnxError> {
    for field in fields(bytes)? {
        match (field.content, outer.inside(field.number)) {
            (Some(tensor), Some(Message::Tensor)) => found.extend(Stored::of(tensor)?),
            (Some(content), Some(inner)) if inner != Message::Leaf => find(content, inner, found)?,
            _ => {}
        }
    }
    Ok(())
}

/// A message with the numbers of all tensors in it. Every part around a tensor tells its length anew.
fn joined(
    bytes: &[u8],
    outer: Message,
    contents: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<u8>, OnnxError> {
    let mut whole = Vec::with_capacity(bytes.len());
    for field in fields(bytes)? {
        let (Some(content), Some(inner)) = (field.content, outer.inside(field.number)) else {
            whole.extend_from_slice(field.bytes);
            continue;
        };
        let stored = if inner == Message::Tensor { Stored::of(content)? } else { None };
        match (stored, inner) {
            (Some(stored), _) => {
                let tensor = with_numbers(content, of(&stored, contents)?)?;
                whole.extend(message(field.number, &tensor));
            }
            (None, Message::Tensor | Message::Leaf) => whole.extend_from_slice(field.bytes),
            (None, _) => whole.extend(message(field.number, &joined(content, inner, contents)?)),
        }
    }
    Ok(whole)
}

/// The numbers of a tensor.
fn of<'a>(stored: &Stored, contents: &'a BTreeMap<String, Vec<u8>>) -> Result<&'a [u8], OnnxError> {
    let file = contents.get(&stored.file).map(Vec::as_slice).unwrap_or_default();
    let place = |number: u64| usize::try_from(number).ok();
    let part = place(stored.offset).zip(place(stored.length));
    let part = part.and_then(|(offset, length)| file.get(offset..)?.get(..length));
    part.ok_or_else(|| too_short(stored, file.len() as u64))
}

/// The file of a tensor, which is within the folder and long enough.
fn path_of(stored: &Stored, folder: &Path) -> Result<PathBuf, OnnxError> {
    let outside = |found: &str| {
        let expected = "a file in the folder of the model, or in a folder within it";
        stored.wrong(expected.to_owned(), found.to_owned())
    };
    let name = Path::new(&stored.file);
    if name.as_os_str().is_empty() {
        return Err(outside("no name"));
    }
    let within = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !name.components().all(within) {
        return Err(outside("a path that leads out of it"));
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => outside("no such file"),
        _ => outside(&error.to_string()),
    };
    let folder = folder.canonicalize().map_err(failed)?;
    let path = folder.join(name).canonicalize().map_err(failed)?;
    if !path.starts_with(&folder) {
        return Err(outside("a link that leads out of it"));
    }
    let about = path.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(outside("something that is no file"));
    }
    let end = stored.offset.checked_add(stored.length);
    match end.is_some_and(|end| end <= about.len()) {
        true => Ok(path),
        false => Err(too_short(stored, about.len())),
    }
}

fn read(stored: &Stored, path: &Path) -> Result<Vec<u8>, OnnxError> {
    let expected = format!("a file that can be read, of at most {LARGEST_FILE} bytes");
    read_limited(path, LARGEST_FILE).map_err(|error| stored.wrong(expected, error.to_string()))
}

fn too_short(stored: &Stored, found: u64) -> OnnxError {
    let expected = format!("{} bytes from byte {} on", stored.length, stored.offset);
    stored.wrong(expected, format!("a file of {found} bytes"))
}
