/*!
By how much the distilled student differs from its baseline, with an interval that covers both the
seeds and the test samples.

Every seed is scored on the same test samples, so seeds and samples are crossed factors. The
difference of seed s on sample i is taken apart as in a two-way layout,

`d(s, i) = mean + a(s) + b(i) + e(s, i)`,

and each bootstrap replicate draws seeds and samples independently and with replacement, as in
Owen, "The pigeonhole bootstrap" (2007): `mean + k * mean of the drawn a + h * mean of the drawn b`.

- Drawing from few seeds spreads too little. `k = sqrt(n / (n - 1)) * t(n - 1) / z` widens it to
  Student's t, as the expanded percentile interval of Hesterberg, "What Teachers Should Know About
  the Bootstrap" (2015), does. `h` holds the same factor for the samples.
- Both `a` and `b` are means and so hold a share of the noise `e`, and a plain pigeonhole draw adds
  `e` itself: it counts the noise three times (Owen 2007), and k would widen it again.
  Nets that differ in accuracy by a point differ on single samples mostly by such noise. So `e` is
  left to the seeds, where few degrees of freedom make it safest, and `h` takes its share out of `b`:
  `h^2` has the factor `1 - var(e) / (n var(b))`, at least 0, by the mean squares of the layout.
- The means of few seeds may agree by chance, as counts of right answers do, and show less than the
  noise that they surely hold. `h` takes out only as much as the widened seeds do show, so that the
  interval is never narrower than the noise alone makes it.
*/

use random::Stream;
use serde::{Deserialize, Serialize};

use crate::EvalError;
use crate::quantile::quantile;
use crate::student_t::{NORMAL_975, student_t_975};

const LEVEL: f64 = 0.95;

/// The mean paired difference, student minus baseline, in the unit of the scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Mean over seeds and samples.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Share of experiments whose interval holds the true difference: 0.95.
    pub level: f64,
    /// Number of seeds. With one the interval covers the test samples alone.
    pub seeds: usize,
    /// Number of test samples.
    pub samples: usize,
    /// Number of bootstrap replicates.
    pub replicates: usize,
    /// Mean over samples for each seed.
    pub per_seed: Vec<f64>,
}

impl PairedDifference {
    /// Whether the interval covers the seeds too, which takes at least two.
    pub fn covers_seeds(&self) -> bool {
        self.seeds > 1
    }
}

/// Compares the scores of student and baseline, `[seeds][samples]` each, such as
/// [`Predictions::correct`](crate::Predictions::correct): the same seeds and the same test samples
/// in the same order.
///
/// There are 10,000 replicates up to 20,000 samples; above, as many as 200 million draws of a
/// sample allow, but at least 1,000. `stream` gives the draws, so the same stream gives the same
/// interval.
///
/// Seeds and samples are drawn as two crossed factors (Owen, "The pigeonhole bootstrap", 2007), each
/// widened to Student's t (the expanded percentile interval of Hesterberg, "What Teachers Should
/// Know About the Bootstrap", 2015); the noise of single runs on single samples is counted once.
/// Share of intervals that held the true difference, by what dominates, in 4,000 trials of normal
/// effects with 60 samples and 1,000 replicates (0.003 is one standard error):
///
/// | seeds | seeds dominate | samples dominate | noise dominates | none does |
/// |---|---|---|---|---|
/// | 2 | 0.942 | 0.982 | 0.991 | 0.983 |
/// | 3 | 0.948 | 0.961 | 0.987 | 0.979 |
/// | 5 | 0.951 | 0.950 | 0.978 | 0.967 |
/// | 10 | 0.944 | 0.950 | 0.972 | 0.955 |
///
/// # Errors
/// No seed, unequal numbers of seeds or scores, fewer than two samples, or a score that is not
/// finite.
pub fn paired_difference(
    student: &[Vec<f64>],
    baseline: &[Vec<f64>],
    stream: &Stream,
) -> Result<PairedDifference, EvalError> {
    let samples = check(student, baseline)?;
    let replicates = (200_000_000 / samples).clamp(1_000, 10_000);
    Ok(Layout::of(student, baseline, samples).interval(replicates, stream))
}

fn check(student: &[Vec<f64>], baseline: &[Vec<f64>]) -> Result<usize, EvalError> {
    let samples = student.first().ok_or(EvalError::Nothing { what: "seeds" })?.len();
    if student.len() != baseline.len() {
        return Err(EvalError::SeedCount { expected: student.len(), found: baseline.len() });
    }
    for (model, runs) in [("student", student), ("baseline", baseline)] {
        for (seed, scores) in runs.iter().enumerate() {
            if scores.len() != samples {
                let found = scores.len();
                return Err(EvalError::ScoreCount { model, seed, expected: samples, found });
            }
            let bad = scores.iter().enumerate().find(|(_, value)| !value.is_finite());
            if let Some((sample, &value)) = bad {
                return Err(EvalError::NonFiniteScore { model, seed, sample, value });
            }
        }
    }
    if samples < 2 { Err(EvalError::TooFewSamples { found: samples }) } else { Ok(samples) }
}

