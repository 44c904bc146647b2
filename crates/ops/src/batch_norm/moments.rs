//! Moments of columns, put together from those of blocks.

use crate::rows::{BLOCK, add_rows};

/// Rows whose deviations are added up before their sum is added to what came before.
const TOGETHER: usize = 4;

/// Count, means and sums of squared deviations of columns.
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) mean: Vec<f64>,
    pub(super) squares: Vec<f64>,
}

impl Moments {
    /// The moments of no numbers.
    pub(super) fn none(columns: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; columns], squares: vec![0.0; columns] }
    }

    /// The moments of the columns of rows of `width` numbers.
    #[inline(always)]
    pub(super) fn of_columns(x: &[f32], width: usize) -> Self {
        let mut moments = Self::none(width);
        let mut block = Block::new(width);
        for x in x.chunks(BLOCK * width) {
            block.set(x);
            moments.merge(block.count, &block.mean, &block.squares);
        }
        moments
    }

    /// Takes in the moments of `count` other numbers a column.
    #[inline(always)]
    pub(super) fn merge(&mut self, count: f64, mean: &[f64], squares: &[f64]) {
        if count == 0.0 {
            return;
        }
        let total = self.count + count;
        let (share, weight) = (count / total, self.count * count / total);
        let width = self.mean.len();
        let (means, squares) = (&mean[..width], &squares[..width]);
        for (column, sum) in self.squares[..width].iter_mut().enumerate() {
            let difference = means[column] - self.mean[column];
            self.mean[column] += difference * share;
            *sum += squares[column] + difference * difference * weight;
        }
        self.count = total;
    }

    /// The moments of each channel, from those of the columns that belong to it.
    pub(super) fn fold(self, channels: usize) -> Self {
        let mut folded = Self::none(channels);
        let columns = self.mean.chunks_exact(channels).zip(self.squares.chunks_exact(channels));
        for (mean, squares) in columns {
            folded.merge(self.count, mean, squares);
        }
        folded
    }
}

/// The moments of one block, and room to compute them.
struct Block {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
    pivot: Vec<f32>,
    sums: Vec<f32>,
    sums_of_squares: Vec<f32>,
}

impl Block {
    fn new(width: usize) -> Self {
        let (wide, narrow) = (vec![0.0; width], vec![0.0; width]);
        Self {
            count: 0.0,
            mean: wide.clone(),
            squares: wide,
            pivot: narrow.clone(),
            sums: narrow.clone(),
            sums_of_squares: narrow,
        }
    }

    /// Computes the moments of `x`.
    ///
    /// Deviations are taken from a mean rounded to `f32`, which leaves a small sum of deviations; it
    /// corrects both moments, so that they are exact when the mean is large.
    #[inline(always)]
    fn set(&mut self, x: &[f32]) {
        let rows = x.len() / self.mean.len();
        self.count = rows as f64;
        self.pivot.fill(0.0);
        add_rows(x, &mut self.pivot);
        let share = 1.0 / rows as f32;
        self.pivot.iter_mut().for_each(|sum| *sum *= share);
        self.sums.fill(0.0);
        self.sums_of_squares.fill(0.0);
        add_deviations(x, &self.pivot, &mut self.sums, &mut self.sums_of_squares);
        let share = 1.0 / self.count;
        for column in 0..self.mean.len() {
            let sum = f64::from(self.sums[column]);
            self.mean[column] = f64::from(self.pivot[column]) + sum * share;
            self.squares[column] = f64::from(self.sums_of_squares[column]) - sum * sum * share;
        }
    }
}

/// Adds `x - pivot` and its square, for each row of a block.
#[inline(always)]
fn add_deviations(block: &[f32], pivot: &[f32], sums: &mut [f32], squares: &mut [f32]) {
    let width = pivot.len();
    let mut groups = block.chunks_exact(TOGETHER * width);
    for group in &mut groups {
        let rows = std::array::from_fn(|row| &group[row * width..][..width]);
        add_group::<TOGETHER>(rows, pivot, sums, squares);
    }
    for row in groups.remainder().chunks_exact(width) {
        add_group::<1>([row], pivot, sums, squares);
    }
}

#[inline(always)]
fn add_group<const ROWS: usize>(
    rows: [&[f32]; ROWS],
    pivot: &[f32],
    sums: &mut [f32],
    squares: &mut [f32],
) {
    let width = pivot.len();
    let rows = rows.map(|row| &row[..width]);
    let (sums, squares) = (&mut sums[..width], &mut squares[..width]);
    for column in 0..width {
        let mut sum = 0.0;
        let mut square = 0.0;
        for row in rows {
            let deviation = row[column] - pivot[column];
            sum += deviation;
            square += deviation * deviation;
        }
        sums[column] += sum;
        squares[column] += square;
    }
}
