//! A network with dropout trains to the same bits again, stopped in between or not, and its dropout
//! takes part.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use data::SampleShape;
use methods::Alone;
use nn::{Architecture, TabularResnetSizes};
use potstill_train::{Settings, State};
use toy::{bits, feed, samples, trainer, views};

const SHAPE: SampleShape = SampleShape::Vector(4);

fn architecture(dropout: f64) -> (Architecture, SampleShape) {
    let sizes = TabularResnetSizes { blocks: 2, units: 6, hidden_multiplier: 2, dropout };
    (Architecture::TabularResnet(sizes), SHAPE)
}

/// The state after four steps; after `stop` of them the training goes on from its saved state.
fn trained(dropout: f64, stop: u64) -> State {
    let (samples, views) = (samples(SHAPE, toy::ROWS), views(SHAPE));
    let mut feed = feed(&samples, &views);
    let architecture = architecture(dropout);
    let mut trainer = trainer(&architecture, &Alone, Settings::default());
    for step in 0..4 {
        if step == stop {
            let state = trainer.state();
            let fresh = toy::trainer(&architecture, &Alone, Settings::default());
            trainer = fresh.restore(state).unwrap();
        }
        trainer.step(&feed.batch(step).unwrap()).unwrap();
    }
    trainer.state()
}

#[test]
fn a_training_with_dropout_repeats_to_the_bit() {
    let whole = bits(&trained(0.5, 9));
    assert!(whole == bits(&trained(0.5, 9)));
    assert!(whole == bits(&trained(0.5, 2)));
}

#[test]
fn dropout_takes_part_in_training() {
    assert!(bits(&trained(0.5, 9)) != bits(&trained(0.0, 9)));
}
