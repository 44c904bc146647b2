//! What each logit method adds to a step: `logit_losses [--threads N]`.
//!
//! Three tables: losses of 32 samples and 10 classes beside the step of a dense student without a teacher, losses of
//! 64 samples and 100 classes beside the step of a small residual student, and `kd` of 32 samples and
//! 50,000 classes beside a loop that reads both logits and writes one gradient. All times are the least of
//! many samples in one process, taken in turns, because other work on the machine can only add to them.

#![allow(clippy::print_stdout, reason = "the tables go to standard output")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use data::{SampleShape, Targets};
use methods::{
    Alone, Combination, Ctkd, Dist, Dkd, Hard, Jsd, Kd, LogitBatch, LogitLoss, Member, Method,
    Mlkd, Nkd, OwnNumbers, ReverseKl, SkewKl, TeacherOutput, TermSum, TfKd, TopK, TotalVariation,
    Wsld,
};
use nn::{Architecture, cpu};
use random::Stream;
use rayon::prelude::*;
use train::optimizer::{Adam, OptimizerOptions};
use train::schedule::Schedule;
use train::{Batch, Settings, Trainer};

/// Samples of a short time, and of the step of a network of convolutions.
const SAMPLES: [usize; 2] = [300, 9];

/// Microseconds from which on a time is that of the processor.
const LONG: f64 = 50_000.0;

/// Numbers that the loop beside `kd` takes at a time.
const CHUNK: usize = 1 << 14;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let threads = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => 1,
        ["--threads", count] => count.parse()?,
        _ => return Err("expected nothing, or `--threads N`".into()),
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global()?;
    let digits = Job {
        batch: 32,
        classes: 10,
        shape: SampleShape::Vector(64),
        architecture: Architecture::Mlp { hidden: vec![32, 32] },
        samples: SAMPLES[0],
    };
    let images = Job {
        batch: 64,
        classes: 100,
        shape: SampleShape::Image { channels: 3, height: 32, width: 32 },
        architecture: Architecture::Resnet { depth: 8, width: 16 },
        samples: SAMPLES[1],
    };
    digits.report("dense 64-32-32-10, batch 32")?;
    images.report("resnet8 of 3x32x32, 100 classes, batch 64")?;
    many_classes();
    Ok(())
}

/// The methods as a recipe has them, with the label term that each has there.
fn methods() -> Vec<(&'static str, Box<dyn Method>)> {
    fn beside(method: impl Method + 'static) -> (&'static str, Box<dyn Method>) {
        (method.name(), Box::new(Combination::new(0.9).with(Member::new(method))))
    }
    vec![
        ("kd", Box::new(Kd::default())),
        beside(Hard),
        beside(Dkd::default()),
        beside(Nkd::default()),
        beside(Dist::default()),
        beside(Mlkd::default()),
        beside(Ctkd::default()),
        beside(Wsld::default()),
        beside(ReverseKl::default()),
        beside(Jsd::default()),
        beside(SkewKl::default()),
        beside(TotalVariation::default()),
        beside(TopK::default()),
        beside(TfKd::default()),
    ]
}

/// A student and what it learns from.
struct Job {
    batch: usize,
    classes: usize,
    shape: SampleShape,
    architecture: Architecture,
    /// Of its step.
    samples: usize,
}

impl Job {
    fn report(&self, title: &str) -> Result<(), Box<dyn Error>> {
        let methods = methods();
        let logits = Logits::new(self.batch, self.classes);
        let alone = logits.microseconds(&Alone);
        let step = self.step(&Alone)?;
        println!("{title}: step without a teacher {step:.1} us, of that its loss {alone:.1} us\n");
        println!("| method | loss, us | more than that of labels, us | of the step | whole step |");
        println!("|---|---|---|---|---|");
        for (name, method) in &methods {
            let Some(loss) = method.on_logits() else {
                println!("| {name} | on a tape | | | {} |", self.whole(method.as_ref())?);
                continue;
            };
            let own = logits.microseconds(loss);
            let (adds, whole) = (own - alone, self.whole(method.as_ref())?);
            println!("| {name} | {own:.1} | {adds:.1} | {:.2} % | {whole} |", 100.0 * adds / step);
        }
        println!();
        Ok(())
    }

    /// The whole step by that of the student alone; a step of convolutions is too long to show a loss.
    fn whole(&self, method: &dyn Method) -> Result<String, Box<dyn Error>> {
        if self.samples < SAMPLES[0] {
            return Ok("not timed".to_owned());
        }
        let [before, own, after] = [self.step(&Alone)?, self.step(method)?, self.step(&Alone)?];
        Ok(format!("{:.2}", own / before.min(after)))
    }

