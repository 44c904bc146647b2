//! The order of batches and the views of samples.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

use potstill_data::{DataOptions, Order, SampleShape, ViewCount, Views};
use random::Stream;

fn order(rows: usize, batch_size: usize) -> Order {
    let rows = (0..rows).map(|row| 100 + row).collect();
    Order::new(Stream::new(3, "order"), rows, batch_size).unwrap()
}

#[test]
fn every_row_comes_once_in_each_pass() {
    let mut order = order(10, 4);
    assert_eq!(order.batches_per_pass(), 3);
    let passes: Vec<Vec<usize>> = (0..4)
        .map(|pass| (3 * pass..3 * pass + 3).flat_map(|step| order.batch(step).to_vec()).collect())
        .collect();
    for pass in &passes {
        let mut sorted = pass.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (100..110).collect::<Vec<_>>());
    }
    assert_ne!(passes[0], passes[1]);
    assert_ne!(passes[1], passes[2]);
    assert_eq!([0, 1, 2].map(|step| order.batch(step).len()), [4, 4, 2]);
}

#[test]
fn a_batch_depends_on_its_step_alone() {
    let mut forwards = order(23, 5);
    let all: Vec<Vec<usize>> = (0..20).map(|step| forwards.batch(step).to_vec()).collect();
    for (step, batch) in all.iter().enumerate().rev() {
        assert_eq!(order(23, 5).batch(step as u64), batch);
        assert_eq!(forwards.batch(step as u64), batch);
    }
}

#[test]
fn an_order_of_nothing_is_refused() {
    let stream = || Stream::new(3, "order");
    let error = Order::new(stream(), Vec::new(), 4).unwrap_err();
    assert_eq!(error.to_string(), "`rows` is 0, expected at least one row to learn from");
    let error = Order::new(stream(), vec![1], 0).unwrap_err();
    assert_eq!(error.to_string(), "`batch_size` is 0, expected at least 1");
    assert_eq!(Order::new(stream(), vec![1], usize::MAX).unwrap().batch(u64::MAX), [1]);
}

const SHAPE: SampleShape = SampleShape::Image { channels: 1, height: 3, width: 3 };
#[rustfmt::skip]
const SAMPLE: [f32; 9] = [
    1.0, 2.0, 3.0,
    4.0, 5.0, 6.0,
    7.0, 8.0, 9.0,
];

fn options(shift: usize, crop: usize, flip: bool) -> DataOptions {
    DataOptions { views: ViewCount::Numbered(100), shift, crop, flip, ..DataOptions::default() }
}

fn views(options: &DataOptions) -> Views {
    Views::new(options, SHAPE, &[-1.0], Stream::new(5, "views")).unwrap()
}

fn view(views: &Views, index: usize, view: usize) -> [f32; 9] {
    let mut out = [0.0; 9];
    views.write(&SAMPLE, index, view, &mut out);
    out
}

#[test]
fn view_0_is_the_sample_as_it_is() {
    let views = views(&options(1, 2, true));
    assert_eq!(views.count(), 100);
    for index in 0..50 {
        assert_eq!(view(&views, index, 0), SAMPLE);
    }
}

#[test]
fn a_flip_mirrors_left_and_right_in_half_of_the_views() {
    let views = views(&options(0, 0, true));
    let mirrored = [3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0];
    let mut count = 0;
    for index in 0..1000 {
        let found = view(&views, index, 1);
        assert!(found == SAMPLE || found == mirrored);
        count += usize::from(found == mirrored);
    }
    // Four standard deviations of a fair coin.
    assert!((437..=563).contains(&count), "{count}");
}

/// The sample moved down and right by hand; what comes in is the background.
fn moved(down: isize, right: isize) -> [f32; 9] {
    let mut out = [-1.0; 9];
    for row in 0..3_isize {
        for column in 0..3_isize {
            let (from_row, from_column) = (row - down, column - right);
            if (0..3).contains(&from_row) && (0..3).contains(&from_column) {
                out[(3 * row + column) as usize] = SAMPLE[(3 * from_row + from_column) as usize];
            }
        }
    }
    out
}

#[test]
fn a_shift_moves_by_each_distance_equally_often() {
    assert_eq!(moved(1, -1), [-1.0, -1.0, -1.0, 2.0, 3.0, -1.0, 5.0, 6.0, -1.0]);
    for views in [views(&options(1, 0, false)), views(&options(0, 1, false))] {
        let mut counts = [0; 9];
        for index in 0..900 {
            let found = view(&views, index, 1);
            let place = (0..9)
                .find(|place| found == moved(place / 3 - 1, place % 3 - 1))
                .unwrap_or_else(|| panic!("{found:?}"));
            counts[place as usize] += 1;
        }
        // Chi squared with 8 degrees of freedom; 26.1 is exceeded once in a thousand.
        let deviation: f64 = counts.iter().map(|&n| (f64::from(n) - 100.0).powi(2) / 100.0).sum();
        assert!(deviation < 26.1, "{counts:?}");
    }
}

