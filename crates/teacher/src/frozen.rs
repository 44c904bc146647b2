//! A saved network that teaches as it is.

use data::{
    Corpus, DataError, DataOptions, Mix, Preprocessing, SampleShape, Samples, TargetScale,
    ViewCount, Views,
};
use nn::{AnyNetwork, Head, Network, Tap, infer, probe};

use crate::{NetworkTaps, Part, ReadyTeacher, TapSource, TeacherError, View};

/// A network with its own preprocessing, which may differ from the student's.
#[derive(Debug)]
pub struct Frozen {
    network: AnyNetwork,
    preprocessing: Preprocessing,
    /// The samples as the network sees them; none where it sees them as the student does.
    own: Option<Corpus>,
    options: DataOptions,
    /// The hash of the network, with that of the samples where it sees others than the student.
    fingerprint: String,
    /// The scale of each number that it says; empty for other tasks.
    scales: Vec<TargetScale>,
}

/// Numbers that are no others than in the data.
const AS_THEY_ARE: TargetScale = TargetScale { mean: 0.0, deviation: 1.0 };

impl Frozen {
    /// `own` is the data as `preprocessing` makes it from raw rows, none where the student's is the
    /// same; `shape` is that of the student's samples; `options` are those of the job's data, and say
    /// how its views are drawn; `fingerprint` is the hash of the network's file.
    ///
    /// # Errors
    /// [`TeacherError::ViewShape`] when there are views of images that teacher and student see in two
    /// sizes, because one movement cannot be drawn on both.
    pub fn new(
        network: AnyNetwork,
        preprocessing: Preprocessing,
        own: Option<Corpus>,
        shape: SampleShape,
        options: DataOptions,
        fingerprint: String,
    ) -> Result<Self, TeacherError> {
        same_area(options.views, shape, preprocessing.shape())?;
        let fingerprint = seen(fingerprint, own.as_ref())?;
        let scales = preprocessing.target_scales().to_vec();
        Ok(Self { network, preprocessing, own, options, fingerprint, scales })
    }

    /// The same, where it says numbers in the unit of the data instead of scaled as its preprocessing says.
    #[must_use]
    pub fn in_the_unit_of_the_data(mut self) -> Self {
        self.scales.fill(AS_THEY_ARE);
        self
    }
}

/// Checks that views are drawn on images of one height and width.
pub(crate) fn same_area(
    views: ViewCount,
    student: SampleShape,
    teacher: SampleShape,
) -> Result<(), TeacherError> {
    let area = |shape| match shape {
        SampleShape::Vector(_) | SampleShape::Tokens { .. } => None,
        SampleShape::Image { height, width, .. } => Some([height, width]),
    };
    if views == ViewCount::ONE || area(student) == area(teacher) {
        return Ok(());
    }
    Err(TeacherError::ViewShape { expected: student.to_string(), found: teacher.to_string() })
}

impl ReadyTeacher for Frozen {
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View<'_>,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let samples = part.of(self.own.as_ref().unwrap_or(corpus));
        let views = Views::of_seed(&self.options, &self.preprocessing, view.seed)?;
        let classes = corpus.classes.len();
        let seen = (view.number, view.mix);
        let mut outputs = view_logits(&self.network, (samples, &views), seen, rows, classes)?;
        rescale(&mut outputs, &self.scales, corpus.preprocessing.target_scales());
        Ok(Some(outputs))
    }

    fn taps(&self) -> Vec<Tap> {
        probe(&self.network, self.preprocessing.shape().len())
    }

    fn head(&self, corpus: &Corpus) -> Option<Head> {
        let same = self.scales == corpus.preprocessing.target_scales();
        same.then(|| Head::of(&self.network, self.preprocessing.shape().len()))?
    }

    fn tap_source<'a>(
        &'a self,
        _corpus: &'a Corpus,
        seed: u64,
        names: Vec<String>,
    ) -> Result<Option<Box<dyn TapSource + 'a>>, TeacherError> {
        let own = self.own.as_ref().map(|corpus| -> Result<_, TeacherError> {
            let views = Views::of_seed(&self.options, &self.preprocessing, seed)?;
            Ok((&corpus.train, views))
        });
        Ok(Some(Box::new(NetworkTaps::new(&self.network, names, own.transpose()?))))
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }
}

/// Numbers that are scaled as the teacher learned them become those that the student learns; there are
/// no scales but of numbers.
fn rescale(outputs: &mut [f32], own: &[TargetScale], students: &[TargetScale]) {
    if own == students {
        return;
    }
    for (output, (own, student)) in outputs.iter_mut().zip(own.iter().zip(students).cycle()) {
        *output = student.scaled(own.restored(f64::from(*output))) as f32;
    }
}

/// The hash of a network, with that of the samples where it sees others than the student.
pub(crate) fn seen(hash: String, own: Option<&Corpus>) -> Result<String, DataError> {
    match own {
        Some(own) => Ok(format!("{hash} on {}", own.train.fingerprint()?)),
        None => Ok(hash),
    }
}

/// Runs a network in inference form over some samples in one view, and gives their logits, `[samples,
/// classes]` row by row. They are shown in pieces of 256: so many rows that are whole pieces have the same bits
/// whatever is asked for before and behind them. With a `mix` they are mixed with one another first.
///
/// # Errors
/// [`TeacherError::Network`] when shapes do not fit, [`TeacherError::Data`] where samples are in a file that
/// cannot be read.
pub fn view_logits<N: Network>(
    network: &N,
    (samples, views): (&Samples, &Views),
    view: (usize, Option<&Mix>),
    rows: &[usize],
    classes: usize,
) -> Result<Vec<f32>, TeacherError> {
    let values = view_values((samples, views), view, rows)?;
    Ok(infer(network, &values, samples.shape.len(), classes)?)
}

/// One view of some samples, mixed with one another where there is a mix.
pub(crate) fn view_values(
    (samples, views): (&Samples, &Views),
    (view, mix): (usize, Option<&Mix>),
    rows: &[usize],
) -> Result<Vec<f32>, DataError> {
    let width = samples.shape.len();
    let mut values = vec![0.0; rows.len() * width];
    for (&row, out) in rows.iter().zip(values.chunks_exact_mut(width.max(1))) {
        views.write(&samples.row(row)?, row, view, out);
    }
    if let Some(mix) = mix {
        mix.apply(&mut values, samples.shape)?;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_the_same_in_the_units_of_teacher_and_student() {
        let scale = |mean, deviation| TargetScale { mean, deviation };
        let mut outputs = [0.5, -1.0, 0.0, 2.0];
        let own = [scale(10.0, 4.0), scale(0.0, 1.0)];
        rescale(&mut outputs, &own, &[scale(2.0, 2.0), scale(1.0, 0.5)]);
        // 12, -1, 10 and 2 in the unit of the data.
        assert_eq!(outputs, [5.0, -4.0, 4.0, 2.0]);
        rescale(&mut outputs, &[], &[]);
        assert_eq!(outputs, [5.0, -4.0, 4.0, 2.0]);
    }
}
