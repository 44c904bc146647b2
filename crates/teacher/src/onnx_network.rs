//! A network of another framework that teaches as it is.

use data::{Corpus, DataOptions, Preprocessing, SampleShape, Views};
use onnx::Model;

use crate::frozen::{same_area, seen, view_values};
use crate::{OnnxOptions, Part, ReadyTeacher, TeacherError, View};

/// An ONNX model, with the samples as it sees them.
#[derive(Debug)]
pub struct OnnxNetwork {
    model: Model,
    wanted: OnnxOptions,
    preprocessing: Preprocessing,
    /// The samples as the network sees them; none where it sees them as the student does.
    own: Option<Corpus>,
    options: DataOptions,
    /// The hash of the file, with that of the samples where it sees others than the student.
    hash: String,
}

impl OnnxNetwork {
    /// `bytes` and `hash` are those of the file; `own` is the data as `preprocessing` makes it from raw
    /// rows, none where the network sees the samples of `corpus`; `options` are those of the job's data.
    /// The network is asked about one sample, so that it is known to fit.
    ///
    /// # Errors
    /// [`TeacherError::Onnx`] for a file that cannot be run or does not fit the samples, and
    /// [`TeacherError::Row`] for outputs that are not of the stated kind.
    pub fn new(
        bytes: Vec<u8>,
        hash: String,
        wanted: OnnxOptions,
        (preprocessing, own): (Preprocessing, Option<Corpus>),
        options: DataOptions,
        corpus: &Corpus,
    ) -> Result<Self, TeacherError> {
        same_area(options.views, corpus.train.shape, preprocessing.shape())?;
        let (input, output) = (wanted.input.as_deref(), wanted.output.as_deref());
        let model = Model::load(bytes, input, output, wanted.runtime);
        let model = model.map_err(|source| failed(&wanted, source))?;
        let hash = seen(hash, own.as_ref())?;
        let network = Self { model, wanted, preprocessing, own, options, hash };
        let samples = &network.own.as_ref().unwrap_or(corpus).train;
        network.outputs(
            &samples.row(0)?,
            samples.shape,
            corpus.classes.len(),
            (Part::Train, &[0]),
        )?;
        Ok(network)
    }

    /// Numbers in all its weights.
    pub fn parameters(&self) -> u64 {
        self.model.parameters()
    }

    fn outputs(
        &self,
        values: &[f32],
        shape: SampleShape,
        classes: usize,
        (part, rows): (Part, &[usize]),
    ) -> Result<Vec<f32>, TeacherError> {
        let (sizes, arranged) = self.arranged(values, shape);
        let outputs = self.model.run(&arranged, &sizes, classes);
        let outputs = outputs.map_err(|source| failed(&self.wanted, source))?;
        let mut logits = Vec::with_capacity(outputs.len());
        for (sample, said) in rows.iter().zip(outputs.chunks(classes.max(1))) {
            let row: Vec<f64> = said.iter().map(|&value| f64::from(value)).collect();
            let pushed = self.wanted.kind.push_logits(&row, self.wanted.floor, &mut logits);
            pushed.map_err(|(expected, found)| TeacherError::Row {
                place: format!("{}: {} sample {}", self.wanted.file, part.words(), sample + 1),
                expected,
                found,
            })?;
        }
        Ok(logits)
    }

    /// The sizes of a sample as the model wants them, and the values in that order.
    fn arranged(&self, values: &[f32], shape: SampleShape) -> (Vec<usize>, Vec<f32>) {
        let SampleShape::Image { channels, height, width } = shape else {
            return (vec![shape.len()], values.to_vec());
        };
        let arranged = match self.wanted.channels_last {
            true => channels_last(values, channels, height * width),
            false => values.to_vec(),
        };
        let sizes = match (self.model.input().shape.len(), self.wanted.channels_last) {
            // Flat rows have the order of the layout too.
            (2, _) => vec![shape.len()],
            (3, _) if channels == 1 => vec![height, width],
            (_, false) => vec![channels, height, width],
            (_, true) => vec![height, width, channels],
        };
        (sizes, arranged)
    }
}

impl ReadyTeacher for OnnxNetwork {
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let samples = part.of(self.own.as_ref().unwrap_or(corpus));
        let views = Views::of_seed(&self.options, &self.preprocessing, view.seed)?;
        let values = view_values(samples, &views, view.number, rows)?;
        self.outputs(&values, samples.shape, corpus.classes.len(), (part, rows)).map(Some)
    }

    fn fingerprint(&self) -> String {
        // The same file by another name is the same teacher; by another runtime it rounds in another way.
        let wanted = OnnxOptions { file: String::new(), ..self.wanted.clone() };
        let version = wanted.runtime.version().unwrap_or_default();
        format!("{} {wanted:?}{version}", self.hash)
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
