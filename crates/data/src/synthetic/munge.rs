/*!
MUNGE: cells move towards those of the nearest other row.
*/

use random::Stream;

use super::columns::{Column, Columns};

/// Rows made of training rows and the nearest other row of each.
pub(super) fn rows(
    columns: &Columns,
    nearest: &[usize],
    [share, locality]: [f64; 2],
    count: usize,
    seed: u64,
) -> Vec<Vec<String>> {
    let stream = Stream::new(seed, "munge");
    let made = (0..count).map(|number| {
        let mut generator = stream.at(number as u64).generator();
        let row = number % columns.rows().max(1);
        let neighbour = nearest.get(row).copied().unwrap_or(row);
        let cells = columns.0.iter().map(|column| {
            // Drawn for every cell, so that each has its own numbers.
            let (chance, noise) = (f64::from(generator.uniform()), generator.normal());
            let changes = chance < share;
            if changes {
                moved(column, [row, neighbour], noise / locality)
            } else {
                column.cell(row)
            }
        });
        cells.collect()
    });
    made.collect()
}

/// The neighbour's cell; of numbers with noise in units of the difference.
fn moved(column: &Column, [row, neighbour]: [usize; 2], noise: f64) -> String {
    let Some(numbers) = &column.numbers else { return column.cell(neighbour) };
    match (numbers.value(row), numbers.value(neighbour)) {
        (Some(own), Some(other)) if own != other => {
            numbers.cell(other + noise * (own - other).abs())
        }
        _ => column.cell(neighbour),
    }
}
