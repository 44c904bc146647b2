//! What every network offers: logits, and named values on the way to them.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Tensor;
use random::Stream;
use tensors::channels_last;

use crate::TapKind;
use crate::tap_kind::FEATURES;

/// A network that potstill can train, distil and evaluate.
///
/// `inputs` holds one flat sample a row, `[batch, features]`; a network that works on images takes
/// them apart itself (channels, then rows, then columns). The result is one row of logits a sample,
/// `[batch, classes]`, before any softmax.
///
/// A network that offers taps hands each one to `taps` as it passes; one that offers none ignores
/// the argument.
///
/// ```
/// use burn::{module::Module, nn, tensor::{Device, Tensor, activation::relu}};
/// use potstill_nn::{Network, Taps};
///
/// #[derive(Module, Debug)]
/// struct Small {
///     hidden: nn::Linear,
///     output: nn::Linear,
/// }
///
/// impl Network for Small {
///     fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
///         let hidden = relu(self.hidden.forward(inputs));
///         taps.keep("hidden", || hidden.clone());
///         self.output.forward(hidden)
///     }
/// }
///
/// let device = Device::flex();
/// let small = Small {
///     hidden: nn::LinearConfig::new(4, 8).init(&device),
///     output: nn::LinearConfig::new(8, 3).init(&device),
/// };
/// let output = small.observe(Tensor::ones([2, 4], &device), Taps::all());
/// assert_eq!(output.logits.dims(), [2, 3]);
/// assert_eq!(output.taps.names().collect::<Vec<_>>(), ["hidden"]);
/// ```
pub trait Network: Module {
    /// Logits of a batch, `[batch, features]` to `[batch, classes]`.
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2>;

    /// Inputs and outputs of each layer, where the network is nothing but dense layers with ReLU
    /// between them, and its parameters are weight, `[inputs, outputs]`, and bias of one layer after
    /// the other. Such a network is trained without a tape.
    fn dense_layers(&self) -> Option<Vec<[usize; 2]>> {
        None
    }

    /// Logits together with the wanted taps.
    fn observe(&self, inputs: Tensor<2>, mut taps: Taps) -> Output {
        let logits = self.forward(inputs, &mut taps);
        Output { logits, taps }
    }

    /// Logits alone.
    fn logits(&self, inputs: Tensor<2>) -> Tensor<2> {
        self.forward(inputs, &mut Taps::none())
    }
}

/// What a network said about a batch.
#[derive(Clone, Debug)]
pub struct Output {
    /// `[batch, classes]`, before any softmax.
    pub logits: Tensor<2>,
    /// The values that were asked for.
    pub taps: Taps,
}

impl Output {
    /// The logits that learn from labels: those of the network, or of the one of its two heads.
    pub fn for_labels(&self) -> &Tensor<2> {
        self.taps.heads.as_ref().map_or(&self.logits, |[labels, _]| labels)
    }

    /// The logits that learn from the teacher: those of the network, or of the other of its heads.
    pub fn for_teacher(&self) -> &Tensor<2> {
        self.taps.heads.as_ref().map_or(&self.logits, |[_, teacher]| teacher)
    }

    /// Whether they are those of two heads.
    pub fn has_two_heads(&self) -> bool {
        self.taps.heads.is_some()
    }
}

/// A named intermediate value; the rank tells what its axes are.
#[derive(Clone, Debug)]
pub enum Feature {
    /// `[batch, features]`
    Vector(Tensor<2>),
    /// `[batch, positions, features]`
    Sequence(Tensor<3>),
    /// `[batch, channels, height, width]`
    Map(Tensor<4>),
}

impl From<Tensor<2>> for Feature {
    fn from(tensor: Tensor<2>) -> Self {
        Self::Vector(tensor)
    }
}

impl From<Tensor<3>> for Feature {
    fn from(tensor: Tensor<3>) -> Self {
        Self::Sequence(tensor)
    }
}

impl From<Tensor<4>> for Feature {
    fn from(tensor: Tensor<4>) -> Self {
        Self::Map(tensor)
    }
}

/// The intermediate values of one forward pass: which are wanted, and those that were met; and in
/// training where its random numbers come from.
#[derive(Clone, Debug)]
pub struct Taps {
    wanted: Wanted,
    values: BTreeMap<String, Feature>,
    /// The names in the order of the forward pass, and what each holds.
    met: Vec<(String, TapKind)>,
    heads: Option<[Tensor<2>; 2]>,
    noise: Option<Stream>,
}

#[derive(Clone, Debug)]
enum Wanted {
    None,
    All,
    These(Vec<String>),
}

