//! Mixed batches: values and labels in the same shares, as a function of the batch's number.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use data::{Mix, Mixing, SampleShape, Samples, Views};
use methods::{Alone, Dkd, Kd, TeacherOutput};
use potstill_train::{Batch, Settings, TrainError, Trainer};
use random::Stream;
use teacher::{LogitSource, TeacherError};
use toy::{CLASSES, ROWS, Taped, cnn, feed, mlp, network, samples, trainer, views};

const SHAPE: SampleShape = SampleShape::Image { channels: 1, height: 4, width: 4 };

/// Batches of one epoch, plain and mixed.
fn batches(mixing: Mixing, samples: &Samples) -> Vec<(Batch, Batch)> {
    let views = views(samples.shape);
    let mut plain = feed(samples, &views);
    let mut mixed = feed(samples, &views).mixing(Some(mixing), Stream::new(4, "mixing"));
    (0..6).map(|number| (plain.batch(number).unwrap(), mixed.batch(number).unwrap())).collect()
}

fn rows(batch: &Batch) -> Vec<Vec<f32>> {
    let values = tensors::copied(&batch.inputs);
    values.chunks(batch.inputs.dims()[1]).map(<[f32]>::to_vec).collect()
}

/// The rows of the batch that each row of its mixed form may have been mixed with by `fits`.
fn partner(plain: &[Vec<f32>], fits: impl Fn(&[f32]) -> bool) -> usize {
    plain.iter().position(|other| fits(other)).unwrap()
}

#[test]
fn mixup_averages_values_and_labels_in_the_same_shares() {
    let samples = samples(SHAPE, ROWS);
    for (plain, mixed) in batches(Mixing::Mixup { alpha: 1.0 }, &samples) {
        let found = mixed.mixed.as_ref().unwrap();
        assert_eq!(mixed.labels, plain.labels);
        let before = rows(&plain);
        for (at, row) in rows(&mixed).iter().enumerate() {
            let share = found.share as f32;
            let with = partner(&before, |other| {
                let pairs = before[at].iter().zip(other);
                row.iter().zip(pairs).all(|(value, (own, other))| {
                    (value - (share * own + (1.0 - share) * other)).abs() < 1e-5
                })
            });
            assert_eq!(found.partners[at], plain.labels[with]);
        }
    }
}

#[test]
fn cutmix_takes_a_rectangle_from_the_partner_and_shares_labels_by_pixels() {
    let samples = samples(SHAPE, ROWS);
    let mut cut = 0;
    for (plain, mixed) in batches(Mixing::CutMix { alpha: 1.0 }, &samples) {
        let found = mixed.mixed.as_ref().unwrap();
        let before = rows(&plain);
        for (at, row) in rows(&mixed).iter().enumerate() {
            let from_partner: Vec<usize> =
                (0..16).filter(|&pixel| row[pixel] != before[at][pixel]).collect();
            if from_partner.is_empty() {
                continue;
            }
            let with = partner(&before, |other| {
                from_partner.iter().all(|&pixel| row[pixel] == other[pixel])
            });
            assert_eq!(found.partners[at], plain.labels[with]);
            assert!((found.share - (1.0 - from_partner.len() as f64 / 16.0)).abs() < 1e-12);
            let spans = [4, 1].map(|stride| {
                let places = from_partner.iter().map(|&pixel| pixel / stride % 4);
                places.clone().max().unwrap() - places.min().unwrap() + 1
            });
            assert_eq!(spans[0] * spans[1], from_partner.len(), "a rectangle");
            cut += 1;
        }
    }
    assert!(cut > 6, "{cut}");
}

#[test]
fn a_mixed_batch_is_a_function_of_its_number() {
    let samples = samples(SHAPE, ROWS);
    let mixing = Mixing::Mixup { alpha: 0.3 };
    let (first, again) = (batches(mixing, &samples), batches(mixing, &samples));
    let shares: Vec<f64> = first.iter().map(|(_, b)| b.mixed.as_ref().unwrap().share).collect();
    assert!(shares.windows(2).all(|pair| pair[0] != pair[1]), "{shares:?}");
    for ((_, first), (_, again)) in first.iter().zip(&again) {
        assert_eq!(rows(first), rows(again));
        assert_eq!(first.mixed, again.mixed);
    }
}

