//! A network of another framework that teaches as it is.

use data::{Corpus, DataOptions, Preprocessing, SampleShape, Views};
use nn::Tap;
use onnx::{Feed, Model};

use crate::frozen::{same_area, seen, view_values};
use crate::onnx_taps::{OnnxTaps, Tapped};
use crate::{About, OnnxOptions, OutputForm, Part, ReadyTeacher, TapSource, TeacherError, View};

/// An ONNX model, with the samples as it sees them.
#[derive(Debug)]
pub struct OnnxNetwork {
    pub(crate) model: Model,
    pub(crate) wanted: OnnxOptions,
    /// What goes into the inputs of the model.
    pub(crate) feed: Feed,
    form: OutputForm,
    preprocessing: Preprocessing,
    /// The samples as the network sees them; none where it sees them as the student does.
    own: Option<Corpus>,
    options: DataOptions,
    /// The hash of the file, with that of the samples where it sees others than the student.
    hash: String,
    /// The values on its way, where somebody asks for them.
    tapped: Option<Tapped>,
}

impl OnnxNetwork {
    /// `bytes` and `hash` are those of the file; `own` is the data as `preprocessing` makes it from raw
    /// rows, none where the network sees the samples of `corpus`; `options` are those of the job's data.
    /// The network is asked about one sample, so that it is known to fit. With `taps` it offers the values on its way,
    /// found by asking about two.
    ///
    /// # Errors
    /// [`TeacherError::Onnx`] for a file that cannot be run or does not fit the samples, and
    /// [`TeacherError::Said`] for outputs that are not of the stated kind.
    pub fn new(
        (bytes, hash): (Vec<u8>, String),
        wanted: OnnxOptions,
        (preprocessing, own): (Preprocessing, Option<Corpus>),
        options: DataOptions,
        corpus: &Corpus,
        taps: bool,
    ) -> Result<Self, TeacherError> {
        same_area(options.views, corpus.train.shape, preprocessing.shape())?;
        let feed = Feed {
            input: wanted.input.clone(),
            columns: preprocessing.value_names(),
            constants: wanted.constants.clone(),
        };
        let kept = taps.then(|| bytes.clone());
        let model = Model::load(bytes, &feed, wanted.output.as_deref(), wanted.runtime);
        let model = model.map_err(|source| failed(&wanted, source))?;
        let form = OutputForm::new(wanted.kind, wanted.floor, &corpus.preprocessing);
        let (hash, tapped) = (seen(hash, own.as_ref())?, None);
        let mut network =
            Self { model, wanted, feed, form, preprocessing, own, options, hash, tapped };
        let samples = &network.own.as_ref().unwrap_or(corpus).train;
        network.outputs(&samples.row(0)?, corpus.classes.len(), (Part::Train, &[0]))?;
        if let Some(bytes) = kept {
            let last = samples.len().saturating_sub(1);
            let two = [samples.row(0)?, samples.row(last)?].concat();
            let (sizes, arranged) = network.arranged(&two);
            let found = Tapped::find(bytes, &network, (&sizes, &arranged));
            network.tapped = Some(found.map_err(|source| failed(&network.wanted, source))?);
        }
        Ok(network)
    }

    /// Numbers in all its weights.
    pub fn parameters(&self) -> u64 {
        self.model.parameters()
    }

    fn outputs(
        &self,
        values: &[f32],
        classes: usize,
        (part, rows): (Part, &[usize]),
    ) -> Result<Vec<f32>, TeacherError> {
        let (sizes, arranged) = self.arranged(values);
        let outputs = self.model.run(&arranged, &sizes, classes);
        let outputs = outputs.map_err(|source| self.failed(source))?;
        let mut logits = Vec::with_capacity(outputs.len());
        for (sample, said) in rows.iter().zip(outputs.chunks(classes.max(1))) {
            let row: Vec<f64> = said.iter().map(|&value| f64::from(value)).collect();
            let pushed = self.form.push_logits(&row, &mut logits);
            pushed.map_err(|(expected, found)| TeacherError::Said {
                file: self.wanted.file.clone(),
                about: About { part, sample: *sample, place: None },
                expected,
                found,
            })?;
        }
        Ok(logits)
    }

    /// The sizes of a sample as the model wants them, and the values of samples in that order.
    pub(crate) fn arranged(&self, values: &[f32]) -> (Vec<usize>, Vec<f32>) {
        let shape = self.preprocessing.shape();
        let SampleShape::Image { channels, height, width } = shape else {
            return (vec![shape.len()], values.to_vec());
        };
        let arranged = match self.wanted.channels_last {
            true => channels_last(values, channels, height * width),
            false => values.to_vec(),
        };
        let sizes = match (self.rank(), self.wanted.channels_last) {
            // Flat rows have the order of the layout too.
            (2, _) => vec![shape.len()],
            (3, _) if channels == 1 => vec![height, width],
            (_, false) => vec![channels, height, width],
            (_, true) => vec![height, width, channels],
        };
        (sizes, arranged)
    }

    /// How many sizes the input has that takes whole samples.
    fn rank(&self) -> usize {
        self.model.input().map_or(0, |input| input.shape.len())
    }

    pub(crate) fn failed(&self, source: onnx::OnnxError) -> TeacherError {
        failed(&self.wanted, source)
    }
}

impl ReadyTeacher for OnnxNetwork {
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View<'_>,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let samples = part.of(self.own.as_ref().unwrap_or(corpus));
        let views = Views::of_seed(&self.options, &self.preprocessing, view.seed)?;
        let values = view_values((samples, &views), (view.number, view.mix), rows)?;
        self.outputs(&values, corpus.classes.len(), (part, rows)).map(Some)
    }

    fn taps(&self) -> Vec<Tap> {
        self.tapped.as_ref().map(|tapped| tapped.taps.clone()).unwrap_or_default()
    }

    fn tap_source<'a>(
        &'a self,
        _corpus: &'a Corpus,
        seed: u64,
        names: Vec<String>,
    ) -> Result<Option<Box<dyn TapSource + 'a>>, TeacherError> {
        let Some(tapped) = &self.tapped else { return Ok(None) };
        let own = self.own.as_ref().map(|corpus| -> Result<_, TeacherError> {
            Ok((&corpus.train, Views::of_seed(&self.options, &self.preprocessing, seed)?))
        });
        let source = OnnxTaps::new(self, tapped, &names, own.transpose()?);
        Ok(Some(Box::new(source.map_err(|source| self.failed(source))?)))
    }

    fn fingerprint(&self) -> String {
        // The same file by another name is the same teacher; by another runtime it rounds in another way.
        let wanted = OnnxOptions { file: String::new(), ..self.wanted.clone() };
        let version = wanted.runtime.version().unwrap_or_default();
        // The same rows go into other inputs where their columns have other names.
        let columns = match self.model.input() {
            Some(_) => String::new(),
            None => format!(" {:?}", self.feed.columns),
        };
        format!("{} {wanted:?}{version}{columns}", self.hash)
    }
}

/// Images of `[channels, area]` as `[area, channels]`.
fn channels_last(values: &[f32], channels: usize, area: usize) -> Vec<f32> {
    let area = area.max(1);
    let images = values.chunks((channels * area).max(1));
    let pixels = images.flat_map(|image| (0..area).map(move |pixel| (image, pixel)));
    pixels.flat_map(|(image, pixel)| image.iter().skip(pixel).step_by(area)).copied().collect()
}

fn failed(wanted: &OnnxOptions, source: onnx::OnnxError) -> TeacherError {
    TeacherError::Onnx { file: wanted.file.clone(), source }
}
