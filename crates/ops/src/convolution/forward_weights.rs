//! Weights of a convolution, ready for its forward pass.

use super::Shape;
use super::weights::forward_panels;
use super::winograd::{self, Direction, Points};
use crate::Level;
use crate::matrix::Panels;

/// Weights in the form that the forward pass of a [`Shape`] reads. Making them takes a good part of the pass of a single
/// image, so who sees many images one by one keeps them.
#[derive(Debug)]
pub struct ForwardWeights(pub(super) Form);

#[derive(Debug)]
pub(super) enum Form {
    /// As they are, for any shape.
    Direct(Panels),
    /// For tiles of two by two output pixels.
    Small(Points<4>),
    /// For tiles of four by four.
    Large(Points<6>),
}

impl ForwardWeights {
    /// Of weights `[outputs, inputs, kernel, kernel]`. They serve any number of images of the shape.
    pub fn new(level: Level, shape: &Shape, weights: &[f32]) -> Self {
        Self(if !winograd::wins(shape) {
            Form::Direct(forward_panels(shape, weights))
        } else if winograd::large(shape) {
            Form::Large(Points::of(level, shape, weights, Direction::Forward))
        } else {
            Form::Small(Points::of(level, shape, weights, Direction::Forward))
        })
    }
}
