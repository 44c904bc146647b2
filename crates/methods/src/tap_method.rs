//! A method that compares taps of student and teacher.

use std::fmt::Debug;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use data::Task;
use nn::{Parameter, TapShape, Weights};
use options::{Key, OptionError, Section};
use random::Stream;

use crate::projector::Projector;
use crate::some_weight::check_some_weight;
use crate::tap_loss::check_places;
use crate::taps::Choice;
use crate::{
    Known, Method, MethodError, Misfit, Moment, OfferedTaps, OwnParameters, Part, Remembered, Side,
    Signals, TapLoss, TapNames, TapPair,
};

/// A [`TapLoss`] with its weight and its choice of taps: the way to distil that a recipe names.
///
/// Before a training it is fitted to the two networks ([`Method::fitted`]).
///
/// ```
/// use potstill_methods::{At, Method, TapMethod};
///
/// let method = TapMethod::new(At::default()).student_taps(["stage1"]).teacher_taps(["stage2"]);
/// assert_eq!(method.name(), "at");
/// ```
#[derive(Clone, Debug)]
pub struct TapMethod<L> {
    loss: L,
    weight: f64,
    student: Option<Vec<String>>,
    teacher: Option<Vec<String>>,
    fit: Option<Arc<Fit>>,
}

/// The names of the taps, the parameters for them, and where random numbers come from.
#[derive(Debug)]
struct Fit {
    names: TapNames,
    parameters: Weights,
    memory: Weights,
    stream: Stream,
}

impl<L: TapLoss> TapMethod<L> {
    /// With the weight that was published, and the usual taps.
    pub fn new(loss: L) -> Self {
        Self { loss, weight: L::LOSS_WEIGHT, student: None, teacher: None, fit: None }
    }

    /// With another weight.
    #[must_use]
    pub fn weighted(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// With these taps of the student, in order.
    #[must_use]
    pub fn student_taps<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { student: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// With these taps of the teacher, each for one of the student's.
    #[must_use]
    pub fn teacher_taps<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { teacher: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Reads the choice of taps and the weight.
    pub(crate) fn read(section: &mut Section<'_>, loss: L) -> Result<Arc<dyn Method>, OptionError> {
        let student = Key("student_taps", "what is compared in the student");
        let teacher = Key("teacher_taps", "what of the teacher each of these is compared with");
        let weight = Key("loss_weight", "of the method, before alpha");
        let method = Self {
            student: section.optional_texts(student)?,
            teacher: section.optional_texts(teacher)?,
            weight: section.number(weight, L::LOSS_WEIGHT, 0.0..=1e9)?,
            loss,
            fit: None,
        };
        check_some_weight(section, &[("loss_weight", method.weight)])?;
        Ok(Arc::new(method))
    }

    const PROJECTOR: Projector = Projector { method: L::NAME, projection: L::PROJECTION };

    fn choice(&self) -> Choice<'_> {
        Choice {
            method: L::NAME,
            usual: L::USUAL,
            usable: L::USABLE,
            student: self.student.as_deref(),
            teacher: self.teacher.as_deref(),
        }
    }

    fn pairs(&self, signals: &Signals<'_>) -> Result<Vec<TapPair>, MethodError> {
        let fit = self.fit.as_ref().ok_or(MethodError::NotFitted { method: L::NAME })?;
        let teacher = signals.teacher(L::NAME)?;
        let pair = |(student, other): (&String, &String)| {
            let missing = |side, tap: &String| MethodError::MissingTap {
                method: L::NAME,
                side,
                tap: tap.clone(),
            };
            let found = signals.student.taps.get(student);
            let found = found.ok_or_else(|| missing(Side::Student, student))?;
            let constant = teacher.taps().get(other);
            let constant = constant.ok_or_else(|| missing(Side::Teacher, other))?;
            let pair = TapPair::new(found, constant).of_rows(teacher.rows());
            match pair.batch() {
                [expected, found] if expected != found => {
                    Err(MethodError::TapBatch { method: L::NAME, expected, found })
                }
                _ => Ok(pair),
            }
        };
        fit.names.student.iter().zip(&fit.names.teacher).map(pair).collect()
    }
}

impl<L: TapLoss> Method for TapMethod<L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let device = signals.student.logits.device();
        let constant = |(name, own): (String, Parameter)| {
            let length = own.values.len();
            (name, Tensor::from_data(TensorData::new(own.values, [length]), &device))
        };
        let own = self.parameters().into_iter().chain(self.memory());
        self.parts_with(signals, &own.map(constant).collect())
    }

