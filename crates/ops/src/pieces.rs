//! Pieces of work that hold slices of their own and give a result.

use rayon::prelude::*;

use crate::threads::shares;

/// The results of `run` for every piece, in order; `work` is as in [`crate::threads::each_chunk`].
pub(crate) fn each_piece<P, T, F>(pieces: Vec<P>, work: usize, run: F) -> Vec<T>
where
    P: Send,
    T: Send,
    F: Fn(P) -> T + Send + Sync,
{
    if shares(work) {
        pieces.into_par_iter().map(run).collect()
    } else {
        pieces.into_iter().map(run).collect()
    }
}