/// The two-way layout of the differences: what the replicates draw from.
struct Layout {
    mean: f64,
    per_seed: Vec<f64>,
    /// `k * a(s)`; empty for one seed, which leaves nothing to draw.
    seed_effects: Vec<f64>,
    /// `h * b(i)`.
    sample_effects: Vec<f64>,
}

impl Layout {
    fn of(student: &[Vec<f64>], baseline: &[Vec<f64>], samples: usize) -> Self {
        let differences =
            || student.iter().zip(baseline).map(|(ours, theirs)| paired(ours, theirs));
        let seeds = student.len() as f64;
        let totals: Vec<f64> = differences().map(Iterator::sum).collect();
        let mut per_sample = vec![0.0; samples];
        for run in differences() {
            per_sample.iter_mut().zip(run).for_each(|(sum, difference)| *sum += difference);
        }
        per_sample.iter_mut().for_each(|sum| *sum /= seeds);
        let mean = totals.iter().sum::<f64>() / (seeds * samples as f64);
        let per_seed: Vec<f64> = totals.iter().map(|total| total / samples as f64).collect();

        let mut noise = 0.0;
        for (run, seed_mean) in differences().zip(&per_seed) {
            for (difference, sample_mean) in run.zip(&per_sample) {
                let rest = difference - seed_mean - sample_mean + mean;
                noise += rest * rest;
            }
        }
        let seed_effects: Vec<f64> = if per_seed.len() > 1 {
            let widen_seeds = expansion(per_seed.len());
            per_seed.iter().map(|value| widen_seeds * (value - mean)).collect()
        } else {
            Vec::new()
        };
        // The sum of squares of as much noise as the widened seeds show.
        let shown: f64 = seed_effects.iter().map(|effect| effect * effect).sum();
        let count = samples as f64;
        let noise = noise.min(shown * count * (count - 1.0) * (seeds - 1.0) / seeds);
        let between: f64 = per_sample.iter().map(|value| (value - mean) * (value - mean)).sum();
        let widen_samples =
            expansion(samples) * libm::sqrt(share_beyond_noise(between, noise, seeds));
        let sample_effects =
            per_sample.iter().map(|value| widen_samples * (value - mean)).collect();
        Self { mean, per_seed, seed_effects, sample_effects }
    }

    fn interval(self, replicates: usize, stream: &Stream) -> PairedDifference {
        let mut means: Vec<f64> = (0..replicates)
            .map(|replicate| {
                let mut draws = stream.at(replicate as u64).generator();
                let mut drawn_mean = |effects: &[f64]| {
                    let draw = |_| effects.get(draws.below(effects.len() as u64) as usize);
                    (0..effects.len()).filter_map(draw).sum::<f64>() / effects.len().max(1) as f64
                };
                self.mean + (drawn_mean(&self.seed_effects) + drawn_mean(&self.sample_effects))
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let tail = 0.5 * (1.0 - LEVEL);
        // The upper end is the lower end of the mirror image: swapped models swap the ends exactly.
        let mirrored: Vec<f64> = means.iter().rev().map(|mean| -mean).collect();
        PairedDifference {
            mean: self.mean,
            low: quantile(&means, tail).unwrap_or(self.mean),
            high: 0.0 - quantile(&mirrored, tail).unwrap_or(-self.mean),
            level: LEVEL,
            seeds: self.per_seed.len(),
            samples: self.sample_effects.len(),
            replicates,
            per_seed: self.per_seed,
        }
    }
}

fn paired(ours: &[f64], theirs: &[f64]) -> impl Iterator<Item = f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs)
}

/// What a draw of `count` of `count` values must be widened by to reach Student's t interval.
fn expansion(count: usize) -> f64 {
    let freedom = count.saturating_sub(1).max(1);
    libm::sqrt(count as f64 / freedom as f64) * student_t_975(freedom) / NORMAL_975
}

