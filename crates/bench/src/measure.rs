//! How long a step takes on this machine.

use std::time::Instant;

use crate::{Bench, BenchError, Work};

/// Steps before anything is timed.
const WARM_UP_STEPS: u32 = 8;
/// Seconds after which warming up ends even with fewer steps.
const WARM_UP_SECONDS: f64 = 1.0;
/// Samples that the median is taken of.
const SAMPLES: usize = 3;

/// What one work took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Name of the work.
    pub name: &'static str,
    /// Milliseconds a step, the median of three samples.
    pub milliseconds: f64,
    /// Trainable parameters of the network.
    pub parameters: u64,
}

impl Bench {
    /// Seconds a step, over as many steps as fit `seconds`, at least one.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn sample(&mut self, seconds: f64) -> Result<f64, BenchError> {
        let start = Instant::now();
        let mut steps = 0.0;
        loop {
            self.step()?;
            steps += 1.0;
            let passed = start.elapsed().as_secs_f64();
            if passed >= seconds {
                return Ok(passed / steps);
            }
        }
    }

    /// Makes the first steps, in which caches fill and memory is asked for.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn warm_up(&mut self) -> Result<(), BenchError> {
        let start = Instant::now();
        for _ in 0..WARM_UP_STEPS {
            self.step()?;
            if start.elapsed().as_secs_f64() > WARM_UP_SECONDS {
                break;
            }
        }
        Ok(())
    }
}

/// Times one work for about three times `seconds`.
///
/// # Errors
/// [`BenchError`] when a step fails.
pub fn measure((name, work): (&'static str, Work), seconds: f64) -> Result<Measured, BenchError> {
    let mut bench = work.prepare()?;
    bench.warm_up()?;
    let mut samples = [0.0; SAMPLES];
    for sample in &mut samples {
        *sample = bench.sample(seconds)?;
    }
    samples.sort_by(f64::total_cmp);
    let [_, median, _] = samples;
    Ok(Measured { name, milliseconds: median * 1000.0, parameters: bench.parameters() })
}
