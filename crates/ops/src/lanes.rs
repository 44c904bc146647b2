//! Sums and maxima of the numbers of a row, in an order that vector instructions can keep.

/// Sums that are kept side by side.
const LANES: usize = 16;

/// The sum in `f64` of `term` over the pairs of two slices of the same length.
#[inline(always)]
pub(crate) fn sum_pairs(left: &[f32], right: &[f32], term: impl Fn(f32, f32) -> f64) -> f64 {
    let ((left, left_rest), (right, right_rest)) =
        (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    let mut sum = 0.0;
    for (&left, &right) in left_rest.iter().zip(right_rest) {
        sum += term(left, right);
    }
    if left.is_empty() {
        return sum;
    }
    let mut sums = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        for ((sum, &left), &right) in sums.iter_mut().zip(left).zip(right) {
            *sum += term(left, right);
        }
    }
    sum + fold(&mut sums, |a, b| a + b)
}

/// As [`sum_pairs`], faster: four terms at a time are added up in `f32`, two and two, before their
/// sum is added to others in `f64`.
#[inline(always)]
pub(crate) fn quick_sum_pairs(left: &[f32], right: &[f32], term: impl Fn(f32, f32) -> f32) -> f64 {
    let ((left, left_rest), (right, right_rest)) =
        (left.as_chunks::<{ 4 * LANES }>(), right.as_chunks::<{ 4 * LANES }>());
    let rest = sum_pairs(left_rest, right_rest, |left, right| f64::from(term(left, right)));
    if left.is_empty() {
        return rest;
    }
    let mut sums = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let of = |part: usize| term(left[part * LANES + lane], right[part * LANES + lane]);
            *sum += f64::from((of(0) + of(1)) + (of(2) + of(3)));
        }
    }
    rest + fold(&mut sums, |a, b| a + b)
}

/// As [`quick_sum_pairs`], over one slice.
#[inline(always)]
pub(crate) fn quick_sum(values: &[f32], term: impl Fn(f32) -> f32) -> f64 {
    quick_sum_pairs(values, values, |value, _| term(value))
}

/// The largest number; minus infinity of none. NaN is passed over.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let (chunks, rest) = values.as_chunks::<LANES>();
    let most = rest.iter().fold(f32::NEG_INFINITY, |most, &value| larger(value, most));
    if chunks.is_empty() {
        return most;
    }
    let mut lanes = [most; LANES];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(value, *lane);
        }
    }
    fold(&mut lanes, larger)
}

/// Halves the lanes until one is left.
///
/// A function of its own: beside a loop, its last steps would have the compiler keep two lanes at a time
/// in the whole loop.
#[inline(never)]
fn fold<T: Copy>(lanes: &mut [T; LANES], join: impl Fn(T, T) -> T) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}