#[test]
fn a_view_is_a_function_of_sample_and_number() {
    let first = views(&options(2, 1, true));
    let forwards: Vec<[f32; 9]> = (0..200).map(|at| view(&first, at / 20, at % 20)).collect();
    let second = views(&options(2, 1, true));
    for at in (0..200).rev() {
        assert_eq!(view(&second, at / 20, at % 20), forwards[at]);
    }
    assert_ne!(forwards[1..20], forwards[21..40]);
}

#[test]
fn channels_move_together_over_their_own_background() {
    let shape = SampleShape::Image { channels: 2, height: 1, width: 3 };
    let options = options(0, 0, true);
    let options = DataOptions { shift: 0, crop: 0, ..options };
    let views = Views::new(&options, shape, &[-1.0, -2.0], Stream::new(5, "views")).unwrap();
    let sample = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
    let mut out = [0.0; 6];
    let mut mirrored = 0;
    for view in 1..40 {
        views.write(&sample, 0, view, &mut out);
        if out != sample {
            assert_eq!(out, [3.0, 2.0, 1.0, 30.0, 20.0, 10.0]);
            mirrored += 1;
        }
    }
    assert!(mirrored > 5, "{mirrored}");
    let shape = SampleShape::Image { channels: 2, height: 2, width: 2 };
    let options = DataOptions { shift: 1, flip: false, ..options };
    let views = Views::new(&options, shape, &[-1.0, -2.0], Stream::new(5, "views")).unwrap();
    let mut out = [0.0; 8];
    for view in 1..40 {
        views.write(&[1.0; 8], 0, view, &mut out);
        let (first, second) = out.split_at(4);
        let expected: Vec<f32> =
            first.iter().map(|&value| if value < 0.0 { -2.0 } else { value }).collect();
        assert_eq!(second, expected);
    }
}

#[test]
fn variations_that_make_no_sense_are_refused() {
    let stream = || Stream::new(5, "views");
    let message = |options: &DataOptions, shape, background: &[f32]| {
        Views::new(options, shape, background, stream()).unwrap_err().to_string()
    };
    assert_eq!(
        message(&options(1, 0, false), SampleShape::Vector(9), &[]),
        "`views` is 100, expected 1, because the samples are no images"
    );
    assert_eq!(
        message(&options(0, 3, false), SHAPE, &[0.0]),
        "`crop` is 3, expected less than the image's side of 3"
    );
    assert_eq!(
        message(&options(1, 0, false), SHAPE, &[]),
        "`background` is 0, expected one value for each of 1 channel"
    );
    let one = DataOptions::default();
    let views = Views::new(&one, SampleShape::Vector(2), &[], stream()).unwrap();
    let mut out = [0.0; 2];
    views.write(&[1.0, 2.0], 7, 0, &mut out);
    assert_eq!((views.count(), out), (1, [1.0, 2.0]));
}

#[test]
fn students_may_learn_from_the_images_as_they_are_while_the_teacher_sees_views() {
    let options = |student_views| DataOptions {
        views: ViewCount::Numbered(3),
        shift: 1,
        student_views,
        ..DataOptions::default()
    };
    let views = |student_views| {
        Views::new(&options(student_views), SHAPE, &[0.0], Stream::new(3, "views")).unwrap()
    };
    assert_eq!((views(true).count(), views(true).of_students().count()), (3, 3));
    assert_eq!((views(false).count(), views(false).of_students().count()), (3, 1));
    let sample: Vec<f32> = (1..10).map(|pixel| pixel as f32).collect();
    let mut seen = [0.0; 9];
    views(false).of_students().write(&sample, 5, 0, &mut seen);
    assert_eq!(seen, sample[..]);
}

#[test]
fn online_views_are_the_numbered_ones_and_never_come_again() {
    let counted = |views| {
        let options = DataOptions { views, shift: 1, flip: true, ..DataOptions::default() };
        Views::new(&options, SHAPE, &[-1.0], Stream::new(5, "views")).unwrap()
    };
    let (online, numbered) = (counted(ViewCount::Online), counted(ViewCount::Numbered(3)));
    assert_eq!([0, 1, 2, 3, 7].map(|epoch| numbered.of_epoch(epoch)), [0, 1, 2, 0, 1]);
    assert_eq!([0, 1, 2, 3, 70_000].map(|epoch| online.of_epoch(epoch)), [0, 1, 2, 3, 70_000]);
    assert_eq!((online.count(), online.are_online(), numbered.are_online()), (0, true, false));
    for number in 0..3 {
        assert_eq!(view(&online, 7, number), view(&numbered, 7, number));
    }
    assert_ne!(online.description(), numbered.description());
    let plain = DataOptions { student_views: false, ..options(1, 0, false) };
    let plain = DataOptions { views: ViewCount::Online, ..plain };
    assert_eq!(plain.views_of_students(), ViewCount::ONE);
    let nothing = DataOptions { views: ViewCount::Online, ..DataOptions::default() };
    assert!(
        nothing.validate().unwrap_err().to_string().starts_with("`views` is online, expected 1")
    );
}
