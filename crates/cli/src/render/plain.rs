//! One line an epoch, for logs: `key=value` pairs that a script can take apart.

use job::Phase;
use train::EpochRecord;

/// The line of an epoch.
pub(crate) fn epoch(phase: &Phase, record: &EpochRecord) -> String {
    let epochs = phase.total_steps.div_ceil(phase.steps_per_epoch.max(1));
    let EpochRecord { epoch, step, loss, parts, validation, .. } = record;
    let (role, seed) = (phase.role.key(), phase.seed);
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
    let Phase { seed, total_steps, .. } = phase;
    format!("role={} seed={seed} continued_from_step={from_step}/{total_steps}", phase.role.key())
}
