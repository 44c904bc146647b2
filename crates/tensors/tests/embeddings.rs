//! Embeddings have the values and gradients of Burn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::module::embedding as burns;
use burn::tensor::{Int, Tensor, TensorData};
use judge::{Shaped, VIEWS, judge, tensor, wide};
use potstill_tensors::embedding;
use random::Stream;

const VOCABULARY: usize = 7;

#[test]
fn embeddings_have_the_values_and_gradients_of_burn() {
    for [batch, length, units] in [[1, 1, 1], [2, 5, 3], [3, 40, 16]] {
        let mut generator = Stream::new(2, "tokens").generator();
        let tokens: Vec<i32> =
            (0..batch * length).map(|_| generator.below(VOCABULARY as u64) as i32).collect();
        let plain: Vec<f32> = tokens.iter().map(|&token| token as f32).collect();
        for view in VIEWS {
            let weights = Shaped([VOCABULARY, units], view);
            judge(
                &format!("{batch} {length} {units} {view:?}"),
                &[weights.count()],
                0.1,
                |all| {
                    let tokens = tensor(plain.clone(), [batch, length]);
                    Some(embedding(tokens, weights.of(&all[0])))
                },
                |all| {
                    let numbers = TensorData::new(tokens.clone(), [batch, length]);
                    let tokens = Tensor::<2, Int>::from_data(numbers, &all[0].device());
                    burns(weights.of(&all[0]), tokens)
                },
            );
        }
    }
}

#[test]
fn tokens_outside_of_the_vocabulary_give_no_numbers() {
    let weights = tensor(vec![1.0, 2.0, 3.0, 4.0], [2, 2]);
    let tokens = tensor(vec![1.0, 2.0, -1.0, 0.5, f32::NAN, 0.0], [1, 6]);
    let found = wide(&embedding(tokens, weights));
    assert_eq!(found[..2], [3.0, 4.0]);
    assert!(found[2..10].iter().all(|value| value.is_nan()), "{found:?}");
    assert_eq!(found[10..], [1.0, 2.0]);
}
