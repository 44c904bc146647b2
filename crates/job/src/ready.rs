//! A teacher that is there before the job begins: opened, checked against the data, and asked.

use std::path::{Path, PathBuf};

use data::{Corpus, DataOptions, Preprocessing, RecordedRows, RowFile, RowKeys, SourceFile};
use eval::Answers;
use export::SavedModel;
use nn::{Head, Layer, Tap};
use store::{hash_bytes, read_limited};
use teacher::{
    Ensemble, EnsembleOptions, Frozen, OnnxNetwork, OnnxOptions, OutputOptions, Outputs, Part,
    ReadyTeacher, Recorded, Source, TapSource, TeacherError, View,
};

use crate::JobError;
use crate::event::Card;
use crate::model::LARGEST_MODEL;
use crate::question::Question;
use crate::record::{RunRecord, Status};
use crate::single::MODEL;

/// The teacher in the folder of a comparison.
const TEACHER: &str = "export/teacher.safetensors";

/// A teacher that is not trained here.
#[derive(Debug)]
pub(crate) struct Ready {
    teacher: Box<dyn ReadyTeacher>,
    /// Its networks, as far as they are known.
    pub(crate) card: Card,
    /// Its files.
    pub(crate) sources: Vec<SourceFile>,
    /// Where it comes from, a sentence for each of its parts.
    pub(crate) origin: Vec<String>,
    /// Whether it computes what it says, which then takes a time of its own.
    pub(crate) computes: bool,
}

/// The data that a teacher is opened for.
#[derive(Clone, Copy)]
struct Job<'a> {
    options: &'a DataOptions,
    base: &'a Path,
    corpus: &'a Corpus,
}

impl Ready {
    /// Opens a teacher for the data; relative paths start at `base`.
    pub(crate) fn open(
        source: &Source,
        options: &DataOptions,
        base: &Path,
        corpus: &Corpus,
    ) -> Result<Self, JobError> {
        Job { options, base, corpus }.open(source)
    }

    /// What may be known before the judgement.
    pub(crate) fn lessons<'a>(&'a self, corpus: &'a Corpus) -> Lessons<'a> {
        Lessons { teacher: self.teacher.as_ref(), corpus }
    }

    /// What the teacher says about validation and test part, as far as it says something.
    pub(crate) fn testimony(&self, corpus: &Corpus) -> Result<Testimony, JobError> {
        let said = |part| answers(self.teacher.as_ref(), corpus, part);
        Ok(Testimony { validation: said(Part::Validation)?, test: said(Part::Test)? })
    }

    /// Whether it has something to say about the test part, without asking what.
    pub(crate) fn knows_test(&self, corpus: &Corpus) -> Result<bool, JobError> {
        Ok(self.teacher.logits(corpus, Part::Test, View::PLAIN, &[])?.is_some())
    }

    /// Asks it about some samples of the test part, for the time that it takes.
    pub(crate) fn ask_test(&self, corpus: &Corpus, rows: &[usize]) -> Result<(), JobError> {
        self.teacher.logits(corpus, Part::Test, View::PLAIN, rows)?;
        Ok(())
    }

    /// Bytes of all its files.
    pub(crate) fn bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.bytes).sum()
    }
}

/// A teacher as the trainings know it: it says nothing about the test part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lessons<'a> {
    teacher: &'a dyn ReadyTeacher,
    corpus: &'a Corpus,
}

impl<'a> Lessons<'a> {
    /// The taps that it offers.
    pub(crate) fn taps(&self) -> Vec<Tap> {
        self.teacher.taps()
    }

    /// Its last layer, where a student can end in it.
    pub(crate) fn head(&self) -> Option<Head> {
        self.teacher.head(self.corpus)
    }

    pub(crate) fn tap_source(
        &self,
        seed: u64,
        names: Vec<String>,
    ) -> Result<Option<Box<dyn TapSource + 'a>>, TeacherError> {
        self.teacher.tap_source(self.corpus, seed, names)
    }

    /// What the teacher says about some samples of the transfer set.
    pub(crate) fn ask(&self, view: View, rows: &[usize]) -> Result<Vec<f32>, TeacherError> {
        self.teacher.logits(self.corpus, Part::Train, view, rows)?.ok_or(TeacherError::Silent)
    }

    pub(crate) fn validation(&self) -> Result<Option<Answers>, JobError> {
        answers(self.teacher, self.corpus, Part::Validation)
    }

    pub(crate) fn fingerprint(&self) -> String {
        self.teacher.fingerprint()
    }
}

