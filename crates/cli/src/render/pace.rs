//! How long a job will still take.

use job::Phase;
use report::summary::Role;

/// What is known of the trainings of one role.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Steps of one training.
    total_steps: Option<u64>,
    /// Steps that were timed, and their time.
    steps: u64,
    seconds: f64,
}

/// Times steps and knows what is left. What was not yet seen of a role is taken from the one that
/// is being trained, so the first minute is a guess.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    known: [Known; 3],
    /// How much more a step of the teacher costs than one of the student.
    teacher_cost: f64,
}

impl Pace {
    /// `teacher_cost` is the ratio of multiply-adds.
    pub(crate) fn new(teacher_cost: f64) -> Self {
        let teacher_cost = if teacher_cost.is_normal() { teacher_cost } else { 1.0 };
        Self { known: [Known::default(); 3], teacher_cost }
    }

    /// A training of this role begins.
    pub(crate) fn begin(&mut self, phase: &Phase) {
        if let Some(known) = self.known.get_mut(phase.role as usize) {
            known.total_steps = Some(phase.total_steps);
        }
    }

    /// A step took so long.
    pub(crate) fn step(&mut self, phase: &Phase, seconds: f64) {
        if let Some(known) = self.known.get_mut(phase.role as usize) {
            known.steps += 1;
            known.seconds += seconds;
        }
    }

    /// Seconds that the whole job will still take after this step; none before the first.
    pub(crate) fn left(&self, phase: &Phase, step: u64) -> Option<f64> {
        let current = self.seconds_per_step(phase.role)?;
        let mut left = phase.total_steps.saturating_sub(step) as f64 * current;
        for index in phase.index + 1..phase.count {
            let role = match phase.models {
                1 => phase.role,
                // The teacher comes first, and is missing where it was there before.
                models => {
                    let missing = (Role::ALL.len() as u64).saturating_sub(models);
                    *Role::ALL.get((missing + index % models.max(1)) as usize)?
                }
            };
            let steps = self.of(role).total_steps.unwrap_or(phase.total_steps);
            let scaled = current * self.cost(role) / self.cost(phase.role);
            left += steps as f64 * self.seconds_per_step(role).unwrap_or(scaled);
        }
        Some(left)
    }

    fn seconds_per_step(&self, role: Role) -> Option<f64> {
        let known = self.of(role);
        (known.steps > 0).then(|| known.seconds / known.steps as f64)
    }

    fn of(&self, role: Role) -> Known {
        self.known.get(role as usize).copied().unwrap_or_default()
    }

    fn cost(&self, role: Role) -> f64 {
        if role == Role::Teacher { self.teacher_cost } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(index: u64, count: u64) -> Phase {
        let role = Role::ALL[(index % 3) as usize];
        Phase { role, seed: 0, index, count, models: 3, total_steps: 100, steps_per_epoch: 10 }
    }

    #[test]
    fn what_is_unknown_is_taken_from_the_training_that_runs() {
        let mut pace = Pace::new(4.0);
        let teacher = phase(0, 6);
        assert_eq!(pace.left(&teacher, 0), None);
        pace.begin(&teacher);
        pace.step(&teacher, 0.4);
        // 99 steps here, 100 of the other teacher, 400 of students that cost a quarter.
        let left = pace.left(&teacher, 1).unwrap();
        assert!((left - (199.0 * 0.4 + 400.0 * 0.1)).abs() < 1e-9, "{left}");
    }

    #[test]
    fn a_job_of_one_model_has_only_trainings_of_its_kind_left() {
        let mut pace = Pace::new(4.0);
        let teacher = Phase { models: 1, ..phase(0, 5) };
        pace.begin(&teacher);
        pace.step(&teacher, 0.4);
        let left = pace.left(&teacher, 1).unwrap();
        assert!((left - 499.0 * 0.4).abs() < 1e-9, "{left}");
    }

    #[test]
    fn a_job_with_a_ready_teacher_has_only_students_left() {
        let mut pace = Pace::new(4.0);
        let baseline = Phase { role: Role::Baseline, models: 2, ..phase(0, 4) };
        pace.begin(&baseline);
        pace.step(&baseline, 0.1);
        let left = pace.left(&baseline, 1).unwrap();
        assert!((left - 399.0 * 0.1).abs() < 1e-9, "{left}");
    }

    #[test]
    fn the_last_step_leaves_nothing() {
        let mut pace = Pace::new(1.0);
        let last = phase(2, 3);
        pace.begin(&last);
        pace.step(&last, 0.1);
        assert_eq!(pace.left(&last, 100), Some(0.0));
    }
}
