//! Metrics of every task as rows of tables.

use eval::{Measured, NumberMetrics, spread};
use report::Summary;
use report::summary::{Measure, MeasureUnit, Model, SeedRun};

use super::escape::visible;
use super::number;

/// The main scores of one seed, by short names.
pub(crate) fn seed(measured: &Measured) -> Vec<(&'static str, String)> {
    match measured {
        Measured::Classes(metrics) => vec![
            ("accuracy, %", percent(metrics.accuracy)),
            ("neg. log-likelihood", format!("{:.3}", metrics.nll)),
            ("calibration error, %", percent(metrics.ece)),
        ],
        Measured::Labels(metrics) => vec![
            ("F1 of a sample, %", percent(metrics.sample_f1)),
            ("micro F1, %", percent(metrics.micro_f1)),
            ("mean av. precision, %", share(metrics.mean_average_precision)),
        ],
        Measured::Numbers(metrics) => vec![
            ("MAE", number::significant(metrics.absolute_error)),
            ("RMSE", number::significant(metrics.mean.rmse)),
            ("R2", optional(metrics.mean.r2)),
        ],
        Measured::Teacher(fidelity) => vec![
            ("agrees with teacher, %", percent(fidelity.agreement)),
            ("divergence, nats", format!("{:.4}", fidelity.divergence)),
        ],
    }
}

/// The scores of a model on all samples.
pub(crate) fn whole(measured: &Measured) -> Vec<(&'static str, String)> {
    match measured {
        Measured::Classes(metrics) => vec![
            ("accuracy", format!("{} %", percent(metrics.accuracy))),
            ("neg. log-likelihood", format!("{:.4}", metrics.nll)),
            ("Brier score", format!("{:.4}", metrics.brier)),
            ("calibration error", format!("{} %", percent(metrics.ece))),
        ],
        Measured::Labels(metrics) => vec![
            ("F1 of a sample", format!("{} %", percent(metrics.sample_f1))),
            ("micro F1", format!("{} %", percent(metrics.micro_f1))),
            ("macro F1", format!("{} %", percent(metrics.macro_f1))),
            ("mean av. precision", format!("{} %", share(metrics.mean_average_precision))),
            ("all labels right", format!("{} %", percent(metrics.subset_accuracy))),
            ("Hamming loss", format!("{} %", percent(metrics.hamming_loss))),
            ("cross-entropy", format!("{:.4}", metrics.cross_entropy)),
        ],
        Measured::Numbers(metrics) => vec![
            (absolute_error(metrics), number::significant(metrics.absolute_error)),
            ("RMSE", number::significant(metrics.mean.rmse)),
            ("R2", optional(metrics.mean.r2)),
        ],
        Measured::Teacher(fidelity) => vec![
            ("agrees with teacher", format!("{} %", percent(fidelity.agreement))),
            ("divergence", format!("{:.4} nats", fidelity.divergence)),
        ],
    }
}

/// What the score of several numbers is called: it has no unit of the data.
pub(crate) const ERROR_IN_DEVIATIONS: &str = "mean absolute error, in deviations";

/// What the score of numbers is called.
pub(crate) fn absolute_error(metrics: &NumberMetrics) -> &'static str {
    match metrics.outputs.len() {
        0 | 1 => "mean absolute error",
        _ => ERROR_IN_DEVIATIONS,
    }
}

/// A table of each class, label or number, with its head; nothing where there are no labels.
pub(crate) fn parts(measured: &Measured, names: &[String]) -> Vec<Vec<String>> {
    let head = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let named = names.iter().map(|name| visible(name));
    match measured {
        Measured::Classes(metrics) => {
            let classes = metrics.confusion.iter().zip(&metrics.per_class_accuracy);
            let rows = named.zip(classes).map(|(name, (counts, accuracy))| {
                vec![name, number::count(counts.iter().sum()), share(*accuracy)]
            });
            std::iter::once(head(&["class", "rows", "accuracy, %"])).chain(rows).collect()
        }
        Measured::Labels(metrics) => {
            let rows = named.zip(&metrics.per_label).map(|(name, label)| {
                vec![
                    name,
                    number::count(label.positives),
                    percent(label.f1),
                    share(label.average_precision),
                ]
            });
            let names = head(&["label", "rows", "F1, %", "average precision, %"]);
            std::iter::once(names).chain(rows).collect()
        }
        Measured::Numbers(metrics) => {
            let rows = named.zip(&metrics.outputs).map(|(name, output)| {
                let errors = [output.mae, output.rmse].map(number::significant);
                std::iter::once(name).chain(errors).chain([optional(output.r2)]).collect()
            });
            std::iter::once(head(&["number", "MAE", "RMSE", "R2"])).chain(rows).collect()
        }
        Measured::Teacher(_) => Vec::new(),
    }
}

/// The rows of the table of three where samples have no single class.
pub(crate) fn rows(summary: &Summary, models: &[&Model]) -> Vec<Vec<String>> {
    let words = report::wording(summary.task);
    let measured = summary.measures.iter().enumerate().map(|(place, measure)| {
        let value = move |run: &SeedRun| run.measured.get(place).copied();
        row(measure, models, &value)
    });
    let unit = if words.is_share { MeasureUnit::Share } else { MeasureUnit::Number };
    let agreement =
        Measure { name: words.agreement.to_owned(), unit, more_is_better: words.is_share };
    let agreement = row(&agreement, models, &|run: &SeedRun| run.agreement);
    measured.chain([agreement]).collect()
}

fn row(
    measure: &Measure,
    models: &[&Model],
    value: &dyn Fn(&SeedRun) -> Option<f64>,
) -> Vec<String> {
    let (unit, write): (_, fn(f64) -> String) = match measure.unit {
        MeasureUnit::Share => (", %", percent),
        MeasureUnit::Number => ("", number::significant),
    };
    let cells = models.iter().map(|model| {
        let values: Vec<f64> = model.runs.iter().filter_map(value).collect();
        match spread(&values) {
            // What the test part does not define is kept as no number.
            Ok(spread) if spread.mean.is_finite() => match spread.deviation {
                Some(deviation) => format!("{} ± {}", write(spread.mean), write(deviation)),
                None => write(spread.mean),
            },
            _ => number::NONE.to_owned(),
        }
    });
    std::iter::once(format!("{}{unit}", visible(&measure.name))).chain(cells).collect()
}

fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| number::NONE.to_owned(), percent)
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| number::NONE.to_owned(), |value| format!("{value:.4}"))
}
