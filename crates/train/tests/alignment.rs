//! What the teacher said always belongs to what the student sees: the same sample, in the same view, as the
//! teacher's own preprocessing makes it.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use data::{Corpus, DataOptions, Order, Room, ViewCount, Views, load, load_as};
use labels::{Found, Identity, LabelStore, Precision};
use nn::{AnyNetwork, Architecture, cpu, read_weights, write_weights};
use potstill_train::Feed;
use random::Stream;
use store::Disk;
use teacher::{Frozen, Part, ReadyTeacher, Recorder, SoftTargets, View};

const SEED: u64 = 3;
const EPOCHS: u64 = 10;
/// The pixels that the teacher repeats, one for each class.
const PIXELS: [usize; 10] = [9, 12, 18, 20, 27, 29, 35, 38, 44, 54];

const IMAGES: u32 = 400;

fn options() -> DataOptions {
    let labels = Some("labels".into());
    let views = DataOptions {
        views: ViewCount::Numbered(3),
        shift: 2,
        flip: true,
        ..DataOptions::default()
    };
    DataOptions { source: "images".into(), labels, ..views }
}

/// Images of 8x8 random pixels, no two alike, in ten classes.
fn write_images(folder: &Path) {
    let size = |count: u32| count.to_be_bytes();
    let mut images = vec![0, 0, 8, 3];
    images.extend([IMAGES, 8, 8].into_iter().flat_map(size));
    let mut generator = Stream::new(2, "pixels").generator();
    images.extend((0..IMAGES * 64).map(|_| generator.below(256) as u8));
    let mut labels = vec![0, 0, 8, 1];
    labels.extend(size(IMAGES));
    labels.extend((0..IMAGES).map(|row| (row % 10) as u8));
    std::fs::write(folder.join("images"), images).unwrap();
    std::fs::write(folder.join("labels"), labels).unwrap();
}

/// A network whose logits are pixels of its input, so that they say which input it was.
fn repeating(corpus: &Corpus) -> AnyNetwork {
    let architecture = Architecture::Mlp { hidden: Vec::new() };
    let stream = Stream::new(1, "weights");
    let network = architecture.build(corpus.train.shape, 10, stream, &cpu()).unwrap();
    let mut weights = read_weights(&network);
    for weight in weights.values_mut() {
        weight.values.fill(0.0);
        if let [rows, columns] = weight.shape[..] {
            for (class, pixel) in PIXELS.into_iter().enumerate() {
                let place =
                    if columns == 10 { pixel * columns + class } else { class * columns + pixel };
                assert!(rows * columns == 640);
                weight.values[place] = 1.0;
            }
        }
    }
    write_weights(network, &weights).unwrap()
}

/// The teacher's outputs by way of the store; says also how many shards were asked for.
fn stored(root: &Path, teacher: &Frozen, corpus: &Corpus) -> (SoftTargets, usize) {
    let facts = BTreeMap::from([("teacher".to_owned(), teacher.fingerprint())]);
    let (rows, classes) = (corpus.train.len(), corpus.classes.clone());
    let identity = Identity::new(facts, rows, 3, classes, Precision::F32);
    let store = LabelStore::new(Disk::new(), root.to_owned());
    let mut set = store.open(identity.clone()).unwrap();
    let mut targets = Recorder::new(10, rows, 3, &Room::MEMORY).unwrap();
    let mut asked = 0;
    for shard in identity.shards() {
        let values = match set.read(&shard).unwrap() {
            Found::Whole(values) => values,
            Found::Absent | Found::Damaged(_) => {
                let view = View { seed: SEED, number: shard.view, mix: None };
                let values = teacher.logits(
                    corpus,
                    Part::Train,
                    view,
                    &shard.rows.clone().collect::<Vec<_>>(),
                );
                let values = values.unwrap().unwrap();
                set.write(&shard, &values).unwrap();
                asked += 1;
                values
            }
        };
        targets.push(shard.view, &values).unwrap();
    }
    assert!(set.finish().unwrap());
    (targets.finish().unwrap(), asked)
}

#[test]
fn stored_labels_belong_to_the_sample_the_view_and_the_preprocessing_in_every_step() {
    let root = tempfile::tempdir().unwrap();
    write_images(root.path());
    let corpus = load(&options(), root.path()).unwrap();
    let smaller = DataOptions { rows: Some(150), ..options() };
    let preprocessing = load(&smaller, root.path()).unwrap().preprocessing;
    assert_ne!(preprocessing, corpus.preprocessing, "teacher and student see other numbers");
    let own = load_as(&options(), root.path(), &preprocessing).unwrap();
    let teacher = Frozen::new(
        repeating(&corpus),
        preprocessing.clone(),
        Some(load_as(&options(), root.path(), &preprocessing).unwrap()),
        corpus.train.shape,
        options(),
        "repeating".to_owned(),
    )
    .unwrap();
    let views = Views::of_seed(&options(), &corpus.preprocessing, SEED).unwrap();
    let own_views = Views::of_seed(&options(), &preprocessing, SEED).unwrap();

    let (first, asked) = stored(&root.path().join("store"), &teacher, &corpus);
    assert_eq!(asked, 3);
    let (again, asked) = stored(&root.path().join("store"), &teacher, &corpus);
    assert_eq!(asked, 0);
    let rows = corpus.train.len();
    let batches = rows.div_ceil(16) as u64;
    let order = || Order::new(Stream::new(SEED, "order"), (0..rows).collect(), 16).unwrap();
    let steps = EPOCHS * batches.div_ceil(3);
    let mut compared = 0;
    // From the beginning, and once more from the middle on, as a run that is resumed.
    for (targets, from) in [(&first, 0), (&again, steps / 2 + 1)] {
        let feed = Feed::new(&corpus.train, &views, order(), Some(targets), batches);
        let mut feed = feed.accumulating(3);
        let mut order = order();
        for step in from..steps {
            let (epoch, place) = (step / batches.div_ceil(3), step % batches.div_ceil(3));
            let view = (epoch % 3) as usize;
            for (offset, batch) in feed.step(step).unwrap().into_iter().enumerate() {
                let number = epoch * batches + 3 * place + offset as u64;
                let shown: Vec<f32> = batch.inputs.into_data().iter::<f32>().collect();
                let logits = batch.teacher.unwrap().logits();
                let said: Vec<f32> = logits.into_data().iter::<f32>().collect();
                let width = corpus.train.shape.len();
                let order = order.batch(number);
                assert_eq!(said.len(), 10 * order.len());
                for ((row, shown), said) in
                    order.iter().zip(shown.chunks(width)).zip(said.chunks(10))
                {
                    let mut student = vec![0.0; width];
                    let mut teachers = vec![0.0; width];
                    views.write(&corpus.train.row(*row).unwrap(), *row, view, &mut student);
                    own_views.write(&own.train.row(*row).unwrap(), *row, view, &mut teachers);
                    assert_eq!(shown, student, "step {step}, row {row}");
                    let expected = PIXELS.map(|pixel| teachers[pixel]);
                    assert_eq!(said, expected, "step {step}, row {row}, view {view}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 4000, "{compared}");
}
