//! The transforms of one tile, on vectors over channels.
//!
//! A side of four has the points 0, 1, -1 and infinity. A side of six has 0, `NEAR`, `-NEAR`, `FAR`, `-FAR` and infinity in place
//! of the usual 0, 1, -1, 2, -2 and infinity: with random numbers half as much is lost by rounding, and a fourth in the worst place
//! (on the choice of points: Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
//! Neural Networks", 2020).

#![allow(clippy::needless_range_loop, reason = "an iterator more is a closure more to be inlined")]

use pulp::Simd;

use crate::matrix::multiply_add;

/// Points of the larger tile: of the pairs that were tried one of those with the least error. Their powers are exact.
const NEAR: f32 = 11.0 / 16.0;
const FAR: f32 = 11.0 / 8.0;

const NEAR_2: f32 = NEAR * NEAR;
const FAR_2: f32 = FAR * FAR;

/// Numbers or vectors of a tile. Where a transform gives fewer than it takes, they are the first of each row and column.
pub(crate) type Square<V, const SIDE: usize> = [[V; SIDE]; SIDE];

/// A half of a transform on all rows and then on all columns. A closure or a function that is handed over would not
/// always stay within the function that was compiled for the instruction set.
macro_rules! both_ways {
    ($simd:ident, $square:ident, $half:ident, $rows:expr) => {{
        for row in 0..$rows {
            $square[row] = $half($simd, $square[row]);
        }
        for column in 0..SIDE {
            let mut line = $square[0];
            for row in 0..SIDE {
                line[row] = $square[row][column];
            }
            let line = $half($simd, line);
            for row in 0..SIDE {
                $square[row][column] = line[row];
            }
        }
        $square
    }};
}

/// `B^T d B`.
#[inline(always)]
pub(crate) fn input<S: Simd, const SIDE: usize>(
    simd: S,
    mut d: Square<S::f32s, SIDE>,
) -> Square<S::f32s, SIDE> {
    both_ways!(simd, d, input_half, SIDE)
}

#[inline(always)]
fn input_half<S: Simd, const SIDE: usize>(simd: S, d: [S::f32s; SIDE]) -> [S::f32s; SIDE] {
    let mut points = d;
    if SIDE == 4 {
        points[0] = simd.sub_f32s(d[0], d[2]);
        points[1] = simd.add_f32s(d[1], d[2]);
        points[2] = simd.sub_f32s(d[2], d[1]);
        points[3] = simd.sub_f32s(d[1], d[3]);
        return points;
    }
    let times = |factor: f32| simd.splat_f32s(factor);
    let (product, sum) = (times(NEAR_2 * FAR_2), times(-NEAR_2 - FAR_2));
    points[0] = multiply_add(simd, product, d[0], multiply_add(simd, sum, d[2], d[4]));
    points[5] = multiply_add(simd, product, d[1], multiply_add(simd, sum, d[3], d[5]));
    let even = multiply_add(simd, times(-FAR_2), d[2], d[4]);
    let odd = multiply_add(simd, times(-FAR_2), d[1], d[3]);
    points[1] = multiply_add(simd, times(NEAR), odd, even);
    points[2] = multiply_add(simd, times(-NEAR), odd, even);
    let even = multiply_add(simd, times(-NEAR_2), d[2], d[4]);
    let odd = multiply_add(simd, times(-NEAR_2), d[1], d[3]);
    points[3] = multiply_add(simd, times(FAR), odd, even);
    points[4] = multiply_add(simd, times(-FAR), odd, even);
    points
}

/// `A^T m A`: the first pixels of the first rows.
#[inline(always)]
pub(crate) fn output<S: Simd, const SIDE: usize>(
    simd: S,
    mut m: Square<S::f32s, SIDE>,
) -> Square<S::f32s, SIDE> {
    both_ways!(simd, m, output_half, SIDE)
}

#[inline(always)]
fn output_half<S: Simd, const SIDE: usize>(simd: S, m: [S::f32s; SIDE]) -> [S::f32s; SIDE] {
    let mut pixels = m;
    let (near, near_difference) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    if SIDE == 4 {
        pixels[0] = simd.add_f32s(m[0], near);
        pixels[1] = simd.sub_f32s(near_difference, m[3]);
        return pixels;
    }
    let times = |factor: f32| simd.splat_f32s(factor);
    let (far, far_difference) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    pixels[0] = simd.add_f32s(m[0], simd.add_f32s(near, far));
    let far_1 = simd.mul_f32s(times(FAR), far_difference);
    pixels[1] = multiply_add(simd, times(NEAR), near_difference, far_1);
    let far_2 = simd.mul_f32s(times(FAR_2), far);
    pixels[2] = multiply_add(simd, times(NEAR_2), near, far_2);
    let far_3 = multiply_add(simd, times(FAR * FAR_2), far_difference, m[5]);
    pixels[3] = multiply_add(simd, times(NEAR * NEAR_2), near_difference, far_3);
    pixels
}

/// `A y A^T` of the first pixels of the first rows of `y`.
#[inline(always)]
pub(crate) fn gradient<S: Simd, const SIDE: usize>(
    simd: S,
    mut y: Square<S::f32s, SIDE>,
) -> Square<S::f32s, SIDE> {
    both_ways!(simd, y, gradient_half, SIDE - 2)
}

