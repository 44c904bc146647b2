//! Which optimiser, and how a recipe says so.

use options::{Key, OptionError, Section};

use super::{Adam, AdamW, Epsilon, OptimizerError, RmsProp, Sgd};

/// Which optimiser, and its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OptimizerOptions {
    /// Stochastic gradient descent, with or without momentum.
    Sgd(Sgd),
    /// Gradients divided by their root mean square, with or without momentum.
    RmsProp(RmsProp),
    /// Adam; weight decay is added to the gradient.
    Adam(Adam),
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
}

impl OptimizerOptions {
    /// Checks that every setting is in its range.
    pub fn check(&self) -> Result<(), OptimizerError> {
        match self {
            Self::Sgd(options) => options.check(),
            Self::RmsProp(options) => options.check(),
            Self::Adam(options) => options.check(),
            Self::AdamW(options) => options.check(),
        }
    }

    /// The names of the buffers that are kept for each parameter, in the order of `Moments`.
    pub(super) fn buffer_names(&self) -> &'static [&'static str] {
        match self {
            Self::Sgd(Sgd { momentum: 0.0, .. }) => &[],
            Self::Sgd(_) => &["momentum"],
            Self::RmsProp(RmsProp { momentum: 0.0, .. }) => &["square"],
            Self::RmsProp(_) => &["square", "momentum"],
            Self::Adam(_) | Self::AdamW(_) => &["first", "second"],
        }
    }

    /// The same without weight decay.
    pub(super) fn without_decay(self) -> Self {
        let weight_decay = 0.0;
        match self {
            Self::Sgd(options) => Self::Sgd(Sgd { weight_decay, ..options }),
            Self::RmsProp(options) => Self::RmsProp(RmsProp { weight_decay, ..options }),
            Self::Adam(options) => Self::Adam(Adam { weight_decay, ..options }),
            Self::AdamW(options) => Self::AdamW(AdamW { weight_decay, ..options }),
        }
    }

    /// Reads the optimiser from the section of a training, and gives the learning rate that is
    /// usual for it.
    pub(crate) fn read(section: &mut Section<'_>) -> Result<(Self, f64), OptionError> {
        let kinds = ["adam", "adamw", "sgd", "rmsprop"];
        let name = Key("optimizer", "adam, adamw, sgd or rmsprop");
        let chosen = section.choice(name, "adam", &kinds)?;
        section.refuse_of_others(name.0, &chosen, &OWNERS)?;
        match chosen.as_str() {
            "sgd" => Ok((Self::Sgd(read_sgd(section)?), 0.05)),
            "rmsprop" => Ok((Self::RmsProp(read_rmsprop(section)?), 0.01)),
            "adamw" => {
                let weight_decay = read_decay(section, AdamW::default().weight_decay)?;
                let epsilon = read_epsilon(section)?;
                Ok((Self::AdamW(AdamW { epsilon, weight_decay, ..AdamW::default() }), 1e-3))
            }
            _ => {
                let weight_decay = read_decay(section, 0.0)?;
                let epsilon = read_epsilon(section)?;
                Ok((Self::Adam(Adam { epsilon, weight_decay, ..Adam::default() }), 1e-3))
            }
        }
    }
}

/// Which optimisers have a use for the keys that not all have.
const OWNERS: [(&str, &[&str]); 5] = [
    ("momentum", &["sgd", "rmsprop"]),
    ("nesterov", &["sgd"]),
    ("smoothing", &["rmsprop"]),
    ("epsilon", &["adam", "adamw", "rmsprop"]),
    ("epsilon_form", &["adam", "adamw"]),
];

fn read_sgd(section: &mut Section<'_>) -> Result<Sgd, OptionError> {
    let weight_decay = read_decay(section, 0.0)?;
    let momentum = read_momentum(section, Sgd::default().momentum)?;
    let nesterov = Key("nesterov", "look ahead by one more decayed step");
    let nesterov = section.boolean(nesterov, false)?;
    if nesterov && momentum == 0.0 {
        let message = "`nesterov` looks ahead by the momentum, and `momentum` is 0".to_owned();
        let hint = "set `momentum` above 0 or leave `nesterov` out".to_owned();
        return Err(section.conflict("nesterov", message, hint));
    }
    Ok(Sgd { momentum, nesterov, weight_decay })
}

fn read_rmsprop(section: &mut Section<'_>) -> Result<RmsProp, OptionError> {
    let usual = RmsProp::default();
    let weight_decay = read_decay(section, usual.weight_decay)?;
    let momentum = read_momentum(section, usual.momentum)?;
    let smoothing = Key("smoothing", "share of the mean squared gradient that is kept");
    let smoothing = section.number(smoothing, usual.smoothing, 0.0..1.0)?;
    let epsilon = section.number(EPSILON, usual.epsilon, 1e-30..=1.0)?;
    Ok(RmsProp { smoothing, epsilon, momentum, weight_decay })
}

const EPSILON: Key = Key("epsilon", "keeps the step finite where gradients vanish");

fn read_decay(section: &mut Section<'_>, usual: f64) -> Result<f64, OptionError> {
    section.number(Key("weight_decay", "pull of weights to 0"), usual, 0.0..=1e3)
}

fn read_momentum(section: &mut Section<'_>, usual: f64) -> Result<f64, OptionError> {
    section.number(Key("momentum", "share of the last step that is kept"), usual, 0.0..1.0)
}

fn read_epsilon(section: &mut Section<'_>) -> Result<Epsilon, OptionError> {
    let form = Key("epsilon_form", "where epsilon stands: as in pytorch or as in keras");
    let form = section.choice(form, "pytorch", &["pytorch", "keras"])?;
    let usual = if form == "keras" { Epsilon::KERAS } else { Epsilon::PYTORCH };
    let value = section.number(EPSILON, usual.value(), 1e-30..=1.0)?;
    Ok(if form == "keras" { Epsilon::Keras(value) } else { Epsilon::PyTorch(value) })
}
