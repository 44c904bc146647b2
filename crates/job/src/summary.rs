//! From results to what the report shows.

use std::collections::BTreeMap;
use std::path::Path;

use data::SkippedFile;
use eval::{Bin, Measured, Metrics};
use nn::totals;
use recipe::Recipe;
use report::Summary;
use report::summary::{Bin as ReportBin, Curve, Layer, Model, Point, Role, SeedRun};
use train::{Settings, Validation};

use crate::found::Found;
use crate::judgement::{Scaled, Score};
use crate::measures::measures;
use crate::prepared::Prepared;
use crate::record::RunRecord;
use crate::speed::Speed;
use crate::training::MetricsLine;
use crate::view::data_view;

/// A model that was written to a file, and how fast it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exported {
    pub(crate) seed: u64,
    pub(crate) bytes: u64,
    pub(crate) speed: Speed,
}

/// Gathers everything.
pub(crate) fn summarise(
    prepared: &Prepared,
    found: &Found,
    exported: &BTreeMap<Role, Exported>,
    metrics: &[u8],
    record: &RunRecord,
    folder: &Path,
) -> Summary {
    let recipe = &prepared.recipe;
    let students = found.scores(Role::Student);
    let measures =
        students.first().map(|(_, one)| measures(&one.metrics, &prepared.corpus.classes));
    let assistants = (1..).zip(&prepared.assistants).map(|(number, _)| Role::Assistant(number));
    let models = [Role::Teacher]
        .into_iter()
        .chain(assistants)
        .chain([Role::Baseline, Role::Student])
        .filter(|role| found.has(*role))
        .filter_map(|role| model(role, prepared, found, exported.get(&role)))
        .collect();
    let mut data = data_view(recipe, &prepared.corpus);
    data.test_reads = record.test_reads;
    Summary {
        task: prepared.corpus.preprocessing.task(),
        measures: measures.into_iter().flatten().map(|(measure, _)| measure).collect(),
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        command: record.command.clone(),
        verdict: found.verdict(),
        models,
        difference: found.difference(),
        gap_recovered: found.gap_recovered(),
        curves: curves(metrics),
        classes: prepared.corpus.classes.clone(),
        data,
        recipe: recipe.resolved.clone(),
        provenance: provenance(record),
        limitations: limitations(prepared, found),
        teacher: prepared.teacher_origin(),
        notes: notes(prepared, exported),
        teaching: None,
        sweep: record.sweep.clone(),
    }
}

fn model(
    role: Role,
    prepared: &Prepared,
    found: &Found,
    exported: Option<&Exported>,
) -> Option<Model> {
    let card = prepared.card(role)?;
    let recipe = &prepared.recipe;
    let corpus = &prepared.corpus;
    let (settings, rows) = match (role, recipe.teacher.trained()) {
        (Role::Teacher, Some(teacher)) => (&teacher.settings, corpus.train.len()),
        _ => (&recipe.distill.settings, corpus.student_rows()),
    };
    let epoch = settings.steps_per_epoch(rows);
    let scores = found.scores(role);
    let runs =
        scores
            .iter()
            .map(|(seed, score)| SeedRun {
                seed: *seed,
                accuracy: of_classes(score, |metrics| metrics.accuracy),
                nll: of_classes(score, |metrics| metrics.nll),
                brier: of_classes(score, |metrics| metrics.brier),
                ece: of_classes(score, |metrics| metrics.ece),
                measured: measures(&score.metrics, &prepared.corpus.classes)
                    .into_iter()
                    .map(|(_, value)| value)
                    .collect(),
                agreement: score.agreement,
                scaled: score.scaled.map(|Scaled { temperature, nll, ece }| {
                    report::summary::Scaled { temperature, nll, ece }
                }),
                steps: score.steps,
                epochs: score.steps / epoch,
                stopped: score.ending.map(|ending| ending.to_string()).unwrap_or_default(),
            })
            .collect();
    let layers = card.layers.iter().map(|layer| Layer {
        name: layer.name.clone(),
        kind: layer.kind.clone(),
        output: layer.output.clone(),
        parameters: layer.parameters,
        multiply_adds: layer.multiply_adds,
    });
    let classified = || scores.iter().filter_map(|(_, score)| score.metrics.classes());
    let totals = totals(&card.layers);
    let speed = exported.map(|exported| exported.speed);
    let ready = prepared.ready.as_ref().filter(|_| role == Role::Teacher);
    let of_ready = ready.map_or(0, |ready| ready.bytes());
    Some(Model {
        role,
        architecture: card.name.clone(),
        parameters: totals.parameters,
        multiply_adds: totals.multiply_adds,
        file_bytes: exported.map_or(of_ready, |exported| exported.bytes),
        latency_us_p50: speed.map_or(f64::NAN, |speed| speed.latency.p50),
        latency_us_p90: speed.map_or(f64::NAN, |speed| speed.latency.p90),
        throughput_per_second: speed.map_or(f64::NAN, |speed| speed.throughput),
        layers: layers.collect(),
        runs,
        confusion: summed(classified().map(|metrics| &metrics.confusion)),
        label_f1: label_f1(&scores),
        reliability: pooled(classified().map(|metrics| &metrics.reliability)),
    })
}