#[inline(always)]
fn gradient_half<S: Simd, const SIDE: usize>(simd: S, y: [S::f32s; SIDE]) -> [S::f32s; SIDE] {
    let mut points = y;
    if SIDE == 4 {
        points[1] = simd.add_f32s(y[0], y[1]);
        points[2] = simd.sub_f32s(y[0], y[1]);
        points[3] = simd.neg_f32s(y[1]);
        return points;
    }
    let times = |factor: f32| simd.splat_f32s(factor);
    let even = multiply_add(simd, times(NEAR_2), y[2], y[0]);
    let odd = multiply_add(simd, times(NEAR_2), y[3], y[1]);
    points[1] = multiply_add(simd, times(NEAR), odd, even);
    points[2] = multiply_add(simd, times(-NEAR), odd, even);
    let even = multiply_add(simd, times(FAR_2), y[2], y[0]);
    let odd = multiply_add(simd, times(FAR_2), y[3], y[1]);
    points[3] = multiply_add(simd, times(FAR), odd, even);
    points[4] = multiply_add(simd, times(-FAR), odd, even);
    points[5] = y[3];
    points
}

/// `G g G^T`.
#[inline(always)]
pub(crate) fn weights<S: Simd, const SIDE: usize>(
    simd: S,
    g: [S::f32s; 9],
) -> Square<S::f32s, SIDE> {
    let mut points = [[g[0]; SIDE]; SIDE];
    for row in 0..3 {
        points[row] = weights_half(simd, [g[3 * row], g[3 * row + 1], g[3 * row + 2]]);
    }
    for column in 0..SIDE {
        let line = [points[0][column], points[1][column], points[2][column]];
        let line: [S::f32s; SIDE] = weights_half(simd, line);
        for row in 0..SIDE {
            points[row][column] = line[row];
        }
    }
    points
}

/// What makes the points of the larger tile those of the weights: one over the product of the distances to all others.
const FACTORS: [f32; 3] = [
    1.0 / (NEAR_2 * FAR_2),
    1.0 / (2.0 * NEAR_2 * (NEAR_2 - FAR_2)),
    1.0 / (2.0 * FAR_2 * (FAR_2 - NEAR_2)),
];

#[inline(always)]
fn weights_half<S: Simd, const SIDE: usize>(simd: S, g: [S::f32s; 3]) -> [S::f32s; SIDE] {
    let times = |factor: f32, value: S::f32s| simd.mul_f32s(simd.splat_f32s(factor), value);
    let mut points = [g[0]; SIDE];
    points[SIDE - 1] = g[2];
    if SIDE == 4 {
        let (sum, middle) = (times(0.5, simd.add_f32s(g[0], g[2])), times(0.5, g[1]));
        points[1] = simd.add_f32s(sum, middle);
        points[2] = simd.sub_f32s(sum, middle);
        return points;
    }
    let [nothing, near, far] = FACTORS;
    points[0] = times(nothing, g[0]);
    let even = times(near, simd.add_f32s(g[0], times(NEAR_2, g[2])));
    let odd = times(near * NEAR, g[1]);
    points[1] = simd.add_f32s(even, odd);
    points[2] = simd.sub_f32s(even, odd);
    let even = times(far, simd.add_f32s(g[0], times(FAR_2, g[2])));
    let odd = times(far * FAR, g[1]);
    points[3] = simd.add_f32s(even, odd);
    points[4] = simd.sub_f32s(even, odd);
    points
}

/// `G^T u G`: the nine places of the kernel.
#[inline(always)]
pub(crate) fn weight_gradient<S: Simd, const SIDE: usize>(
    simd: S,
    u: Square<S::f32s, SIDE>,
) -> [S::f32s; 9] {
    let mut rows = [[u[0][0]; 3]; SIDE];
    for row in 0..SIDE {
        rows[row] = weight_gradient_half(simd, u[row]);
    }
    let mut taps = [u[0][0]; 9];
    for column in 0..3 {
        let mut line = u[0];
        for row in 0..SIDE {
            line[row] = rows[row][column];
        }
        let line = weight_gradient_half(simd, line);
        for row in 0..3 {
            taps[3 * row + column] = line[row];
        }
    }
    taps
}

#[inline(always)]
fn weight_gradient_half<S: Simd, const SIDE: usize>(simd: S, u: [S::f32s; SIDE]) -> [S::f32s; 3] {
    let times = |factor: f32, value: S::f32s| simd.mul_f32s(simd.splat_f32s(factor), value);
    let (near_sum, near_difference) = (simd.add_f32s(u[1], u[2]), simd.sub_f32s(u[1], u[2]));
    if SIDE == 4 {
        let (sum, difference) = (times(0.5, near_sum), times(0.5, near_difference));
        return [simd.add_f32s(u[0], sum), difference, simd.add_f32s(sum, u[3])];
    }
    let [nothing, near, far] = FACTORS;
    let (near_sum, near_difference) = (times(near, near_sum), times(near, near_difference));
    let far_sum = times(far, simd.add_f32s(u[3], u[4]));
    let far_difference = times(far, simd.sub_f32s(u[3], u[4]));
    let odd = simd.add_f32s(times(NEAR, near_difference), times(FAR, far_difference));
    let even = simd.add_f32s(times(NEAR_2, near_sum), times(FAR_2, far_sum));
    let sum = simd.add_f32s(near_sum, far_sum);
    [simd.add_f32s(times(nothing, u[0]), sum), odd, simd.add_f32s(even, u[5])]
}
