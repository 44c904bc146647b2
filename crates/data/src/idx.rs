/*!
The IDX format of MNIST: a type, the dimensions as big-endian numbers, then unsigned bytes.

Files may be compressed with gzip, which is told from their first bytes. Nothing is allocated for
a header's claim before it was held against the length of the file.
*/

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::DataError;
use crate::file::{Input, LARGEST_EXPANSION, SourceFile};
use crate::hint::OTHER_SIZE;
use crate::images::{Images, Pixels};

/// The largest content of an IDX file that is read, after decompression.
const CONTENT_LIMIT: u64 = 2 << 30;

/// Reads an image file: three dimensions, number of images, height and width.
pub(crate) fn read_images(path: &Path) -> Result<(Images, SourceFile), DataError> {
    const KIND: &str = "unsigned bytes in 3 dimensions (00 00 08 03)";
    let (dimensions, pixels, source) = read::<3>(path, KIND)?;
    let [count, height, width] = dimensions.map(|dimension| dimension as usize);
    if pixels.is_empty() {
        return Err(DataError::NoRows { path: path.into() });
    }
    let pixels = Pixels::Bytes(pixels);
    Ok((Images { path: path.into(), count, channels: 1, height, width, pixels }, source))
}

/// Reads a label file: one dimension, one byte for each sample.
pub(crate) fn read_labels(path: &Path) -> Result<(Vec<u8>, SourceFile), DataError> {
    const KIND: &str = "unsigned bytes in 1 dimension (00 00 08 01)";
    let (_, labels, source) = read::<1>(path, KIND)?;
    if labels.is_empty() {
        return Err(DataError::NoRows { path: path.into() });
    }
    Ok((labels, source))
}

type Content<const RANK: usize> = ([u32; RANK], Vec<u8>, SourceFile);

fn read<const RANK: usize>(path: &Path, kind: &'static str) -> Result<Content<RANK>, DataError> {
    let mut input = Input::open(path)?;
    let mut start = Vec::new();
    input
        .by_ref()
        .take(2)
        .read_to_end(&mut start)
        .map_err(|source| DataError::Unreadable { path: path.into(), source })?;
    let compressed = start == [0x1f, 0x8b];
    let length = input.length();
    let joined = io::Cursor::new(start).chain(input.by_ref());
    let (dimensions, content) = if compressed {
        let limit = CONTENT_LIMIT.min(length.saturating_mul(LARGEST_EXPANSION));
        parse(path, kind, limit, MultiGzDecoder::new(joined))?
    } else {
        parse(path, kind, CONTENT_LIMIT, LengthChecked { reader: joined, length })?
    };
    Ok((dimensions, content, input.finish()?))
}

/// A stream that may know its whole length beforehand.
trait Stream: Read {
    /// The number of bytes from the first to the last, where it is known.
    fn length(&self) -> Option<u64>;
}

/// A plain file, whose length is known.
struct LengthChecked<R> {
    reader: R,
    length: u64,
}

impl<R: Read> Read for LengthChecked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<R: Read> Stream for LengthChecked<R> {
    fn length(&self) -> Option<u64> {
        Some(self.length)
    }
}

impl<R: Read> Stream for MultiGzDecoder<R> {
    fn length(&self) -> Option<u64> {
        None
    }
}

fn parse<const RANK: usize>(
    path: &Path,
    kind: &'static str,
    limit: u64,
    mut stream: impl Stream,
) -> Result<([u32; RANK], Vec<u8>), DataError> {
    let magic = take(path, &mut stream, 4)?;
    if magic != [0, 0, 8, RANK as u8] {
        return Err(DataError::BadMagic { path: path.into(), expected: kind, found: magic });
    }
    let header_length = 4 + 4 * RANK as u64;
    let header = take(path, &mut stream, header_length - 4)?;
    if (header.len() as u64) < header_length - 4 {
        let found = 4 + header.len() as u64;
        return Err(DataError::Truncated { path: path.into(), expected: header_length, found });
    }
    let mut dimensions = [0_u32; RANK];
    for (dimension, bytes) in dimensions.iter_mut().zip(header.as_chunks::<4>().0) {
        *dimension = u32::from_be_bytes(*bytes);
    }
    let size = dimensions
        .iter()
        .try_fold(1_u64, |size, &dimension| size.checked_mul(u64::from(dimension)))
        .filter(|&size| size <= limit)
        .ok_or_else(|| DataError::Malformed {
            path: path.into(),
            expected: format!("at most {limit} bytes"),
            found: format!("the dimensions {dimensions:?} in the header"),
            hint: OTHER_SIZE,
        })?;
    let expected = header_length + size;
    if let Some(length) = stream.length() {
        compare_lengths(path, expected, length)?;
    }
    // One byte more than stated is asked for: it shows trailing bytes, and at the end of gzip data
    // it has the decoder compare the checksum.
    let content = take(path, &mut stream, size + 1)?;
    compare_lengths(path, expected, header_length + content.len() as u64)?;
    Ok((dimensions, content))
}

fn compare_lengths(path: &Path, expected: u64, found: u64) -> Result<(), DataError> {
    match found.cmp(&expected) {
        std::cmp::Ordering::Less => {
            Err(DataError::Truncated { path: path.into(), expected, found })
        }
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(DataError::Malformed {
            path: path.into(),
            expected: format!("{expected} bytes"),
            found: "more".into(),
            hint: OTHER_SIZE,
        }),
    }
}

/// Up to `count` bytes; fewer at the end of the stream. The buffer grows with what is read.
fn take(path: &Path, stream: &mut impl Stream, count: u64) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    let plain = stream.length().is_some();
    match stream.take(count).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(source) if plain => Err(DataError::Unreadable { path: path.into(), source }),
        Err(source) => Err(DataError::Gzip { path: path.into(), source }),
    }
}
