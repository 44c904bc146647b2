/*!
The bytes of a shard.

A file is a function of the labels and of what they are of, and holds a hash of its columns. So it is whole
exactly if writing again what was read from it gives the same bytes, whether or not a manifest names it.
*/

use columnar::{Values, Writer, footer, plain};
use store::hash_bytes;

use crate::half::{narrowed, widened};
use crate::{Identity, Precision, Shard};

/// The file of a shard; `values` are `[rows, outputs]` row by row, rounded to the precision.
pub(crate) fn encode(identity: &Identity, shard: &Shard, values: &[f32]) -> Vec<u8> {
    let count = shard.rows.len();
    let rows: Vec<i32> = shard.rows.clone().map(|row| row as i32).collect();
    let views = vec![shard.view as i32; count];
    let mut writer = Writer::new(count);
    writer.column("row", &Values::Integers(&rows));
    writer.column("view", &Values::Integers(&views));
    let width = identity.outputs.len().max(1);
    for (place, name) in identity.outputs.iter().enumerate() {
        let column = values.iter().skip(place).step_by(width);
        let name = format!("logit_{name}");
        match identity.precision {
            Precision::F32 => {
                let column: Vec<f32> = column.copied().collect();
                writer.column(&name, &Values::Floats(&column));
            }
            Precision::F16 => {
                let column: Vec<u16> = column.map(|&value| narrowed(value)).collect();
                writer.column(&name, &Values::Halves(&column));
            }
        }
    }
    let hash = hash_bytes(writer.body());
    let number = shard.number.to_string();
    writer.finish(&[
        ("potstill.labels", &identity.name()),
        ("potstill.shard", &number),
        ("potstill.columns.blake3", &hash),
    ])
}

/// The labels in the file of a shard, `[rows, outputs]` row by row.
///
/// # Errors
/// What was expected, and what was found, for bytes that are not that file to the last bit.
pub(crate) fn decode(
    identity: &Identity,
    shard: &Shard,
    bytes: &[u8],
) -> Result<Vec<f32>, (String, String)> {
    let found = footer(bytes)?;
    let wrong = |found: String| (format!("the labels of shard {}", shard.number), found);
    let [group] = found.groups.as_slice() else {
        return Err(wrong(format!("{} groups of rows", found.groups.len())));
    };
    let (count, width) = (shard.rows.len(), identity.outputs.len());
    if group.rows != count as u64 || found.columns.len() != width + 2 {
        return Err(wrong(format!("{} rows of {} columns", group.rows, found.columns.len())));
    }
    let mut values = vec![0.0; count * width];
    for (place, column) in found.columns.iter().skip(2).enumerate() {
        let stored = plain(bytes, column, group);
        let stored = stored.map_err(|reason| wrong(format!("`{}`: {reason}", column.name)))?;
        let places = values.iter_mut().skip(place).step_by(width);
        let size = identity.precision.bytes();
        for (value, bytes) in places.zip(stored.chunks_exact(size)) {
            *value = match (bytes.try_into(), bytes.try_into()) {
                (Ok(bytes), _) => f32::from_le_bytes(bytes),
                (_, Ok(bytes)) => widened(u16::from_le_bytes(bytes)),
                _ => f32::NAN,
            };
        }
    }
    match encode(identity, shard, &values) == bytes {
        true if values.iter().all(|value| value.is_finite()) => Ok(values),
        true => Err(wrong("a number that is not finite".to_owned())),
        false => Err(wrong("other bytes than those that were written".to_owned())),
    }
}
