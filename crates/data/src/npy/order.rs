/*!
The order of elements: from C or Fortran order, and with the dimensions exchanged.
*/

use super::header::Header;

/// The elements with the dimensions in the order of `axes`, the last of them running fastest.
pub(super) fn arranged<T: Copy>(elements: Vec<T>, header: &Header, axes: &[usize]) -> Vec<T> {
    let strides = strides(header);
    let dimensions: Vec<(usize, usize)> = axes
        .iter()
        .filter_map(|&axis| Some((*header.shape.get(axis)?, *strides.get(axis)?)))
        .collect();
    let in_order = axes.is_sorted();
    if in_order && (!header.fortran_order || axes.len() < 2) {
        return elements;
    }
    let mut arranged = Vec::with_capacity(elements.len());
    gather(&elements, &dimensions, 0, &mut arranged);
    arranged
}

/// How far apart two neighbours along each dimension are in the file.
fn strides(header: &Header) -> Vec<usize> {
    let mut strides = Vec::with_capacity(header.shape.len());
    let mut stride: usize = 1;
    let mut add = |size: &usize| {
        strides.push(stride);
        stride = stride.saturating_mul(*size);
    };
    if header.fortran_order {
        header.shape.iter().for_each(&mut add);
    } else {
        header.shape.iter().rev().for_each(&mut add);
        strides.reverse();
    }
    strides
}

fn gather<T: Copy>(
    elements: &[T],
    dimensions: &[(usize, usize)],
    start: usize,
    arranged: &mut Vec<T>,
) {
    match dimensions.split_first() {
        None => arranged.extend(elements.get(start)),
        Some((&(size, stride), inner)) => {
            for index in 0..size {
                gather(elements, inner, start + index * stride, arranged);
            }
        }
    }
}
