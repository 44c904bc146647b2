//! A training in stages is one training after the other: the weights go on, optimiser and schedule begin anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use std::sync::Arc;

use methods::{Alone, Kd, Method, Staged, TeacherOutput};
use nn::{AnyNetwork, read_weights, write_weights};
use potstill_train::optimizer::{Adam, OptimizerOptions, Sgd};
use potstill_train::schedule::{Schedule, Shape};
use potstill_train::{Batch, Ending, Select, Settings, Stage, Trainer};
use toy::{Judge, ROWS, bits, cnn, feed, mlp, network, samples, trainer, views};

const KD: Kd = Kd { temperature: 2.0, alpha: 0.6 };

fn hints() -> Stage {
    let shape = Shape::Cosine { final_fraction: 0.0 };
    Stage {
        epochs: 2,
        optimizer: OptimizerOptions::Adam(Adam::default()),
        schedule: Schedule { rate: 0.02, warmup_steps: 3, shape },
    }
}

fn last() -> Settings {
    Settings {
        epochs: 3,
        optimizer: OptimizerOptions::Sgd(Sgd::default()),
        schedule: Schedule {
            rate: 0.1,
            warmup_steps: 2,
            shape: Shape::Cosine { final_fraction: 0.1 },
        },
        ..Settings::default()
    }
}

fn staged() -> Settings {
    Settings { stages: vec![hints()], ..last() }
}

/// The batch of a step, with a teacher that says something else about each row.
fn batch(feed: &mut potstill_train::Feed<'_>, step: u64) -> Batch {
    let batch = feed.batch(step).unwrap();
    let said = batch.inputs.clone().slice([0..4, 0..3]) * 3.0;
    Batch { teacher: Some(TeacherOutput::new(said)), ..batch }
}

#[test]
fn two_stages_are_two_trainings_of_which_the_second_takes_the_weights_of_the_first() {
    for model in [mlp(), cnn()] {
        let samples = samples(model.1, ROWS);
        let views = views(model.1);
        let mut feed = feed(&samples, &views);
        // A tape in both, where a method of stages needs one.
        let (alone, kd) = (toy::Taped(Alone), toy::Taped(KD));
        let method = Staged::new(vec![(2, Arc::new(toy::Taped(Alone)))], Arc::new(toy::Taped(KD)));
        let mut whole = trainer(&model, &method, staged());
        assert_eq!(whole.total_steps(), 30);

        let Stage { epochs, optimizer, schedule } = hints();
        let first = Settings { epochs, optimizer, schedule, ..Settings::default() };
        let mut parts: Trainer<'_, AnyNetwork> = trainer(&model, &alone, first);
        for step in 0..30 {
            if step == 12 {
                let handed = write_weights(network(&model.0, model.1), &parts.state().weights);
                let stream = random::Stream::new(14, "noise");
                parts =
                    Trainer::new(handed.unwrap(), &kd, last(), toy::CLASSES, 6, stream).unwrap();
            }
            let batch = batch(&mut feed, step);
            assert_eq!(whole.learning_rate(), parts.learning_rate(), "{step}");
            let reports = [&mut whole, &mut parts].map(|one| one.step(&batch).unwrap());
            assert_eq!(reports[0].parts, reports[1].parts, "{step}");
            assert_eq!(reports[0].loss, reports[1].loss, "{step}");
        }
        assert!(whole.state().weights == parts.state().weights);
        assert!(whole.state().buffers == parts.state().buffers);
    }
}

/// At a boundary the state holds the buffers of the stage that ended.
#[test]
fn a_training_that_is_stopped_at_any_step_of_any_stage_resumes_to_the_same_bits() {
    let model = cnn();
    let samples = samples(model.1, ROWS);
    let views = views(model.1);
    let settings = Settings { select: Select::Best, ema: Some(0.8), ..staged() };
    let mut whole = Judge::new(&samples);
    let mut uninterrupted = trainer(&model, &Alone, settings.clone());
    assert!(uninterrupted.run(&mut feed(&samples, &views), &mut whole).unwrap());
    for stop in 1..30 {
        let mut judge = Judge { stop_after: Some(stop), ..Judge::new(&samples) };
        let mut first = trainer(&model, &Alone, settings.clone());
        assert!(!first.run(&mut feed(&samples, &views), &mut judge).unwrap());
        judge.stop_after = None;
        let mut second = trainer(&model, &Alone, settings.clone()).restore(first.state()).unwrap();
        assert!(second.run(&mut feed(&samples, &views), &mut judge).unwrap());
        assert!(bits(&second.state()) == bits(&uninterrupted.state()), "stopped after {stop}");
        assert_eq!(judge.records, whole.records, "{stop}");
        let [found, expected] = [&second, &uninterrupted].map(|one| one.selected().unwrap());
        assert!(read_weights(&found) == read_weights(&expected), "{stop}");
    }
}

/// The rates of each stage are those of its own schedule over its own epochs.
#[test]
fn patience_counts_from_the_last_stage_on() {
    let model = mlp();
    let samples = samples(model.1, ROWS);
    let views = views(model.1);
    let run = |script: [f64; 5]| {
        let mut judge = Judge { script: Some(script.to_vec()), ..Judge::new(&samples) };
        let settings = Settings { patience: Some(2), ..staged() };
        let mut trainer = trainer(&model, &Alone, settings);
        trainer.run(&mut feed(&samples, &views), &mut judge).unwrap();
        (trainer.progress().ending, trainer.progress().step)
    };
    // Two epochs without a gain before the last stage, which then has two of its own.
    assert_eq!(run([0.9, 0.5, 0.6, 0.5, 0.95]), (Some(Ending::Patience), 24));
    assert_eq!(run([0.9, 0.5, 0.6, 0.91, 0.5]), (Some(Ending::Completed), 30));
}

#[test]
fn in_one_it_is_as_long_and_has_the_optimiser_of_the_last_stage() {
    let one = staged().in_one();
    assert_eq!(one, Settings { epochs: 5, ..last() });
    let method: &dyn Method = &Alone;
    assert_eq!(trainer(&mlp(), method, one).total_steps(), 30);
}
