//! A teacher is asked for its taps about the samples of the batch, as it sees them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::module::Module;
use burn::tensor::Tensor;
use data::{DataOptions, SampleShape, Samples, Targets, ViewCount, Views};
use nn::{AnyNetwork, Architecture, Feature, Network, Taps, batch, cpu};
use potstill_teacher::{NetworkTaps, Shown, TapSource};
use random::Stream;

const SHAPE: SampleShape = SampleShape::Image { channels: 1, height: 4, width: 4 };

fn teacher() -> AnyNetwork {
    let stream = Stream::new(1, "weights");
    Architecture::Cnn { channels: vec![3] }.build(SHAPE, 2, stream, &cpu().autodiff()).unwrap()
}

fn samples(scale: f32) -> Samples {
    let mut generator = Stream::new(2, "samples").generator();
    let values = (0..8 * 16).map(|_| scale * generator.normal() as f32).collect();
    Samples { shape: SHAPE, values, labels: vec![Some(0); 8], targets: Targets::Classes }
}

fn views() -> Views {
    let options = DataOptions { views: ViewCount::Numbered(3), shift: 1, ..DataOptions::default() };
    Views::new(&options, SHAPE, &[0.0], Stream::new(3, "views")).unwrap()
}

fn shown(samples: &Samples, rows: &[usize], view: usize) -> Tensor<2> {
    let views = views();
    let mut values = vec![0.0; rows.len() * 16];
    for (&row, out) in rows.iter().zip(values.chunks_mut(16)) {
        views.write(&samples.row(row).unwrap(), row, view, out);
    }
    batch(&values, 16)
}

fn numbers(taps: &Taps) -> Vec<f32> {
    let Some(Feature::Map(map)) = taps.get("stage1") else { return Vec::new() };
    map.clone().into_data().iter::<f32>().collect()
}

#[test]
fn the_taps_are_those_of_the_inputs_in_inference_form() {
    let (teacher, inputs) = (teacher(), shown(&samples(1.0), &[5, 0, 7], 2));
    let source = NetworkTaps::new(&teacher, vec!["stage1".to_owned()], None);
    let found =
        source.taps(Shown { inputs: &inputs, rows: &[5, 0, 7], view: 2, mix: None }).unwrap();
    assert_eq!(found.names().collect::<Vec<_>>(), ["stage1"]);
    let expected = teacher.valid().observe(inputs, Taps::all());
    assert!(numbers(&found) == numbers(&expected.taps) && numbers(&found).len() == 3 * 3 * 4);
    // A batch by itself changes nothing, as it would by its statistics in training.
    let one = shown(&samples(1.0), &[5], 2);
    let alone = source.taps(Shown { inputs: &one, rows: &[5], view: 2, mix: None }).unwrap();
    assert!(numbers(&found).starts_with(&numbers(&alone)));
}

#[test]
fn a_teacher_with_samples_of_its_own_sees_the_same_rows_and_view_of_those() {
    let teacher = teacher();
    let (students, own) = (samples(1.0), samples(0.5));
    let source = NetworkTaps::new(&teacher, vec!["stage1".to_owned()], Some((&own, views())));
    let inputs = shown(&students, &[1, 6], 1);
    let found = source.taps(Shown { inputs: &inputs, rows: &[1, 6], view: 1, mix: None }).unwrap();
    let expected = teacher.valid().observe(shown(&own, &[1, 6], 1), Taps::all());
    assert!(numbers(&found) == numbers(&expected.taps) && !numbers(&found).is_empty());
    assert!(numbers(&found) != numbers(&teacher.valid().observe(inputs, Taps::all()).taps));
}