    /// Microseconds of a whole step of the training loop on a batch that lies ready.
    fn step(&self, method: &dyn Method) -> Result<f64, Box<dyn Error>> {
        let stream = Stream::new(1, "bench");
        let network =
            self.architecture.build(self.shape, self.classes, stream, &cpu().autodiff())?;
        let settings = Settings {
            epochs: 1,
            batch_size: self.batch,
            optimizer: OptimizerOptions::Adam(Adam::default()),
            schedule: Schedule::constant(1e-3),
            ..Settings::default()
        };
        let noise = Stream::new(1, "noise");
        let mut trainer = Trainer::new(network, method, settings, self.classes, 1 << 40, noise)?;
        let logits = Logits::new(self.batch, self.classes);
        let width = self.shape.len();
        let batch = Batch {
            inputs: nn::batch(&normal("inputs", self.batch * width), width),
            rows: Vec::new(),
            labels: logits.labels,
            weights: Vec::new(),
            teacher: Some(TeacherOutput::new(nn::batch(&logits.teacher, self.classes))),
            targets: Targets::Classes,
            mixed: None,
        };
        let mut failure = None;
        let together = if self.samples < SAMPLES[0] { 1 } else { 10 };
        let least = least_microseconds(self.samples, together, || {
            failure = trainer.step(&batch).err().or(failure.take());
        });
        failure.map_or(Ok(least), |error| Err(error.into()))
    }
}

/// What a loss is a function of.
struct Logits {
    student: Vec<f32>,
    teacher: Vec<f32>,
    labels: Vec<Option<u32>>,
    classes: usize,
}

impl Logits {
    fn new(batch: usize, classes: usize) -> Self {
        let labels = (0..batch).map(|row| Some((row % classes) as u32)).collect();
        let [student, teacher] = ["student", "teacher"].map(|side| normal(side, batch * classes));
        Self { student, teacher, labels, classes }
    }

    /// Of value and gradient together.
    fn microseconds(&self, loss: &dyn LogitLoss) -> f64 {
        let mut gradient = vec![0.0; self.student.len()];
        let teacher = Some((self.teacher.as_slice(), [self.labels.len(), self.classes]));
        let labels = (&self.labels).into();
        let batch = LogitBatch {
            student: &self.student,
            teacher,
            labels,
            classes: self.classes,
            own: &OwnNumbers::new(),
        };
        let samples = (SAMPLES[0] << 5).div_euclid(self.student.len() >> 4).clamp(41, SAMPLES[0]);
        least_microseconds(samples, 4, || {
            let mut sum = TermSum::new(black_box(&mut gradient));
            let _ = black_box(loss.terms(black_box(&batch), &mut sum));
        })
    }
}

/// `kd` at 50,000 classes.
fn many_classes() {
    let logits = Logits::new(32, 50_000);
    let mut gradient = vec![0.0; logits.student.len()];
    let soft = Kd { alpha: 1.0, ..Kd::default() };
    let mut least = [f64::INFINITY; 3];
    for _ in 0..5 {
        let times = [
            least_microseconds(11, 1, || pass(&logits, black_box(&mut gradient))),
            logits.microseconds(&soft),
            logits.microseconds(&Kd::default()),
        ];
        least.iter_mut().zip(times).for_each(|(least, time)| *least = least.min(time));
    }
    let [pass, soft, both] = least;
    println!(
        "32 samples, 50,000 classes: reading both logits and writing a gradient {pass:.0} us\n"
    );
    println!("| method | us | times that |\n|---|---|---|");
    println!("| kd, alpha = 1 | {soft:.0} | {:.2} |", soft / pass);
    println!("| kd with the label term | {both:.0} | {:.2} |", both / pass);
}

/// Reads both logits and writes one gradient.
fn pass(logits: &Logits, gradient: &mut [f32]) {
    let inputs = logits.student.par_chunks(CHUNK).zip(logits.teacher.par_chunks(CHUNK));
    inputs.zip(gradient.par_chunks_mut(CHUNK)).for_each(|((student, teacher), gradient)| {
        for ((gradient, student), teacher) in gradient.iter_mut().zip(student).zip(teacher) {
            *gradient = student - teacher;
        }
    });
}

/// The least time of `run` over so many samples, each of so many runs.
fn least_microseconds(samples: usize, together: usize, mut run: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..samples {
        let busy = busy_microseconds();
        let start = Instant::now();
        (0..together).for_each(|_| run());
        let passed = start.elapsed().as_secs_f64() * 1e6;
        least = least.min(without_waiting(passed, busy) / together as f64);
    }
    least
}

/// Microseconds without those in which other programs had the processor, where the work is long enough and
/// on one thread; the system counts them in steps of some milliseconds.
fn without_waiting(passed: f64, busy: Option<f64>) -> f64 {
    let own = busy.zip(busy_microseconds()).map(|(before, after)| after - before);
    own.filter(|_| passed > LONG && rayon::current_num_threads() == 1).unwrap_or(passed)
}

/// Microseconds that this thread has had a processor, where the system tells.
fn busy_microseconds() -> Option<f64> {
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(counts.split_whitespace().next()?.parse::<f64>().ok()? / 1000.0)
}

/// Random numbers, the same each time.
fn normal(purpose: &str, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(1, purpose).generator();
    (0..count).map(|_| (3.0 * generator.normal()) as f32).collect()
}
