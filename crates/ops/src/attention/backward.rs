//! From the gradient of the output to those of queries, keys and values.

use super::Heads;
use super::products::{Columns, transposed_times};
use super::softmax::softmax_backward;
use crate::Level;
use crate::memory::Buffer;
use crate::threads::each_piece;

/// The gradient `dqkv` of the input of [`attention`](super::attention) from `dout`, that of its
/// output, and the probabilities `p` that it kept. For each sample and head:
///
/// ```text
/// dv = p^T dout
/// dp = dout v^T
/// ds = p (dp - sum over the row of p dp) / sqrt(head_width)
/// dq = ds k
/// dk = ds^T q
/// ```
pub fn attention_backward(
    level: Level,
    sizes: Heads,
    qkv: &[f32],
    probabilities: &[f32],
    dout: &[f32],
    dqkv: &mut [f32],
) {
    if sizes.outputs() == 0 {
        return;
    }
    let work = sizes.work(qkv.len() / sizes.inputs(), 4);
    let samples = qkv.chunks(sizes.inputs()).zip(probabilities.chunks(sizes.probabilities()));
    let samples = samples.zip(dout.chunks(sizes.outputs())).zip(dqkv.chunks_mut(sizes.inputs()));
    each_piece(samples.collect(), work, |(((qkv, probabilities), dout), dqkv): (_, &mut [f32])| {
        let mut gradient = Buffer::dirty(sizes.tokens * sizes.tokens);
        let heads = probabilities.chunks_exact(gradient.len());
        for (head, probabilities) in heads.enumerate() {
            run_head(level, sizes, head, [qkv, probabilities, dout], &mut gradient, dqkv);
        }
    });
}

/// One head of one sample; `gradient` is memory for the gradient of the scores.
fn run_head(
    level: Level,
    sizes: Heads,
    head: usize,
    [qkv, probabilities, dout]: [&[f32]; 3],
    gradient: &mut [f32],
    dqkv: &mut [f32],
) {
    let (tokens, width) = (sizes.tokens, sizes.width());
    let of_head = |columns| Columns { values: qkv, stride: 3 * width, columns };
    let [query, key, value] = sizes.columns(head).map(of_head);
    let [dquery, dkey, dvalue] = sizes.columns(head);
    let dout = Columns { values: dout, stride: width, columns: sizes.output_columns(head) };
    transposed_times(level, probabilities, &dout.gather(), (dqkv, 3 * width, dvalue));
    dout.times(level, &value.pack_transposed(), (gradient, tokens, 0..tokens));
    softmax_backward(level, probabilities, gradient, tokens, sizes.scale());
    transposed_times(level, gradient, &query.gather(), (dqkv, 3 * width, dkey));
    Columns::all(gradient, tokens).times(level, &key.pack(), (dqkv, 3 * width, dquery));
}
