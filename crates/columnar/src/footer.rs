/*!
What a Parquet file says about itself, held against its length before anything believes it.

Written down in Apache Parquet's `parquet.thrift` and "File format". The file ends with the metadata,
their length in four bytes, and the letters that it also begins with.
*/

use std::ops::Range;

use crate::thrift::{Fields, structure};

const MAGIC: &[u8; 4] = b"PAR1";
/// In place of the letters, where the metadata are encrypted.
const ENCRYPTED: &[u8; 4] = b"PARE";
/// Metadata of a million column chunks are not larger.
const LARGEST: u64 = 64 << 20;
/// How often a value of a column stands in a row: at most once, or any number of times.
const OPTIONAL: i64 = 1;
const REPEATED: i64 = 2;
/// The number of half precision among the logical types.
pub(crate) const HALF: i16 = 15;
/// Columns inside of columns.
const DEEPEST: usize = 32;

/// A file, described.
#[derive(Debug)]
pub struct Footer {
    /// The columns of the table, in order.
    pub columns: Vec<Column>,
    /// Its rows, in groups.
    pub groups: Vec<Group>,
    /// Texts by name that its writer left.
    pub notes: Vec<(String, String)>,
}

/// A column of a table, at the top of the file's schema.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// How its values are stored.
    pub stored: Stored,
    /// Whether values may be missing.
    pub optional: bool,
    /// The number of its only leaf in the schema, or of its first.
    pub leaf: usize,
}

/// How a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// One bit.
    Bit,
    /// A number of so many bytes, the lowest first.
    Number(usize),
    /// So many bytes.
    Fixed(usize),
    /// Any number of bytes.
    Bytes,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Truth,
    /// Whole numbers.
    Integer,
    /// Integers that are stored as signed ones of the same bits.
    Unsigned,
    /// Floating point numbers.
    Float,
    /// Text in UTF-8.
    Text,
    /// Integers with so many digits behind the point.
    Decimal(u32),
    /// What a cell of a table cannot hold, in words.
    Other(String),
}

/// Rows that are stored together.
#[derive(Debug)]
pub struct Group {
    /// How many.
    pub rows: u64,
    /// One for each leaf of the schema.
    pub chunks: Vec<Chunk>,
}

/// The stretch of the file with the values of a leaf in a group.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    /// Where it begins.
    pub start: usize,
    /// Its length in bytes.
    pub length: usize,
    /// The compression, as the format numbers it; 0 for none.
    pub codec: i64,
    /// The values stated, missing ones included.
    pub values: u64,
}

impl Chunk {
    /// That of a group without rows, whose writers state any place.
    const NONE: Self = Self { start: MAGIC.len(), length: 0, codec: 0, values: 0 };

    /// The compression, where it is one that cannot be read here, by its name in the format.
    pub fn other_codec(&self) -> Option<&'static str> {
        match self.codec {
            0 | 1 | 2 | 6 => None,
            3 => Some("LZO"),
            4 => Some("Brotli"),
            5 => Some("LZ4"),
            7 => Some("LZ4_RAW"),
            _ => Some("an unknown codec"),
        }
    }
}

/// Reads the metadata of a whole file.
///
/// # Errors
/// What was expected, and what was found.
pub fn read(bytes: &[u8]) -> Result<Footer, (String, String)> {
    let place = place(bytes, bytes, bytes.len() as u64)?;
    let (start, end) = (place.start as usize, place.end as usize);
    described(bytes.get(start..end).unwrap_or_default(), place.start)
}

/// Where the metadata lie in a file of `length` bytes, of which `first` are the first four or more, and
/// `last` the last eight or more. They are at most 64 MiB.
///
/// # Errors
/// What was expected, and what was found.
pub fn place(first: &[u8], last: &[u8], length: u64) -> Result<Range<u64>, (String, String)> {
    let wrong = |expected: &str, found: &str| Err((expected.to_owned(), found.to_owned()));
    let (Some(start), Some(end)) = (first.first_chunk::<4>(), last.last_chunk::<4>()) else {
        return wrong("a Parquet file", "fewer than four bytes");
    };
    if start == ENCRYPTED || end == ENCRYPTED {
        return wrong("a Parquet file", "one with encrypted metadata");
    }
    if start != MAGIC {
        return Err(("a Parquet file".to_owned(), format!("the first bytes {start:02x?}")));
    }
    if end != MAGIC || length < 12 {
        return wrong("the end of a Parquet file", "a file that is cut off");
    }
    let size = last.last_chunk::<8>();
    let size = size.map(|[size @ .., _, _, _, _]| u64::from(u32::from_le_bytes(*size)));
    let end = length - 8;
    let start = size.filter(|size| *size <= LARGEST).and_then(|size| end.checked_sub(size));
    match start {
        Some(start) => Ok(start..end),
        None => wrong("metadata within the file", "a length beyond it"),
    }
}

/// Understands metadata that begin at `start` in their file, in front of which all values lie.
///
/// # Errors
/// What was expected, and what was found.
pub fn described(metadata: &[u8], start: u64) -> Result<Footer, (String, String)> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let footer = structure(metadata).and_then(|(fields, _)| describe(&fields, start));
    footer.ok_or_else(|| {
        ("metadata that belong to the file".to_owned(), "damaged or impossible ones".to_owned())
    })
}