    fn task(&self) -> Option<Task> {
        None
    }

    fn parameters(&self) -> Weights {
        self.fit.as_ref().map_or_else(Weights::new, |fit| fit.parameters.clone())
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let pairs = Self::PROJECTOR.project_all(self.pairs(signals)?, parameters)?;
        let parts = self.loss.parts(&pairs, parameters)?.into_iter();
        Ok(parts.map(|part| Part { weight: self.weight * part.weight, ..part }).collect())
    }

    fn trains_both_heads(&self) -> bool {
        false
    }

    fn memory(&self) -> Weights {
        self.fit.as_ref().map_or_else(Weights::new, |fit| fit.memory.clone())
    }

    fn remembered(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        if self.fit.as_ref().is_none_or(|fit| fit.memory.is_empty()) {
            return Ok(Vec::new());
        }
        self.loss.remembered(&self.pairs(signals)?, parameters)
    }

    fn compares_taps(&self) -> bool {
        true
    }

    fn taps(&self) -> TapNames {
        self.fit.as_ref().map(|fit| fit.names.clone()).unwrap_or_default()
    }

    fn fitted(
        &self,
        offered: OfferedTaps<'_>,
        stream: &Stream,
    ) -> Result<Option<Arc<dyn Method>>, MethodError> {
        let sides = self.choice().sides(offered)?;
        let pairs = self.choice().pairs(&sides);
        let shapes: Vec<[TapShape; 2]> =
            pairs.iter().map(|pair| pair.each_ref().map(|tap| tap.shape)).collect();
        let told = |misfit: Misfit| {
            let place = usize::from(misfit.side == Side::Teacher);
            let tap = pairs.get(misfit.pair).and_then(|pair| pair.get(place));
            MethodError::TapShape {
                method: L::NAME,
                side: misfit.side,
                tap: tap.map(|tap| tap.name.clone()).unwrap_or_default(),
                expected: misfit.expected,
                found: tap.map(|tap| tap.shape.to_string()).unwrap_or_default(),
                usable: Vec::new(),
            }
        };
        if L::PLACE_BY_PLACE {
            check_places(&shapes).map_err(told)?;
        }
        self.loss.check(&shapes).map_err(told)?;
        let stream = stream.named(L::NAME);
        let OfferedTaps { labels, batch_size, .. } = offered;
        let known = Known { labels, batch_size, taps: sides.each_ref().map(Vec::len) };
        let loss = self.loss.knowing(known).unwrap_or_else(|| self.loss.clone());
        let memory = loss.memory(&shapes, &stream);
        let mut parameters = loss.parameters(&shapes, &stream);
        parameters.extend(Self::PROJECTOR.parameters(&shapes, &stream));
        let (student, teacher) =
            pairs.into_iter().map(|[student, teacher]| (student.name, teacher.name)).unzip();
        let fit = Fit { names: TapNames { student, teacher }, parameters, memory, stream };
        Ok(Some(Arc::new(Self { loss, fit: Some(Arc::new(fit)), ..self.clone() })))
    }

    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        let loss = self.loss.at(moment, &self.fit.as_ref()?.stream)?;
        Some(Arc::new(Self { loss, ..self.clone() }))
    }

    fn temperature(&self) -> Option<f64> {
        self.loss.temperature()
    }

    fn with_temperature(&self, temperature: f64) -> Option<Arc<dyn Method>> {
        let loss = self.loss.with_temperature(temperature)?;
        Some(Arc::new(Self { loss, ..self.clone() }))
    }

    fn reuses_head(&self) -> bool {
        L::REUSES_HEAD
    }

    fn needs_single_samples(&self) -> bool {
        L::REMEMBERS_SAMPLES
    }

    fn smallest_batch(&self) -> usize {
        self.loss.smallest_batch()
    }

    fn learns_without_labels(&self) -> bool {
        true
    }
}
