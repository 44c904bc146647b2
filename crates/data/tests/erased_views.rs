//! Cutout and random erasing: what is taken out of a view, how often and where.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use potstill_data::{DataOptions, SampleShape, ViewCount, Views};
use random::Stream;

const SIDES: [usize; 2] = [12, 16];

fn views(options: DataOptions) -> Views {
    let shape = SampleShape::Image { channels: 2, height: SIDES[0], width: SIDES[1] };
    let options = DataOptions { views: ViewCount::Numbered(100), ..options };
    Views::new(&options, shape, &[-1.0, -2.0], Stream::new(5, "views")).unwrap()
}

/// An image without a 0.
fn sample() -> Vec<f32> {
    (1..=2 * SIDES[0] * SIDES[1]).map(|value| value as f32).collect()
}

/// Top, height, left and width of what was taken out of both channels alike; none where nothing
/// was. All else is as in `whole`.
fn hole(view: &[f32], whole: &[f32]) -> Option<[usize; 4]> {
    let [height, width] = SIDES;
    let gone = |row: usize, column: usize| {
        let places = [0, 1].map(|channel| (channel * height + row) * width + column);
        let found = places.map(|place| view[place] == 0.0);
        assert_eq!(found[0], found[1]);
        assert!(found[0] || places.iter().all(|&place| view[place] == whole[place]));
        found[0]
    };
    let rows: Vec<usize> = (0..height).filter(|&row| (0..width).any(|c| gone(row, c))).collect();
    let columns: Vec<usize> =
        (0..width).filter(|&column| (0..height).any(|row| gone(row, column))).collect();
    let (top, left) = (*rows.first()?, *columns.first()?);
    let [tall, wide] = [rows.len(), columns.len()];
    for row in top..top + tall {
        assert!((left..left + wide).all(|column| gone(row, column)), "a rectangle");
    }
    Some([top, tall, left, wide])
}

fn write(views: &Views, index: usize, view: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; 2 * SIDES[0] * SIDES[1]];
    views.write(&sample(), index, view, &mut out);
    out
}

#[test]
fn cutout_takes_out_a_square_around_every_pixel_equally_often() {
    for side in [3, 4] {
        let views = views(DataOptions { cutout: side, ..DataOptions::default() });
        let mut centres = vec![0_u32; SIDES[1]];
        let before = side / 2;
        for index in 0..3200 {
            let [top, tall, left, wide] = hole(&write(&views, index, 1), &sample()).unwrap();
            // Cut off at the edges, whole elsewhere.
            assert!(tall == side || (tall < side && (top == 0 || top + tall == SIDES[0])));
            assert!(wide == side || (wide < side && (left == 0 || left + wide == SIDES[1])));
            let end = left + wide;
            let centre = if left > 0 { left + before } else { end + before - side };
            centres[centre] += 1;
        }
        // Chi squared with 15 degrees of freedom; 37.7 is exceeded once in a thousand.
        let deviation: f64 = centres.iter().map(|&n| (f64::from(n) - 200.0).powi(2) / 200.0).sum();
        assert!(deviation < 37.7, "{centres:?}");
    }
}

#[test]
fn erasing_takes_out_rectangles_of_the_paper_as_often_as_asked() {
    let views = views(DataOptions { erase: 0.3, ..DataOptions::default() });
    let holes: Vec<[usize; 4]> =
        (0..2000).filter_map(|index| hole(&write(&views, index, 1), &sample())).collect();
    // Four standard deviations around 600.
    assert!((518..=682).contains(&holes.len()), "{}", holes.len());
    let (mut smallest, mut largest) = (1.0_f32, 0.0_f32);
    for [top, tall, left, wide] in holes {
        assert!(top + tall <= SIDES[0] && left + wide <= SIDES[1]);
        let (tall, wide) = (tall as f32, wide as f32);
        // Each side is rounded to whole pixels.
        let least = (tall - 0.5) * (wide - 0.5) / 192.0;
        let most = (tall + 0.5) * (wide + 0.5) / 192.0;
        assert!(least <= 0.4 && most >= 0.02, "{tall} {wide}");
        assert!((tall + 0.5) / (wide - 0.5) >= 0.3 && (tall - 0.5) / (wide + 0.5) <= 1.0 / 0.3);
        smallest = smallest.min(tall * wide / 192.0);
        largest = largest.max(tall * wide / 192.0);
    }
    assert!(smallest < 0.05 && largest > 0.3, "{smallest} {largest}");
}

#[test]
fn a_variation_does_not_depend_on_which_others_are_set() {
    let none = DataOptions::default;
    let moved = views(DataOptions { shift: 2, crop: 1, flip: true, ..none() });
    let cut = views(DataOptions { cutout: 4, ..none() });
    let both = views(DataOptions { shift: 2, crop: 1, flip: true, cutout: 4, ..none() });
    let all = views(DataOptions { shift: 2, crop: 1, flip: true, cutout: 4, erase: 1.0, ..none() });
    for (index, view) in (0..10).flat_map(|index| (0..5).map(move |view| (index, view))) {
        let expected = write(&moved, index, view);
        let found = write(&both, index, view);
        assert_eq!(hole(&found, &expected), hole(&write(&cut, index, view), &sample()));
        assert_eq!(write(&all, index, view), write(&all, index, view));
        assert_eq!(write(&all, index, 0), sample());
    }
}

#[test]
fn holes_that_make_no_sense_are_refused() {
    let shape = SampleShape::Image { channels: 1, height: 4, width: 9 };
    let message = |cutout, erase| {
        let options =
            DataOptions { views: ViewCount::Numbered(2), cutout, erase, ..DataOptions::default() };
        Views::new(&options, shape, &[0.0], Stream::new(5, "views")).unwrap_err().to_string()
    };
    assert_eq!(message(4, 0.0), "`cutout` is 4, expected less than the image's side of 4");
    assert_eq!(message(0, 1.5), "`erase` is 1.5, expected a share from 0 to 1");
    assert!(message(0, 0.0).contains("1 where no `shift`"));
}
