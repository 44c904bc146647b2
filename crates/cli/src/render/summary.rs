//! Results as text.

use std::path::Path;

use eval::{Measured, spread};
use job::{Evaluation, Finished, Inspection, Plan, Single, Unjudged};
use report::Summary;
use report::summary::{Model, Role, SeedRun};
use words::noun;

use super::escape::visible;
use super::measured;
use super::networks;
use super::number;
use super::table::{Side, columns, facts, wrapped};

const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// The result of a job, and where to find the rest.
pub(crate) fn finished(finished: &Finished) -> String {
    let Finished { folder, summary, seconds, peak_memory, .. } = finished;
    ended(folder, summary, (*seconds, *peak_memory))
}

/// As [`finished`], of a job without labels.
pub(crate) fn unjudged(unjudged: &Unjudged) -> String {
    let Unjudged { folder, summary, seconds, peak_memory, .. } = unjudged;
    ended(folder, summary, (*seconds, *peak_memory))
}

fn ended(folder: &Path, summary: &Summary, (seconds, peak): (f64, Option<u64>)) -> String {
    let place = |path: &str| visible(&folder.join(path).display().to_string());
    let memory =
        peak.map_or(String::new(), |peak| format!(", peak memory {}", number::bytes(peak)));
    let facts = facts(&[
        ("report", place("report.html")),
        ("student", place("export/student.safetensors")),
        ("took", format!("{seconds:.1} s{memory}")),
    ]);
    format!("{}\n{facts}", result(summary))
}

/// The scores of a model that was trained alone, seed by seed.
pub(crate) fn single(single: &Single) -> String {
    let rows = single.seeds.iter().map(|(seed, score)| {
        let named = measured::seed(&score.metrics).into_iter();
        let (mut head, mut row) = (vec!["seed".to_owned()], vec![seed.to_string()]);
        for (name, value) in named.chain([("steps", number::count(score.steps))]) {
            head.push(name.to_owned());
            row.push(value);
        }
        (head, row)
    });
    let (heads, mut rows): (Vec<_>, Vec<_>) = rows.unzip();
    rows.splice(0..0, heads.into_iter().take(1));
    let words = report::wording(single.task);
    let unit = if words.is_share { " %" } else { "" };
    let score = format!("{}{unit}", number::spread(words, single.score));
    let width = rows.first().map_or(0, Vec::len);
    let model = single.folder.join("export/model.safetensors");
    let named = match single.seeds.first().map(|(_, score)| &score.metrics) {
        Some(Measured::Numbers(metrics)) => measured::absolute_error(metrics),
        _ => words.score,
    };
    let facts = facts(&[
        (named, format!("{score} on the test part")),
        (
            "model",
            format!("{} (seed {})", visible(&model.display().to_string()), single.exported_seed),
        ),
    ]);
    format!("{}\n{facts}", columns(&rows, &vec![Side::Right; width]))
}

/// The table of three and the verdict.
pub(crate) fn result(summary: &Summary) -> String {
    let is_between = |model: &&Model| matches!(model.role, Role::Assistant(_));
    let (assistants, models): (Vec<&Model>, Vec<&Model>) =
        summary.in_order().into_iter().partition(is_between);
    // Those in between stand below, because a line has room for three.
    let tables = std::iter::once(models.as_slice()).chain(assistants.chunks(3));
    let table: String = tables.map(|models| scores(summary, models)).collect();
    let teacher = summary.model(Role::Teacher);
    let gap = match summary.gap_recovered {
        // Who teaches itself has no lead over itself, and without a student alone there is none to speak of.
        None if teacher.is_none() || summary.model(Role::Baseline).is_none() => String::new(),
        Some(share) => format!("gap recovered: {:.0} %\n", 100.0 * share),
        None if teacher.is_some_and(|teacher| teacher.runs.is_empty()) => {
            "gap recovered: not known, as the teacher's outputs for the test part are not\n"
                .to_owned()
        }
        None => "gap recovered: none to recover, the teacher is not ahead\n".to_owned(),
    };
    let verdict = wrapped(&summary.verdict.sentence, 0);
    let origin: String = summary
        .teacher
        .iter()
        .map(|part| format!("{}\n", wrapped(&format!("teacher: {}", visible(part)), 9)))
        .collect();
    format!("{table}{gap}{origin}\n{BOLD}{verdict}{PLAIN}\n")
}

/// How models do on the test part, and what they cost.
fn scores(summary: &Summary, models: &[&Model]) -> String {
    let mut rows = vec![row("on the test part", models, |model| model.role.words().into_owned())];
    let mut scores = |name, value: fn(&SeedRun) -> Option<f64>, scale, decimals| {
        rows.push(row(name, models, |model| over_seeds(model, value, scale, decimals)));
    };
    if summary.knows_classes() {
        scores("accuracy, %", |run| Some(run.accuracy), 100.0, 2);
        scores("neg. log-likelihood", |run| Some(run.nll), 1.0, 3);
        scores("Brier score", |run| Some(run.brier), 1.0, 3);
        scores("calibration error, %", |run| Some(run.ece), 100.0, 2);
        if summary.model(Role::Teacher).is_some() {
            scores("agrees with teacher, %", |run| run.agreement, 100.0, 2);
        }
    } else {
        rows.extend(measured::rows(summary, models));
    }
    rows.push(row("parameters", models, |model| known(model.parameters, number::count)));
    rows.push(row("multiply-adds", models, |model| known(model.multiply_adds, number::count)));
    rows.push(row("file", models, |model| known(model.file_bytes, number::bytes)));
    rows.push(row("latency, one sample", models, |m| number::microseconds(m.latency_us_p50)));
    rows.push(row("throughput", models, |model| number::rate(model.throughput_per_second)));
    let sides = [vec![Side::Left], vec![Side::Right; models.len()]].concat();
    columns(&rows, &sides)
}