/// What a teacher says about what it is judged by; none where it says nothing.
#[derive(Debug)]
pub(crate) struct Testimony {
    pub(crate) validation: Option<Answers>,
    pub(crate) test: Option<Answers>,
}

fn answers(
    teacher: &dyn ReadyTeacher,
    corpus: &Corpus,
    part: Part,
) -> Result<Option<Answers>, JobError> {
    if part.of(corpus).is_empty() {
        return Ok(None);
    }
    let rows: Vec<usize> = part.rows(corpus).collect();
    let logits = teacher.logits(corpus, part, View::PLAIN, &rows)?;
    let question = Question::of(&corpus.preprocessing);
    logits.map(|logits| question.read(&logits)).transpose()
}

impl Job<'_> {
    fn open(self, source: &Source) -> Result<Ready, JobError> {
        match source {
            Source::File(file) => self.saved(file),
            Source::Onnx(onnx) => self.onnx(onnx),
            Source::Outputs(outputs) => self.recorded(outputs),
            Source::Ensemble(ensemble) => self.ensemble(ensemble),
        }
    }

    fn saved(self, file: &str) -> Result<Ready, JobError> {
        let path = model_of(&self.base.join(file))?;
        let bytes = read_limited(&path, LARGEST_MODEL)?;
        let wrong = |source| JobError::Model { path: path.clone(), source };
        let model = SavedModel::from_bytes(&bytes).map_err(wrong)?;
        let (task, found) = (self.corpus.preprocessing.task(), model.preprocessing.task());
        if found != task {
            let (expected, found) = (task.name(), found.name());
            return Err(TeacherError::Task { teacher: file.to_owned(), expected, found }.into());
        }
        let classes = &self.corpus.classes;
        if model.classes() != classes {
            let (expected, found) = (classes.clone(), model.classes().to_vec());
            return Err(TeacherError::Classes { teacher: file.to_owned(), expected, found }.into());
        }
        let (name, layers) =
            (model.architecture.name(), model.architecture.layers(model.shape(), classes.len())?);
        let hash = hash_bytes(&bytes);
        // As the recipe names it, which is the same wherever the run is resumed.
        let shown = path.strip_prefix(self.base).unwrap_or(&path).display().to_string();
        let origin = format!("the saved model `{shown}` ({name}, BLAKE3 {hash})");
        let name = format!("{name} (saved)");
        let source = SourceFile { name: shown, bytes: bytes.len() as u64, blake3: hash };
        let own = self.own_samples(&model.preprocessing)?;
        let network = model.network().map_err(wrong)?;
        let (options, hash) = (self.options.clone(), source.blake3.clone());
        let shape = self.corpus.train.shape;
        let frozen = Frozen::new(network, model.preprocessing, own, shape, options, hash)?;
        Ok(Ready {
            teacher: Box::new(frozen),
            card: Card { name, layers },
            sources: vec![source],
            origin: vec![origin],
            computes: true,
        })
    }

    fn onnx(self, wanted: &OnnxOptions) -> Result<Ready, JobError> {
        let path = self.base.join(&wanted.file);
        let bytes = read_limited(&path, onnx::LARGEST_FILE)?;
        let hash = hash_bytes(&bytes);
        let source = SourceFile {
            name: wanted.file.clone(),
            bytes: bytes.len() as u64,
            blake3: hash.clone(),
        };
        let runtime = wanted.runtime.words();
        let origin = format!("the ONNX file `{}` (BLAKE3 {hash}), run by {runtime}", wanted.file);
        let preprocessing = match wanted.scaled {
            true => self.corpus.preprocessing.clone(),
            false => self.corpus.preprocessing.raw_numbers(&wanted.pixels)?,
        };
        let own = self.own_samples(&preprocessing)?;
        let (seen, options) = ((preprocessing, own), self.options.clone());
        let network = OnnxNetwork::new(bytes, hash, wanted.clone(), seen, options, self.corpus)?;
        let layer = Layer {
            name: "network".to_owned(),
            kind: "onnx".to_owned(),
            output: self.corpus.classes.len().to_string(),
            parameters: network.parameters(),
            multiply_adds: 0,
        };
        Ok(Ready {
            teacher: Box::new(network),
            card: Card { name: "ONNX network".to_owned(), layers: vec![layer] },
            sources: vec![source],
            origin: vec![origin],
            computes: true,
        })
    }

    /// The data as the teacher sees it, where the student sees it in another way.
    fn own_samples(self, preprocessing: &Preprocessing) -> Result<Option<Corpus>, JobError> {
        if *preprocessing == self.corpus.preprocessing {
            return Ok(None);
        }
        Ok(Some(data::load_as(self.options, self.base, preprocessing)?))
    }

    fn recorded(self, options: &OutputOptions) -> Result<Ready, JobError> {
        let keys = RowKeys::read(self.options, self.base)?;
        let named = [
            (RowFile::Source, Some(&options.outputs)),
            (RowFile::Transfer, options.transfer.as_ref()),
            (RowFile::Test, options.test.as_ref()),
        ];
        let mut outputs =
            Outputs { files: Default::default(), kind: options.kind, floor: options.floor };
        let (mut sources, mut origin) = (Vec::new(), Vec::new());
        for (file, name) in named {
            let Some(name) = name else { continue };
            if !keys.counts.contains_key(&file) {
                return Err(TeacherError::Unused { path: name.clone(), of: file.words() }.into());
            }
            let id = keys.id_column.as_deref();
            let rows = RecordedRows::read(self.base, name, &self.corpus.classes, id)
                .map_err(TeacherError::from)?;
            let matched = match (&rows.ids, id) {
                (Some(_), Some(id)) => format!("by the column `{id}`"),
                _ => "row by row".to_owned(),
            };
            origin.push(format!(
                "{} for {} recorded in `{name}` (BLAKE3 {}), matched {matched}",
                options.kind.name(),
                file.words(),
                rows.source.blake3
            ));
            sources.push(rows.source.clone());
            outputs.files.insert(file, rows);
        }
        let recorded = Recorded::new(&outputs, &keys)?;
        if recorded.raised() > 0 {
            origin.push(format!(
                "{} probabilities below the floor of {:e} are taken as that",
                recorded.raised(),
                options.floor
            ));
        }
        let name = format!("recorded {}", options.kind.name());
        let card = Card { name, layers: Vec::new() };
        Ok(Ready { teacher: Box::new(recorded), card, sources, origin, computes: false })
    }

    fn ensemble(self, options: &EnsembleOptions) -> Result<Ready, JobError> {
        let (mut members, mut layers) = (Vec::new(), Vec::new());
        let mut computes = true;
        let (mut sources, mut origin): (Vec<SourceFile>, Vec<String>) = Default::default();
        for (number, member) in (1..).zip(&options.members) {
            let Ready { teacher, card, sources: files, origin: from, computes: computed } =
                self.open(&member.source)?;
            // Where one was recorded, the time of the others is not that of the ensemble.
            computes &= computed;
            let named = |layer: Layer| Layer { name: format!("{number}.{}", layer.name), ..layer };
            layers.extend(card.layers.into_iter().map(named));
            sources.extend(files);
            let weighed = |one| format!("member {number} with weight {}: {one}", member.weight);
            origin.extend(from.into_iter().map(weighed));
            members.push((member.weight, teacher));
        }
        let (count, mean) = (members.len(), options.mean.name());
        let mut ensemble = Ensemble::new(options.mean, members);
        let mut name = format!("mean of {count} ({mean})");
        if options.confident {
            ensemble = ensemble.by_confidence(self.corpus);
            name = format!("mean of {count} ({mean}, by confidence)");
        }
        let teacher = Box::new(ensemble);
        Ok(Ready { teacher, card: Card { name, layers }, sources, origin, computes })
    }
}

/// The file of the teacher in a run, or the file itself.
fn model_of(path: &Path) -> Result<PathBuf, JobError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let record = RunRecord::read(path)?;
    if record.status != Status::Done {
        return Err(JobError::NotDone { path: path.to_owned() });
    }
    let file = path.join(if record.trains.is_some() { MODEL } else { TEACHER });
    if file.exists() {
        return Ok(file);
    }
    Err(JobError::NoTeacher { path: path.to_owned() })
}
