//! How work is shared among the threads of the one pool.
//!
//! Where a piece of work is part of a sum, what it is never depends on the number of threads, so neither do the results.
//! Pieces that nothing is added up over, such as rows of a product, may depend on it.

use rayon::prelude::*;

/// Multiply-adds, or numbers passed over times eight, below which work stays on the calling thread:
/// waking another one takes tens of microseconds.
const WORTH_SHARING: usize = 1 << 21;

/// Whether work of this many multiply-adds is shared.
pub(crate) fn shares(work: usize) -> bool {
    work >= WORTH_SHARING && rayon::current_num_threads() > 1
}

/// Calls `piece` for every chunk of `chunk` numbers of `values`, with its index; `work` is the
/// number of multiply-adds of all together.
pub(crate) fn each_chunk<F>(values: &mut [f32], chunk: usize, work: usize, piece: F)
where
    F: Fn(usize, &mut [f32]) + Send + Sync,
{
    let chunk = chunk.max(1);
    if shares(work) {
        values.par_chunks_mut(chunk).enumerate().for_each(|(index, part)| piece(index, part));
    } else {
        values.chunks_mut(chunk).enumerate().for_each(|(index, part)| piece(index, part));
    }
}

/// The results of `piece` for 0 to `count`, in order; `work` is as in [`each_chunk`].
pub(crate) fn each<T, F>(count: usize, work: usize, piece: F) -> Vec<T>
where
    T: Send,
    F: Fn(usize) -> T + Send + Sync,
{
    if shares(work) {
        (0..count).into_par_iter().map(piece).collect()
    } else {
        (0..count).map(piece).collect()
    }
}

/// The results of `run` for every piece, in order; `work` is as in [`each_chunk`].
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

/// As [`each_chunk`], with the same chunk of `second` where there is one.
pub(crate) fn each_pair<F>(
    first: &mut [f32],
    second: Option<&mut [f32]>,
    chunk: usize,
    work: usize,
    piece: F,
) where
    F: Fn(usize, &mut [f32], Option<&mut [f32]>) + Send + Sync,
{
    let Some(second) = second else {
        return each_chunk(first, chunk, work, |index, first| piece(index, first, None));
    };
    let chunk = chunk.max(1);
    if shares(work) {
        let pairs = first.par_chunks_mut(chunk).zip(second.par_chunks_mut(chunk)).enumerate();
        pairs.for_each(|(index, (first, second))| piece(index, first, Some(second)));
    } else {
        let pairs = first.chunks_mut(chunk).zip(second.chunks_mut(chunk)).enumerate();
        pairs.for_each(|(index, (first, second))| piece(index, first, Some(second)));
    }
}
