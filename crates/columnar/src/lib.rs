/*!
Parquet files: what a file says about itself, the cells of its columns, and a plain writer.

Whole numbers, floating point numbers, decimals, truth values and text are read, in every encoding, with
Snappy, gzip and Zstandard, each from the bytes of its chunk alone; pages are held against their checksums where
they have some. Written are columns of whole and floating point numbers without missing ones, as
plain values in one group of rows, which every reader of the format takes. This crate opens no file.

The format is read here and not by the `parquet` crate, which allocates what a file states, panics on
damaged pages, and would change the features of libraries that Burn is built with. What a table needs
of the format is small: no nesting, no statistics.

```
use potstill_columnar::{Values, Writer, footer, plain};

let mut writer = Writer::new(2);
writer.column("size", &Values::Floats(&[0.5, -1.0]));
let file = writer.finish(&[("made by", "hand")]);
let footer = footer(&file).map_err(|(expected, found)| format!("{expected}, {found}"))?;
assert_eq!(footer.columns[0].name, "size");
assert_eq!(footer.notes, [("made by".to_owned(), "hand".to_owned())]);
assert_eq!(plain(&file, &footer.columns[0], &footer.groups[0])?.len(), 8);
# Ok::<(), String>(())
```
*/

#![deny(clippy::indexing_slicing)]

mod codec;
mod footer;
mod packed;
mod pages;
mod plain;
mod reader;
mod structure;
mod thrift;
mod values;
mod writer;

pub use footer::{
    Chunk, Column, Footer, Group, Kind, Stored, described, place as metadata_place, read as footer,
};
pub use pages::Cells;
pub use plain::plain;
pub use writer::{Values, Writer};
