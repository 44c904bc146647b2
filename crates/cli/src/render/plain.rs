//! One line an epoch, for logs: `key=value` pairs that a script can take apart.

use crate::render::escape::visible;
use job::Phase;
use train::EpochRecord;
use words::noun;

use super::number;

/// The line of an epoch.
pub(crate) fn epoch(phase: &Phase, record: &EpochRecord) -> String {
    let epochs = phase.total_steps.div_ceil(phase.steps_per_epoch.max(1));
    let EpochRecord { epoch, step, loss, parts, validation, .. } = record;
    let (role, seed) = (phase.role, phase.seed);
    let mut line =
        format!("role={role} seed={seed} epoch={epoch}/{epochs} step={step} loss={loss:.4}");
    for (name, value) in parts {
        line.push_str(&format!(" {name}={value:.4}"));
    }
    if let Some(scores) = validation {
        for (name, value) in scores.named() {
            line.push_str(&format!(" {name}={value:.4}"));
        }
    }
    line
}

/// The line of a training that continues.
pub(crate) fn continued(phase: &Phase, from_step: u64) -> String {
    let Phase { role, seed, total_steps, .. } = phase;
    format!("role={role} seed={seed} continued_from_step={from_step}/{total_steps}")
}

/// The line of labels that are there: where they came from, and what changed where none were known.
pub(crate) fn labelled(rows: usize, asked: usize, changes: &[String], tap: Option<&str>) -> String {
    let subject = tap.map_or_else(|| "labels".to_owned(), |tap| format!("tap `{}`", visible(tap)));
    let count = |value: usize| number::count(value as u64);
    let counted = |rows: usize| format!("{} {}", count(rows), noun(rows, "row"));
    match (asked, changes) {
        (0, _) => format!("{subject}: {} from the store", counted(rows)),
        (asked, _) if asked < rows => {
            format!(
                "{subject}: {} from the store, {} labelled",
                counted(rows - asked),
                count(asked)
            )
        }
        (_, []) => format!("{subject}: {} labelled", counted(rows)),
        (_, changes) => {
            let changes: Vec<String> = changes.iter().map(|name| format!("the {name}")).collect();
            let changes = changes.join(" and ");
            format!("{subject}: {} labelled anew: {changes} changed", counted(rows))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_where_they_come_from() {
        assert_eq!(labelled(60_000, 0, &[], None), "labels: 60,000 rows from the store");
        assert_eq!(labelled(100, 40, &[], None), "labels: 60 rows from the store, 40 labelled");
        assert_eq!(labelled(100, 100, &[], None), "labels: 100 rows labelled");
        assert_eq!(labelled(100, 100, &[], Some("stage3")), "tap `stage3`: 100 rows labelled");
        let changes = ["teacher".to_owned(), "views".to_owned()];
        assert_eq!(
            labelled(100, 100, &changes, None),
            "labels: 100 rows labelled anew: the teacher and the views changed"
        );
    }
}
