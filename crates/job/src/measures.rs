//! What is measured where samples have no single class, as the report and the terminal show it.

use eval::{LabelMetrics, Measured, NumberMetrics, OutputMetrics};
use report::summary::{Measure, MeasureUnit};

/// Each measure with its value; none for classes with labels, whose measures are known.
pub(crate) fn measures(measured: &Measured, names: &[String]) -> Vec<(Measure, f64)> {
    match measured {
        Measured::Classes(_) => Vec::new(),
        Measured::Labels(metrics) => of_labels(metrics),
        Measured::Numbers(metrics) => of_numbers(metrics, names),
        Measured::Teacher(fidelity) => {
            vec![(number("divergence from the teacher, nats", false), fidelity.divergence)]
        }
    }
}

fn of_labels(metrics: &LabelMetrics) -> Vec<(Measure, f64)> {
    let share = |name: &str, value, more_is_better| {
        (Measure { name: name.to_owned(), unit: MeasureUnit::Share, more_is_better }, value)
    };
    vec![
        share("F1 of a sample", metrics.sample_f1, true),
        share("micro F1", metrics.micro_f1, true),
        share("macro F1", metrics.macro_f1, true),
        share("mean average precision", metrics.mean_average_precision.unwrap_or(f64::NAN), true),
        share("all labels right", metrics.subset_accuracy, true),
        share("Hamming loss", metrics.hamming_loss, false),
        (number("cross-entropy", false), metrics.cross_entropy),
    ]
}

fn of_numbers(metrics: &NumberMetrics, names: &[String]) -> Vec<(Measure, f64)> {
    let of_output = |name: &str, output: &OutputMetrics| {
        vec![
            (number(&format!("MAE{name}"), false), output.mae),
            (number(&format!("RMSE{name}"), false), output.rmse),
            (number(&format!("R2{name}"), true), output.r2.unwrap_or(f64::NAN)),
        ]
    };
    if let [only] = metrics.outputs.as_slice() {
        return of_output("", only);
    }
    let mean = number("mean absolute error, in deviations", false);
    let mut all = vec![(mean, metrics.absolute_error)];
    all.extend(of_output(", mean", &metrics.mean));
    for (output, name) in metrics.outputs.iter().zip(names) {
        all.extend(of_output(&format!(" of {name}"), output));
    }
    all
}

fn number(name: &str, more_is_better: bool) -> Measure {
    Measure { name: name.to_owned(), unit: MeasureUnit::Number, more_is_better }
}
