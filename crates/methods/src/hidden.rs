//! Hidden states.

use std::sync::Arc;

use nn::TapShape;
use options::{Key, OptionError, Section};

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::projector::Projection;
use crate::tap_loss::{same_positions, summed};
use crate::{
    Method, MethodError, Misfit, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual,
};

/// Hidden states of transformers: Jiao, Yin, Shang, Jiang, Chen, Li, Wang and Liu, "TinyBERT: Distilling BERT for
/// Natural Language Understanding" (2020), the loss of hidden states; and Sanh, Debut, Chaumond and Wolf, "DistilBERT, a distilled
/// version of BERT" (2019), the cosine loss.
///
/// # What it does
/// Asks each token of the student to hold what the same token of the teacher holds behind a layer: the same values,
/// or the same direction.
///
/// # When to use it
/// Between two transformers over the same tokens, with `attention` and `kd`.
///
/// # Formula
/// `mse`, TinyBERT: `sum_taps mean (r(s) - t)^2`; `cosine`, DistilBERT: `sum_taps mean_tokens (1 - cos(r(s), t))`
///
/// Means are over samples and tokens, and with `mse` over values. Where the widths differ, `r` is a trained linear map
/// with a bias; TinyBERT has one without a bias (its authors' code: with) in any case, DistilBERT asks for equal widths. Without a map
/// both are 0 at agreement. A token of zeros has the cosine 0 and no slope.
///
/// # Options
/// `hidden_form` (default `"mse"`), `student_taps` and `teacher_taps` (default: all layers of the one that has fewer,
/// and as many of the other, evenly spread, with its last), `loss_weight` (default 1).
///
/// # Cost
/// One pass over the taps, and a pass of the teacher in each step. Maps of `(student's + 1) * teacher's` widths, where
/// needed, are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "hidden"
/// hidden_form = "cosine"
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// How two states are compared.
    pub form: HiddenForm,
}

/// How [`Hidden`] compares two states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HiddenForm {
    /// By their values.
    #[default]
    Mse,
    /// By their directions.
    Cosine,
}

impl Hidden {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let key = Key("hidden_form", "how two states are compared: by values or by direction");
        let form = match section.choice(key, "mse", &["mse", "cosine"])?.as_str() {
            "cosine" => HiddenForm::Cosine,
            _ => HiddenForm::Mse,
        };
        TapMethod::read(section, Self { form })
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        match self.form {
            HiddenForm::Mse => {
                let share = 1.0 / student.values.len().max(1) as f64;
                squared_difference(&student.values, &teacher.values, share)
            }
            HiddenForm::Cosine => directions(student, teacher),
        }
    }
}

/// One less the cosine, on the average over tokens.
fn directions(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let [s, t] = [student, teacher].map(|map| UnitRows::of(&map.by_position(), map.channels));
    let tokens = (student.batch * student.positions()).max(1) as f64;
    let cosines: f64 = s.values.iter().zip(&t.values).map(|(s, t)| s * t).sum();
    let mut slopes: Vec<f64> = t.values.iter().map(|t| -t / tokens).collect();
    s.pull_back(&mut slopes);
    (1.0 - cosines / tokens, student.by_channel(&slopes))
}

impl TapLoss for Hidden {
    const NAME: &'static str = "hidden";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Spread;
    const USABLE: Usable = Usable::SEQUENCE;
    const PROJECTION: Projection = Projection::WhereNeeded;

    fn check(&self, pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
        same_positions(pairs)
    }

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("states", pairs, |pair| pair.at_any_size(loss)))
    }
}
