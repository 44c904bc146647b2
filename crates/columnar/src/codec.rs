/*!
Decompression of a page to the size that it states, which is held against what its codec can make of
so many bytes.
*/

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// Deflate cannot expand data by more than this factor (Deutsch, RFC 1951: 258 bytes from 2 bits).
const LARGEST_EXPANSION: u64 = 1032;

/// The largest page, decompressed.
const LARGEST: u64 = 256 << 20;

/// The content of a page of `size` bytes.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn decompressed(codec: i64, stored: &[u8], size: u64) -> Result<Cow<'_, [u8]>, String> {
    // An element of Snappy copies 64 bytes and takes 3; a block of Zstandard is 128 KiB, and takes 4.
    let (name, expansion) = match codec {
        0 => ("no codec", 1),
        1 => ("Snappy", 22),
        2 => ("gzip", LARGEST_EXPANSION),
        6 => ("Zstandard", 1 << 15),
        _ => return Err("compressed with another codec than Snappy, gzip or Zstandard".to_owned()),
    };
    if size > LARGEST.min((stored.len() as u64).saturating_mul(expansion)) {
        let stored = stored.len();
        return Err(format!("a page of {stored} bytes that states {size} when decompressed"));
    }
    let damaged = |reason: String| format!("a damaged page ({name}: {reason})");
    let content = match codec {
        0 => Cow::Borrowed(stored),
        1 => {
            let length =
                snap::raw::decompress_len(stored).map_err(|error| damaged(error.to_string()))?;
            if length as u64 != size {
                return Err(damaged(format!("{length} bytes, expected {size}")));
            }
            let content = snap::raw::Decoder::new().decompress_vec(stored);
            Cow::Owned(content.map_err(|error| damaged(error.to_string()))?)
        }
        2 => Cow::Owned(all(MultiGzDecoder::new(stored), size).map_err(damaged)?),
        _ => {
            let decoder =
                StreamingDecoder::new(stored).map_err(|error| damaged(error.to_string()))?;
            Cow::Owned(all(decoder, size).map_err(damaged)?)
        }
    };
    match content.len() as u64 == size {
        true => Ok(content),
        false => Err(damaged(format!("{} bytes, expected {size}", content.len()))),
    }
}

/// All that a decoder gives, and not much more than was stated.
fn all(decoder: impl Read, size: u64) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let read = decoder.take(size.saturating_add(1)).read_to_end(&mut content);
    read.map(|_| content).map_err(|error| error.to_string())
}
