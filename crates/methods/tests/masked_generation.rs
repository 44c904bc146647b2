//! What `mgd` hides is a function of seed and step, and is to the method as if the student had zeros there. Its values
//! with nothing hidden are in the oracle.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod tapped;

use std::collections::BTreeMap;
use std::sync::Arc;

use nn::TapShape;
use potstill_methods::{Masked, Method, Mgd, Moment, TapMethod};
use random::Stream;
use tapped::{Answer, Held, answers, fitted};

const SHAPE: TapShape = TapShape::Map { channels: 12, height: 4, width: 5 };
const BATCH: usize = 6;

fn held(seed: u64) -> Held {
    let mut generator = Stream::new(seed, "held").generator();
    let count = BATCH * SHAPE.channels() * SHAPE.positions();
    let values = (0..count).map(|_| 0.5 + generator.uniform()).collect();
    Held { batch: BATCH, shape: SHAPE, values }
}

/// The method, fitted to these taps, with this share hidden.
fn method(masked: Masked, mask_ratio: f64) -> Arc<dyn Method> {
    let loss = Mgd { mask_ratio, masked, noise: None };
    let method = TapMethod::new(loss).student_taps(["tap0"]).teacher_taps(["tap0"]);
    fitted(&method, &[held(1)], &[held(2)]).unwrap()
}

fn moment(step: u64) -> Moment {
    Moment { step, steps_per_epoch: 10, epochs: 2 }
}

fn answer(method: &dyn Method, student: Held) -> Answer {
    let own = method.parameters().into_iter().map(|(path, own)| (path, own.values));
    answers(method, &[student], &[held(2)], &own.collect::<BTreeMap<_, _>>()).remove(0)
}

/// For each number of the student whether it is hidden in a step: it then has no slope.
fn hidden(masked: Masked, mask_ratio: f64, step: u64) -> Vec<bool> {
    let now = method(masked, mask_ratio).at(moment(step)).unwrap();
    answer(now.as_ref(), held(1)).taps[0].iter().map(|slope| *slope == 0.0).collect()
}

#[test]
fn what_is_hidden_counts_as_zeros() {
    for masked in [Masked::Channels, Masked::Positions] {
        let whole = method(masked, 0.4);
        let now = whole.at(moment(3)).unwrap();
        let hidden = hidden(masked, 0.4, 3);
        let mut student = held(1);
        for (value, hidden) in student.values.iter_mut().zip(&hidden) {
            *value = if *hidden { 0.0 } else { *value };
        }
        let (found, expected) = (answer(now.as_ref(), held(1)), answer(whole.as_ref(), student));
        assert_eq!(found.value, expected.value);
        for ((found, expected), hidden) in found.taps[0].iter().zip(&expected.taps[0]).zip(&hidden)
        {
            assert_eq!(*found, if *hidden { 0.0 } else { *expected });
        }
    }
}

#[test]
fn whole_channels_or_whole_places_are_hidden() {
    let places = SHAPE.positions();
    for (number, hidden) in hidden(Masked::Channels, 0.4, 0).chunks(places).enumerate() {
        assert!(hidden.iter().all(|one| *one == hidden[0]), "channel {number}");
    }
    for sample in hidden(Masked::Positions, 0.4, 0).chunks(12 * places) {
        for channel in sample.chunks(places) {
            assert_eq!(channel, &sample[..places]);
        }
    }
}

#[test]
fn masks_are_those_of_the_step_and_hide_the_share_that_is_asked_for() {
    let masks = |ratio: f64| -> Vec<Vec<bool>> {
        (0..40).map(|step| hidden(Masked::Channels, ratio, step)).collect()
    };
    let found = masks(0.3);
    assert_eq!(found[7], hidden(Masked::Channels, 0.3, 7));
    assert_ne!(found[7], found[8]);
    let share = |masks: &[Vec<bool>]| {
        let all: Vec<bool> = masks.concat();
        all.iter().filter(|hidden| **hidden).count() as f64 / all.len() as f64
    };
    // Of 2880 draws the share has a deviation below 0.01.
    assert!((share(&found) - 0.3).abs() < 0.04, "{}", share(&found));
    assert!((share(&masks(0.8)) - 0.8).abs() < 0.04);
    assert!(method(Masked::Channels, 0.0).at(moment(1)).is_none());
}
