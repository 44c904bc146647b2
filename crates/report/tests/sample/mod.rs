//! An invented but plausible run, for looking at the report and for testing it. None of its numbers was measured.

use data::Task;
use std::collections::BTreeMap;

use potstill_report::summary::{
    Bin, Choice, Curve, DataView, Difference, Disagreement, Layer, Model, Picture, Point, Role,
    Scaled, SeedRun, Softened, Summary, SweepAxis, SweepPoint, SweepView, Teaching, VerdictView,
};

const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
];

/// Scattered numbers between 0 and 1 that are the same in every run.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }
}

/// A run over this many seeds.
pub(crate) fn run(seeds: u64) -> Summary {
    let mut scatter = Scatter(7);
    let accuracies = [0.9331, 0.9238, 0.9326];
    let models = Role::ALL
        .iter()
        .zip(accuracies)
        .map(|(role, accuracy)| model(*role, accuracy, seeds, &mut scatter));
    let models: Vec<Model> = models.collect();
    let per_seed: Vec<f64> = models[2]
        .runs
        .iter()
        .zip(&models[1].runs)
        .map(|(distilled, alone)| distilled.accuracy - alone.accuracy)
        .collect();
    let mean = per_seed.iter().sum::<f64>() / per_seed.len() as f64;
    let curves = Role::ALL
        .iter()
        .zip(accuracies)
        .flat_map(|(role, accuracy)| (0..seeds).map(move |seed| (*role, accuracy, seed)))
        .map(|(role, accuracy, seed)| curve(role, accuracy, seed, &mut scatter))
        .collect();
    Summary {
        task: Task::Classes,
        measures: Vec::new(),
        teacher: Vec::new(),
        name: "fashion-mnist-003".to_owned(),
        command: "potstill distill recipes/fashion-mnist.toml --set distill.seeds=5".to_owned(),
        verdict: VerdictView {
            word: "BEATS".to_owned(),
            sentence: format!(
                "The distilled student beats the student trained alone by {:.2} points of test accuracy.",
                100.0 * mean
            ),
        },
        models,
        difference: Difference {
            mean,
            low: mean - 0.0061,
            high: mean + 0.0067,
            seeds,
            samples: 10_000,
            replicates: 10_000,
            per_seed,
        },
        gap_recovered: Some(0.946),
        curves,
        classes: CLASSES.map(str::to_owned).to_vec(),
        data: DataView {
            task: Task::Classes,
            source: "fashion-mnist".to_owned(),
            training_rows: 54_000,
            labelled_rows: 5_400,
            validation_rows: 6_000,
            test_rows: 10_000,
            classes: 10,
            shape: "1 x 28 x 28".to_owned(),
            test_reads: 1,
        },
        recipe: RECIPE.to_owned(),
        provenance: provenance(),
        limitations: vec![
            "One data set and one split: the verdict says nothing about other data.".to_owned(),
            "Five seeds estimate the spread between runs only roughly.".to_owned(),
            "Latency was measured on this machine, beside whatever else it did.".to_owned(),
        ],
        notes: vec!["Early stopping never took effect.".to_owned()],
        teaching: Some(teaching()),
        sweep: Some(sweep()),
    }
}

fn model(role: Role, accuracy: f64, seeds: u64, scatter: &mut Scatter) -> Model {
    let large = role == Role::Teacher;
    let runs: Vec<SeedRun> =
        (0..seeds).map(|seed| seed_run(role, accuracy, seed, scatter)).collect();
    Model {
        role,
        architecture: if large { "resnet20, width 16" } else { "cnn 8-16, dense 32" }.to_owned(),
        parameters: if large { 272_186 } else { 14_506 },
        multiply_adds: if large { 31_021_000 } else { 412_640 },
        file_bytes: if large { 1_093_400 } else { 59_112 },
        latency_us_p50: if large { 3_912.0 } else { 212.4 + scatter.next() },
        latency_us_p90: if large { 4_240.0 } else { 240.9 + scatter.next() },
        throughput_per_second: if large { 411.3 } else { 12_840.0 },
        layers: layers(large),
        runs,
        confusion: confusion(accuracy, seeds, scatter),
        label_f1: Vec::new(),
        reliability: reliability(large, seeds),
    }
}

