//! Recorded targets are what the teacher says about each sample in each view.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use data::{DataOptions, Mixing, Room, SampleShape, Samples, Targets, ViewCount, Views};
use nn::{AnyNetwork, Architecture, cpu, infer, read_weights, write_weights};
use potstill_teacher::{About, LogitSource, Recorder, SoftTargets, TeacherError, view_logits};
use random::Stream;

const SHAPE: SampleShape = SampleShape::Image { channels: 1, height: 6, width: 5 };
const CLASSES: usize = 3;
const ROWS: usize = 7;
const VIEWS: usize = 3;

fn samples() -> Samples {
    let mut generator = Stream::new(31, "samples").generator();
    let values = (0..ROWS * SHAPE.len()).map(|_| generator.normal() as f32).collect();
    Samples { shape: SHAPE, values, labels: vec![None; ROWS], targets: Targets::Classes }
}

fn views() -> Views {
    let options = DataOptions {
        views: ViewCount::Numbered(VIEWS),
        shift: 1,
        flip: true,
        ..DataOptions::default()
    };
    Views::new(&options, SHAPE, &[-0.5], Stream::new(32, "views")).unwrap()
}

/// A teacher whose running statistics are not those of the batch.
fn teacher() -> AnyNetwork {
    let architecture = Architecture::Cnn { channels: vec![4] };
    let network = architecture.build(SHAPE, CLASSES, Stream::new(33, "weights"), &cpu()).unwrap();
    let mut weights = read_weights(&network);
    for (path, weight) in weights.iter_mut().filter(|(path, _)| path.contains("norm")) {
        let mut generator = Stream::new(34, path).generator();
        weight.values.fill_with(|| 0.5 + generator.uniform());
    }
    write_weights(network, &weights).unwrap()
}

fn recorded() -> SoftTargets {
    SoftTargets::record(&teacher(), &samples(), &views(), CLASSES).unwrap()
}

#[test]
fn targets_are_what_the_teacher_says_about_each_sample_alone() {
    let (teacher, samples, views, targets) = (teacher(), samples(), views(), recorded());
    assert_eq!(targets.classes(), CLASSES);
    for view in 0..VIEWS {
        for row in 0..ROWS {
            let mut shown = vec![0.0; SHAPE.len()];
            views.write(&samples.row(row).unwrap(), row, view, &mut shown);
            let expected = infer(&teacher, &shown, SHAPE.len(), CLASSES).unwrap();
            for (found, expected) in targets.logits(view, row).unwrap().iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-5, "view {view}, row {row}");
            }
            assert_eq!(targets.logits(view, row).unwrap().len(), CLASSES);
        }
    }
}

#[test]
fn a_teacher_in_training_form_teaches_the_same_and_is_left_alone() {
    use burn::module::Module;
    let teacher = teacher().train();
    let before = read_weights(&teacher);
    let targets = SoftTargets::record(&teacher, &samples(), &views(), CLASSES).unwrap();
    assert!(targets == recorded());
    assert!(read_weights(&teacher) == before);
}

#[test]
fn views_have_targets_of_their_own() {
    let targets = recorded();
    for view in 1..VIEWS {
        let changed = (0..ROWS)
            .filter(|&row| targets.logits(0, row).unwrap() != targets.logits(view, row).unwrap());
        assert!(changed.count() > ROWS / 2, "view {view}");
    }
    assert_ne!(targets.logits(1, 0).unwrap(), targets.logits(1, 1).unwrap());
}

#[test]
fn there_are_no_targets_beyond_the_last() {
    let targets = recorded();
    assert!(targets.logits(0, ROWS).unwrap().is_empty());
    assert!(targets.logits(VIEWS, 0).unwrap().is_empty());
    assert!(targets.logits(0, usize::MAX).unwrap().is_empty());
    // Three times this number is 1 more than a power of two that 64 bits cannot hold.
    let wrapping = ((1_u128 << 65) + 1) / CLASSES as u128;
    assert!(targets.logits(0, wrapping as usize).unwrap().is_empty());
}

#[test]
fn a_teacher_that_says_no_number_is_refused_with_its_place() {
    let mut samples = samples();
    let mut values = samples.values.in_memory().unwrap().to_vec();
    values[4 * SHAPE.len() + 7] = f32::NAN;
    samples.values = values.into();
    let error = SoftTargets::record(&teacher(), &samples, &views(), CLASSES).unwrap_err();
    assert!(
        matches!(error, TeacherError::NotFinite { about: About { sample: 4, .. }, view: 0, .. }),
        "{error}"
    );
    let error = SoftTargets::record(&teacher(), &samples, &views(), CLASSES + 1).unwrap_err();
    assert!(matches!(error, TeacherError::Network(_)), "{error}");
}

#[test]
fn rows_that_are_asked_for_in_parts_have_the_same_bits() {
    let rows = 600;
    let mut generator = Stream::new(35, "many samples").generator();
    let values = (0..rows * SHAPE.len()).map(|_| generator.normal() as f32).collect::<Vec<f32>>();
    let targets = Targets::Classes;
    let samples =
        Samples { shape: SHAPE, values: values.into(), labels: vec![None; rows], targets };
    let (teacher, views) = (teacher(), views());
    let whole = SoftTargets::record(&teacher, &samples, &views, CLASSES).unwrap();
    let mut parts = Recorder::new(CLASSES, rows, VIEWS, &Room::MEMORY).unwrap();
    for view in 0..VIEWS {
        for rows in [0..256, 256..512, 512..600] {
            let rows: Vec<usize> = rows.collect();
            let part =
                view_logits(&teacher, (&samples, &views), (view, None), &rows, CLASSES).unwrap();
            parts.push(view, &part).unwrap();
        }
    }
    parts.push(0, &[0.0; CLASSES]).unwrap();
    parts.push(VIEWS, &[0.0; CLASSES]).unwrap();
    assert!(parts.finish().unwrap() == whole, "what is too much is left out");
}

#[test]
fn a_linear_teacher_says_the_mean_about_mixed_samples_and_nothing_recorded_is_about_them() {
    let architecture = Architecture::Mlp { hidden: Vec::new() };
    let linear = architecture.build(SHAPE, CLASSES, Stream::new(36, "weights"), &cpu()).unwrap();
    let (samples, views) = (samples(), views());
    let rows = [5, 0, 3, 6];
    let mix = Mixing::Mixup { alpha: 1.0 }.draw(rows.len(), SHAPE, &Stream::new(37, "mix"));
    assert!(mix.share() > 0.05 && mix.share() < 0.95 && mix.partners() != [0, 1, 2, 3], "{mix:?}");
    let said = |mix| view_logits(&linear, (&samples, &views), (2, mix), &rows, CLASSES).unwrap();
    let (single, mixed) = (said(None), said(Some(&mix)));
    for (place, &partner) in mix.partners().iter().enumerate() {
        for class in 0..CLASSES {
            let of = |row: usize| f64::from(single[row * CLASSES + class]);
            let expected = mix.share() * of(place) + (1.0 - mix.share()) * of(partner);
            let found = f64::from(mixed[place * CLASSES + class]);
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
    let recorded = SoftTargets::record(&linear, &samples, &views, CLASSES).unwrap();
    assert!(recorded.said(2, &rows, None).is_ok());
    assert!(matches!(recorded.said(2, &rows, Some(&mix)), Err(TeacherError::Mixed)));
}
