//! What a job came to, whether or not there was something to judge by.

use report::summary::{Difference, Role, VerdictView};
use serde::Serialize;

use crate::agreement::Agreement;
use crate::judgement::{Judgement, Score};

/// The result of a job, as `results.json` has it.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Found {
    /// With labels: whether distilling was worth it.
    Judged(Judgement),
    /// Without: how closely the student follows the teacher.
    Agreed(Agreement),
}

impl Found {
    pub(crate) fn verdict(&self) -> VerdictView {
        let (word, sentence) = match self {
            Self::Judged(judgement) => (judgement.verdict.to_string(), &judgement.sentence),
            Self::Agreed(agreement) => ("NO VERDICT".to_owned(), &agreement.sentence),
        };
        VerdictView { word, sentence: sentence.clone() }
    }

    /// Nothing where there is no student alone.
    pub(crate) fn difference(&self) -> Difference {
        let Self::Judged(Judgement { difference, .. }) = self else { return Difference::default() };
        Difference {
            mean: difference.mean,
            low: difference.low,
            high: difference.high,
            seeds: difference.seeds as u64,
            samples: difference.samples as u64,
            replicates: difference.replicates as u64,
            per_seed: difference.per_seed.clone(),
        }
    }

    pub(crate) fn gap_recovered(&self) -> Option<f64> {
        match self {
            Self::Judged(judgement) => judgement.gap_recovered,
            Self::Agreed(_) => None,
        }
    }

    /// Whether there is something about models of this role.
    pub(crate) fn has(&self, role: Role) -> bool {
        matches!(self, Self::Judged(_)) || role != Role::Baseline
    }

    /// The scores of a role by seed; none of a teacher of which no outputs are known.
    pub(crate) fn scores(&self, role: Role) -> Vec<(u64, &Score)> {
        match self {
            Self::Judged(judgement) => {
                let of_seed = judgement.seeds.iter().filter_map(|seed| {
                    let score = match role {
                        Role::Teacher => seed.teacher.as_ref(),
                        Role::Assistant(number) => assistant(&seed.assistants, number),
                        Role::Baseline => Some(&seed.baseline),
                        Role::Student => Some(&seed.student),
                    };
                    Some((seed.seed, score?))
                });
                of_seed.collect()
            }
            Self::Agreed(agreement) => {
                let of_seed = agreement.seeds.iter().filter_map(|seed| {
                    let score = match role {
                        Role::Assistant(number) => assistant(&seed.assistants, number),
                        Role::Student => Some(&seed.student),
                        Role::Teacher | Role::Baseline => None,
                    };
                    Some((seed.seed, score?))
                });
                of_seed.collect()
            }
        }
    }
}

fn assistant(all: &[Score], number: u32) -> Option<&Score> {
    all.get((number as usize).checked_sub(1)?)
}
