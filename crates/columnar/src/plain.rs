/*!
The values of a column as they lie in the file, where nothing has to be decoded.
*/

use crate::footer::{Column, Group, Stored};
use crate::reader::Reader;
use crate::thrift::structure;

/// The kind of a page with values, and of plain values, as the format numbers them.
const DATA: i64 = 0;
const PLAIN: i64 = 0;

/// The bytes of all values of a column of a group in `bytes`, the whole file: numbers of the size that the
/// column states, the lowest byte first. The column has no missing values and is neither compressed nor
/// encoded, as [`Writer`](crate::Writer) writes it.
///
/// # Errors
/// What is wrong with the column, or that it is stored in another way.
pub fn plain(bytes: &[u8], column: &Column, group: &Group) -> Result<Vec<u8>, String> {
    let chunk = group.chunks.get(column.leaf).ok_or("it has no values")?;
    let (Stored::Number(size) | Stored::Fixed(size)) = column.stored else {
        return Err("values that are no numbers".to_owned());
    };
    if column.optional || chunk.codec != 0 {
        return Err("values that are optional or compressed".to_owned());
    }
    let rest = bytes.get(chunk.start..).and_then(|rest| rest.get(..chunk.length));
    let mut rest = rest.unwrap_or_default();
    let mut values = Vec::new();
    while !rest.is_empty() {
        let (header, length) = structure(rest).ok_or("no page where one is expected")?;
        let page = header.fields(5).filter(|page| page.integer(2) == Some(PLAIN));
        let stored = header.integer(3).and_then(|size| u64::try_from(size).ok());
        let (Some(DATA), Some(page), Some(stored)) = (header.integer(1), page, stored) else {
            return Err("a page of another kind than plain values".to_owned());
        };
        let mut reader = Reader::new(rest.get(length..).unwrap_or_default());
        let content = reader.take(stored).ok_or("a page beyond the end of the column")?;
        let count = page.integer(1).and_then(|count| usize::try_from(count).ok());
        if count.and_then(|count| count.checked_mul(size)) != Some(content.len()) {
            return Err("a page of another size than that of its values".to_owned());
        }
        values.extend_from_slice(content);
        rest = reader.take_up_to(u64::MAX);
    }
    let expected = group.rows.checked_mul(size as u64);
    match expected == Some(values.len() as u64) && chunk.values == group.rows {
        true => Ok(values),
        false => Err(format!("{} bytes of values, expected {} rows", values.len(), group.rows)),
    }
}
