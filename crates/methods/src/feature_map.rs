//! Features as plain numbers, channel by channel.

/// `[batch, channels, positions]`, the positions row by row of a rectangle.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FeatureMap {
    pub(crate) values: Vec<f64>,
    pub(crate) batch: usize,
    pub(crate) channels: usize,
    /// Height and width.
    pub(crate) sides: [usize; 2],
}

impl FeatureMap {
    /// Positions of a channel, at least 1.
    pub(crate) fn positions(&self) -> usize {
        self.sides.iter().product::<usize>().max(1)
    }

    /// Numbers of a sample, at least 1.
    pub(crate) fn width(&self) -> usize {
        (self.channels * self.positions()).max(1)
    }

    /// The numbers sample by sample, in it position by position, at each its channels.
    pub(crate) fn by_position(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.values.len()];
        for (to, from) in self.places() {
            if let (Some(out), Some(value)) = (out.get_mut(to), self.values.get(from)) {
                *out = *value;
            }
        }
        out
    }

    /// Numbers in the order of [`by_position`](Self::by_position) in that of this map.
    pub(crate) fn by_channel(&self, by_position: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; by_position.len()];
        for (from, to) in self.places() {
            if let (Some(out), Some(value)) = (out.get_mut(to), by_position.get(from)) {
                *out = *value;
            }
        }
        out
    }

    /// Places in the order of [`by_position`](Self::by_position), each with its place in the map.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let (channels, positions, width) = (self.channels, self.positions(), self.width());
        let places = (0..self.batch).flat_map(move |sample| {
            let position = move |position| {
                (0..channels).map(move |channel| sample * width + channel * positions + position)
            };
            (0..positions).flat_map(position)
        });
        places.enumerate()
    }

    /// The numbers of each sample, channel by channel.
    pub(crate) fn samples(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.width())
    }

    /// The same with each channel averaged over windows, to these sides, which are not larger. Windows
    /// are as even as can be, and share a row or column where they are not (as PyTorch's adaptive
    /// pooling).
    pub(crate) fn averaged(&self, sides: [usize; 2]) -> Self {
        if sides == self.sides {
            return self.clone();
        }
        let windows = Windows::new(self.sides, sides);
        let channel = |channel: &[f64]| {
            let mut out = vec![0.0; windows.count()];
            windows.visit(|from, to, share| {
                if let (Some(out), Some(value)) = (out.get_mut(to), channel.get(from)) {
                    *out += share * value;
                }
            });
            out
        };
        let values = self.values.chunks_exact(self.positions()).flat_map(channel).collect();
        Self { values, sides, ..*self }
    }

    /// The gradient by this map of a function of its average with these sides.
    pub(crate) fn spread_back(&self, sides: [usize; 2], gradient: Vec<f64>) -> Vec<f64> {
        if sides == self.sides {
            return gradient;
        }
        let windows = Windows::new(self.sides, sides);
        let channel = |slopes: &[f64]| {
            let mut out = vec![0.0; self.positions()];
            windows.visit(|from, to, share| {
                if let (Some(out), Some(slope)) = (out.get_mut(from), slopes.get(to)) {
                    *out += share * slope;
                }
            });
            out
        };
        gradient.chunks_exact(windows.count().max(1)).flat_map(channel).collect()
    }
}

/// The windows that a rectangle is divided into.
struct Windows {
    from: [usize; 2],
    to: [usize; 2],
}

impl Windows {
    fn new(from: [usize; 2], to: [usize; 2]) -> Self {
        Self { from, to }
    }

    fn count(&self) -> usize {
        self.to.iter().product()
    }

    /// Calls `see` with a place of the rectangle, the window that it belongs to, and its share of it.
    fn visit(&self, mut see: impl FnMut(usize, usize, f64)) {
        let ([height, width], [rows, columns]) = (self.from, self.to);
        for (row, across) in (0..rows).map(|row| (row, window(height, rows, row))) {
            for (column, along) in
                (0..columns).map(|column| (column, window(width, columns, column)))
            {
                let share = 1.0 / (across.len() * along.len()).max(1) as f64;
                for y in across.clone() {
                    for x in along.clone() {
                        see(y * width + x, row * columns + column, share);
                    }
                }
            }
        }
    }
}

/// What lies in window `number` of `count` over `length` places.
fn window(length: usize, count: usize, number: usize) -> std::ops::Range<usize> {
    let count = count.max(1);
    number * length / count..((number + 1) * length).div_ceil(count)
}

/// Rows scaled to length 1; a row of zeros stays one, and has no slope.
#[derive(Debug)]
pub(crate) struct UnitRows {
    pub(crate) values: Vec<f64>,
    /// One by the length of each row, or 0.
    scales: Vec<f64>,
    width: usize,
}

/// Shorter rows count as zeros: their slopes would be more than `f32` can hold.
const SHORTEST: f64 = 1e-30;

/// One by a length, or 0.
pub(crate) fn inverse(length: f64) -> f64 {
    if length > SHORTEST { 1.0 / length } else { 0.0 }
}

impl UnitRows {
    /// The rows of `values`, `width` numbers each.
    pub(crate) fn of(values: &[f64], width: usize) -> Self {
        let width = width.max(1);
        let scale = |row: &[f64]| inverse(row.iter().map(|x| x * x).sum::<f64>().sqrt());
        let scales: Vec<f64> = values.chunks_exact(width).map(scale).collect();
        let rows = values.chunks_exact(width).zip(&scales);
        let unit = |(row, &scale): (&[f64], &f64)| {
            row.iter().map(move |x| x * scale).collect::<Vec<f64>>()
        };
        Self { values: rows.flat_map(unit).collect(), scales, width }
    }

    /// Turns the gradient by the scaled rows into that by the rows.
    pub(crate) fn pull_back(&self, gradient: &mut [f64]) {
        let rows = self.values.chunks_exact(self.width).zip(&self.scales);
        for ((unit, &scale), slopes) in rows.zip(gradient.chunks_exact_mut(self.width)) {
            let along: f64 = unit.iter().zip(&*slopes).map(|(x, slope)| x * slope).sum();
            for (slope, x) in slopes.iter_mut().zip(unit) {
                *slope = scale * (*slope - along * x);
            }
        }
    }
}

/// The sum of the squared differences times `share`, and its slopes by the first.
pub(crate) fn squared_difference(a: &[f64], b: &[f64], share: f64) -> (f64, Vec<f64>) {
    let slopes: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let value = share * slopes.iter().map(|d| d * d).sum::<f64>();
    (value, slopes.into_iter().map(|d| 2.0 * share * d).collect())
}