/// NaN where no class is learned.
fn of_classes(score: &Score, value: fn(&Metrics) -> f64) -> f64 {
    score.metrics.classes().map_or(f64::NAN, value)
}

/// The F1 of each label, mean over seeds.
fn label_f1(scores: &[(u64, &Score)]) -> Vec<f64> {
    let mut means: Vec<f64> = Vec::new();
    for (_, score) in scores {
        let Measured::Labels(metrics) = &score.metrics else { continue };
        means.resize(metrics.per_label.len(), 0.0);
        for (mean, label) in means.iter_mut().zip(&metrics.per_label) {
            *mean += label.f1 / scores.len() as f64;
        }
    }
    means
}

fn summed<'a>(matrices: impl Iterator<Item = &'a Vec<Vec<u64>>>) -> Vec<Vec<u64>> {
    let mut sum: Vec<Vec<u64>> = Vec::new();
    for matrix in matrices {
        if sum.is_empty() {
            sum.clone_from(matrix);
            continue;
        }
        for (total, row) in sum.iter_mut().zip(matrix) {
            for (total, count) in total.iter_mut().zip(row) {
                *total += count;
            }
        }
    }
    sum
}

/// The bins of all seeds as one: counts are added, confidence and accuracy weighted by them.
fn pooled<'a>(all: impl Iterator<Item = &'a Vec<Bin>>) -> Vec<ReportBin> {
    let mut pooled: Vec<ReportBin> = Vec::new();
    for bins in all {
        if pooled.is_empty() {
            let empty = |bin: &Bin| ReportBin {
                low: bin.low,
                high: bin.high,
                count: 0,
                confidence: 0.0,
                accuracy: 0.0,
            };
            pooled = bins.iter().map(empty).collect();
        }
        for (sum, bin) in pooled.iter_mut().zip(bins) {
            let count = bin.count as f64;
            sum.count += bin.count;
            sum.confidence += count * bin.confidence.unwrap_or_default();
            sum.accuracy += count * bin.accuracy.unwrap_or_default();
        }
    }
    for bin in &mut pooled {
        bin.confidence /= bin.count as f64;
        bin.accuracy /= bin.count as f64;
    }
    pooled
}

/// The metrics log as curves, in the order of the log.
pub(crate) fn curves(metrics: &[u8]) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    let lines = metrics.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for line in lines.filter_map(|line| serde_json::from_slice::<MetricsLine>(line).ok()) {
        let record = line.record;
        let validation = record.validation;
        // Without labels there is the agreement alone, which has a curve of its own.
        let of_labels = validation.filter(|scores| !matches!(scores, Validation::Teacher { .. }));
        let point = Point {
            epoch: record.epoch as f64,
            step: record.step,
            parts: record.parts,
            gradient_norms: record.gradient_norms,
            learning_rate: Some(record.learning_rate),
            loss: record.loss,
            validation_score: of_labels.map_or(f64::NAN, |scores| scores.score()),
            validation_loss: of_labels.map_or(f64::NAN, |scores| scores.loss()),
            agreement: validation.and_then(|scores| scores.with_teacher()),
        };
        match curves.last_mut() {
            Some(curve) if curve.role == line.role && curve.seed == line.seed => {
                curve.points.push(point);
            }
            _ => curves.push(Curve { role: line.role, seed: line.seed, points: vec![point] }),
        }
    }
    curves
}

fn provenance(record: &RunRecord) -> Vec<(String, String)> {
    let entry = |name: &str, value: String| (name.to_owned(), value);
    let mut entries = vec![
        entry("potstill", record.version.clone()),
        entry("processor", record.machine.cpu.clone()),
        entry("instruction sets", record.machine.features.join(", ")),
        entry("threads", record.threads.to_string()),
        entry("time", format!("{:.1} s", record.seconds)),
    ];
    for source in &record.sources {
        let value = format!("{} bytes, BLAKE3 {}", source.bytes, source.blake3);
        entries.push((source.name.clone(), value));
    }
    entries
}

/// What a student that ends in its teacher's last layer has beside the student alone; none for others.
fn heir_in_words(prepared: &Prepared) -> Option<String> {
    let (_, card) = prepared.heir.as_ref()?;
    let [distilled, alone] = [card, &prepared.student].map(|card| totals(&card.layers).parameters);
    Some(format!(
        "The distilled student ends in the last layer of its teacher, behind a projector: it has {distilled} parameters, \
         and the student that it is held against, trained alone, has {alone}.",
    ))
}

