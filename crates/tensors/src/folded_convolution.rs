//! A convolution with its normalisation in inference.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Tensor;
use ops::Level;
use ops::activation::Activation;
use ops::convolution::{ForwardWeights, Shape, forward};
use ops::memory::Buffer;

use crate::convolution::{Convolution, output_shape};
use crate::folded::{ChannelMap, without_tape};
use crate::value::{Numbers, Value, numbers, slice};

/// The weights of a convolution with its normalisation folded into them, in the form that inference reads. They are kept
/// from one call to the next and made anew where a tensor or the size of the images is another one. A clone keeps them
/// together with the one that it was made of.
#[derive(Clone, Debug, Default)]
pub struct FoldedConvolution {
    kept: Arc<Mutex<Option<Arc<Kept>>>>,
}

/// What is kept, and what it was made of.
#[derive(Debug)]
struct Kept {
    shape: Shape,
    /// Held, so that nobody writes into them: where the place is the same, the numbers are.
    sources: Vec<Numbers>,
    map: ChannelMap,
    weights: ForwardWeights,
}

impl Kept {
    fn is_of(&self, shape: &Shape, sources: &[Numbers]) -> bool {
        let same = |(one, other): (&Numbers, &Numbers)| {
            let (one, other) = (slice(one), slice(other));
            !one.is_empty() && std::ptr::eq(one, other)
        };
        self.shape == *shape && self.sources.iter().zip(sources).all(same)
    }
}

impl FoldedConvolution {
    /// The convolution, its normalisation, a residual that is added and an activation, in one pass without a tape; none
    /// where a tensor has a tape or lives elsewhere.
    ///
    /// Input and weight are as in [`convolution`](crate::convolution); `map` gives what the normalisation does, of
    /// which `norm` are the tensors; the residual has the shape of the output.
    pub fn forward(
        &self,
        input: &Tensor<4>,
        (weight, norm): (&Tensor<4>, &[Tensor<1>]),
        map: impl FnOnce() -> ChannelMap,
        residual: Option<&Tensor<4>>,
        activation: Activation,
        [stride, padding]: [usize; 2],
    ) -> Option<Tensor<4>> {
        let input = without_tape(input)?;
        let residual = match residual {
            Some(residual) => Some(without_tape(residual)?),
            None => None,
        };
        let mut sources = vec![without_tape(weight)?];
        for tensor in norm {
            sources.push(without_tape(tensor)?);
        }
        let [weight, ..] = sources.as_slice() else { return None };
        let shape = Convolution { stride, padding }.shape(&input, weight);
        let kept = self.of(Shape { batch: 1, ..shape }, sources, map);
        let residual = residual.as_ref().map(slice);
        let mut out = Buffer::exact(shape.output_len());
        forward(
            Level::best(),
            &shape,
            slice(&input),
            &kept.weights,
            &mut out,
            #[inline(always)]
            |place, column, part| {
                let residual = residual.map(|residual| &residual[place..]);
                kept.map.finish(column, residual, activation, part);
            },
        );
        Some(Value::Plain(numbers(out, &output_shape(&shape))).tensor())
    }

    /// What is kept if it is of these tensors, or else what is made of them.
    fn of(
        &self,
        shape: Shape,
        sources: Vec<Numbers>,
        map: impl FnOnce() -> ChannelMap,
    ) -> Arc<Kept> {
        let place = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = place().as_ref().filter(|kept| kept.is_of(&shape, &sources)) {
            return kept.clone();
        }
        let map = map();
        let scaled = sources.first().map(|weight| map.scaled(weight)).unwrap_or_default();
        let weights = ForwardWeights::new(Level::best(), &shape, &scaled);
        let made = Arc::new(Kept { shape, sources, map, weights });
        *place() = Some(made.clone());
        made
    }
}
