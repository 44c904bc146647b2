//! How long a job will still take.

use std::collections::BTreeMap;

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
    known: BTreeMap<Role, Known>,
    /// The models of a seed in the order of their training, each with how much more a step costs than one of
    /// the student.
    costs: Vec<(Role, f64)>,
}

impl Pace {
    /// Costs of the teacher and of the assistants are ratios of multiply-adds.
    pub(crate) fn new(teacher: f64, assistants: &[f64]) -> Self {
        let usable = |cost: f64| if cost.is_normal() { cost } else { 1.0 };
        let between = (1..).zip(assistants).map(|(number, cost)| (Role::Assistant(number), *cost));
        let costs = std::iter::once((Role::Teacher, teacher))
            .chain(between)
            .chain([(Role::Baseline, 1.0), (Role::Student, 1.0)])
            .map(|(role, cost)| (role, usable(cost)));
        Self { known: BTreeMap::new(), costs: costs.collect() }
    }

    /// A training of this role begins.
    pub(crate) fn begin(&mut self, phase: &Phase) {
        self.known.entry(phase.role).or_default().total_steps = Some(phase.total_steps);
    }

    /// A step took so long.
    pub(crate) fn step(&mut self, phase: &Phase, seconds: f64) {
        let known = self.known.entry(phase.role).or_default();
        known.steps += 1;
        known.seconds += seconds;
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
                    let missing = (self.costs.len() as u64).saturating_sub(models);
                    self.costs.get((missing + index % models.max(1)) as usize)?.0
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
        self.known.get(&role).copied().unwrap_or_default()
    }

    fn cost(&self, role: Role) -> f64 {
        self.costs.iter().find(|(one, _)| *one == role).map_or(1.0, |(_, cost)| *cost)
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
        let mut pace = Pace::new(4.0, &[]);
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
        let mut pace = Pace::new(4.0, &[]);
        let teacher = Phase { models: 1, ..phase(0, 5) };
        pace.begin(&teacher);
        pace.step(&teacher, 0.4);
        let left = pace.left(&teacher, 1).unwrap();
        assert!((left - 499.0 * 0.4).abs() < 1e-9, "{left}");
    }

    #[test]
    fn a_job_with_a_ready_teacher_has_only_students_left() {
        let mut pace = Pace::new(4.0, &[]);
        let baseline = Phase { role: Role::Baseline, models: 2, ..phase(0, 4) };
        pace.begin(&baseline);
        pace.step(&baseline, 0.1);
        let left = pace.left(&baseline, 1).unwrap();
        assert!((left - 399.0 * 0.1).abs() < 1e-9, "{left}");
    }

    #[test]
    fn assistants_stand_between_teacher_and_student_alone() {
        let mut pace = Pace::new(4.0, &[2.0]);
        let teacher = Phase { models: 4, ..phase(0, 4) };
        pace.begin(&teacher);
        pace.step(&teacher, 0.4);
        // 99 steps here, 100 of the assistant at half of them, 200 of students at a quarter.
        let left = pace.left(&teacher, 1).unwrap();
        assert!((left - (99.0 * 0.4 + 100.0 * 0.2 + 200.0 * 0.1)).abs() < 1e-9, "{left}");
    }

    #[test]
    fn the_last_step_leaves_nothing() {
        let mut pace = Pace::new(1.0, &[]);
        let last = phase(2, 3);
        pace.begin(&last);
        pace.step(&last, 0.1);
        assert_eq!(pace.left(&last, 100), Some(0.0));
    }
}