/// The share of the variance between sample means that is not noise: both sums of squares have the
/// divisor `samples - 1`, which cancels. With one seed there is no noise to tell apart.
fn share_beyond_noise(between: f64, noise: f64, seeds: f64) -> f64 {
    if seeds < 2.0 || between <= 0.0 {
        return 1.0;
    }
    (1.0 - noise / (seeds - 1.0) / (seeds * between)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of `trials` whose interval holds the true difference, for normal effects of seeds,
    /// samples and noise with the given standard deviations.
    fn coverage(seeds: usize, deviations: [f64; 3], trials: u64) -> f64 {
        const SAMPLES: usize = 60;
        const TRUTH: f64 = 0.3;
        let [of_seeds, of_samples, of_noise] = deviations;
        let holds = |trial: &u64| {
            let stream = Stream::new(*trial, "coverage");
            let mut numbers = stream.generator();
            let samples: Vec<f64> = (0..SAMPLES).map(|_| of_samples * numbers.normal()).collect();
            let mut run = |_| {
                let seed = TRUTH + of_seeds * numbers.normal();
                samples.iter().map(|sample| seed + sample + of_noise * numbers.normal()).collect()
            };
            let student: Vec<Vec<f64>> = (0..seeds).map(&mut run).collect();
            let baseline = vec![vec![0.0; SAMPLES]; seeds];
            let found = Layout::of(&student, &baseline, SAMPLES).interval(1_000, &stream);
            found.low <= TRUTH && TRUTH <= found.high
        };
        (0..trials).filter(holds).count() as f64 / trials as f64
    }

    /// Share of `trials` in which two equally good networks get an interval without 0: their answers differ
    /// on 3 % of the samples in each direction, by chance alone.
    fn wrong_verdicts(seeds: usize, samples: usize, trials: u64) -> f64 {
        let is_wrong = |trial: &u64| {
            let stream = Stream::new(*trial, "ties");
            let mut numbers = stream.generator();
            let mut difference = |_| match numbers.uniform() {
                draw if draw < 0.03 => 1.0,
                draw if draw < 0.06 => -1.0,
                _ => 0.0,
            };
            let mut run = |_| (0..samples).map(&mut difference).collect::<Vec<f64>>();
            let student: Vec<Vec<f64>> = (0..seeds).map(&mut run).collect();
            let baseline = vec![vec![0.0; samples]; seeds];
            let found = Layout::of(&student, &baseline, samples).interval(1_000, &stream);
            found.low > 0.0 || found.high < 0.0
        };
        (0..trials).filter(is_wrong).count() as f64 / trials as f64
    }

    #[test]
    fn seeds_whose_means_agree_by_chance_leave_the_noise_in_the_interval() {
        // Two seeds that lost one sample each: their means agree, and the interval is that of the samples.
        let lost = |sample: usize| {
            let mut run = vec![0.0; 80];
            run[sample] = -1.0;
            run
        };
        let (student, baseline) = (vec![lost(3), lost(50)], vec![vec![0.0; 80]; 2]);
        let found = paired_difference(&student, &baseline, &Stream::new(1, "draws")).unwrap();
        assert!(found.low < -0.025 && found.high >= 0.0, "{found:?}");
        for (seeds, samples) in [(2, 80), (2, 200), (3, 80), (5, 80)] {
            let wrong = wrong_verdicts(seeds, samples, 1_000);
            assert!(wrong <= 0.05, "{seeds} seeds, {samples} samples: {wrong}");
        }
    }

    const SEEDS_DOMINATE: [f64; 3] = [1.0, 0.5, 0.5];
    const SAMPLES_DOMINATE: [f64; 3] = [0.01, 1.0, 0.3];
    const NOISE_DOMINATES: [f64; 3] = [0.0, 0.1, 1.0];
    const NONE_DOMINATES: [f64; 3] = [0.2, 1.0, 1.0];

    #[test]
    fn the_interval_holds_the_true_difference_whatever_dominates() {
        for deviations in [SEEDS_DOMINATE, SAMPLES_DOMINATE, NOISE_DOMINATES, NONE_DOMINATES] {
            let covered = coverage(5, deviations, 600);
            assert!((0.93..=0.985).contains(&covered), "{deviations:?}: {covered}");
        }
    }

    #[test]
    fn a_draw_from_few_values_is_widened_to_students_t() {
        // sqrt(5 / 4) * 2.776445 / 1.959964, with the quantiles of printed tables.
        assert!((expansion(5) - 1.583_78).abs() < 1e-5);
        assert!((expansion(1_000_000) - 1.0).abs() < 1e-5);
    }

    #[test]
    #[ignore = "half a minute: the coverage that the documentation states; cargo test --release -p potstill-eval -- --ignored"]
    fn measure_coverage() {
        for seeds in [2, 3, 5, 10] {
            for deviations in [SEEDS_DOMINATE, SAMPLES_DOMINATE, NOISE_DOMINATES, NONE_DOMINATES] {
                println!("{seeds} {deviations:?} {:.3}", coverage(seeds, deviations, 4_000));
            }
        }
    }
}
