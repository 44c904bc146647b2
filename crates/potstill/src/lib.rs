/*!
Distil any model into one you can ship, and prove that it was worth it.

potstill trains a small student on the outputs of a large teacher, trains the same student alone under
the same budget and seeds, and says with statistics whether distillation helped.

# Example: own networks and own data

Any Burn module that implements [`Network`] can teach or learn:

```
use potstill::burn::{self, module::Module, nn, tensor::{Device, Tensor, activation::relu}};
use potstill::{Distiller, Initial, Kd, Network, SampleShape, Samples, Taps, Targets};

#[derive(Module, Debug)]
struct Net {
    hidden: nn::Linear,
    output: nn::Linear,
}

impl Net {
    fn new(units: usize, device: &Device) -> Self {
        Self {
            hidden: nn::LinearConfig::new(2, units).init(device),
            output: nn::LinearConfig::new(units, 2).init(device),
        }
    }
}

impl Network for Net {
    fn forward(&self, inputs: Tensor<2>, _: &mut Taps) -> Tensor<2> {
        self.output.forward(relu(self.hidden.forward(inputs)))
    }
}

// Points right and left of a line.
let points = |count: u32| Samples {
    shape: SampleShape::Vector(2),
    values: (0..count).flat_map(|i| [(i % 7) as f32 - 3.0, (i % 5) as f32 - 2.0]).collect(),
    labels: (0..count).map(|i| Some(u32::from((i % 7) > 3))).collect(),
    targets: Targets::Classes,
};
let net = |units| move |initial: &Initial| Net::new(units, initial.device());
let distilled = Distiller::new(net(16), net(4))
    .method(Kd { temperature: 2.0, alpha: 0.9 })
    .seeds(2)
    .run(&points(200), &points(50), &points(50), 2)?;
println!("{}", distilled.judgement.sentence);
let student: &Net = &distilled.models[0].student;
# let _ = student;
# Ok::<(), potstill::JobError>(())
```

# Example: a recipe

What the `potstill` program does with a recipe is [`distill`]; [`resume`] continues a run, and
[`predict`] uses its student. [`train`](fn@train) trains one model alone, [`sweep`] tries a grid, [`compare`] ranks runs.

# Where things are

- [`Distiller`], [`distill`]: jobs, with the three-way comparison built in.
- [`Method`], [`Kd`] and others, [`Combination`]: distillation methods; an own one is a type that
  implements [`Method`].
- [`Network`], [`Architecture`]: networks and their taps.
- [`Samples`], [`Targets`], [`load`]: data.
- [`Settings`]: optimiser, schedule, early stopping.
- [`Judgement`], [`Verdict`]: results.
*/

#![deny(clippy::indexing_slicing)]

pub use burn;

pub use data::{
    Corpus, DataError, DataOptions, Mix, Mixing, Preprocessing, SampleShape, Samples, TargetRows,
    Targets, Task, load,
};
pub use eval::{
    LabelMetrics, Measured, Metrics, NumberMetrics, PairedDifference, Predictions, ScoreKind,
    Verdict, paired_difference,
};
pub use export::{ExportError, Misfits, SavedModel, read_pytorch, write_pytorch};
pub use job::{
    Distilled, Distiller, Event, Finished, JobError, Judgement, Leaderboard, Models, Observer,
    Outcome, Request, Role, Score, SeedScores, Silent, Single, SweepOutcome, compare, distill,
    evaluate, parse_axis, plan, predict, resume, resume_sweep, sweep, train,
};
pub use methods::{
    Ab, Alone, At, Attention, AttentionForm, Bernoulli, CatKd, Cc, Combination, Course, Crd, Ctkd,
    Cwd, Direction, Dist, Dkd, FitNet, Fsp, Ft, Hard, Hidden, HiddenForm, Huber, Ickd, Jsd, Kd,
    KdSvd, Known, Labels, LogitBatch, LogitLoss, LogitMethod, Masked, Member, Method, MethodError,
    Mgd, Misfit, Mlkd, Moment, Mse, Nkd, Nst, Ofd, OfferedTaps, OwnParameters, Part, Pkd, Pkt,
    Projection, Remembered, ReverseKl, ReviewKd, Rkd, ScoreForm, SemCkd, Shifted, Side, Signals,
    SimKd, SkewKl, Sp, Standardised, SummaryToken, Tail, TapLoss, TapMethod, TapNames, TapPair,
    TeacherBounded, TeacherOutput, TermSum, TfKd, TopK, TotalVariation, Transform, Transformed,
    Usable, Usual, Vid, Wsld, logit_parts, logit_parts_with, names as method_names,
};
pub use nn::{
    AnyNetwork, Architecture, Cnn, Feature, Initial, KeyRules, Mlp, Network, NnError, Output,
    Resnet, Tap, TapKind, TapShape, Taps, infer, probe,
};
pub use random::Stream;
pub use recipe::Recipe;
pub use train::optimizer::{Adam, AdamW, Epsilon, OptimizerOptions, RmsProp, Sgd};
pub use train::schedule::{Plan, Schedule, Shape};
pub use train::{Select, Settings, TrainError};
