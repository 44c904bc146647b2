//! Numbers come out of tensors as they are, and no result depends on the number of threads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::{DType, Device, Tensor, TensorData};
use judge::{Shaped, VIEWS, normal, tensor};
use potstill_tensors::{
    Activation, attention, batch_norm, convolution, copied, dense, dense_layers,
    depthwise_convolution, gelu, global_average, label_loss, layer_norm, let_go, max_pool, recycle,
    soft_target_loss, taken,
};

fn burns<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.clone().into_data().iter::<f32>().collect()
}

#[test]
fn numbers_come_out_row_by_row_from_every_view_and_leave_the_tensor_alone() {
    for view in VIEWS {
        let shaped = Shaped([3, 4, 5], view);
        let flat = tensor(normal("numbers", shaped.count()), [shaped.count()]);
        let plain = shaped.of(&flat);
        let taped = shaped.of(&flat.clone().autodiff().require_grad());
        for tensor in [plain.clone(), taped, plain.clone().cast(DType::F64)] {
            let expected = burns(&tensor);
            assert_eq!(copied(&tensor), expected, "{view:?}");
            let mut own = taken(tensor.clone());
            assert_eq!(own, expected, "{view:?}");
            own.fill(0.5);
            recycle(own);
            assert_eq!(burns(&tensor), expected, "{view:?}: shared numbers were written to");
            assert_eq!(taken(tensor), expected, "{view:?}");
        }
        assert_eq!(burns(&flat), normal("numbers", shaped.count()));
    }
}

#[test]
fn memory_that_is_let_go_is_not_in_use_elsewhere() {
    for view in VIEWS {
        let shaped = Shaped([30, 40, 50], view);
        let flat = tensor(normal("let go", shaped.count()), [shaped.count()]);
        let other = shaped.of(&flat);
        let expected = burns(&other);
        let_go(shaped.of(&flat));
        let_go(flat.clone());
        let_go(flat.clone().autodiff());
        // What comes next would be written into it.
        for _ in 0..3 {
            let_go(gelu(tensor(vec![1.0; shaped.count()], [1, shaped.count()])));
        }
        assert_eq!(burns(&other), expected, "{view:?}");
        assert_eq!(burns(&flat), normal("let go", shaped.count()), "{view:?}");
    }
}

/// Values that are drawn on an autodiff device.
struct Leaves(Vec<Vec<f32>>);

impl Leaves {
    /// Loss and all gradients as bits.
    fn bits(&self, threads: usize, loss: fn(&[Tensor<1>]) -> Tensor<1>) -> Vec<Vec<u32>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let device = Device::flex().autodiff();
            let leaf = |values: &Vec<f32>| -> Tensor<1> {
                let data = TensorData::new(values.clone(), [values.len()]);
                Tensor::from_data(data, &device).require_grad()
            };
            let leaves: Vec<Tensor<1>> = self.0.iter().map(leaf).collect();
            let loss = loss(&leaves);
            let gradients = loss.backward();
            let mut all = vec![burns(&loss)];
            all.extend(leaves.iter().map(|leaf| burns(&leaf.grad(&gradients).unwrap())));
            assert!(all.iter().flatten().all(|value| value.is_finite()));
            let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
            all.into_iter().map(bits).collect()
        })
    }

    fn agree(&self, loss: fn(&[Tensor<1>]) -> Tensor<1>) {
        let expected = self.bits(1, loss);
        for threads in [1, 2, 3] {
            for _ in 0..2 {
                assert!(self.bits(threads, loss) == expected, "{threads} threads");
            }
        }
    }
}

fn draw(lengths: &[usize]) -> Leaves {
    let values = |(number, length)| normal(&format!("leaf {number}"), length);
    Leaves(lengths.iter().copied().enumerate().map(values).collect())
}

/// Enough work for each operation to be shared among threads.
const BATCH: usize = 40;

