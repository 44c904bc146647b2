/*!
A file of numbers, written plainly: one group of rows, one page a column, no missing values.

Written down in Apache Parquet's `parquet.thrift` and "File format". The same columns and notes give the same
bytes.
*/

use crate::footer::HALF;
use crate::structure::Structure;

const MAGIC: &[u8; 4] = b"PAR1";
const CREATED_BY: &str = concat!("potstill version ", env!("CARGO_PKG_VERSION"));
/// Types of the format.
const INT32: i32 = 1;
const FLOAT: i32 = 4;
const FIXED: i32 = 7;
/// The encoding of values, and that of levels, of which there are none.
const PLAIN: i32 = 0;
const RUNS: i32 = 3;

/// The values of a column, one a row.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Whole numbers.
    Integers(&'a [i32]),
    /// Numbers in single precision.
    Floats(&'a [f32]),
    /// The bits of numbers in half precision (IEEE 754).
    Halves(&'a [u16]),
}

/// A file that is being written.
#[derive(Debug)]
pub struct Writer {
    rows: usize,
    bytes: Vec<u8>,
    columns: Vec<Written>,
}

/// A column that stands in the file.
#[derive(Debug)]
struct Written {
    name: String,
    kind: i32,
    start: usize,
    length: usize,
}

impl Writer {
    /// A file of so many rows, at most 2^31 - 1.
    pub fn new(rows: usize) -> Self {
        Self { rows, bytes: MAGIC.to_vec(), columns: Vec::new() }
    }

    /// Adds a column. Names differ from each other, and there are as many values as rows.
    pub fn column(&mut self, name: &str, values: &Values<'_>) {
        let (kind, content) = match values {
            Values::Integers(values) => (INT32, bytes(values, |value| value.to_le_bytes())),
            Values::Floats(values) => (FLOAT, bytes(values, |value| value.to_le_bytes())),
            Values::Halves(values) => (FIXED, bytes(values, |value| value.to_le_bytes())),
        };
        let page =
            Structure::default().i32(1, self.rows as i32).i32(2, PLAIN).i32(3, RUNS).i32(4, RUNS);
        let size = content.len() as i32;
        let header = Structure::default().i32(1, 0).i32(2, size).i32(3, size).structure(5, page);
        let start = self.bytes.len();
        self.bytes.extend(header.end());
        self.bytes.extend(content);
        let length = self.bytes.len() - start;
        self.columns.push(Written { name: name.to_owned(), kind, start, length });
    }

    /// The bytes that the columns so far take, from the beginning of the file.
    pub fn body(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole file, with texts by name for whoever reads it.
    pub fn finish(mut self, notes: &[(&str, &str)]) -> Vec<u8> {
        let root = Structure::default().text(4, "schema").i32(5, self.columns.len() as i32);
        let schema = std::iter::once(root).chain(self.columns.iter().map(Written::element));
        let chunks = self.columns.iter().map(|column| column.chunk(self.rows)).collect();
        let size: usize = self.columns.iter().map(|column| column.length).sum();
        let group =
            Structure::default().structures(1, chunks).i64(2, size as i64).i64(3, self.rows as i64);
        let notes = notes.iter().map(|(key, text)| Structure::default().text(1, key).text(2, text));
        let metadata = Structure::default()
            .i32(1, 2)
            .structures(2, schema.collect())
            .i64(3, self.rows as i64)
            .structures(4, vec![group])
            .structures(5, notes.collect())
            .text(6, CREATED_BY)
            .end();
        self.bytes.extend(&metadata);
        self.bytes.extend((metadata.len() as u32).to_le_bytes());
        self.bytes.extend(MAGIC);
        self.bytes
    }
}

impl Written {
    /// The column in the schema: never missing, and half precision where it is of two bytes.
    fn element(&self) -> Structure {
        let element = Structure::default().i32(1, self.kind);
        let fixed = self.kind == FIXED;
        let element = if fixed { element.i32(2, 2) } else { element };
        let element = element.i32(3, 0).text(4, &self.name);
        match fixed {
            true => {
                element.structure(10, Structure::default().structure(HALF, Structure::default()))
            }
            false => element,
        }
    }

    fn chunk(&self, rows: usize) -> Structure {
        let (start, length) = (self.start as i64, self.length as i64);
        let described = Structure::default()
            .i32(1, self.kind)
            .numbers(2, &[PLAIN])
            .texts(3, &[&self.name])
            .i32(4, 0)
            .i64(5, rows as i64)
            .i64(6, length)
            .i64(7, length)
            .i64(9, start);
        Structure::default().i64(2, start).structure(3, described)
    }
}

fn bytes<T: Copy, const N: usize>(values: &[T], write: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&value| write(value)).collect()
}