fn seed_run(role: Role, accuracy: f64, seed: u64, scatter: &mut Scatter) -> SeedRun {
    SeedRun {
        seed,
        accuracy: accuracy + 0.008 * (scatter.next() - 0.5),
        nll: 2.6 * (1.0 - accuracy) + 0.02 * scatter.next(),
        brier: 1.5 * (1.0 - accuracy) + 0.004 * scatter.next(),
        ece: 0.02 + 0.01 * scatter.next(),
        agreement: match role {
            Role::Teacher => None,
            Role::Assistant(_) | Role::Baseline => Some(0.921 + 0.006 * scatter.next()),
            Role::Student => Some(0.948 + 0.006 * scatter.next()),
        },
        measured: Vec::new(),
        scaled: Some(Scaled { temperature: 1.5, nll: 0.2, ece: 0.01 }),
        steps: 16_880,
        epochs: 10,
        stopped: "all epochs done".to_owned(),
    }
}

fn confusion(accuracy: f64, seeds: u64, scatter: &mut Scatter) -> Vec<Vec<u64>> {
    let hard = |class: usize| if matches!(class, 0 | 2 | 4 | 6) { 1.9 } else { 0.4 };
    (0..10)
        .map(|row| {
            let total = 1_000 * seeds;
            let wrong =
                (total as f64 * (1.0 - accuracy) * hard(row) * (0.8 + 0.4 * scatter.next())) as u64;
            let weights: Vec<f64> = (0..10)
                .map(
                    |column| {
                        if column == row { 0.0 } else { hard(column) * scatter.next().powi(4) }
                    },
                )
                .collect();
            let sum: f64 = weights.iter().sum();
            let mut counts: Vec<u64> =
                weights.iter().map(|weight| (wrong as f64 * weight / sum) as u64).collect();
            counts[row] = total - counts.iter().sum::<u64>();
            counts
        })
        .collect()
}

fn reliability(large: bool, seeds: u64) -> Vec<Bin> {
    let bins = (0..15).map(|index| {
        let (low, high) = (f64::from(index) / 15.0, f64::from(index + 1) / 15.0);
        let confidence = (low + high) / 2.0;
        let lack = if large { 0.12 } else { 0.05 };
        let count = if index < 3 { 0 } else { (12.0 * 1.55_f64.powi(index)) as u64 * seeds };
        Bin {
            low,
            high,
            count,
            confidence,
            accuracy: confidence - lack * (1.0 - confidence) * 2.0 * confidence,
        }
    });
    bins.collect()
}

fn curve(role: Role, accuracy: f64, seed: u64, scatter: &mut Scatter) -> Curve {
    let shift = 0.012 * (scatter.next() - 0.5);
    let points = (1..=20).map(|index| {
        let epoch = f64::from(index) / 2.0;
        let remaining = (-epoch / 2.2).exp() + 0.02 * scatter.next();
        let label = 0.12 + 1.1 * remaining;
        let soft = 0.25 + 3.2 * remaining;
        let (parts, loss) = if role == Role::Student {
            (
                BTreeMap::from([("label".to_owned(), label), ("kd".to_owned(), soft)]),
                0.1 * label + 0.9 * soft,
            )
        } else {
            (BTreeMap::from([("label".to_owned(), label)]), label)
        };
        Point {
            epoch,
            step: 844 * index as u64,
            gradient_norms: parts.iter().map(|(name, value)| (name.clone(), value / 2.0)).collect(),
            learning_rate: None,
            parts,
            loss,
            validation_score: accuracy + shift - 0.16 * remaining + 0.008 * scatter.next(),
            validation_loss: 2.7 * (1.0 - accuracy) + 0.5 * remaining - 4.0 * shift,
            agreement: (role != Role::Teacher).then_some(accuracy + shift + 0.02 - 0.2 * remaining),
        }
    });
    Curve { role, seed, points: points.collect() }
}