impl Taps {
    /// Keeps nothing.
    pub fn none() -> Self {
        Self::wanting(Wanted::None)
    }

    /// Keeps every tap that the network offers.
    pub fn all() -> Self {
        Self::wanting(Wanted::All)
    }

    /// Keeps the taps of these names.
    pub fn these(names: impl IntoIterator<Item = String>) -> Self {
        Self::wanting(Wanted::These(names.into_iter().collect()))
    }

    fn wanting(wanted: Wanted) -> Self {
        Self { wanted, values: BTreeMap::new(), met: Vec::new(), heads: None, noise: None }
    }

    /// The same for a step of training, whose [`Dropout`](crate::Dropout) draws from `noise`: a
    /// function of seed and step. Without it nothing is dropped.
    pub fn with_noise(self, noise: Stream) -> Self {
        Self { noise: Some(noise), ..self }
    }

    /// Where a random layer of this name finds its numbers; none outside of training.
    pub fn noise(&self, layer: &str) -> Option<Stream> {
        self.noise.as_ref().map(|noise| noise.named(layer))
    }

    /// Whether no tap is wanted, so that a network may compute several layers at once.
    pub fn wants_none(&self) -> bool {
        matches!(self.wanted, Wanted::None)
    }

    /// Whether the tap of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        match &self.wanted {
            Wanted::None => false,
            Wanted::All => true,
            Wanted::These(names) => names.iter().any(|wanted| wanted == name),
        }
    }

    /// Called by a network as it passes a tap; `value` runs only when the tap is wanted.
    pub fn keep<F: Into<Feature>>(&mut self, name: &str, value: impl FnOnce() -> F) {
        self.keep_kind(TapKind::Value, name, value);
    }

    /// As [`keep`](Self::keep), for a tap of another kind.
    pub fn keep_kind<F: Into<Feature>>(
        &mut self,
        kind: TapKind,
        name: &str,
        value: impl FnOnce() -> F,
    ) {
        if self.wants(name) && self.values.insert(name.to_owned(), value().into()).is_none() {
            self.met.push((name.to_owned(), kind));
        }
    }

    /// Called by a network with two heads, of which the one learns from labels and the other from a
    /// teacher; both are `[batch, classes]`.
    pub fn keep_heads(&mut self, labels: &Tensor<2>, teacher: &Tensor<2>) {
        self.heads = Some([labels.clone(), teacher.clone()]);
    }

    /// The same with the heads forgotten, for who has taken the logits of one of them.
    #[must_use]
    pub fn without_heads(self) -> Self {
        Self { heads: None, ..self }
    }

    /// What the pass of an inner network keeps as its last map; what is wanted of the taps before that is kept too, and
    /// nothing of its own last layer.
    pub(crate) fn features_of(&mut self, pass: impl FnOnce(&mut Self)) -> Option<Feature> {
        let mut inner = self.clone();
        if let Wanted::None = inner.wanted {
            inner.wanted = Wanted::These(vec![FEATURES.to_owned()]);
        } else if let Wanted::These(names) = &mut inner.wanted {
            names.push(FEATURES.to_owned());
        }
        pass(&mut inner);
        let end = inner.met.iter().position(|(name, _)| name == FEATURES)?;
        let map = inner.values.remove(FEATURES);
        inner.met.truncate(end);
        let is_met = |name: &String| inner.met.iter().any(|(met, _)| met == name);
        self.values = inner.values.into_iter().filter(|(name, _)| is_met(name)).collect();
        self.met = inner.met;
        map
    }

    /// The value of one tap, if it was wanted and met.
    pub fn get(&self, name: &str) -> Option<&Feature> {
        self.values.get(name)
    }

    /// The names of the taps that were kept, in the order of the forward pass.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.met.iter().map(|(name, _)| name.as_str())
    }

    /// What a tap that was kept holds.
    pub fn kind(&self, name: &str) -> TapKind {
        let found = self.met.iter().find(|(met, _)| met == name);
        found.map_or(TapKind::Value, |(_, kind)| *kind)
    }

    /// The same values without their tape, and without heads.
    #[must_use]
    pub fn without_tape(mut self) -> Self {
        let values = self.values.into_iter();
        self.heads = None;
        self.values = values.map(|(name, value)| (name, value.without_tape())).collect();
        self
    }
}

/// Flat samples as images with their channels last: `[batch, channels * height * width]` to
/// `[batch, height, width, channels]`.
pub fn images(inputs: Tensor<2>, [channels, height, width]: [usize; 3]) -> Tensor<4> {
    let [batch, _] = inputs.dims();
    channels_last(inputs.reshape([batch, channels, height, width]))
}
