//! Random erasing.

use random::Generator;

use super::rectangle::Rectangle;

/// Share of the image's area.
const AREA: [f32; 2] = [0.02, 0.4];
/// Height by width.
const ASPECT: [f32; 2] = [0.3, 1.0 / 0.3];
/// A rectangle that reaches over the edge is drawn again, so often at most.
const TRIES: usize = 100;

/// With the given probability, a rectangle of random area, form and place: Zhong et al., "Random
/// Erasing Data Augmentation" (2020), algorithm 1, with the settings of its section 4.
pub(super) fn draw(
    generator: &mut Generator,
    probability: f64,
    [height, width]: [usize; 2],
) -> Option<Rectangle> {
    if f64::from(generator.uniform()) >= probability {
        return None;
    }
    (0..TRIES).find_map(|_| {
        let area = generator.uniform_between(AREA[0], AREA[1]) * (height * width) as f32;
        let aspect = generator.uniform_between(ASPECT[0], ASPECT[1]);
        let tall = (area * aspect).sqrt().round().max(1.0) as usize;
        let wide = (area / aspect).sqrt().round().max(1.0) as usize;
        let top = generator.below(height as u64) as usize;
        let left = generator.below(width as u64) as usize;
        let inside = top + tall <= height && left + wide <= width;
        inside.then(|| Rectangle { rows: top..top + tall, columns: left..left + wide })
    })
}
