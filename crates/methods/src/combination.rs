//! Several methods together.

use std::sync::Arc;

use data::Task;
use nn::Weights;
use random::Stream;

use crate::cross_entropy::{LABEL_TERM, label_term};
use crate::own_numbers::terms_of_part;
use crate::{
    Course, LogitBatch, LogitLoss, Method, MethodError, Moment, OfferedTaps, OwnParameters, Part,
    Remembered, Signals, TapNames, TermSum, label_loss,
};

/// Methods with weights, beside the labels: `alpha sum_m weight_m method_m + (1 - alpha) label`.
///
/// The label term is the combination's own, so a [`Kd`](crate::Kd) in it has `alpha = 1`. Weights and
/// temperatures may change in the course of a training. A paper that gives the labels the weight `l` and
/// the method `w` has `alpha = w / (w + l)`, and under SGD its learning rate times `w + l`.
///
/// ```
/// use potstill_methods::{Combination, Course, Dist, Kd, Member, Method};
///
/// let combination = Combination::new(0.8)
///     .with(Member::new(Kd { alpha: 1.0, ..Kd::default() }))
///     .with(Member::new(Dist::default()).weighted(0.5, Course::WarmUp { start: 0.0, epochs: 2 }));
/// assert!(combination.needs_teacher() && combination.learns_without_labels());
/// ```
#[derive(Clone, Debug)]
pub struct Combination {
    alpha: f64,
    members: Vec<Member>,
}

/// One method of a [`Combination`].
#[derive(Clone, Debug)]
pub struct Member {
    method: Arc<dyn Method>,
    weight: f64,
    weight_course: Course,
    /// What the course makes of 1 at the moment.
    factor: f64,
    temperature_course: Course,
}

impl Member {
    /// With weight 1, always the same.
    pub fn new(method: impl Method + 'static) -> Self {
        Self::of(Arc::new(method))
    }

    /// The same of a method that others may share.
    pub fn of(method: Arc<dyn Method>) -> Self {
        let (weight_course, temperature_course) = (Course::Constant, Course::Constant);
        Self { method, weight: 1.0, weight_course, factor: 1.0, temperature_course }
    }

    /// With another weight, which is multiplied by what `course` makes of 1.
    #[must_use]
    pub fn weighted(self, weight: f64, course: Course) -> Self {
        Self { weight, weight_course: course, ..self }
    }

    /// With a temperature that changes; a method without a temperature stays as it is.
    #[must_use]
    pub fn heated(self, course: Course) -> Self {
        Self { temperature_course: course, ..self }
    }

    /// The weight multiplied by another one.
    pub(crate) fn scaled(self, weight: f64) -> Self {
        Self { weight: weight * self.weight, ..self }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.method.name()
    }

    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    pub(crate) fn temperature(&self) -> Option<f64> {
        self.method.temperature()
    }

    fn at(&self, moment: Moment) -> Self {
        let now = self.method.at(moment).unwrap_or_else(|| self.method.clone());
        let heated = match self.temperature_course {
            Course::Constant => None,
            course => {
                let temperature = now.temperature();
                temperature.and_then(|value| now.with_temperature(course.value(value, moment)))
            }
        };
        let factor = self.weight_course.value(1.0, moment);
        Self { weight: self.weight, factor, ..Self::of(heated.unwrap_or(now)) }
    }
}

impl Combination {
    /// No method yet; `alpha`, from 0 to 1, weighs all of them, and the labels have the rest.
    pub fn new(alpha: f64) -> Self {
        Self { alpha, members: Vec::new() }
    }

    /// With one method more. Each kind of method can be in it once.
    #[must_use]
    pub fn with(mut self, member: Member) -> Self {
        self.members.push(member);
        self
    }

    /// What each method gives by name, under names that begin with that of the method.
    fn named(&self, of: impl Fn(&dyn Method) -> Weights) -> Weights {
        let named = |member: &Member| {
            let name = member.method.name();
            let own = of(member.method.as_ref()).into_iter();
            own.map(move |(path, value)| (format!("{name}.{path}"), value)).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(named).collect()
    }

    /// The methods that count, each with its weight in the sum; it may be 0 for a moment, and the term is still
    /// one of those that an epoch tells.
    fn weighted(&self) -> impl Iterator<Item = (&dyn Method, f64)> {
        let weight = |member: &Member| self.alpha * member.weight;
        let counting = self.members.iter().filter(move |member| weight(member) > 0.0);
        counting.map(move |member| (member.method.as_ref(), weight(member) * member.factor))
    }
}

impl Method for Combination {
    /// That of its method; of several the key under which a recipe has them.
    fn name(&self) -> &'static str {
        match self.members.as_slice() {
            [member] => member.name(),
            _ => "methods",
        }
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.parts_with(signals, &OwnParameters::new())
    }

    /// Each name begins with that of its method.
    fn parameters(&self) -> Weights {
        self.named(|method| method.parameters())
    }

    /// As [`parameters`](Self::parameters).
    fn memory(&self) -> Weights {
        self.named(|method| method.memory())
    }