fn describe(file: &Fields<'_>, end: usize) -> Option<Footer> {
    let (columns, leaves) = columns(&file.structures(2)?)?;
    let group = |group: &Fields<'_>| {
        let chunks = group.structures(1)?;
        let rows = u64::try_from(group.integer(3)?).ok()?;
        let chunk = |chunk| if rows == 0 { Some(Chunk::NONE) } else { self::chunk(chunk, end) };
        let chunks: Vec<Chunk> = chunks.into_iter().map(chunk).collect::<Option<_>>()?;
        (chunks.len() == leaves).then_some(Group { rows, chunks })
    };
    let groups = file.structures(4)?.into_iter().map(group).collect::<Option<_>>()?;
    let text = |note: &Fields<'_>, number| {
        note.bytes(number).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let notes = file.structures(5).unwrap_or_default();
    let notes = notes.into_iter().filter_map(|note| Some((text(note, 1)?, text(note, 2)?)));
    Some(Footer { columns, groups, notes: notes.collect() })
}

/// A chunk in another file is not looked for.
fn chunk(chunk: &Fields<'_>, end: usize) -> Option<Chunk> {
    let described = chunk.fields(3).filter(|_| !chunk.has(1))?;
    let length = usize::try_from(described.integer(7)?).ok()?;
    let data = described.integer(9)?;
    // A chunk begins with its dictionary, where it has one.
    let start = usize::try_from(described.integer(11).unwrap_or(data)).ok()?;
    let inside = start >= MAGIC.len() && start.checked_add(length)? <= end;
    let data = usize::try_from(data).ok()?;
    let ordered = start <= data && data <= start.checked_add(length)?;
    let (codec, values) = (described.integer(4)?, u64::try_from(described.integer(5)?).ok()?);
    (inside && ordered).then_some(Chunk { start, length, codec, values })
}

/// The columns of the table, and the number of leaves of the schema, which is a tree whose nodes come
/// one after the other, each before those inside of it.
fn columns(schema: &[&Fields<'_>]) -> Option<(Vec<Column>, usize)> {
    let (root, nodes) = schema.split_first()?;
    let mut columns: Vec<Column> = Vec::new();
    // How many nodes are still to come at each depth.
    let mut open = vec![children(root)?];
    let mut leaves = 0;
    for node in nodes {
        while open.last() == Some(&0) {
            open.pop();
        }
        *open.last_mut()? -= 1;
        if open.len() == 1 {
            let name = std::str::from_utf8(node.bytes(4)?).ok()?.trim().to_owned();
            let optional = node.integer(3) == Some(OPTIONAL);
            let (kind, stored) = match (kind(node), stored(node)) {
                (kind, Some(stored)) => (kind, stored),
                (_, None) => (Kind::Other("values of an unknown type".to_owned()), Stored::Bytes),
            };
            columns.push(Column { name, kind, stored, optional, leaf: leaves });
        }
        match children(node)? {
            0 if node.has(1) => leaves += 1,
            0 => return None,
            inside if open.len() < DEEPEST => open.push(inside),
            _ => return None,
        }
    }
    open.iter().all(|&left| left == 0).then_some((columns, leaves))
}

fn children(node: &Fields<'_>) -> Option<u64> {
    u64::try_from(node.integer(5).unwrap_or(0)).ok()
}

/// How the values of a node are stored; a node with others inside stores none.
fn stored(node: &Fields<'_>) -> Option<Stored> {
    Some(match node.integer(1) {
        Some(0) => Stored::Bit,
        Some(1 | 4) => Stored::Number(4),
        Some(2 | 5) => Stored::Number(8),
        Some(3) => Stored::Fixed(12),
        Some(7) => Stored::Fixed(usize::try_from(node.integer(2)?).ok().filter(|&size| size > 0)?),
        Some(6) | None => Stored::Bytes,
        Some(_) => return None,
    })
}

/// What a node at the top of the schema holds.
fn kind(node: &Fields<'_>) -> Kind {
    let other = |what: &str| Kind::Other(what.to_owned());
    let logical = node.fields(10);
    let meaning = logical.and_then(|logical| logical.numbers().next());
    if node.integer(5).unwrap_or(0) > 0 || node.integer(3) == Some(REPEATED) {
        return other("lists or structures");
    }
    let decimal = || {
        let [scale, digits] = [(1, 7), (2, 8)].map(|(inside, number)| {
            let stated = logical.and_then(|logical| logical.fields(5)?.integer(inside));
            stated.or(node.integer(number)).unwrap_or(0)
        });
        let scale = u32::try_from(scale).ok().filter(|scale| *scale <= 38 && digits <= 38);
        scale.map(Kind::Decimal)
    };
    let unsigned = logical.and_then(|logical| logical.fields(10)?.integer(2)) == Some(0);
    match (node.integer(1), meaning, node.integer(6)) {
        (_, Some(5), _) | (_, None, Some(5)) => {
            decimal().unwrap_or(other("decimals of more than 38 digits"))
        }
        (_, Some(6), _) | (_, None, Some(6)) => other("dates"),
        (_, Some(7), _) | (_, None, Some(7 | 8)) => other("times of day"),
        (_, Some(8), _) | (_, None, Some(9 | 10)) | (Some(3), _, _) => other("points in time"),
        (Some(0), _, _) => Kind::Truth,
        (Some(1 | 2), Some(10), _) if unsigned => Kind::Unsigned,
        (Some(1 | 2), None, Some(11..=14)) => Kind::Unsigned,
        (Some(1 | 2), _, _) => Kind::Integer,
        (Some(4 | 5), _, _) => Kind::Float,
        (Some(7), Some(HALF), _) if node.integer(2) == Some(2) => Kind::Float,
        (Some(6), Some(1 | 4 | 12), _) | (Some(6), None, Some(0 | 4 | 19)) => Kind::Text,
        _ => other("bytes that are no text"),
    }
}