fn image_network(all: &[Tensor<1>]) -> Tensor<1> {
    let images = all[0].clone().reshape([BATCH, 3, 16, 16]).permute([0, 2, 3, 1]);
    let weight = |at: usize, shape: [usize; 4]| all[at].clone().reshape(shape) * 0.2;
    let norm = |input: &Tensor<4>, at: usize, residual: Option<&Tensor<4>>, activation| {
        batch_norm(input, &all[at], &all[at + 1], 1e-5, residual, activation).unwrap().output
    };
    let stem = convolution(images, weight(1, [32, 3, 3, 3]), 1, 1);
    let stem = norm(&stem, 2, None, Activation::Relu);
    let inner = depthwise_convolution(stem.clone(), weight(4, [32, 1, 3, 3]), 1, 1);
    let inner = norm(&inner, 5, None, Activation::Relu6);
    let inner = convolution(inner, weight(7, [32, 32, 3, 3]), 1, 1);
    let block = norm(&inner, 8, Some(&stem), Activation::Relu);
    let pooled = convolution(max_pool(block, 2), weight(10, [64, 32, 3, 3]), 2, 1);
    let features = global_average(norm(&pooled, 11, None, Activation::None));
    let dense =
        |at: usize, shape: [usize; 2]| (all[at].clone().reshape(shape), all[at + 1].clone());
    let logits = dense_layers(features, &[dense(13, [64, 32]), dense(15, [32, 10])]);
    let teacher = tensor(normal("teacher", BATCH * 10), [BATCH, 10]);
    let labels: Vec<Option<u32>> = (0..BATCH).map(|row| Some((row % 10) as u32)).collect();
    soft_target_loss(&logits, &teacher, 4.0).unwrap() * 0.9
        + label_loss(&logits, &labels, 0.1).unwrap() * 0.1
}

#[test]
fn an_image_network_has_the_same_bits_with_any_number_of_threads() {
    let dense = [64 * 32, 32, 32 * 10, 10];
    let mut lengths = vec![BATCH * 3 * 256, 32 * 27, 32, 32, 32 * 9, 32, 32, 32 * 32 * 9, 32, 32];
    lengths.extend([64 * 32 * 9, 64, 64]);
    lengths.extend(dense);
    draw(&lengths).agree(image_network);
}

const WIDTH: usize = 64;
const TOKENS: usize = 32;

fn token_network(all: &[Tensor<1>]) -> Tensor<1> {
    let rows = all[0].clone().reshape([BATCH * TOKENS, WIDTH]);
    let weight = |at: usize, shape: [usize; 2]| all[at].clone().reshape(shape) * 0.1;
    let normalised = layer_norm(rows.clone(), all[1].clone(), all[2].clone(), 1e-5);
    let projected = dense(normalised, weight(3, [WIDTH, 3 * WIDTH]), all[4].clone());
    let attended = attention(projected, TOKENS, 4);
    let value = rows + dense(attended, weight(5, [WIDTH, WIDTH]), all[6].clone());
    let hidden = gelu(dense(value.clone(), weight(7, [WIDTH, 4 * WIDTH]), all[8].clone()));
    let value = value + dense(hidden, weight(9, [4 * WIDTH, WIDTH]), all[10].clone());
    (value.clone() * value).mean()
}

#[test]
fn a_token_network_has_the_same_bits_with_any_number_of_threads() {
    let lengths = [
        BATCH * TOKENS * WIDTH,
        WIDTH,
        WIDTH,
        WIDTH * 3 * WIDTH,
        3 * WIDTH,
        WIDTH * WIDTH,
        WIDTH,
        WIDTH * 4 * WIDTH,
        4 * WIDTH,
        4 * WIDTH * WIDTH,
        WIDTH,
    ];
    draw(&lengths).agree(token_network);
}

#[test]
fn what_is_not_a_number_is_not_lost() {
    let is_lost = |output: Tensor<2>| burns(&output).iter().all(|value| value.is_finite());
    for count in 1..=6 {
        let mut values = normal("input", 12);
        values[5] = f32::NAN;
        let weight = || (tensor(normal("weight", 16), [4, 4]), tensor(vec![0.0; 4], [4]));
        let layers: Vec<(Tensor<2>, Tensor<1>)> = (0..count).map(|_| weight()).collect();
        assert!(!is_lost(dense_layers(tensor(values, [3, 4]), &layers)), "{count} layers");
    }
    let mut values = normal("images", 48);
    values[20] = f32::NAN;
    let images = tensor(values, [1, 4, 4, 3]);
    assert!(!is_lost(max_pool(images.clone(), 2).reshape([4, 3])));
    let row = tensor(vec![1.0; 3], [3]);
    for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
        let found = batch_norm(&images, &row, &row, 1e-5, None, activation).unwrap();
        assert!(!is_lost(found.output.reshape([16, 3])), "{activation:?}");
    }
}