    fn remembered(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        let mut changes = Vec::new();
        for (method, _) in self.weighted() {
            let own = own_of(method, parameters);
            let found = method.remembered(signals, &own)?.into_iter();
            changes.extend(found.map(|change| {
                let name = format!("{}.{}", method.name(), change.name);
                Remembered { name, ..change }
            }));
        }
        Ok(changes)
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let mut parts: Vec<Part> = Vec::new();
        for (method, weight) in self.weighted() {
            let own = own_of(method, parameters);
            let found = method.parts_with(signals, &own)?.into_iter();
            parts.extend(found.map(|part| Part { weight: weight * part.weight, ..part }));
        }
        if self.alpha < 1.0 {
            let value = label_loss(signals.student.for_labels(), signals.labels)?;
            parts.push(Part { name: LABEL_TERM, weight: 1.0 - self.alpha, value });
        }
        check_names(parts.iter().map(|part| part.name))?;
        Ok(parts)
    }

    fn task(&self) -> Option<Task> {
        self.members.iter().find_map(|member| member.method.task())
    }

    fn trains_both_heads(&self) -> bool {
        let from_logits =
            |member: &Member| !member.method.compares_taps() && member.method.needs_teacher();
        self.alpha > 0.0 && self.alpha < 1.0 && self.members.iter().any(from_logits)
    }

    fn weighs_labels(&self) -> bool {
        self.alpha < 1.0
    }

    fn compares_taps(&self) -> bool {
        self.members.iter().any(|member| member.method.compares_taps())
    }

    fn taps(&self) -> TapNames {
        let names = self.weighted().map(|(method, _)| method.taps());
        names.fold(TapNames::default(), TapNames::and)
    }

    fn fitted(
        &self,
        offered: OfferedTaps<'_>,
        stream: &Stream,
    ) -> Result<Option<Arc<dyn Method>>, MethodError> {
        let fitted = self.members.iter().map(|member| member.method.fitted(offered, stream));
        let fitted = fitted.collect::<Result<Vec<_>, _>>()?;
        if fitted.iter().all(Option::is_none) {
            return Ok(None);
        }
        let members = self.members.iter().zip(fitted);
        let members = members.map(|(member, fitted)| match fitted {
            Some(method) => Member { method, ..member.clone() },
            None => member.clone(),
        });
        Ok(Some(Arc::new(Self { members: members.collect(), ..*self })))
    }

    /// Also where nothing changes, because a weight may be a course of its own.
    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        let constant = |member: &Member| {
            member.weight_course == Course::Constant
                && member.temperature_course == Course::Constant
                && member.method.at(moment).is_none()
        };
        if self.members.iter().all(constant) {
            return None;
        }
        let members = self.members.iter().map(|member| member.at(moment)).collect();
        Some(Arc::new(Self { members, ..*self }))
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        let all = self.members.iter().all(|member| member.method.on_logits().is_some());
        all.then_some(self)
    }

    /// The terms of different methods have different names, and who does not know a name counts all
    /// samples.
    fn samples(&self, name: &str, labels: &[Option<u32>]) -> usize {
        if name == LABEL_TERM {
            return labels.iter().flatten().count();
        }
        let counts = self.members.iter().map(|member| member.method.samples(name, labels));
        counts.min().unwrap_or(labels.len())
    }

    fn smallest_batch(&self) -> usize {
        self.weighted().map(|(method, _)| method.smallest_batch()).max().unwrap_or(1)
    }

    fn needs_teacher(&self) -> bool {
        self.weighted().any(|(method, _)| method.needs_teacher())
    }

    fn learns_without_labels(&self) -> bool {
        self.weighted().any(|(method, _)| method.learns_without_labels())
    }

    fn has_part_for_labels_alone(&self) -> bool {
        self.weighted().any(|(method, _)| method.has_part_for_labels_alone())
    }

    fn needs_single_samples(&self) -> bool {
        self.weighted().any(|(method, _)| method.needs_single_samples())
    }

    fn reuses_head(&self) -> bool {
        self.weighted().any(|(method, _)| method.reuses_head())
    }

    fn learns_from_first(&self, classes: usize) -> bool {
        // A method says so at its temperature, which must stay.
        let stays = |member: &Member| member.temperature_course == Course::Constant;
        self.members.iter().all(stays)
            && self.weighted().all(|(method, _)| method.learns_from_first(classes))
    }
}

impl LogitLoss for Combination {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        for (method, weight) in self.weighted() {
            if let Some(loss) = method.on_logits() {
                let prefix = || prefix(method);
                sum.within(weight, |_| (), |sum| terms_of_part(prefix, loss, batch, sum))?;
            }
        }
        if self.alpha < 1.0 {
            label_term(1.0 - self.alpha, batch, sum)?;
        }
        check_names(sum.names())
    }
}

/// What the names of the own parameters of a method begin with.
fn prefix(method: &dyn Method) -> String {
    format!("{}.", method.name())
}

/// The parameters of one method under its own names.
fn own_of(method: &dyn Method, parameters: &OwnParameters) -> OwnParameters {
    let prefix = prefix(method);
    let own = parameters
        .iter()
        .filter_map(|(path, value)| Some((path.strip_prefix(&prefix)?.to_owned(), value.clone())));
    own.collect()
}

/// Terms are told apart by their names.
fn check_names(names: impl Iterator<Item = &'static str> + Clone) -> Result<(), MethodError> {
    let mut numbered = names.clone().enumerate();
    let twice =
        numbered.find(|(place, name)| names.clone().take(*place).any(|other| other == *name));
    twice.map_or(Ok(()), |(_, term)| Err(MethodError::TermTwice { term }))
}
