//! How the Gram matrices of two matrices differ: of their rows with each other, and of their columns.

use ops::Level;
use ops::gram::{add_product, add_transposed_product, products, transposed};

/// `|Q Q' - P P'|^2 / rows` and `|Q' Q - P' P|^2 / columns` of two matrices of one shape, and their slopes by `Q`.
///
/// With `S = Q + P` and `E = Q - P` both are functions of three small products, of columns where there are
/// fewer columns than rows and of rows otherwise, and no digits cancel where `Q` is nearly `P`. For
/// columns, with `V = E' S`: `Q' Q - P' P = (V + V') / 2`, and
/// `|Q Q' - P P'|^2 = (<S' S, E' E> + <V, V'>) / 2`. For rows, exchange them.
#[derive(Debug)]
pub(crate) struct GramDifference {
    columns: usize,
    /// Whether the small products are those of columns.
    of_columns: bool,
    sum: Vec<f64>,
    difference: Vec<f64>,
    /// `S' S`
    sums: Vec<f64>,
    /// `E' E`
    differences: Vec<f64>,
    /// `V`
    mixed: Vec<f64>,
    /// `V'`
    opposite: Vec<f64>,
}

impl GramDifference {
    /// Of `Q` and `P` with so many columns.
    pub(crate) fn of([q, p]: [&[f64]; 2], columns: usize) -> Self {
        let sum: Vec<f64> = q.iter().zip(p).map(|(q, p)| q + p).collect();
        let difference: Vec<f64> = q.iter().zip(p).map(|(q, p)| q - p).collect();
        let of_columns = columns <= q.len() / columns;
        let level = Level::best();
        let product = |a: &[f64], b: &[f64]| match of_columns {
            true => {
                let mut out = vec![0.0; columns * columns];
                add_transposed_product(level, [a, b], [columns; 2], 1.0, &mut out);
                out
            }
            // In the other order the same formulas hold for rows.
            false => products(level, b, a, columns),
        };
        let (sums, differences) = (product(&sum, &sum), product(&difference, &difference));
        let mixed = product(&difference, &sum);
        let width = if of_columns { columns } else { sum.len() / columns };
        let opposite = transposed(&mixed, width.max(1));
        Self { columns, of_columns, sum, difference, sums, differences, mixed, opposite }
    }

    fn rows(&self) -> usize {
        self.sum.len() / self.columns
    }

    /// The difference of the Gram matrices of rows, and of columns.
    pub(crate) fn values(&self) -> [f64; 2] {
        let (mut near, mut far) = (0.0, 0.0);
        for (one, other) in self.mixed.iter().zip(&self.opposite) {
            near += (0.5 * (one + other)).powi(2);
            far += one * other;
        }
        far += self.sums.iter().zip(&self.differences).map(|(s, e)| s * e).sum::<f64>();
        far *= 0.5;
        let [of_rows, of_columns] = if self.of_columns { [far, near] } else { [near, far] };
        [of_rows / self.rows().max(1) as f64, of_columns / self.columns as f64]
    }

    /// The slopes by `Q` of the two values with these weights.
    pub(crate) fn slopes(&self, of_rows: f64, of_columns: f64) -> Vec<f64> {
        let of_rows = of_rows / self.rows().max(1) as f64;
        let of_columns = of_columns / self.columns as f64;
        let (near, far) =
            if self.of_columns { (of_columns, of_rows) } else { (of_rows, of_columns) };
        let (mut by_difference, mut by_sum) = (Vec::new(), Vec::new());
        let squares = self.sums.iter().zip(&self.differences);
        let pairs = self.mixed.iter().zip(&self.opposite);
        for ((one, other), (sums, differences)) in pairs.zip(squares) {
            let both = near * (one + other);
            by_difference.push(far * (sums + other) + both);
            by_sum.push(far * (one + differences) + both);
        }
        let mut slopes = vec![0.0; self.sum.len()];
        for (side, by) in [(&self.difference, &by_difference), (&self.sum, &by_sum)] {
            let factors: [&[f64]; 2] = if self.of_columns { [side, by] } else { [by, side] };
            add_product(Level::best(), factors, self.columns, 1.0, &mut slopes);
        }
        slopes
    }
}
