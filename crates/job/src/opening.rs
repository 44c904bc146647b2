//! A teacher that is there before the job begins: opened, and checked against the data.

use std::path::{Path, PathBuf};

use data::{Corpus, DataOptions, Preprocessing, RecordedRows, RowFile, RowKeys, SourceFile, Task};
use export::SavedModel;
use nn::Layer;
use random::Stream;
use store::{hash_bytes, read_limited};
use teacher::{
    Ensemble, EnsembleOptions, Frozen, OnnxNetwork, OnnxOptions, OutputForm, OutputOptions,
    Outputs, Recorded, Source, TeacherError, WeightOptions,
};
use words::{counted, verb};

use crate::JobError;
use crate::event::Card;
use crate::foreign_file::ForeignFile;
use crate::located::{Located, Origins};
use crate::model::LARGEST_MODEL;
use crate::ready::Ready;
use crate::record::{RunRecord, Status};
use crate::row_order;
use crate::single::MODEL;

/// The teacher in the folder of a comparison.
const TEACHER: &str = "export/teacher.safetensors";

/// The data that a teacher is opened for.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) options: &'a DataOptions,
    /// Relative paths start there.
    pub(crate) base: &'a Path,
    pub(crate) corpus: &'a Corpus,
    /// Whether somebody looks at its taps.
    pub(crate) taps: bool,
}

impl Opening<'_> {
    /// Opens a teacher.
    pub(crate) fn open(self, source: &Source) -> Result<Ready, JobError> {
        let ready = match source {
            Source::File(file) => self.saved(file),
            Source::Onnx(onnx) => self.onnx(onnx),
            Source::Weights(weights) => self.weights(weights),
            Source::Outputs(outputs) => self.recorded(outputs),
            Source::Ensemble(ensemble) => self.ensemble(ensemble),
        }?;
        let Ready { teacher, .. } = ready;
        let teacher = Box::new(Located { teacher, origins: self.origins() });
        Ok(Ready { teacher, ..ready })
    }

    fn origins(self) -> Origins {
        Origins { options: self.options.clone(), base: self.base.to_owned() }
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
            warnings: Vec::new(),
            computes: true,
        })
    }

    fn onnx(self, wanted: &OnnxOptions) -> Result<Ready, JobError> {
        let path = self.base.join(&wanted.file);
        let file = ForeignFile::read(&path, &wanted.file)?;
        let runtime = wanted.runtime.words();
        let named = |source: &SourceFile| format!("`{}` (BLAKE3 {})", source.name, source.blake3);
        let names: Vec<String> = file.sources.iter().map(named).collect();
        let constant = |(name, number): &(String, f64)| format!(", with {number} for `{name}`");
        let constants: String = wanted.constants.iter().map(constant).collect();
        let names = names.join(" with its data in ");
        let origin = format!("the ONNX file {names}, run by {runtime}{constants}");
        let hash = file.hash();
        let ForeignFile { bytes, sources } = file;
        let preprocessing = wanted.samples.preprocessing(&self.corpus.preprocessing)?;
        let own = self.own_samples(&preprocessing)?;
        let (file, seen) = ((bytes, hash), (preprocessing, own));
        let options = self.options.clone();
        let network = OnnxNetwork::new(file, wanted.clone(), seen, options, self.corpus, self.taps);
        let network = network.map_err(|error| self.origins().told(error))?;
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
            sources,
            origin: vec![origin],
            warnings: Vec::new(),
            computes: true,
        })
    }

    fn weights(self, wanted: &WeightOptions) -> Result<Ready, JobError> {
        let path = self.base.join(&wanted.file);
        let bytes = read_limited(&path, LARGEST_MODEL)?;
        let preprocessing = wanted.samples.preprocessing(&self.corpus.preprocessing)?;
        let architecture = wanted.architecture.clone().for_columns(&preprocessing.word_columns());
        let (shape, outputs) = (preprocessing.shape(), self.corpus.classes.len());
        let layers = architecture.layers(shape, outputs)?;
        // The initial weights are overwritten, so any seed serves.
        let stream = Stream::new(0, "replaced");
        let network = architecture.build(shape, outputs, stream, &nn::cpu())?;
        let network = export::read_pytorch(network, &bytes, &wanted.keys)
            .map_err(|source| JobError::Model { path, source })?;
        let hash = hash_bytes(&bytes);
        let fingerprint = format!("{hash} {}", wanted.fingerprint());
        let name = architecture.name();
        let origin = format!("the weights `{}` ({name}, BLAKE3 {hash})", wanted.file);
        let source =
            SourceFile { name: wanted.file.clone(), bytes: bytes.len() as u64, blake3: hash };
        let own = self.own_samples(&preprocessing)?;
        let (options, students) = (self.options.clone(), self.corpus.train.shape);
        let frozen = Frozen::new(network, preprocessing, own, students, options, fingerprint)?;
        Ok(Ready {
            teacher: Box::new(frozen.in_the_unit_of_the_data()),
            card: Card { name: format!("{name} (weights)"), layers },
            sources: vec![source],
            origin: vec![origin],
            warnings: Vec::new(),
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
        let students = &self.corpus.preprocessing;
        let form = OutputForm::new(options.kind, options.floor, students);
        let mut outputs = Outputs { files: Default::default(), form };
        let (mut sources, mut origin) = (Vec::new(), Vec::new());
        let mut in_order = false;
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
            in_order |= file == RowFile::Source && rows.ids.is_none();
            origin.push(format!(
                "{} for {} recorded in `{name}` (BLAKE3 {}), matched {matched}{}",
                options.kind.name(),
                file.words(),
                rows.source.blake3,
                passed_over(&rows.passed_over)
            ));
            sources.push(rows.source.clone());
            outputs.files.insert(file, rows);
        }
        let recorded = Recorded::new(&outputs, &keys)?;
        if recorded.raised() > 0 {
            let (count, floor) = (counted(recorded.raised(), "probability"), options.floor);
            let verb = verb(recorded.raised(), "is", "are");
            origin.push(match students.task() {
                Task::Labels => {
                    format!("{count} nearer to 0 or 1 than the floor of {floor:e} {verb} taken as that near")
                }
                _ => format!("{count} below the floor of {floor:e} {verb} taken as that"),
            });
        }
        let name = format!("recorded {}", options.kind.name());
        let card = Card { name, layers: Vec::new() };
        let doubt = match in_order {
            true => row_order::doubt(&options.outputs, &recorded, self.corpus)?,
            false => None,
        };
        let (teacher, warnings) = (Box::new(recorded), doubt.into_iter().collect());
        Ok(Ready { teacher, card, sources, origin, warnings, computes: false })
    }

    fn ensemble(self, options: &EnsembleOptions) -> Result<Ready, JobError> {
        let (mut members, mut layers) = (Vec::new(), Vec::new());
        let mut computes = true;
        let (mut sources, mut origin): (Vec<SourceFile>, Vec<String>) = Default::default();
        let mut warnings = Vec::new();
        for (number, member) in (1..).zip(&options.members) {
            let Ready {
                teacher,
                card,
                sources: files,
                origin: from,
                warnings: own,
                computes: computed,
            } = Self { taps: false, ..self }.open(&member.source)?;
            warnings.extend(own);
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
        Ok(Ready { teacher, card: Card { name, layers }, sources, origin, warnings, computes })
    }
}

/// The columns of a file of outputs that say nothing about a class, in words; the first of many.
fn passed_over(columns: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<String> = columns.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = columns.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match columns {
        [] => String::new(),
        _ => format!("; what else it holds is passed over: {}{more}", shown.join(", ")),
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
