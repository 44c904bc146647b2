//! Work that fills one slice, and possibly a second one of the same shape.

use rayon::prelude::*;

use crate::threads::{each_chunk, shares};

/// As [`each_chunk`], with the same chunk of `second` where there is one.
pub(super) fn each_pair<F>(
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
