//! Pooling and losses have the values and gradients of Burn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;

use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{DType, Tensor, TensorData};
use judge::{Shaped, VIEWS, View, judge, judge_on, normal, tensor};
use potstill_tensors::{
    global_average, label_loss, masked, max_pool, soft_target_loss, weighted_sum,
};
use random::Stream;

/// Batch, height, width and channels.
const SHAPES: [[usize; 4]; 6] =
    [[1, 3, 3, 1], [1, 4, 6, 3], [2, 7, 5, 10], [3, 6, 9, 17], [1, 8, 8, 32], [2, 5, 4, 33]];

fn burns(images: Tensor<4>, size: usize) -> Tensor<4> {
    let options = MaxPoolOptions::new([size; 2]).with_stride([size; 2]);
    max_pool2d(images.permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1])
}

#[test]
fn max_pools_have_the_values_and_gradients_of_burn() {
    for shape in SHAPES {
        for size in [1, 2, 3] {
            for view in VIEWS {
                let images = Shaped(shape, view);
                judge(
                    &format!("{shape:?} {size} {view:?}"),
                    &[images.count()],
                    0.1,
                    |all| Some(max_pool(images.of(&all[0]), size)),
                    |all| burns(images.of(&all[0]), size),
                );
            }
        }
    }
}

#[test]
fn of_equal_values_in_a_window_the_same_one_gets_the_gradient_as_in_burn() {
    for shape in SHAPES {
        let images = Shaped(shape, View::Plain);
        let mut generator = Stream::new(3, "ties").generator();
        let values = (0..images.count()).map(|_| generator.below(3) as f32).collect();
        judge_on(
            &format!("ties {shape:?}"),
            &[values],
            0.1,
            |all| Some(max_pool(images.of(&all[0]), 2)),
            |all| burns(images.of(&all[0]), 2),
        );
    }
}

#[test]
fn global_averages_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    for shape in SHAPES {
        for view in VIEWS {
            let images = Shaped(shape, view);
            let [batch, height, width, channels] = shape;
            let off = judge(
                &format!("{shape:?} {view:?}"),
                &[images.count()],
                0.1,
                |all| Some(global_average(images.of(&all[0]))),
                |all| {
                    let pixels = images.of(&all[0]).reshape([batch, height * width, channels]);
                    pixels.mean_dim(1).reshape([batch, channels])
                },
            );
            most = most.max(off);
        }
    }
    println!("global average: {most:.1e}");
}

/// Samples and classes.
const LOGITS: [[usize; 2]; 6] = [[1, 2], [1, 10], [3, 3], [32, 10], [17, 17], [5, 100]];

fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().max_dim(1);
    shifted.clone() - shifted.exp().sum_dim(1).log()
}

#[test]
fn soft_target_losses_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    for [samples, classes] in LOGITS {
        for (temperature, view) in [0.5, 1.0, 4.0, 20.0].into_iter().zip(VIEWS) {
            let shaped = Shaped([samples, classes], view);
            let name = format!("{samples} {classes} {temperature} {view:?}");
            let teacher =
                tensor(normal(&format!("{name} teacher"), shaped.count()), [shaped.count()]);
            let teacher = shaped.of(&teacher) * 3.0;
            let off = judge(
                &name,
                &[shaped.count()],
                0.1,
                |all| soft_target_loss(&shaped.of(&all[0]), &teacher, temperature),
                |all| {
                    let student = log_softmax(shaped.of(&all[0]) / temperature);
                    let teacher = teacher.clone().cast(DType::F64).autodiff();
                    let teacher = log_softmax(teacher / temperature);
                    let divergence = teacher.clone().exp() * (teacher - student);
                    divergence.sum() * (temperature * temperature / samples as f64)
                },
            );
            most = most.max(off);
        }
    }
    println!("soft target loss: {most:.1e}");
}

#[test]
fn label_losses_have_the_values_and_gradients_of_burn() {
    let mut most = 0.0_f64;
    for [samples, classes] in LOGITS {
        for view in VIEWS {
            let shaped = Shaped([samples, classes], view);
            let name = format!("{samples} {classes} {view:?}");
            let mut generator = Stream::new(4, &name).generator();
            let mut labels: Vec<Option<u32>> = (0..samples)
                .map(|_| {
                    let label = generator.below(classes as u64) as u32;
                    (generator.below(3) > 0).then_some(label)
                })
                .collect();
            labels[0] = Some(0);
            let mut marks = vec![0.0_f32; samples * classes];
            for (sample, label) in labels.iter().enumerate() {
                if let Some(label) = label {
                    marks[sample * classes + *label as usize] = 1.0;
                }
            }
            let count = labels.iter().flatten().count() as f64;
            let off = judge(
                &name,
                &[shaped.count()],
                0.1,
                |all| label_loss(&(shaped.of(&all[0]) * 5.0), &labels, 0.0),
                |all| {
                    let logits = log_softmax(shaped.of(&all[0]) * 5.0);
                    let marks = TensorData::new(marks.clone(), [samples, classes]);
                    let marks = Tensor::from_data(marks, (&logits.device(), DType::F64));
                    (logits * marks).sum() / -count
                },
            );
            most = most.max(off);
        }
    }
    println!("label loss: {most:.1e}");
}

#[test]
fn a_teacher_on_a_tape_is_left_to_burn() {
    let logits = tensor(normal("logits", 6), [2, 3]);
    assert!(soft_target_loss(&logits, &logits, 1.0).is_some());
    assert!(soft_target_loss(&logits, &logits.clone().autodiff(), 1.0).is_none());
}

#[test]
fn weighted_sums_have_the_values_and_gradients_of_burn() {
    let weights = [0.25, -3.0, 1.5, 7.0];
    for count in 1..=4 {
        let parts = |all: &[Tensor<1>]| -> Vec<(Tensor<1>, f64)> {
            all.iter().cloned().zip(weights).collect()
        };
        judge(
            &format!("{count} parts"),
            &vec![1; count],
            1.0,
            |all| weighted_sum(&parts(all)),
            |all| {
                let products = parts(all).into_iter().map(|(part, weight)| part * weight);
                products.reduce(|sum, part| sum + part).unwrap()
            },
        );
    }
    assert!(weighted_sum(&[]).is_none());
}

#[test]
fn masked_numbers_have_the_values_and_gradients_of_burn() {
    for shape in SHAPES {
        for view in VIEWS {
            let images = Shaped(shape, view);
            let factors: Vec<f32> = normal("mask", shape.iter().product());
            let factors = || factors.iter().map(|factor| if *factor > 0.0 { 2.5 } else { 0.0 });
            judge(
                &format!("mask {shape:?} {view:?}"),
                &[images.count()],
                1.0,
                |all| {
                    Some(masked(images.of(&all[0]), |out| {
                        out.iter_mut().zip(factors()).for_each(|(out, factor)| *out = factor);
                    }))
                },
                |all| {
                    let input = images.of(&all[0]);
                    let data = TensorData::new(factors().collect::<Vec<f32>>(), shape);
                    let factors = Tensor::from_data(data, (&input.device(), DType::F64));
                    input * factors
                },
            );
        }
    }
}
