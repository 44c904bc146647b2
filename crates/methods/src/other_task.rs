//! A method that there is, for another task.

use data::Task;
use options::{OptionError, Problem, Section};

use crate::names;

/// The error for a name of a method: one of another task is no misspelling of one for this.
pub(crate) fn other_task(section: &Section<'_>, task: Task, error: OptionError) -> OptionError {
    let Problem::UnknownChoice { found, .. } = error.problem.as_ref() else { return error };
    let all = [Task::Classes, Task::Labels, Task::Numbers];
    if !all.into_iter().flat_map(names).any(|name| name == found) {
        return error;
    }
    let message = format!("`{found}` is no method for {}", task.name());
    let listed: Vec<String> = names(task).map(|name| format!("`{name}`")).collect();
    section.conflict("method", message, format!("these are: {}", listed.join(", ")))
}
