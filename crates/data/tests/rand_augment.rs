//! RandAugment makes of a picture what Pillow makes of it, and draws each operation as often.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::collections::BTreeMap;

use potstill_data::{DataOptions, SampleShape, ViewCount, Views};
use random::Stream;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    shape: [usize; 3],
    magnitude: usize,
    picture: Vec<u8>,
    operations: BTreeMap<String, Vec<Vec<u8>>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("oracle/rand_augment.json")).unwrap()
}

/// Values of another scale in each channel, with the values of a picture.
fn scaled(channels: usize, picture: &[u8]) -> (Vec<Vec<f32>>, Vec<f32>) {
    let level = |channel: usize, byte: u8| {
        ((f64::from(byte) / 255.0 - 0.4) / (0.2 + 0.1 * channel as f64)) as f32
    };
    let levels =
        (0..channels).map(|channel| (0..=255).map(|byte| level(channel, byte)).collect()).collect();
    let planes = picture.chunks_exact(picture.len() / channels).enumerate();
    let values =
        planes.flat_map(|(channel, plane)| plane.iter().map(move |&byte| level(channel, byte)));
    (levels, values.collect())
}

fn options(rand_augment: usize, rand_magnitude: usize) -> DataOptions {
    DataOptions {
        views: ViewCount::Numbered(2000),
        rand_augment,
        rand_magnitude,
        ..DataOptions::default()
    }
}

/// How often each operation of the oracle is met in 1400 views.
fn met(case: &Case) -> BTreeMap<String, u32> {
    let [channels, height, width] = case.shape;
    let shape = SampleShape::Image { channels, height, width };
    let (levels, values) = scaled(channels, &case.picture);
    let views =
        Views::of_bytes(&options(1, case.magnitude), shape, levels, Stream::new(4, "views"))
            .unwrap();
    let expected: Vec<(String, Vec<f32>)> = case
        .operations
        .iter()
        .flat_map(|(name, pictures)| {
            pictures.iter().enumerate().map(move |(n, picture)| (name, n, picture))
        })
        .map(|(name, n, picture)| (format!("{name} {n}"), scaled(channels, picture).1))
        .collect();
    let mut counts = BTreeMap::new();
    for view in 1..=1400 {
        let mut found = vec![f32::NAN; values.len()];
        views.write(&values, 3, view, &mut found);
        // Where operations agree, as for some of a grey picture, the first one stands for all.
        let name = expected.iter().find(|(_, picture)| *picture == found);
        let name = name.map_or_else(|| "none of them".to_owned(), |(name, _)| name.clone());
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_operation_is_pillows_to_the_byte_and_is_drawn_as_often() {
    for case in cases() {
        let counts = met(&case);
        assert!(!counts.contains_key("none of them"), "{:?}: {counts:?}", case.shape);
        let mut distinct: Vec<&Vec<u8>> = case.operations.values().flatten().collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(counts.len(), distinct.len(), "{:?}: {counts:?}", case.shape);
        if case.shape[0] == 3 {
            assert_eq!(distinct.len(), 5 + 2 * 9);
            let mut of_operation: BTreeMap<&str, u32> = BTreeMap::new();
            for (name, count) in &counts {
                *of_operation.entry(name.split(' ').next().unwrap()).or_insert(0) += count;
            }
            // Chi squared with 13 degrees of freedom; 34.5 is exceeded once in a thousand.
            let deviation: f64 = of_operation
                .values()
                .map(|&count| (f64::from(count) - 100.0).powi(2) / 100.0)
                .sum();
            assert!(of_operation.len() == 14 && deviation < 34.5, "{of_operation:?}");
        }
    }
}

#[test]
fn operations_follow_each_other_and_a_view_is_a_function_of_sample_and_number() {
    let case = cases().into_iter().next().unwrap();
    let [channels, height, width] = case.shape;
    let shape = SampleShape::Image { channels, height, width };
    let (levels, values) = scaled(channels, &case.picture);
    let make = |operations, view| {
        let (options, stream) = (options(operations, 9), Stream::new(4, "views"));
        let views = Views::of_bytes(&options, shape, levels.clone(), stream).unwrap();
        let mut found = vec![f32::NAN; values.len()];
        views.write(&values, 3, view, &mut found);
        found
    };
    for view in 0..20 {
        assert_eq!(make(2, view), make(2, view));
    }
    assert_eq!(make(2, 0), values);
    // Two operations are one after the other: what one leaves black or cuts off, the next cannot know.
    let different = (1..200).filter(|&view| make(2, view) != make(1, view)).count();
    // One in fourteen second operations is the identity, and some more change nothing.
    assert!((150..199).contains(&different), "{different}");
}

#[test]
fn images_without_bytes_or_with_two_channels_are_refused() {
    let shape = |channels| SampleShape::Image { channels, height: 4, width: 4 };
    let stream = || Stream::new(4, "views");
    let found = Views::new(&options(2, 9), shape(1), &[0.0], stream()).unwrap_err().to_string();
    assert_eq!(
        found,
        "`rand_augment` is 2, expected 0, because the samples are no images of bytes"
    );
    let levels = vec![vec![0.0; 256]; 2];
    let found =
        Views::of_bytes(&options(2, 9), shape(2), levels, stream()).unwrap_err().to_string();
    assert_eq!(found, "`rand_augment` is 2, expected 0 for 2 channels; they must be 1 or 3");
    let found = options(1, 31).validate().unwrap_err().to_string();
    assert_eq!(found, "`rand_magnitude` is 31, expected from 0 to 30");
}
