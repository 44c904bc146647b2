//! What a recipe says about recorded outputs.

use data::Task;
use options::{Key, OptionError, Section};

use crate::OutputKind;

pub(crate) const OUTPUTS: Key =
    Key("outputs", "recorded outputs for the rows of data.source: .csv, .parquet, .npy, .npz");
const TRANSFER_OUTPUTS: Key = Key("transfer_outputs", "the same for data.transfer");
const TEST_OUTPUTS: Key = Key("test_outputs", "the same for the test samples that data has");

/// Recorded outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputOptions {
    /// The file with the outputs for the rows of the training source.
    pub outputs: String,
    /// That for the transfer file.
    pub transfer: Option<String>,
    /// That for the test samples which the source or `test_source` has.
    pub test: Option<String>,
    /// What the numbers are.
    pub kind: OutputKind,
    /// The smallest probability, above 0 and below 1.
    pub floor: f64,
}

impl OutputOptions {
    pub(crate) fn read(section: &mut Section<'_>, task: Task) -> Result<Self, OptionError> {
        let outputs = section.text(OUTPUTS, "\"teacher.csv\"")?;
        let transfer = section.optional_text(TRANSFER_OUTPUTS, None)?;
        let test = section.optional_text(TEST_OUTPUTS, None)?;
        let (kind, floor) = OutputKind::read(section, task)?;
        Ok(Self { outputs, transfer, test, kind, floor })
    }
}
