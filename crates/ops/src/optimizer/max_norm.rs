//! A limit on the incoming weights of each unit.

use super::PIECE;
use crate::Level;
use crate::loops::Loops;
use crate::threads::{each, each_chunk};

/// Where the incoming weights of a unit lie in a tensor of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `[inputs, units]`, as in dense layers; the number of units.
    Columns(usize),
    /// `[units, ...]`, as in convolutions; the number of weights of a unit.
    Rows(usize),
}

/// Units in columns that one piece of work sums up.
const COLUMNS: usize = 128;

/// The work of one weight: weights are shared from 2^17 numbers on.
const WORK: usize = 16;

/// Scales the incoming weights of each unit whose Euclidean norm is above `largest` down to it:
/// Srebro and Shraibman (2005), as Hinton et al. (2012), "Improving neural networks by preventing
/// co-adaptation of feature detectors", use it with dropout, and Keras' `MaxNorm`. The bias is no
/// incoming weight. Units whose norm is no number stay as they are.
pub fn limit_norms(level: Level, weights: &mut [f32], units: Units, largest: f64) {
    let work = weights.len() * WORK;
    match units {
        Units::Columns(count) => {
            let count = count.max(1);
            let pieces = each(count.div_ceil(COLUMNS), work, |piece| {
                let columns = piece * COLUMNS..count.min((piece + 1) * COLUMNS);
                let mut squares = vec![0.0; columns.len()];
                level.run(Loops(
                    #[inline(always)]
                    || add_squares(&mut squares, weights, count, columns.start),
                ));
                squares
            });
            let squares = pieces.into_iter().flatten();
            let scales: Vec<f32> = squares.map(|sum| scale(sum, largest)).collect();
            if scales.iter().all(|&scale| scale >= 1.0) {
                return;
            }
            let rows = (PIECE / count).max(1);
            each_chunk(weights, rows * count, work, |_, rows| {
                for row in rows.chunks_exact_mut(count) {
                    row.iter_mut().zip(&scales).for_each(|(weight, scale)| *weight *= scale);
                }
            });
        }
        Units::Rows(length) => each_chunk(weights, length, work, |_, row| {
            let scale = scale(row.iter().map(|&weight| f64::from(weight).powi(2)).sum(), largest);
            if scale < 1.0 {
                row.iter_mut().for_each(|weight| *weight *= scale);
            }
        }),
    }
}

/// Adds the squares of the columns from `first` on, row after row of `width` weights.
#[inline(always)]
fn add_squares(squares: &mut [f64], weights: &[f32], width: usize, first: usize) {
    for row in weights.chunks_exact(width) {
        for (sum, &weight) in squares.iter_mut().zip(&row[first..]) {
            *sum += f64::from(weight) * f64::from(weight);
        }
    }
}

/// What the weights of a unit are multiplied by; 1 where their norm is within the limit, or no
/// number, which the step then reports.
fn scale(sum_of_squares: f64, largest: f64) -> f32 {
    let norm = sum_of_squares.sqrt();
    if norm > largest { (largest / norm) as f32 } else { 1.0 }
}
