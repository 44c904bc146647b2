//! Weights that the students begin with.

use std::path::Path;

use data::{Corpus, SourceFile};
use nn::{AnyNetwork, Architecture, WeightFile, Weights, read_weights, write_weights};
use random::Stream;
use store::{hash_bytes, read_limited};

use crate::JobError;
use crate::model::LARGEST_MODEL;

/// Weights of another program in place of random ones.
#[derive(Debug)]
pub(crate) struct Start {
    weights: Weights,
    /// Whether the file has the last layer.
    whole: bool,
    pub(crate) source: SourceFile,
}

impl Start {
    /// Reads the file, which must fit the student but for the last layer, which it may lack.
    pub(crate) fn open(
        wanted: &WeightFile,
        student: &Architecture,
        corpus: &Corpus,
        base: &Path,
    ) -> Result<Self, JobError> {
        let path = base.join(&wanted.file);
        let bytes = read_limited(&path, LARGEST_MODEL)?;
        let stream = Stream::new(0, "replaced");
        let network =
            student.build(corpus.train.shape, corpus.classes.len(), stream, &nn::cpu())?;
        let weights = export::read_pytorch_start(&network, &bytes, &wanted.keys)
            .map_err(|source| JobError::Model { path, source })?;
        let source = SourceFile {
            name: wanted.file.clone(),
            bytes: bytes.len() as u64,
            blake3: hash_bytes(&bytes),
        };
        Ok(Self { whole: weights.len() == read_weights(&network).len(), weights, source })
    }

    /// A student with these weights; its last layer stays as it is where the file has none.
    pub(crate) fn begin(&self, network: AnyNetwork) -> Result<AnyNetwork, JobError> {
        let mut weights = read_weights(&network);
        weights.extend(self.weights.clone());
        Ok(write_weights(network, &weights)?)
    }

    /// For a person who asks what the students began with.
    pub(crate) fn in_words(&self) -> String {
        let head = if self.whole { "" } else { ", with a last layer of random numbers" };
        let SourceFile { name, blake3, .. } = &self.source;
        format!(
            "The student alone and the distilled one began with the weights `{name}` (BLAKE3 {blake3}){head}."
        )
    }
}
