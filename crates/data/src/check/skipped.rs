//! Files that were left out.

use super::survey::Survey;
use super::{Defect, Finding};

pub(super) fn find(survey: &Survey<'_>, findings: &mut Vec<Finding>) {
    let skipped = &survey.corpus.skipped;
    findings.extend(skipped.iter().zip(1..).map(|(file, number)| {
        let message = format!("skipped, {number} of {}: {}", skipped.len(), file.reason);
        Finding::warning(Defect::SkippedFile, file.name.clone(), message)
    }));
}