fn layers(large: bool) -> Vec<Layer> {
    let rows: &[(&str, &str, &str, u64, u64)] = if large {
        &[
            ("stem", "convolution 3x3", "16 x 28 x 28", 176, 112_896),
            ("stage1", "3 residual blocks", "16 x 28 x 28", 14_016, 10_838_016),
            ("stage2", "3 residual blocks", "32 x 14 x 14", 51_648, 9_934_848),
            ("stage3", "3 residual blocks", "64 x 7 x 7", 205_696, 10_134_600),
            ("head", "linear", "10", 650, 640),
        ]
    } else {
        &[
            ("conv1", "convolution 3x3, relu", "8 x 14 x 14", 80, 56_448),
            ("conv2", "convolution 3x3, relu", "16 x 7 x 7", 1_168, 225_792),
            ("dense", "linear, relu", "32", 12_928, 130_080),
            ("head", "linear", "10", 330, 320),
        ]
    };
    let layer = |row: &(&str, &str, &str, u64, u64)| Layer {
        name: row.0.to_owned(),
        kind: row.1.to_owned(),
        output: row.2.to_owned(),
        parameters: row.3,
        multiply_adds: row.4,
    };
    rows.iter().map(layer).collect()
}

fn provenance() -> Vec<(String, String)> {
    let rows = [
        ("potstill", "0.1.0"),
        ("processor", "an invented one, 2 threads, avx2"),
        (
            "training data",
            "blake3 7f1c2e0b5a94d3886be1f04c9a7752d1e3a86f90bb4417c5de20318a6f97c45e",
        ),
        ("test data", "blake3 02b97d61cc5e48f3a1d07f6be934185a7c2063fd98e1b4507a6dcf32895e14b0"),
        ("seed", "42"),
    ];
    rows.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

const RECIPE: &str = r#"[data]
source = "fashion-mnist"
validation = 0.1
labelled = 0.1

[teacher]
model = "resnet20"
epochs = 30

[student]
model = "cnn"
channels = [8, 16]

[distill]
method = "kd"
temperature = 4.0
alpha = 0.9
epochs = 10
batch_size = 32
optimizer = "adam"
seeds = 5
"#;

fn sweep() -> SweepView {
    let axis = |key: &str, values: &[&str]| SweepAxis {
        key: key.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    let axes = vec![
        axis("distill.temperature", &["1", "2", "4", "8"]),
        axis("distill.alpha", &["0.5", "0.9", "1"]),
    ];
    let points = (0..12_usize).map(|number| SweepPoint {
        places: vec![number / 3, number % 3],
        validation_accuracy: 0.9 + 0.004 * ((number * 7) % 12) as f64,
        chosen: (number * 7) % 12 == 11,
    });
    SweepView { axes, points: points.collect() }
}

fn teaching() -> Teaching {
    let softened = [1.0, 4.0, 20.0].map(|temperature| Softened {
        temperature,
        confidence: 0.1 + 0.88 / temperature,
        entropy: 2.3 - 2.2 / temperature,
    });
    let choice = |class: &str, probability| Choice { class: class.to_owned(), probability };
    let disagreement = |sample: u64, picture| Disagreement {
        sample,
        label: CLASSES[0].to_owned(),
        choices: vec![choice(CLASSES[0], 0.9), choice(CLASSES[6], 0.5), choice(CLASSES[6], 0.8)],
        picture,
        values: vec![0.25, -1.0],
        ..Disagreement::default()
    };
    let picture = Picture { width: 2, height: 2, bytes: vec![0, 90, 180, 255] };
    Teaching {
        softened: softened.to_vec(),
        seed: 0,
        disagreements: vec![disagreement(17, Some(picture)), disagreement(1204, None)],
        rows_unread: None,
    }
}
