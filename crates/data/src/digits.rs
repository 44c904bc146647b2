/*!
The handwritten digits inside the program: 5,620 images of 8x8 as 64 values from 0 to 16.

Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning
Repository, 1998, DOI 10.24432/C50P49, CC BY 4.0; see `assets/ATTRIBUTION.md`. They are kept as
the CSV file that a user would have, with the columns `pixel_0` to `pixel_63` and `class`.
*/

use std::path::Path;

use flate2::read::GzDecoder;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::table::Table;

/// The label column.
pub(crate) const LABEL: &str = "class";
/// The largest value of a pixel, by which all are divided.
pub(crate) const LARGEST_VALUE: f64 = 16.0;

const COMPRESSED: &[u8] = include_bytes!("../assets/digits.csv.gz");

/// The rows in the order of their publication.
pub(crate) fn table() -> Result<(Table, SourceFile), DataError> {
    let table = Table::parse(Path::new("digits"), GzDecoder::new(COMPRESSED))?;
    Ok((table, SourceFile::of_bytes("digits", COMPRESSED)))
}
