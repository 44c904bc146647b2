/*!
CIFAR-10 and CIFAR-100 in their binary versions: records of one or two label bytes and 3072 pixels.

Learning Multiple Layers of Features from Tiny Images, A. Krizhevsky, 2009. A record of CIFAR-10 is
a label and the red, green and blue planes of 32x32; CIFAR-100 has a coarse label before the fine
one, and the fine one is taken.
*/

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::file::{Input, SourceFile};
use crate::images::{Images, Pixels};
use crate::mnist::Split;
use crate::quote::shown;

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PIXELS: usize = CHANNELS * SIDE * SIDE;
/// A list of class names is short.
const LONGEST_LIST: u64 = 1 << 16;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cifar {
    Ten,
    Hundred,
}

/// What a folder holds of one split.
pub(crate) struct Batches {
    pub(crate) images: Images,
    pub(crate) labels: Vec<i64>,
    /// From the list of names, where there is one.
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) sources: Vec<SourceFile>,
}

impl Cifar {
    /// Which of the two a folder holds, told by the names of its files.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        let holds = |kind: &Self| {
            let splits = [Split::Train, Split::Test];
            let files = splits.iter().flat_map(|&split| kind.files(split).iter());
            files.into_iter().any(|name| folder.join(name).is_file())
        };
        [Self::Ten, Self::Hundred].into_iter().find(holds)
    }

    fn files(self, split: Split) -> &'static [&'static str] {
        match (self, split) {
            (Self::Ten, Split::Train) => &[
                "data_batch_1.bin",
                "data_batch_2.bin",
                "data_batch_3.bin",
                "data_batch_4.bin",
                "data_batch_5.bin",
            ],
            (Self::Ten, Split::Test) => &["test_batch.bin"],
            (Self::Hundred, Split::Train) => &["train.bin"],
            (Self::Hundred, Split::Test) => &["test.bin"],
        }
    }

    fn names(self) -> &'static str {
        match self {
            Self::Ten => "batches.meta.txt",
            Self::Hundred => "fine_label_names.txt",
        }
    }

    fn classes(self) -> usize {
        match self {
            Self::Ten => 10,
            Self::Hundred => 100,
        }
    }

    fn label_bytes(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    /// Reads a split; all of its files must be there.
    pub(crate) fn read(self, folder: &Path, split: Split) -> Result<Batches, DataError> {
        let (mut pixels, mut labels, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        for name in self.files(split) {
            let path = folder.join(name);
            let (bytes, source) = Input::open(&path)?.whole()?;
            self.records(&path, &bytes, &mut pixels, &mut labels)?;
            sources.push(source);
        }
        let classes = match self.class_names(&folder.join(self.names()))? {
            Some((classes, source)) => {
                sources.push(source);
                Some(classes)
            }
            None => None,
        };
        let images = Images {
            path: folder.into(),
            count: labels.len(),
            channels: CHANNELS,
            height: SIDE,
            width: SIDE,
            pixels: Pixels::Bytes(pixels),
        };
        Ok(Batches { images, labels, classes, sources })
    }

    fn records(
        self,
        path: &Path,
        bytes: &[u8],
        pixels: &mut Vec<u8>,
        labels: &mut Vec<i64>,
    ) -> Result<(), DataError> {
        let size = self.label_bytes() + PIXELS;
        if !bytes.len().is_multiple_of(size) {
            return Err(DataError::Malformed {
                path: path.into(),
                expected: format!("whole records of {size} bytes"),
                found: format!("{} bytes", bytes.len()),
                hint: "get the file again; it is not a binary version of CIFAR, or is incomplete",
            });
        }
        for (sample, record) in bytes.chunks_exact(size).enumerate() {
            let Some((label, image)) = record.split_at_checked(self.label_bytes()) else { break };
            // The fine label of CIFAR-100 is its second.
            let label = i64::from(label.last().copied().unwrap_or_default());
            if label >= self.classes() as i64 {
                let (path, classes) = (path.into(), self.classes());
                return Err(DataError::LabelOutOfRange { path, sample, label, classes });
            }
            labels.push(label);
            pixels.extend_from_slice(image);
        }
        Ok(())
    }

    /// The names of the classes, one a line.
    fn class_names(self, path: &PathBuf) -> Result<Option<(Vec<String>, SourceFile)>, DataError> {
        if !path.exists() {
            return Ok(None);
        }
        let input = Input::open(path)?;
        if input.length() > LONGEST_LIST {
            let (bytes, limit) = (input.length(), LONGEST_LIST);
            return Err(DataError::FileTooLarge { path: path.into(), bytes, limit });
        }
        let (bytes, source) = input.whole()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        if names.len() != self.classes() || distinct.len() != names.len() {
            let first = text.lines().next().unwrap_or_default();
            return Err(DataError::Malformed {
                path: path.into(),
                expected: format!("{} distinct names, one a line", self.classes()),
                found: format!("{} lines, the first is `{}`", names.len(), shown(first)),
                hint: "get the file again, or remove it: the classes are numbered then",
            });
        }
        Ok(Some((names, source)))
    }
}