#[test]
fn a_tape_makes_no_difference_to_mixed_labels() {
    let model = mlp();
    let samples = samples(model.1, ROWS);
    let settings = Settings { label_smoothing: 0.1, ..Settings::default() };
    let taped = Taped(Alone);
    let mut with = trainer(&model, &taped, settings.clone());
    let mut without = trainer(&model, &Alone, settings);
    for (_, batch) in batches(Mixing::Mixup { alpha: 1.0 }, &samples) {
        let [with, without] = [&mut with, &mut without].map(|t| t.step(&batch).unwrap().loss);
        assert!((with - without).abs() < 1e-5, "{with} {without}");
    }
}

/// Says the first values of a sample as it is shown, twice.
#[derive(Debug)]
struct Echo<'a> {
    samples: &'a Samples,
    views: &'a Views,
}

impl LogitSource for Echo<'_> {
    fn said(
        &self,
        view: usize,
        rows: &[usize],
        mix: Option<&Mix>,
    ) -> Result<Vec<f32>, TeacherError> {
        let width = self.samples.shape.len();
        let mut values = vec![0.0; rows.len() * width];
        for (&row, out) in rows.iter().zip(values.chunks_exact_mut(width)) {
            self.views.write(&self.samples.row(row)?, row, view, out);
        }
        // Another scale than the student's: the mean of two doubles is the double of their mean.
        values.iter_mut().for_each(|value| *value *= 2.0);
        mix.unwrap().apply(&mut values, self.samples.shape)?;
        Ok(values.chunks_exact(width).flat_map(|row| row[..CLASSES].to_vec()).collect())
    }

    fn outputs(&self) -> usize {
        CLASSES
    }
}

#[test]
fn the_teacher_is_asked_about_the_samples_that_the_student_sees() {
    let samples = samples(SHAPE, ROWS);
    let views = views(SHAPE);
    let echo = Echo { samples: &samples, views: &views };
    for mixing in [Mixing::Mixup { alpha: 1.0 }, Mixing::CutMix { alpha: 1.0 }] {
        let order = data::Order::new(Stream::new(15, "order"), (0..ROWS).collect(), 4).unwrap();
        let feed = potstill_train::Feed::new(&samples, &views, order, Some(&echo), 6);
        let mut feed = feed.mixing(Some(mixing), Stream::new(4, "mixing"));
        for number in 0..12 {
            let batch = feed.batch(number).unwrap();
            let said = batch.teacher.as_ref().map(TeacherOutput::logits).unwrap();
            let said = tensors::copied(&said);
            for (row, said) in rows(&batch).iter().zip(said.chunks_exact(CLASSES)) {
                for (value, said) in row.iter().zip(said) {
                    assert!((2.0 * value - said).abs() < 1e-5, "{value} {said}");
                }
            }
        }
    }
}

#[test]
fn a_tape_makes_no_difference_to_a_student_that_learns_from_mixed_samples() {
    let model = mlp();
    let samples = samples(model.1, ROWS);
    let (taped, kd) = (Taped(Kd::default()), Kd::default());
    let mut with = trainer(&model, &taped, Settings::default());
    let mut without = trainer(&model, &kd, Settings::default());
    for (_, mut batch) in batches(Mixing::Mixup { alpha: 1.0 }, &samples) {
        let said: Vec<f32> = (0..4 * CLASSES).map(|at| (at * 5 % 7) as f32 - 3.0).collect();
        batch.teacher = Some(TeacherOutput::new(nn::batch(&said, CLASSES)));
        let [with, without] = [&mut with, &mut without].map(|t| t.step(&batch).unwrap().loss);
        assert!((with - without).abs() < 1e-5, "{with} {without}");
    }
}

#[test]
fn a_method_of_single_samples_does_not_learn_from_mixed_ones() {
    let (architecture, shape) = cnn();
    let mixing = Some(Mixing::Mixup { alpha: 1.0 });
    let settings = Settings { mixing, ..Settings::default() };
    let build = |method| {
        let network = network(&architecture, shape);
        Trainer::new(network, method, settings.clone(), CLASSES, 6, Stream::new(1, "noise"))
    };
    let (kd, dkd) = (Kd::default(), Dkd::default());
    build(&kd).unwrap();
    let error = build(&dkd).unwrap_err();
    assert!(matches!(error, TrainError::Mixed { method: "dkd" }), "{error}");
    assert!(error.hint().is_some());
}