fn limitations(prepared: &Prepared, found: &Found) -> Vec<String> {
    let corpus = &prepared.corpus;
    let mut list = vec![
        "The interval covers the seeds (initial weights and order of samples) and the test samples. \
         The division of the data is the same for all seeds, so it does not cover another division."
            .to_owned(),
        "Latency and throughput were measured once, on the machine named below, by this program."
            .to_owned(),
    ];
    let rows = corpus.student_rows();
    let is_seen = |row: &&usize| !corpus.omitted.get(**row).copied().unwrap_or_default();
    let labelled = corpus.train.labelled_rows().iter().filter(is_seen).count();
    if labelled == 0 {
        list.push(
            "No row has a label, so nothing here says how often teacher or student are right, and no student could be \
             trained alone: agreement with the teacher is all that is measured."
                .to_owned(),
        );
    } else if labelled < rows {
        list.push(format!(
            "The student alone learned from the {} only, for as many steps as the distilled student made over all \
             {rows} rows.",
            words::counted(labelled, "labelled row")
        ));
    }
    if prepared.ready.is_some() {
        list.push(
            "The teacher's latency and throughput are those of asking it: its own preprocessing is in them, where the \
             students' rows lie ready."
                .to_owned(),
        );
        list.push(
            "All seeds share one teacher, which was not trained here: the interval does not cover \
             another teacher. What the teacher learned from is not known here: where it saw test \
             samples, its own score is too good, and what it passes on about them may be too."
                .to_owned(),
        );
    }
    if prepared.recipe.teacher.own().is_some() {
        list.push(
            "Who teaches changes at every step: it has no scores of its own, and there is no gap to it."
                .to_owned(),
        );
    } else if labelled > 0 && found.scores(Role::Teacher).is_empty() {
        list.push(
            "How the teacher does on the test part is not known, because its outputs there are not \
             given."
                .to_owned(),
        );
    }
    list
}

/// The stages, and what the student alone has for them; none where there is one.
fn stages_in_words(settings: &Settings) -> Option<String> {
    let epochs = settings.stages.iter().map(|stage| stage.epochs).chain([settings.epochs]);
    let each: Vec<String> = epochs.map(|epochs| epochs.to_string()).collect();
    (each.len() > 1).then(|| {
        format!(
            "The student learned in {} stages of {} epochs; the student alone has all {} of them in one training, by the \
             optimiser and the schedule of the last stage.",
            each.len(),
            each.join(" and "),
            settings.all_epochs()
        )
    })
}

fn notes(prepared: &Prepared, exported: &BTreeMap<Role, Exported>) -> Vec<String> {
    let mut list = Vec::new();
    let origin = prepared.teacher_origin();
    let who = if prepared.recipe.teacher.own().is_some() { "is" } else { "was not trained here:" };
    list.extend(origin.iter().map(|part| format!("The teacher {who} {part}.")));
    if prepared.own_parameters > 0 {
        list.push(format!(
            "The method has parameters of its own, {} in number: they are trained beside the student, and \
             are no part of it or of an exported file.",
            prepared.own_parameters
        ));
    }
    list.extend(prepared.start.as_ref().map(crate::start::Start::in_words));
    list.extend(stages_in_words(&prepared.recipe.distill.settings));
    list.extend(crate::chain::cost_in_words(prepared));
    list.extend(crate::chain::peers_in_words(prepared));
    list.extend(heir_in_words(prepared));
    if let Some(exported) = exported.get(&Role::Student) {
        let rule = if prepared.corpus.validation.is_empty() {
            "the first seed, as there is no validation part"
        } else {
            "the seed whose distilled student is best on validation"
        };
        list.push(format!("The files in `export` are those of seed {}: {rule}.", exported.seed));
    }
    let Recipe { data, distill, .. } = &prepared.recipe;
    let (all, left) = (prepared.corpus.train.len(), prepared.corpus.student_rows());
    if left < all {
        list.push(format!(
            "Both students learned without the training samples of {}: from {left} of {all} samples. The teacher \
             learned from all; validation and test have all classes.",
            data.omit_classes.join(", ")
        ));
    }
    for (class, shift) in &distill.bias_shift {
        list.push(format!(
            "After its training {shift} was added to the bias of {class} of the distilled student (`bias_shift`)."
        ));
    }
    let cells = crate::view::cells_in_words(&prepared.corpus);
    list.extend(cells.iter().map(|part| format!("In the data, {part}.")));
    // Found before the first training, and read here.
    let shared = prepared.shared_rows().unwrap_or_default();
    let of_teacher = prepared.ready.iter().flat_map(|ready| ready.warnings.clone());
    let warnings = crate::view::shared_in_words(shared).chain(of_teacher);
    list.extend(warnings.map(|text| format!("WARNING: {text}.")));
    let skipped = &prepared.corpus.skipped;
    if !skipped.is_empty() {
        let one = |file: &SkippedFile| format!("{} ({})", file.name, file.reason);
        let files: Vec<String> = skipped.iter().map(one).collect();
        let count = files.len();
        list.push(format!(
            "Files that could not be used and were skipped: {count}: {}.",
            files.join("; ")
        ));
    }
    list
}
