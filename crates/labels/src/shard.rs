/*!
The bytes of a shard.

A file is a function of the labels and of what they are of, and holds a hash of its columns. So it is whole
exactly if writing again what was read from it gives the same bytes, whether or not a manifest names it.
*/

use columnar::{Values, Writer, footer, plain};
use store::hash_bytes;

use crate::half::{narrowed, widened};
use crate::keeping::ranked;
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
    match kept_classes(identity) {
        Some(classes) => write_first(&mut writer, identity.precision, classes, values, width),
        None => {
            for (place, name) in identity.outputs.iter().enumerate() {
                let column = values.iter().skip(place).step_by(width).copied().collect();
                write_numbers(
                    &mut writer,
                    &format!("{}{name}", identity.prefix()),
                    identity.precision,
                    column,
                );
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

/// How many classes of a sample are kept, where not all are.
fn kept_classes(identity: &Identity) -> Option<usize> {
    identity.top_k.filter(|classes| *classes < identity.outputs.len())
}

/// The columns `class_1`, `logit_1` and so on, and what every other class has.
fn write_first(
    writer: &mut Writer,
    precision: Precision,
    classes: usize,
    values: &[f32],
    width: usize,
) {
    let rows: Vec<(&[f32], Vec<usize>)> =
        values.chunks_exact(width).map(|row| (row, ranked(row))).collect();
    let class = |(_, order): &(&[f32], Vec<usize>), rank: usize| order.get(rank).copied();
    let logits = |rank: usize| {
        let logit = |pair: &(&[f32], Vec<usize>)| pair.0.get(class(pair, rank)?).copied();
        rows.iter().map(|pair| logit(pair).unwrap_or_default()).collect()
    };
    for rank in 0..classes {
        let numbers = rows.iter().map(|pair| class(pair, rank).unwrap_or_default() as i32);
        let numbers: Vec<i32> = numbers.collect();
        writer.column(&format!("class_{}", rank + 1), &Values::Integers(&numbers));
        write_numbers(writer, &format!("logit_{}", rank + 1), precision, logits(rank));
    }
    write_numbers(writer, "logit_other", precision, logits(classes));
}

fn write_numbers(writer: &mut Writer, name: &str, precision: Precision, column: Vec<f32>) {
    match precision {
        Precision::F32 => writer.column(name, &Values::Floats(&column)),
        Precision::F16 => {
            let column: Vec<u16> = column.into_iter().map(narrowed).collect();
            writer.column(name, &Values::Halves(&column));
        }
    }
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
    let kept = kept_classes(identity);
    let columns = kept.map_or(width, |classes| 2 * classes + 1);
    if group.rows != count as u64 || found.columns.len() != columns + 2 {
        return Err(wrong(format!("{} rows of {} columns", group.rows, found.columns.len())));
    }
    let stored = found.columns.iter().skip(2).map(|column| {
        let stored = plain(bytes, column, group);
        stored.map_err(|reason| wrong(format!("`{}`: {reason}", column.name)))
    });
    let stored = stored.collect::<Result<Vec<Vec<u8>>, _>>()?;
    let values = match kept {
        Some(classes) => read_first(identity.precision, classes, &stored, [count, width]),
        None => {
            let mut values = vec![0.0; count * width];
            for (place, stored) in stored.into_iter().enumerate() {
                let places = values.iter_mut().skip(place).step_by(width);
                places
                    .zip(numbers(identity.precision, &stored))
                    .for_each(|(value, found)| *value = found);
            }
            values
        }
    };
    match encode(identity, shard, &values) == bytes {
        true if values.iter().all(|value| value.is_finite()) => Ok(values),
        true => Err(wrong("a number that is not finite".to_owned())),
        false => Err(wrong("other bytes than those that were written".to_owned())),
    }
}

/// All outputs of each sample, from the columns of the first ones.
fn read_first(
    precision: Precision,
    classes: usize,
    columns: &[Vec<u8>],
    [count, width]: [usize; 2],
) -> Vec<f32> {
    let mut values = Vec::with_capacity(count * width);
    for other in columns.last().into_iter().flat_map(|stored| numbers(precision, stored)) {
        values.extend(std::iter::repeat_n(other, width));
    }
    for pair in columns.chunks_exact(2).take(classes) {
        let [places, logits] = pair else { continue };
        let logits = numbers(precision, logits);
        let rows = values.chunks_exact_mut(width).zip(places.chunks_exact(4).zip(logits));
        for (row, (place, logit)) in rows {
            let place = place.try_into().map_or(u32::MAX, u32::from_le_bytes);
            // A class that there is not leaves another row than was written, which is found.
            if let Some(value) = row.get_mut(place as usize) {
                *value = logit;
            }
        }
    }
    values
}

/// The numbers of a column.
fn numbers(precision: Precision, stored: &[u8]) -> impl Iterator<Item = f32> + '_ {
    stored.chunks_exact(precision.bytes()).map(|bytes| match (bytes.try_into(), bytes.try_into()) {
        (Ok(bytes), _) => f32::from_le_bytes(bytes),
        (_, Ok(bytes)) => widened(u16::from_le_bytes(bytes)),
        _ => f32::NAN,
    })
}
