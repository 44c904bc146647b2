//! The course of the learning rate after the warm-up.

use std::f64::consts::PI;

use options::{Key, OptionError, Section};

use super::Plan;

/// The course of the learning rate after the warm-up.
///
/// With `R` steps after the warm-up, `k` counts them from 0, and `r` is the highest rate.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// It stays.
    Constant,
    /// It falls along half a cosine.
    ///
    /// Step `k` has `f + (r - f) (1 + cos(pi k / R)) / 2`, where `f` is `final_fraction` times `r`:
    /// equation 5 of Loshchilov and Hutter, "SGDR" (2017), with a single cycle and one step as its
    /// unit of time. So `f` itself would come at the first step that is not made.
    Cosine {
        /// Where the cosine ends, as a share of the learning rate, in `[0, 1]`.
        final_fraction: f64,
    },
    /// It is multiplied by `factor` at every milestone, as in He et al., "Deep Residual Learning"
    /// (2016), section 4.2; PyTorch's `MultiStepLR`.
    Step {
        /// Epochs after which the rate falls, counted from the beginning, warm-up included.
        milestones: Vec<u64>,
        /// What it is multiplied by, from 0 to 1.
        factor: f64,
    },
    /// It falls as a power of the steps that are left: `r (1 - k / R)^power`; PyTorch's
    /// `PolynomialLR`, and with power 1 a straight line.
    Polynomial {
        /// Above 0.
        power: f64,
    },
    /// It rises from `r / 25` to `r` in the first three tenths of the steps and falls to
    /// `r / 250,000` in the rest, both along half a cosine: Smith and Topin, "Super-Convergence"
    /// (2018), in the form of PyTorch's `OneCycleLR` with its defaults. Momentum stays as it is.
    OneCycle,
    /// It rises from `start` times `r` to `r` by the same factor in each step, for a learning rate
    /// range test.
    Exponential {
        /// Where it begins, as a share of the learning rate; above 0.
        start: f64,
        /// Steps after which it has reached the learning rate.
        steps: u64,
    },
}

/// Share of the steps in which one cycle rises.
const RISE: f64 = 0.3;
/// Where one cycle starts and where it ends, as shares of its highest rate.
const START: f64 = 1.0 / 25.0;
const END: f64 = START / 1e4;

impl Shape {
    /// The learning rate of `step` as a share of the highest one.
    pub(super) fn share(&self, step: u64, warmup_steps: u64, plan: Plan) -> f64 {
        let after = step.saturating_sub(warmup_steps) as f64;
        let steps = plan.total_steps().saturating_sub(warmup_steps).max(1) as f64;
        match self {
            Self::Constant => 1.0,
            Self::Cosine { final_fraction } => {
                half_cosine(1.0, *final_fraction, (after / steps).min(1.0))
            }
            Self::Step { milestones, factor } => {
                let reached =
                    |milestone: &&u64| step >= milestone.saturating_mul(plan.steps_per_epoch);
                libm::pow(*factor, milestones.iter().filter(reached).count() as f64)
            }
            Self::Polynomial { power } => libm::pow((1.0 - after / steps).max(0.0), *power),
            Self::OneCycle => one_cycle(after.min(steps - 1.0), steps),
            Self::Exponential { start, steps } => {
                let last = steps.saturating_sub(1).max(1) as f64;
                libm::pow(*start, 1.0 - (after / last).min(1.0))
            }
        }
    }

    /// Reads the shape from the section of a training.
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let kinds = ["constant", "cosine", "step", "polynomial", "one-cycle"];
        let shape = Key("schedule", "constant, cosine, step, polynomial or one-cycle");
        let chosen = section.choice(shape, "constant", &kinds)?;
        section.refuse_of_others(shape.0, &chosen, &OWNERS)?;
        Ok(match chosen.as_str() {
            "cosine" => Self::Cosine { final_fraction: 0.0 },
            "step" => Self::read_step(section)?,
            "polynomial" => {
                let power = Key("power", "of the share of steps that are left");
                Self::Polynomial { power: section.number(power, 1.0, 0.01..=100.0)? }
            }
            "one-cycle" => Self::OneCycle,
            _ => Self::Constant,
        })
    }

    fn read_step(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let key = Key("milestones", "epochs after which the learning rate falls");
        let milestones = section.integers(key, &[], 1..=1_000_000)?;
        if milestones.is_empty() {
            return Err(section.missing(key, "[5, 8]"));
        }
        if milestones.windows(2).any(|pair| pair.first() >= pair.last()) {
            let message = "`milestones` do not rise".to_owned();
            let hint = "give epochs in order, such as [5, 8]".to_owned();
            return Err(section.conflict(key.0, message, hint));
        }
        let factor = Key("factor", "what the learning rate is multiplied by there");
        let factor = section.number(factor, 0.1, 0.0..=1.0)?;
        Ok(Self::Step {
            milestones: milestones.into_iter().map(|epoch| epoch as u64).collect(),
            factor,
        })
    }
}

/// Which schedules have a use for the keys that not all have.
const OWNERS: [(&str, &[&str]); 3] =
    [("milestones", &["step"]), ("factor", &["step"]), ("power", &["polynomial"])];

/// From `start` to `end` along half a cosine, at `place` from 0 to 1.
fn half_cosine(start: f64, end: f64, place: f64) -> f64 {
    end + (start - end) * (0.5 * (1.0 + libm::cos(PI * place)))
}

fn one_cycle(step: f64, steps: f64) -> f64 {
    let (top, last) = (RISE * steps - 1.0, steps - 1.0);
    if step <= top {
        return half_cosine(START, 1.0, step / top);
    }
    half_cosine(1.0, END, (step - top) / (last - top))
}
