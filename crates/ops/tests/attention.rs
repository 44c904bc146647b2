//! Multi-head attention against its definition in `f64`.

use potstill_ops::Level;
use potstill_ops::attention::{Heads, attention, attention_backward};
use random::Stream;

const SIZES: [(usize, Heads); 6] = [
    (1, Heads { tokens: 1, heads: 1, head_width: 1 }),
    (2, Heads { tokens: 3, heads: 2, head_width: 5 }),
    (1, Heads { tokens: 17, heads: 3, head_width: 10 }),
    (3, Heads { tokens: 16, heads: 1, head_width: 16 }),
    (2, Heads { tokens: 65, heads: 2, head_width: 33 }),
    (2, Heads { tokens: 64, heads: 4, head_width: 32 }),
];

/// Queries, keys and values, and a gradient of the output.
fn inputs(batch: usize, sizes: Heads) -> (Vec<f32>, Vec<f32>) {
    let place = Stream::new(3, "attention").at(batch as u64).at(sizes.tokens as u64);
    let mut generator = place.generator();
    let count = batch * sizes.tokens * sizes.width();
    let mut numbers =
        |count: usize| (0..count).map(|_| (1.3 * generator.normal()) as f32).collect();
    (numbers(3 * count), numbers(count))
}

/// Output and probabilities, by the definition.
fn reference(batch: usize, sizes: Heads, qkv: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let Heads { tokens, heads, head_width } = sizes;
    let width = sizes.width();
    let part = |sample: usize, token: usize, part: usize, head: usize| {
        let begin = (sample * tokens + token) * 3 * width + part * width + head * head_width;
        &qkv[begin..begin + head_width]
    };
    let mut out = vec![0.0; batch * tokens * width];
    let mut probabilities = Vec::new();
    for sample in 0..batch {
        for head in 0..heads {
            for query in 0..tokens {
                let score = |key: usize| {
                    let pairs = part(sample, query, 0, head).iter().zip(part(sample, key, 1, head));
                    pairs.map(|(q, k)| q * k).sum::<f64>() / (head_width as f64).sqrt()
                };
                let exponentials: Vec<f64> = (0..tokens).map(|key| score(key).exp()).collect();
                let total: f64 = exponentials.iter().sum();
                for (key, exponential) in exponentials.iter().enumerate() {
                    let p = exponential / total;
                    probabilities.push(p);
                    let out = &mut out[(sample * tokens + query) * width + head * head_width..];
                    for (out, v) in out.iter_mut().zip(part(sample, key, 2, head)) {
                        *out += p * v;
                    }
                }
            }
        }
    }
    (out, probabilities)
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (&found, &expected) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= tolerance * largest, "{found} is not {expected}");
    }
}

/// Output, probabilities and gradient.
fn run(level: Level, batch: usize, sizes: Heads) -> [Vec<f32>; 3] {
    let (qkv, dout) = inputs(batch, sizes);
    let mut out = vec![f32::NAN; dout.len()];
    let mut probabilities = vec![f32::NAN; batch * sizes.probabilities()];
    let mut dqkv = vec![f32::NAN; qkv.len()];
    attention(level, sizes, &qkv, &mut out, Some(&mut probabilities));
    attention_backward(level, sizes, &qkv, &probabilities, &dout, &mut dqkv);
    [out, probabilities, dqkv]
}

#[test]
fn outputs_and_probabilities_are_those_of_the_definition() {
    for level in Level::all() {
        for (batch, sizes) in SIZES {
            let (expected, expected_probabilities) =
                reference(batch, sizes, &wide(&inputs(batch, sizes).0));
            let [out, probabilities, _] = run(level, batch, sizes);
            assert_close(&out, &expected, 1e-6);
            assert_close(&probabilities, &expected_probabilities, 2e-6);
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_definition() {
    for (batch, sizes) in SIZES {
        let (qkv, dout) = inputs(batch, sizes);
        let (qkv, dout) = (wide(&qkv), wide(&dout));
        let loss = |qkv: &[f64]| {
            let out = reference(batch, sizes, qkv).0;
            out.iter().zip(&dout).map(|(out, dout)| out * dout).sum::<f64>()
        };
        let slope = |place: usize| {
            let at = |step: f64| {
                let mut qkv = qkv.clone();
                qkv[place] += step;
                loss(&qkv)
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        };
        // A stride that visits queries, keys and values of all heads.
        let places: Vec<usize> = (0..qkv.len()).step_by(1 + qkv.len() / 150).collect();
        let expected: Vec<f64> = places.iter().map(|&place| slope(place)).collect();
        for level in Level::all() {
            let dqkv = &run(level, batch, sizes)[2];
            assert!(dqkv.iter().all(|x| x.is_finite()));
            let found: Vec<f32> = places.iter().map(|&place| dqkv[place]).collect();
            assert_close(&found, &expected, 4e-6);
        }
    }
}

#[test]
fn outputs_do_not_depend_on_whether_probabilities_are_kept() {
    for level in Level::all() {
        for (batch, sizes) in SIZES {
            let (qkv, dout) = inputs(batch, sizes);
            let mut out = vec![f32::NAN; dout.len()];
            attention(level, sizes, &qkv, &mut out, None);
            assert_eq!(out, run(level, batch, sizes)[0]);
        }
    }
}

#[test]
fn scores_of_any_size_give_finite_outputs_and_gradients() {
    let sizes = Heads { tokens: 9, heads: 2, head_width: 4 };
    let (mut qkv, dout) = inputs(1, sizes);
    qkv.iter_mut().for_each(|x| *x *= 1e4);
    let mut out = vec![f32::NAN; dout.len()];
    let mut probabilities = vec![f32::NAN; sizes.probabilities()];
    let mut dqkv = vec![f32::NAN; qkv.len()];
    attention(Level::best(), sizes, &qkv, &mut out, Some(&mut probabilities));
    attention_backward(Level::best(), sizes, &qkv, &probabilities, &dout, &mut dqkv);
    assert!(out.iter().chain(&probabilities).chain(&dqkv).all(|x| x.is_finite()));
    for row in probabilities.chunks(sizes.tokens) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads() {
    let sizes = Heads { tokens: 64, heads: 4, head_width: 32 };
    for level in Level::all() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(level, 4, sizes))
        };
        let expected = run(1);
        assert_eq!(run(2), expected);
        assert_eq!(run(3), expected);
    }
}

#[test]
fn an_empty_batch_and_empty_sizes_give_nothing() {
    for sizes in [
        Heads { tokens: 4, heads: 2, head_width: 3 },
        Heads { tokens: 0, heads: 2, head_width: 3 },
        Heads { tokens: 4, heads: 0, head_width: 3 },
        Heads { tokens: 4, heads: 2, head_width: 0 },
    ] {
        attention(Level::best(), sizes, &[], &mut [], Some(&mut []));
        attention_backward(Level::best(), sizes, &[], &[], &[], &mut []);
    }
}
