//! Rows that are learned from and held out as well.

use crate::error::DataError;
use crate::load::Corpus;
use crate::sample::{Samples, hash_values};

/// How many rows of a part occur among those that are learned from, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRows {
    /// `validation` or `test`.
    pub part: &'static str,
    /// The first of its rows that does, from 0.
    pub first: usize,
    /// How many of its rows.
    pub count: usize,
    /// How many it has.
    pub of: usize,
}

/// The share of a part that may occur elsewhere, beyond what chance explains.
const LEAK: f64 = 0.01;

/// A row's hash: two different rows agree by chance in 2^-128 of the cases.
type Hash = [u8; 16];

/// The parts that are held out and share more rows with what is learned from than these share among themselves.
/// Where rows are divided at random both shares are the same, as they are in a table with few different rows; a copy in
/// both parts, or a transfer set that holds the test rows, stands out.
///
/// # Errors
/// [`DataError::Scratch`] for samples in a file that cannot be read.
pub fn shared_rows(corpus: &Corpus) -> Result<Vec<SharedRows>, DataError> {
    let mut learned = hashes(&corpus.train)?;
    learned.sort_unstable();
    let repeated = learned.chunk_by(Hash::eq).filter(|equal| equal.len() > 1).map(<[Hash]>::len);
    let by_chance = repeated.sum::<usize>() as f64 / learned.len().max(1) as f64;
    let mut found = Vec::new();
    for (part, samples) in [("validation", &corpus.validation), ("test", &corpus.test)] {
        let held_out = hashes(samples)?;
        let is_learned = |hash: &Hash| learned.binary_search(hash).is_ok();
        let count = held_out.iter().filter(|hash| is_learned(hash)).count();
        let expected = by_chance * held_out.len() as f64;
        // Three standard deviations of a rare event, and a row for tables in which nothing is repeated.
        let bound = expected + LEAK * held_out.len() as f64 + 3.0 * (expected + 1.0).sqrt();
        if count as f64 > bound {
            let first = held_out.iter().position(is_learned).unwrap_or_default();
            found.push(SharedRows { part, first, count, of: held_out.len() });
        }
    }
    Ok(found)
}

fn hashes(samples: &Samples) -> Result<Vec<Hash>, DataError> {
    let hash = |row| {
        let mut hasher = blake3::Hasher::new();
        hash_values(&mut hasher, &samples.row(row)?);
        let mut hash = Hash::default();
        hasher.finalize_xof().fill(&mut hash);
        Ok(hash)
    };
    (0..samples.len()).map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataOptions, load};

    fn values(samples: &Samples) -> Vec<f32> {
        (0..samples.len()).flat_map(|row| samples.row(row).unwrap().into_owned()).collect()
    }

    /// Puts `count` of the test rows among those that are learned from.
    fn leaking(count: usize) -> Corpus {
        let mut corpus = load(&DataOptions::default(), ".".as_ref()).unwrap();
        let width = corpus.test.shape.len();
        let mut learned = values(&corpus.train);
        learned[..count * width].copy_from_slice(&values(&corpus.test)[..count * width]);
        corpus.train.values = learned.into();
        corpus
    }

    #[test]
    fn copies_in_two_parts_stand_out_and_rows_that_are_common_do_not() {
        assert_eq!(shared_rows(&leaking(0)).unwrap(), []);
        let shared = shared_rows(&leaking(100)).unwrap();
        assert_eq!(shared, [SharedRows { part: "test", first: 0, count: 100, of: 1124 }]);

        // Every row is one of four, in all parts alike.
        let mut common = load(&DataOptions::default(), ".".as_ref()).unwrap();
        for samples in [&mut common.train, &mut common.test, &mut common.validation] {
            let width = samples.shape.len();
            let row = |row: usize| vec![(row % 4) as f32; width];
            samples.values = (0..samples.len()).flat_map(row).collect::<Vec<f32>>().into();
        }
        assert_eq!(shared_rows(&common).unwrap(), []);
    }
}
