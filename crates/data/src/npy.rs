/*!
The NPY format of NumPy: a header with type, order and shape, then the numbers.

Written down in NumPy's documentation ("NEP 1" and `numpy.lib.format`). Versions 1 to 3; integers,
booleans and floating point numbers of 4 and 8 bytes, of either byte order, in C or Fortran order.
Nothing is allocated for a header's claim before it was held against the length of the file, and no
Python object is ever made: pickled contents are refused.
*/

mod elements;
mod header;
mod order;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::file::{Input, SourceFile};
use crate::images::{Images, Pixels};
use crate::memory::{Needed, machine_memory};
use crate::origin::Content;
use crate::reading::Layout;
use crate::vectors::Vectors;
use elements::Kind;
use header::Header;

const HINT: &str = "save the array with numpy.save, as integers, booleans, float32 or float64";

/// The most channels that images have.
const MOST: usize = 16;

/// Where an array is read from.
pub(crate) struct Stream<R> {
    /// The file, or the file and the name of the array in it.
    pub(crate) path: PathBuf,
    pub(crate) reader: R,
    /// The number of bytes of the array with its header.
    pub(crate) length: u64,
}

/// Reads the samples of an NPY file.
pub(crate) fn read_samples(
    path: &Path,
    layout: Option<Layout>,
) -> Result<(Content, SourceFile), DataError> {
    let mut input = Input::open(path)?;
    let length = input.length();
    let content = samples(Stream { path: path.into(), reader: &mut input, length }, layout)?;
    Ok((content, input.finish()?))
}

/// Reads the outputs of a model in an NPY file.
pub(crate) fn read_outputs(path: &Path) -> Result<(Content, SourceFile), DataError> {
    let mut input = Input::open(path)?;
    let length = input.length();
    let content = outputs(Stream { path: path.into(), reader: &mut input, length })?;
    Ok((content, input.finish()?))
}

/// Reads the labels in an NPY file.
pub(crate) fn read_labels(path: &Path) -> Result<(Vec<i64>, SourceFile), DataError> {
    let mut input = Input::open(path)?;
    let length = input.length();
    let labels = labels(Stream { path: path.into(), reader: &mut input, length })?;
    Ok((labels, input.finish()?))
}

/// Two dimensions are vectors; three are grey images, four are images with channels.
pub(crate) fn samples(
    mut stream: Stream<impl Read>,
    layout: Option<Layout>,
) -> Result<Content, DataError> {
    let header = Header::read(&mut stream)?;
    if layout.is_none() {
        refuse_square_channels(&stream.path, &header)?;
    }
    content(stream, &header, layout.unwrap_or_default())
}

/// As samples are; one dimension holds one number for each of them, as what predicts numbers gives.
pub(crate) fn outputs(mut stream: Stream<impl Read>) -> Result<Content, DataError> {
    let mut header = Header::read(&mut stream)?;
    if header.shape.len() == 1 {
        header.shape.push(1);
    }
    content(stream, &header, Layout::default())
}

fn content(
    mut stream: Stream<impl Read>,
    header: &Header,
    layout: Layout,
) -> Result<Content, DataError> {
    let path = stream.path.clone();
    let unfit = || DataError::Malformed {
        path: path.clone(),
        expected: "an array of samples in 2 dimensions (vectors), 3 (grey images) or 4 (images)"
            .into(),
        found: format!("the shape {}", header.shape_in_words()),
        hint: "reshape the array so that its first dimension counts the samples",
    };
    if header.count() == 0 {
        return Err(DataError::NoRows { path });
    }
    check_memory(&path, header, if header.kind == Kind::BYTE { 1 } else { 4 })?;
    let (axes, channels, height, width) = match (header.shape.as_slice(), layout) {
        (&[_, width], _) => {
            let numbers = elements::numbers(&mut stream, header)?;
            let values = order::arranged(numbers, header, &[0, 1]);
            let count = values.len() / width.max(1);
            return Ok(Content::Vectors(Vectors { path, count, width, values }));
        }
        (&[_, height, width], _) => (&[0, 1, 2][..], 1, height, width),
        (&[_, height, width, channels], Layout::ChannelsLast) => {
            (&[0, 3, 1, 2][..], channels, height, width)
        }
        (&[_, channels, height, width], Layout::ChannelsFirst) => {
            (&[0, 1, 2, 3][..], channels, height, width)
        }
        _ => return Err(unfit()),
    };
    let count = header.shape.first().copied().unwrap_or_default();
    refuse_many_channels(&path, channels, layout)?;
    let pixels = if header.kind == Kind::BYTE {
        Pixels::Bytes(order::arranged(elements::bytes(&mut stream, header)?, header, axes))
    } else {
        Pixels::Numbers(order::arranged(elements::numbers(&mut stream, header)?, header, axes))
    };
    Ok(Content::Images(Images { path, count, channels, height, width, pixels }))
}

/// Refuses an array whose numbers the memory does not hold as they are read.
fn check_memory(path: &Path, header: &Header, bytes_each: u64) -> Result<(), DataError> {
    let numbers = header.count() as u64;
    let what = format!("the {numbers} numbers of the array");
    let hint = "save fewer samples, or save them as a Parquet file, which `scratch` leaves on disk";
    Needed { path, what, numbers, bytes_each, hint }.check(machine_memory())
}

/// One label for each sample, in one dimension, or in two of which the second is 1 as Keras has it.
pub(crate) fn labels(mut stream: Stream<impl Read>) -> Result<Vec<i64>, DataError> {
    let header = Header::read(&mut stream)?;
    if !matches!(header.shape.as_slice(), [_] | [_, 1]) {
        return Err(DataError::Malformed {
            path: stream.path,
            expected: "labels in 1 dimension, one for each sample".into(),
            found: format!("the shape {}", header.shape_in_words()),
            hint: "give the number of the class of each sample; for one-hot rows, their argmax",
        });
    }
    if header.count() == 0 {
        return Err(DataError::NoRows { path: stream.path });
    }
    check_memory(&stream.path, &header, 8)?;
    elements::integers(&mut stream, &header)
}

/// Square images with their channels first look like strips of 1 or 3 pixels with many channels, which a
/// recipe that says nothing of the layout does not mean.
fn refuse_square_channels(path: &Path, header: &Header) -> Result<(), DataError> {
    match *header.shape.as_slice() {
        [_, channels @ (1 | 3), height, width]
            if height == width && (5..=MOST).contains(&width) =>
        {
            Err(DataError::Malformed {
                path: path.into(),
                expected: "images with their channels last, where `layout` does not say otherwise"
                    .into(),
                found: format!(
                    "the shape {}, as of {width}x{width} pixels with {} first",
                    header.shape_in_words(),
                    words::counted(channels, "channel")
                ),
                hint: "set layout = \"channels-first\", or layout = \"channels-last\" if they are last",
            })
        }
        _ => Ok(()),
    }
}

/// A wrong layout takes rows of pixels for channels.
fn refuse_many_channels(path: &Path, channels: usize, layout: Layout) -> Result<(), DataError> {
    if channels <= MOST {
        return Ok(());
    }
    let (place, hint) = match layout {
        Layout::ChannelsLast => ("last", "set layout = \"channels-first\" if they come first"),
        Layout::ChannelsFirst => ("second", "set layout = \"channels-last\" if they come last"),
    };
    Err(DataError::Malformed {
        path: path.into(),
        expected: format!("at most {MOST} channels in the {place} dimension"),
        found: channels.to_string(),
        hint,
    })
}
