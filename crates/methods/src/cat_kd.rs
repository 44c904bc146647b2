//! Class attention.

use std::sync::Arc;

use nn::{TapKind, TapShape};
use options::{Key, OptionError, Section};

use crate::feature_map::{FeatureMap, UnitRows, squared_difference};
use crate::tap_loss::{same_channels, summed};
use crate::tap_pair::smaller;
use crate::{
    Method, MethodError, Misfit, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual,
};

/// Class attention: Guo, Yan, Li and Lin, "Class Attention Transfer Based Knowledge Distillation" (2023), in the form of
/// the authors' code.
///
/// # What it does
/// Asks the student to see the evidence for each class at the places where the teacher sees it: compares the class
/// activation maps, which the last layer gives when it is applied at each place in place of their mean. How large
/// the evidence is does not matter.
///
/// # When to use it
/// With two networks for images that end with a global average and a dense layer: all but `cnn`, `mlp`, `vit` and lists of
/// layers. The last layer of the student learns by it too.
///
/// # Formula
/// `sum_taps mean (n(M_s) - n(M_t))^2`, `n` the map of a class averaged to `map_size` by `map_size` places and scaled to
/// length 1
///
/// The mean is over samples, classes and places. A map of zeros stays one. The authors have smaller maps grow to
/// `map_size`; here both are brought to the smaller size.
///
/// # Options
/// `map_size` (default 2, as the authors have), `student_taps` and `teacher_taps` (default: `class-maps`), `loss_weight`
/// (default 400, as the authors have).
///
/// # Cost
/// The last layer at each place, `classes channels positions` multiply-adds a sample, in both networks, and a pass of the
/// teacher in each step; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "cat-kd"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatKd {
    /// Height and width that the maps are averaged to, at least 1.
    pub map_size: usize,
}

impl Default for CatKd {
    fn default() -> Self {
        Self { map_size: 2 }
    }
}

const MAPS: Usable = Usable {
    kinds: &[TapKind::ClassMaps],
    fits: |_| true,
    expected: "a map for each class, as networks have that end with a global average and a dense layer",
};

impl CatKd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let size = Key("map_size", "height and width that the maps of classes are averaged to");
        let size = section.integer(size, Self::default().map_size as u64, 1..=1024)?;
        TapMethod::read(section, Self { map_size: size as usize })
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        let sides = smaller([self.map_size; 2], smaller(student.sides, teacher.sides));
        let positions = sides.iter().product();
        let unit = |map: &FeatureMap| UnitRows::of(&map.averaged(sides).values, positions);
        let (q, p) = (unit(student), unit(teacher));
        let share = 1.0 / q.values.len().max(1) as f64;
        let (value, mut slopes) = squared_difference(&q.values, &p.values, share);
        q.pull_back(&mut slopes);
        (value, student.spread_back(sides, slopes))
    }
}

impl TapLoss for CatKd {
    const NAME: &'static str = "cat-kd";
    const LOSS_WEIGHT: f64 = 400.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = MAPS;

    fn check(&self, pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
        same_channels(pairs, "classes")
    }

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("class-maps", pairs, |pair| pair.at_any_size(loss)))
    }
}
