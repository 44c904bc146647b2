//! Tables whose columns are the pixels of an image: the digits inside the program, and many a file of MNIST.

use data::SampleShape;
use report::summary::Picture;

use crate::insight::picture;

/// What the names of such columns begin with.
const PIXEL: &str = "pixel";

/// The fewest pixels that are an image.
const FEWEST: usize = 16;

/// Whether columns of these names are all pixels of one square image, row by row: `pixel_0` to `pixel_63`, or `pixel1` to
/// `pixel784`.
pub(crate) fn are_all(names: &[String]) -> bool {
    let numbers: Option<Vec<usize>> = names.iter().map(|name| number(name)).collect();
    numbers.is_some_and(|numbers| side(&numbers).is_some())
}

/// The image of a row; none where a cell is no number. Cells of other columns, such as an id, are no part of it.
pub(crate) fn in_cells(cells: &[(String, String)]) -> Option<Picture> {
    let pixels = cells.iter().filter_map(|(name, cell)| Some((number(name)?, cell)));
    let (numbers, cells): (Vec<usize>, Vec<&String>) = pixels.unzip();
    let side = side(&numbers)?;
    let values = cells.iter().map(|cell| cell.trim().parse::<f32>().ok());
    let values: Option<Vec<f32>> =
        values.map(|value| value.filter(|value| value.is_finite())).collect();
    picture(SampleShape::Image { channels: 1, height: side, width: side }, &values?)
}

/// Which pixel a column of this name holds.
fn number(name: &str) -> Option<usize> {
    let (word, rest) = name.split_at_checked(PIXEL.len())?;
    let digits = rest.trim_start_matches(['_', '-', ' ', '.']);
    word.eq_ignore_ascii_case(PIXEL).then(|| digits.parse().ok())?
}

/// The side of the square that pixels with these numbers fill in order, counted from 0 or 1.
fn side(numbers: &[usize]) -> Option<usize> {
    let side = numbers.len().isqrt();
    let first = *numbers.first()?;
    let in_order = numbers.iter().enumerate().all(|(place, number)| first + place == *number);
    (numbers.len() >= FEWEST && side * side == numbers.len() && first <= 1 && in_order)
        .then_some(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(first: usize, count: usize, name: &str) -> Vec<String> {
        (first..first + count).map(|number| format!("{name}{number}")).collect()
    }

    #[test]
    fn only_whole_squares_of_pixels_in_order_are_images() {
        assert!(are_all(&named(0, 64, "pixel_")) && are_all(&named(1, 784, "Pixel")));
        assert!(!are_all(&named(0, 63, "pixel_")) && !are_all(&named(2, 64, "pixel_")));
        assert!(!are_all(&named(0, 9, "pixel_")) && !are_all(&named(0, 64, "x")) && !are_all(&[]));
        let mut swapped = named(0, 64, "pixel_");
        swapped.swap(3, 4);
        assert!(!are_all(&swapped));
        let mut beside = named(0, 64, "pixel_");
        beside.push("age".to_owned());
        assert!(!are_all(&beside));
    }

    #[test]
    fn the_darkest_cell_is_black_and_the_brightest_white_wherever_the_id_stands() {
        let cells = named(0, 16, "pixel_").into_iter().zip((0..16).map(|cell| cell.to_string()));
        let mut cells: Vec<(String, String)> = cells.collect();
        cells.insert(0, ("id".to_owned(), "a7".to_owned()));
        let picture = in_cells(&cells).unwrap();
        assert_eq!((picture.width, picture.height), (4, 4));
        assert_eq!(picture.bytes, (0..16).map(|value| value * 17).collect::<Vec<u8>>());
        cells[3].1 = String::new();
        assert_eq!(in_cells(&cells), None);
    }
}