/// A size; of a teacher whose outputs are all that is known it is 0.
fn known(size: u64, write: fn(u64) -> String) -> String {
    if size == 0 { number::NONE.to_owned() } else { write(size) }
}

fn row(name: &str, models: &[&Model], value: impl Fn(&Model) -> String) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(models.iter().map(|model| value(model))).collect()
}

/// Mean and standard deviation over seeds.
fn over_seeds(
    model: &Model,
    value: fn(&SeedRun) -> Option<f64>,
    scale: f64,
    decimals: usize,
) -> String {
    let values: Vec<f64> = model.runs.iter().filter_map(value).map(|value| scale * value).collect();
    let Ok(spread) = spread(&values) else { return number::NONE.to_owned() };
    let mean = format!("{:.decimals$}", spread.mean);
    match spread.deviation {
        Some(deviation) => format!("{mean} ± {deviation:.decimals$}"),
        None => mean,
    }
}

/// What a job will do.
pub(crate) fn plan(plan: &Plan) -> String {
    let data = &plan.data;
    let networks = networks::table(networks::Networks {
        teacher: &plan.teacher,
        assistants: &plan.assistants,
        student: &plan.student,
    });
    let count = number::count;
    let (students, teacher) = match plan.teacher_steps {
        0 => (2, String::new()),
        steps => (3, format!("{} a teacher, ", count(steps))),
    };
    let students = students - u64::from(data.labelled_rows == 0);
    let each = match students + plan.assistants.len() as u64 {
        1 => "one".to_owned(),
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        more => count(more),
    };
    let rows = |number: u64| format!("{} {}", count(number), noun(number, "row"));
    let mut pairs = vec![
        ("data", format!("{}, samples of {}", visible(&data.source), data.shape)),
        (
            "learn from",
            format!("{}, {} labelled", rows(data.training_rows), count(data.labelled_rows)),
        ),
        ("validation", rows(data.validation_rows)),
        ("test", rows(data.test_rows)),
        (data.task.name(), count(data.classes)),
        ("trainings", format!("{}, {} for each seed", count(plan.trainings), each)),
        ("steps", format!("{teacher}{} a student", count(plan.student_steps))),
        (
            "soft targets",
            match plan.label_bytes {
                0 => "none are kept: who teaches is asked at each step".to_owned(),
                kept => number::bytes(kept),
            },
        ),
        ("saved states", format!("about {}", number::bytes(plan.checkpoint_bytes))),
    ];
    if plan.own_parameters > 0 {
        let (own, noun) = (count(plan.own_parameters), noun(plan.own_parameters, "parameter"));
        pairs.push(("method", format!("{own} {noun}, no part of the student")));
    }
    format!("{networks}\n{}", facts(&pairs))
}

/// The scores of one model.
pub(crate) fn evaluation(evaluation: &Evaluation) -> String {
    let metrics = &evaluation.metrics;
    let rows = number::count(metrics.samples());
    let mut pairs = vec![
        ("model", visible(&evaluation.model)),
        ("rows", format!("{rows} of {}", visible(&evaluation.source))),
    ];
    pairs.extend(measured::whole(metrics));
    let rows = measured::parts(metrics, &evaluation.classes);
    let width = rows.first().map_or(0, Vec::len);
    let sides = [vec![Side::Left], vec![Side::Right; width.saturating_sub(1)]].concat();
    let facts = facts(&pairs);
    if rows.is_empty() { facts } else { format!("{facts}\n{}", columns(&rows, &sides)) }
}

/// What is in a model or a run.
pub(crate) fn inspection(inspection: &Inspection, taps: bool) -> String {
    let mut pairs = vec![(inspection.kind.clone(), visible(&inspection.name))];
    if !inspection.layers.is_empty() {
        let classes = inspection.classes.iter().map(|name| visible(name)).collect::<Vec<_>>();
        pairs.push(("input".to_owned(), inspection.input.clone()));
        pairs.push((inspection.task.name().to_owned(), classes.join(", ")));
    }
    pairs.extend(inspection.facts.iter().map(|(name, value)| (name.clone(), visible(value))));
    let mut text = facts(&pairs);
    if !inspection.layers.is_empty() {
        text.push_str(&format!("\n{}", networks::single(&inspection.layers)));
    }
    if taps {
        let taps = inspection.taps.iter().map(|tap| (visible(&tap.name), visible(&tap.shape)));
        let taps: Vec<_> = taps.collect();
        let title = match inspection.kind.as_str() {
            "onnx" => "values on the way, for `teacher_taps`:",
            _ => "taps",
        };
        text.push_str(&format!("\n{title}\n{}", facts(&taps)));
    }
    text
}
