//! From queries, keys and values to the output.

use super::Heads;
use super::products::Columns;
use super::softmax::softmax;
use crate::Level;
use crate::memory::Buffer;
use crate::threads::each_piece;

/// For each sample and head, `out = softmax(q k^T / sqrt(head_width)) v`: Vaswani et al. (2017),
/// equation 1, without a mask. [`Heads`] says how the buffers lie.
///
/// The softmax is kept in `probabilities` for [`attention_backward`](super::attention_backward);
/// without it, memory for one head's is used again and again.
pub fn attention(
    level: Level,
    sizes: Heads,
    qkv: &[f32],
    out: &mut [f32],
    probabilities: Option<&mut [f32]>,
) {
    if sizes.outputs() == 0 {
        return;
    }
    let kept = probabilities.map(|kept| kept.chunks_mut(sizes.probabilities()).map(Some));
    let kept = kept.into_iter().flatten().chain(std::iter::repeat_with(|| None));
    let samples = qkv.chunks(sizes.inputs()).zip(out.chunks_mut(sizes.outputs())).zip(kept);
    let work = sizes.work(qkv.len() / sizes.inputs(), 2);
    each_piece(samples.collect(), work, |((qkv, out), kept): (_, Option<&mut [f32]>)| {
        let one = sizes.tokens * sizes.tokens;
        match kept {
            Some(kept) => {
                for (head, probabilities) in kept.chunks_exact_mut(one).enumerate() {
                    run_head(level, sizes, head, qkv, out, probabilities);
                }
            }
            None => {
                let mut probabilities = Buffer::dirty(one);
                for head in 0..sizes.heads {
                    run_head(level, sizes, head, qkv, out, &mut probabilities);
                }
            }
        }
    });
}

/// One head of one sample.
fn run_head(
    level: Level,
    sizes: Heads,
    head: usize,
    qkv: &[f32],
    out: &mut [f32],
    probabilities: &mut [f32],
) {
    let (tokens, width) = (sizes.tokens, sizes.width());
    let of_head = |columns| Columns { values: qkv, stride: 3 * width, columns };
    let [query, key, value] = sizes.columns(head).map(of_head);
    query.times(level, &key.pack_transposed(), (probabilities, tokens, 0..tokens));
    softmax(level, probabilities, tokens, sizes.scale());
    let out = (out, width, sizes.output_columns(head));
    Columns::all(probabilities, tokens).times(level, &value.pack(), out);
}
