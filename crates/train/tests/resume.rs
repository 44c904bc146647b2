//! A training that was stopped and restored goes on to the same bits; patience and `select` keep
//! their word.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod toy;

use data::{Mixing, SampleShape, Samples, Views};
use methods::Alone;
use nn::{Architecture, read_weights};
use potstill_train::optimizer::{Adam, AdamW, OptimizerOptions, RmsProp, Sgd};
use potstill_train::schedule::{Schedule, Shape};
use potstill_train::{Ending, Feed, Progress, Select, Settings, State, TrainError};
use random::Stream;
use toy::{Judge, ROWS, bits, cnn, feed, mlp, samples, trainer, views};

fn settings(optimizer: OptimizerOptions, patience: Option<u64>) -> Settings {
    let shape = Shape::Cosine { final_fraction: 0.1 };
    Settings {
        epochs: 5,
        batch_size: 4,
        optimizer,
        schedule: Schedule { rate: 0.02, warmup_steps: 3, shape },
        clip_norm: Some(0.7),
        patience,
        select: Select::Best,
        ..Settings::default()
    }
}

fn mixed_feed<'a>(samples: &'a Samples, views: &'a Views, settings: &Settings) -> Feed<'a> {
    let feed = feed(samples, views).accumulating(settings.accumulate);
    feed.mixing(settings.mixing, Stream::new(16, "mixing"))
}

/// Stops after every step in turn, goes on from the saved state, and compares with `settings` run
/// in one go.
fn resumes_to_the_same_bits(model: &(Architecture, SampleShape), settings: Settings) -> u64 {
    let samples = samples(model.1, ROWS);
    let views = views(model.1);
    let mut whole = Judge::new(&samples);
    let mut uninterrupted = trainer(model, &Alone, settings.clone());
    assert!(uninterrupted.run(&mut mixed_feed(&samples, &views, &settings), &mut whole).unwrap());
    let expected = uninterrupted.state();
    let last = expected.progress.step;
    assert!(expected.best_weights.is_some());
    let average = expected.buffers.contains_key("average/output.bias");
    assert_eq!(average, settings.ema.is_some());

    for stop in 1..=last {
        let mut judge = Judge { stop_after: Some(stop), ..Judge::new(&samples) };
        let mut first = trainer(model, &Alone, settings.clone());
        let ended = first.run(&mut mixed_feed(&samples, &views, &settings), &mut judge).unwrap();
        assert_eq!(ended, stop == last, "{stop}");
        // What a checkpoint keeps as text comes back as it was.
        let mut state = first.state();
        let text = serde_json::to_string(&state.progress).unwrap();
        state.progress = serde_json::from_str::<Progress>(&text).unwrap();
        assert_eq!(state.progress, *first.progress(), "{stop}");

        judge.stop_after = None;
        let mut second = trainer(model, &Alone, settings.clone()).restore(state).unwrap();
        assert!(
            second.run(&mut mixed_feed(&samples, &views, &settings), &mut judge).unwrap(),
            "{stop}"
        );
        let found = second.state();
        assert!(bits(&found) == bits(&expected), "stopped after step {stop}");
        assert_eq!(found.progress, expected.progress, "{stop}");
        assert_eq!(judge.records, whole.records, "{stop}");
        let [found, expected] = [&second, &uninterrupted].map(|t| t.selected().unwrap());
        assert!(read_weights(&found) == read_weights(&expected), "{stop}");
    }
    last
}

#[test]
fn a_stopped_mlp_under_adam_resumes_to_the_same_bits() {
    let settings = settings(OptimizerOptions::Adam(Adam::default()), None);
    assert_eq!(resumes_to_the_same_bits(&mlp(), settings), 30);
}

#[test]
fn a_stopped_mlp_under_momentum_resumes_to_the_same_bits() {
    let settings = settings(OptimizerOptions::Sgd(Sgd::default()), None);
    assert_eq!(resumes_to_the_same_bits(&mlp(), settings), 30);
}

#[test]
fn a_stopped_cnn_under_adam_resumes_to_the_same_bits() {
    let settings = settings(OptimizerOptions::Adam(Adam::default()), None);
    assert_eq!(resumes_to_the_same_bits(&cnn(), settings), 30);
}

#[test]
fn a_stopped_cnn_with_momentum_and_patience_resumes_to_the_same_bits() {
    let settings = settings(OptimizerOptions::Sgd(Sgd::default()), Some(1));
    let steps = resumes_to_the_same_bits(&cnn(), settings);
    assert!(steps.is_multiple_of(6) && steps >= 12, "{steps}");
}

