//! The transforms of one tile, on vectors over channels.

use pulp::Simd;

/// Points of the transformed domain.
pub(crate) const POINTS: usize = 16;

type Square<V, const N: usize> = [[V; N]; N];

/// An array of values, each from its index. Unlike the closures of `array::map`, the
/// expression stays within the function that was compiled for the instruction set.
macro_rules! array {
    (2, $index:ident => $value:expr) => {
        array!(@ $index => $value; 0 1)
    };
    (3, $index:ident => $value:expr) => {
        array!(@ $index => $value; 0 1 2)
    };
    (4, $index:ident => $value:expr) => {
        array!(@ $index => $value; 0 1 2 3)
    };
    (9, $index:ident => $value:expr) => {
        array!(@ $index => $value; 0 1 2 3 4 5 6 7 8)
    };
    (16, $index:ident => $value:expr) => {
        array!(@ $index => $value; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $index:ident => $value:expr; $($place:literal)*) => {
        [$({
            let $index: usize = $place;
            $value
        }),*]
    };
}
pub(crate) use array;

/// `B^T d B`.
#[inline(always)]
pub(crate) fn input<S: Simd>(simd: S, d: Square<S::f32s, 4>) -> Square<S::f32s, 4> {
    let rows = array!(4, row => input_half(simd, d[row]));
    let columns = array!(4, column => input_half(simd, array!(4, row => rows[row][column])));
    array!(4, row => array!(4, column => columns[column][row]))
}

#[inline(always)]
fn input_half<S: Simd>(simd: S, d: [S::f32s; 4]) -> [S::f32s; 4] {
    [
        simd.sub_f32s(d[0], d[2]),
        simd.add_f32s(d[1], d[2]),
        simd.sub_f32s(d[2], d[1]),
        simd.sub_f32s(d[1], d[3]),
    ]
}

/// `A^T m A`.
#[inline(always)]
pub(crate) fn output<S: Simd>(simd: S, m: Square<S::f32s, 4>) -> Square<S::f32s, 2> {
    let rows = array!(4, row => output_half(simd, m[row]));
    let columns = array!(2, column => output_half(simd, array!(4, row => rows[row][column])));
    array!(2, row => array!(2, column => columns[column][row]))
}

#[inline(always)]
fn output_half<S: Simd>(simd: S, m: [S::f32s; 4]) -> [S::f32s; 2] {
    [simd.add_f32s(m[0], simd.add_f32s(m[1], m[2])), simd.sub_f32s(simd.sub_f32s(m[1], m[2]), m[3])]
}

/// `A y A^T`.
#[inline(always)]
pub(crate) fn gradient<S: Simd>(simd: S, y: Square<S::f32s, 2>) -> Square<S::f32s, 4> {
    let rows = array!(2, row => gradient_half(simd, y[row]));
    let columns = array!(4, column => gradient_half(simd, array!(2, row => rows[row][column])));
    array!(4, row => array!(4, column => columns[column][row]))
}

#[inline(always)]
fn gradient_half<S: Simd>(simd: S, y: [S::f32s; 2]) -> [S::f32s; 4] {
    [y[0], simd.add_f32s(y[0], y[1]), simd.sub_f32s(y[0], y[1]), simd.neg_f32s(y[1])]
}

/// `G g G^T`, for one number.
#[inline(always)]
pub(crate) fn weights(g: [f32; 9]) -> [f32; POINTS] {
    let rows = array!(3, row => weights_half([g[3 * row], g[3 * row + 1], g[3 * row + 2]]));
    let columns = array!(4, column => weights_half(array!(3, row => rows[row][column])));
    array!(16, point => columns[point % 4][point / 4])
}

#[inline(always)]
fn weights_half(g: [f32; 3]) -> [f32; 4] {
    let (sum, middle) = (0.5 * (g[0] + g[2]), 0.5 * g[1]);
    [g[0], sum + middle, sum - middle, g[2]]
}

/// `G^T u G`, for one number.
#[inline(always)]
pub(crate) fn weight_gradient(u: [f32; POINTS]) -> [f32; 9] {
    let rows = array!(4, row => weight_gradient_half(array!(4, place => u[4 * row + place])));
    let columns = array!(3, column => weight_gradient_half(array!(4, row => rows[row][column])));
    array!(9, tap => columns[tap % 3][tap / 3])
}

#[inline(always)]
fn weight_gradient_half(u: [f32; 4]) -> [f32; 3] {
    let (sum, difference) = (0.5 * (u[1] + u[2]), 0.5 * (u[1] - u[2]));
    [u[0] + sum, difference, sum + u[3]]
}
