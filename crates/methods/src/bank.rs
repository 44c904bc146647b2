//! A memory with one embedding of student and teacher for each row of the transfer set.

use nn::{Parameter, Weights};
use random::Stream;
use tensors::HostNumbers;

use crate::feature_map::UnitRows;
use crate::own_layers::OwnLayers;
use crate::{MethodError, Remembered};

/// What the memory of a pair of taps holds now.
#[derive(Debug)]
pub(crate) struct Bank {
    number: usize,
    width: usize,
    /// Of student and teacher, a row each.
    sides: [Vec<f64>; 2],
    /// What the exponentials of each are divided by; 0 before the first batch.
    scales: [f64; 2],
}

const SIDES: [&str; 2] = ["student", "teacher"];
const SCALES: &str = "scales";

fn path(number: usize, name: &str) -> String {
    format!("memory.{number}.{name}")
}

impl Bank {
    /// The memory of `rows` of `width` numbers before the first batch: of length about 1, in any direction.
    pub(crate) fn first(number: usize, [rows, width]: [usize; 2], stream: &Stream) -> Weights {
        let limit = (3.0 / width.max(1) as f64).sqrt() as f32;
        let side = |name: &str| {
            let path = path(number, name);
            let mut generator = stream.named(&path).generator();
            let values = (0..rows * width).map(|_| generator.uniform_between(-limit, limit));
            (path, Parameter { shape: vec![rows, width], values: values.collect() })
        };
        let scales = Parameter { shape: vec![2], values: vec![0.0; 2] };
        let both = SIDES.into_iter().map(side);
        both.chain([(path(number, SCALES), scales)]).collect()
    }

    /// As it is among what a method is given.
    ///
    /// # Errors
    /// [`MethodError::NotFitted`] where it is missing.
    pub(crate) fn of(
        number: usize,
        layers: OwnLayers<'_>,
        width: usize,
    ) -> Result<Self, MethodError> {
        let numbers = |name: &str| -> Result<Vec<f64>, MethodError> {
            let found = layers.get(&path(number, name))?;
            Ok(HostNumbers::of(&found).iter().map(|&value| f64::from(value)).collect())
        };
        let [student, teacher] = SIDES.map(numbers);
        let scales = numbers(SCALES)?;
        let scales = [0, 1].map(|side| scales.get(side).copied().unwrap_or_default());
        Ok(Self { number, width, sides: [student?, teacher?], scales })
    }

    /// The rows of student (0) or teacher (1).
    pub(crate) fn side(&self, side: usize) -> &[f64] {
        self.sides.get(side).map_or(&[], Vec::as_slice)
    }

    /// What the exponentials of student or teacher are divided by; none before the first batch.
    pub(crate) fn scale(&self, side: usize) -> Option<f64> {
        self.scales.get(side).copied().filter(|scale| *scale > 0.0)
    }

    /// The change that keeps these scales.
    pub(crate) fn with_scales(&self, scales: &[f64]) -> Remembered {
        let values = scales.iter().map(|&scale| scale as f32).collect();
        Remembered { name: path(self.number, SCALES), start: 0, values }
    }

    /// Moves the places of the rows towards these embeddings and tells how.
    pub(crate) fn follow(
        &mut self,
        side: usize,
        rows: &[usize],
        embeddings: &[f64],
        momentum: f64,
    ) -> Vec<Remembered> {
        let width = self.width;
        let name = SIDES.get(side).copied().unwrap_or_default();
        let memory = self.sides.get_mut(side).map_or(&mut [][..], Vec::as_mut_slice);
        let mut changes = Vec::with_capacity(rows.len());
        for (&row, new) in rows.iter().zip(embeddings.chunks_exact(width.max(1))) {
            let start = row * width;
            let Some(place) = memory.get_mut(start..start + width) else { continue };
            let mixed: Vec<f64> = place
                .iter()
                .zip(new)
                .map(|(old, new)| momentum * old + (1.0 - momentum) * new)
                .collect();
            place.copy_from_slice(&UnitRows::of(&mixed, width).values);
            let values = place.iter().map(|&value| value as f32).collect();
            changes.push(Remembered { name: path(self.number, name), start, values });
        }
        changes
    }
}
