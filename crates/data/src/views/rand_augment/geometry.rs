//! Operations that move pixels, as Pillow's `Image.transform` with the nearest pixel.

/// For each pixel the place that it comes from: `x' = a x + b y + c` and `y' = d x + e y + f`, in pixels
/// from the upper left corner.
#[derive(Clone, Copy)]
pub(super) struct Affine {
    across: [f64; 3],
    down: [f64; 3],
}

/// Places are counted in parts of a pixel.
const PARTS: f64 = 65_536.0;

impl Affine {
    /// By so many degrees around the middle of an image of these sides.
    pub(super) fn rotation(degrees: f64, [width, height]: [f64; 2]) -> Self {
        let angle = -degrees.to_radians();
        let (cosine, sine) = (libm::cos(angle), libm::sin(angle));
        let (x, y) = (width / 2.0, height / 2.0);
        Self {
            across: [cosine, sine, x - cosine * x - sine * y],
            down: [-sine, cosine, y + sine * x - cosine * y],
        }
    }

    /// By so many pixels to the left a pixel down, and upwards a pixel to the right.
    pub(super) fn shear(across: f64, down: f64) -> Self {
        Self { across: [1.0, across, 0.0], down: [down, 1.0, 0.0] }
    }

    /// By so many pixels to the left and upwards.
    pub(super) fn translation(across: f64, down: f64) -> Self {
        Self { across: [1.0, 0.0, across], down: [0.0, 1.0, down] }
    }

    /// The plane moved; what comes in from outside is black.
    pub(super) fn apply(self, plane: &[u8], [height, width]: [usize; 2]) -> Vec<u8> {
        let parts = |value: f64| (value * PARTS + 0.5).floor() as i64;
        // The middle of a pixel counts; its place goes forward by whole parts.
        let places = |[a, b, c]: [f64; 3]| {
            let (start, right, down) = (parts(c + 0.5 * a + 0.5 * b), parts(a), parts(b));
            move |row: usize, column: usize| {
                let place = start + right * column as i64 + down * row as i64;
                usize::try_from(place.div_euclid(PARTS as i64)).ok()
            }
        };
        let (across, down) = (places(self.across), places(self.down));
        let from = |row: usize, column: usize| {
            let (x, y) = (across(row, column)?, down(row, column)?);
            (x < width && y < height).then(|| plane.get(y * width + x).copied()).flatten()
        };
        let all = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
        all.map(|(row, column)| from(row, column).unwrap_or(0)).collect()
    }
}
