/*!
SPUNGE: some cells of a row are drawn from their columns, and some numbers have noise.
*/

use random::Stream;

use super::columns::Columns;

/// Rows made of training rows.
pub(super) fn rows(
    columns: &Columns,
    [share, noise]: [f64; 2],
    count: usize,
    seed: u64,
) -> Vec<Vec<String>> {
    let stream = Stream::new(seed, "spunge");
    let (width, training) = (columns.0.len(), columns.rows().max(1));
    let most = ((share * width as f64) as u64).max(1);
    let made = (0..count).map(|number| {
        let mut generator = stream.at(number as u64).generator();
        let row = number % training;
        let changed = 1 + generator.below(most) as usize;
        // Where each cell comes from.
        let mut sources = vec![row; width];
        for place in generator.permutation(width).into_iter().take(changed) {
            if let Some(source) = sources.get_mut(place) {
                *source = generator.below(training as u64) as usize;
            }
        }
        let cells = columns.0.iter().zip(sources).map(|(column, source)| {
            let Some(numbers) = &column.numbers else { return column.cell(source) };
            let (chance, size) = (f64::from(generator.uniform()), generator.normal());
            match numbers.value(source) {
                Some(value) if chance < share && noise > 0.0 => {
                    numbers.cell(value + noise * numbers.deviation * size)
                }
                _ => column.cell(source),
            }
        });
        cells.collect()
    });
    made.collect()
}