#[test]
fn a_stopped_training_of_several_batches_a_step_with_an_average_resumes_to_the_same_bits() {
    for model in [mlp(), cnn()] {
        for optimizer in [
            OptimizerOptions::RmsProp(RmsProp { momentum: 0.5, ..RmsProp::default() }),
            OptimizerOptions::AdamW(AdamW::default()),
        ] {
            let settings = Settings {
                accumulate: 4,
                ema: Some(0.8),
                mixing: Some(Mixing::Mixup { alpha: 0.4 }),
                label_smoothing: 0.1,
                decay_norms_and_biases: false,
                schedule: Schedule { rate: 0.02, warmup_steps: 2, shape: Shape::OneCycle },
                ..settings(optimizer, None)
            };
            assert_eq!(resumes_to_the_same_bits(&model, settings), 10);
        }
    }
}

/// One training of the cnn under a script of accuracies.
fn scripted(select: Select, patience: Option<u64>) -> (Vec<State>, State, nn::Weights) {
    let model = cnn();
    let samples = samples(model.1, ROWS);
    let views = views(model.1);
    let script = Some(vec![0.5, 0.7, 0.7, 0.6, 0.9]);
    let mut judge = Judge { script, ..Judge::new(&samples) };
    let adam = OptimizerOptions::Adam(Adam::default());
    let mut trainer = trainer(&model, &Alone, Settings { select, ..settings(adam, patience) });
    assert!(trainer.run(&mut feed(&samples, &views), &mut judge).unwrap());
    let selected = read_weights(&trainer.selected().unwrap());
    (judge.states, trainer.state(), selected)
}

#[test]
fn patience_ends_the_training_and_best_is_the_earliest_of_equals() {
    let (epochs, end, selected) = scripted(Select::Best, Some(2));
    assert_eq!(end.progress.ending, Some(Ending::Patience));
    assert_eq!(end.progress.step, 24);
    assert_eq!(end.progress.best.unwrap().epoch, 2);
    assert!(selected == epochs[1].weights, "the weights of epoch 2");
    assert!(selected != end.weights);
    assert!(end.weights == epochs[3].weights, "selecting leaves the training alone");
}

#[test]
fn last_hands_over_the_last_weights() {
    let (epochs, end, selected) = scripted(Select::Last, Some(2));
    assert!(end.best_weights.is_none());
    assert!(selected == epochs[3].weights);
}

#[test]
fn without_patience_all_epochs_are_made() {
    let (epochs, end, selected) = scripted(Select::Best, None);
    assert_eq!(end.progress.ending, Some(Ending::Completed));
    assert_eq!(end.progress.step, 30);
    assert_eq!(end.progress.best.unwrap().epoch, 5);
    assert!(selected == epochs[4].weights);
    let (_, end, _) = scripted(Select::Best, Some(3));
    assert_eq!(end.progress.ending, Some(Ending::Completed));
}

#[test]
fn a_state_of_another_training_is_refused() {
    let adam = settings(OptimizerOptions::Adam(Adam::default()), None);
    let sgd = settings(OptimizerOptions::Sgd(Sgd::default()), None);
    let state = |model: &(Architecture, SampleShape)| {
        let samples = samples(model.1, ROWS);
        let views = views(model.1);
        let mut trainer = trainer(model, &Alone, adam.clone());
        let mut judge = Judge { stop_after: Some(7), ..Judge::new(&samples) };
        trainer.run(&mut feed(&samples, &views), &mut judge).unwrap();
        trainer.state()
    };
    let refused = |state: State, settings: &Settings| {
        trainer(&mlp(), &Alone, settings.clone()).restore(state)
    };

    let error = refused(state(&cnn()), &adam).unwrap_err();
    assert!(matches!(error, TrainError::Network(_)), "{error}");
    let error = refused(state(&mlp()), &sgd).unwrap_err();
    assert!(matches!(error, TrainError::Optimizer(_)), "{error}");

    let mut missing = state(&mlp());
    missing.buffers.remove("second/output.bias").unwrap();
    let mut short = state(&mlp());
    short.buffers.get_mut("first/output.bias").unwrap().pop();
    let mut orphan = state(&mlp());
    orphan.buffers.insert("first/output.bais".to_owned(), vec![0.0; 3]);
    for wrong in [missing, short, orphan] {
        let error = refused(wrong, &adam).unwrap_err();
        assert!(matches!(error, TrainError::Optimizer(_) | TrainError::State { .. }), "{error}");
    }

    let mut best = state(&mlp());
    best.best_weights.as_mut().unwrap().remove("output.bias").unwrap();
    let error = refused(best, &adam).unwrap_err();
    assert!(matches!(error, TrainError::Network(_)), "{error}");
    let averaging = Settings { ema: Some(0.9), ..adam.clone() };
    let error = refused(state(&mlp()), &averaging).unwrap_err();
    assert!(error.to_string().contains("average of the weights"), "{error}");
    let mut beyond = state(&mlp());
    beyond.progress.step = 31;
    let error = refused(beyond, &adam).unwrap_err();
    assert!(matches!(error, TrainError::State { .. }), "{error}");
}
