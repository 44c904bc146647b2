//! Shifts, crops and reflections: an image moved in its frame.

use random::Generator;

/// How far images move.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movements {
    /// Largest shift, and padding of a crop, in pixels.
    pub(super) reach: [usize; 2],
    /// Whether one image in two is mirrored.
    pub(super) flip: bool,
}

/// One movement.
pub(super) struct Movement {
    /// Pixels downwards.
    down: isize,
    /// Pixels to the right.
    right: isize,
    mirror: bool,
}

impl Movements {
    pub(super) fn draw(self, generator: &mut Generator) -> Movement {
        let [shift, crop] = self.reach;
        let mut distance = |reach| within(generator, reach);
        let down = distance(shift) + distance(crop);
        let right = distance(shift) + distance(crop);
        Movement { down, right, mirror: self.flip && generator.below(2) == 1 }
    }
}

/// A whole number from `-reach` to `reach`.
fn within(generator: &mut Generator, reach: usize) -> isize {
    generator.below(2 * reach as u64 + 1) as isize - reach as isize
}

impl Movement {
    /// Writes one moved channel to `to`.
    pub(super) fn apply(&self, from: &[f32], to: &mut [f32], width: usize, background: f32) {
        for (row, target) in to.chunks_exact_mut(width).enumerate() {
            let source = row
                .checked_add_signed(-self.down)
                .and_then(|row| from.chunks_exact(width).nth(row))
                .unwrap_or_default();
            for (column, value) in target.iter_mut().enumerate() {
                *value = column
                    .checked_add_signed(-self.right)
                    .and_then(|column| source.get(column))
                    .copied()
                    .unwrap_or(background);
            }
            if self.mirror {
                target.reverse();
            }
        }
    }
}
