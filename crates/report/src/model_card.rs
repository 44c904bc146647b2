//! The model card: what someone needs to know who is handed the student, as Markdown.
//!
//! Its parts follow Mitchell et al., "Model Cards for Model Reporting" (2019), as far as a run knows them. What only a
//! person can know (who it is for, who should not use it, ethical considerations) is asked for, not made up.

use data::Task;

use crate::number::{self, NOT_AVAILABLE};
use crate::page::quantity::{Quality, qualities};
use crate::spread::Spread;
use crate::summary::{Model, Role, Summary};
use crate::wording::wording;

/// Puts the card together.
pub(crate) fn document(summary: &Summary) -> String {
    let parts = [
        front_matter(),
        title(summary),
        details(summary),
        use_of_it(),
        data(summary),
        training(summary),
        evaluation(summary),
        limitations(summary),
        provenance(summary),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What model hubs read by machine.
fn front_matter() -> String {
    "---\nlibrary_name: potstill\nlicense: unknown\ntags:\n- knowledge-distillation\n- safetensors\n---\n".to_owned()
}

fn title(summary: &Summary) -> String {
    let verdict = match summary.verdict.sentence.as_str() {
        "" => String::new(),
        sentence => format!("\n{}\n", inline(sentence)),
    };
    format!("# {}\n{verdict}", inline(&summary.name))
}

fn details(summary: &Summary) -> String {
    let Some(student) = summary.model(Role::Student) else { return String::new() };
    let mut rows = vec![
        ("architecture", inline(&student.architecture)),
        ("parameters", number::count(student.parameters)),
        ("multiply-adds a sample", number::large_count(student.multiply_adds)),
        ("file", number::bytes(student.file_bytes)),
        ("latency, one sample", number::microseconds(student.latency_us_p50)),
    ];
    if let Some(teacher) = summary.model(Role::Teacher) {
        let of_teacher = teacher.parameters as f64 / student.parameters.max(1) as f64;
        let name = inline(&teacher.architecture);
        let origin = match teacher.parameters {
            0 => name,
            parameters => format!(
                "{name}, {} parameters, {} the student's",
                number::count(parameters),
                number::times(of_teacher)
            ),
        };
        rows.push(("distilled from", origin));
        if teacher.latency_us_p50.is_finite() {
            let latency = number::microseconds(teacher.latency_us_p50);
            rows.push(("latency of the teacher, one sample", latency));
        }
        let origin = summary.teacher.iter().map(|part| ("teacher", inline(part)));
        rows.extend(origin);
    }
    format!("## Model\n\n{}", pairs(rows))
}

fn use_of_it() -> String {
    "## Use\n\nThe weights are in `export/student.safetensors`, with PyTorch's names and layout; architecture, \
     preprocessing and names of the classes are in the metadata of the file. `potstill predict \
     export/student.safetensors ROWS` takes rows as they were before preprocessing.\n\n\
     *To be filled in by a person: what the model is for, who uses it, what it must not be used for, and \
     under which licence it may be used (`license` at the top of this page).*\n"
        .to_owned()
}

fn data(summary: &Summary) -> String {
    let data = &summary.data;
    if data.source.is_empty() {
        return String::new();
    }
    let rows = vec![
        ("source", inline(&data.source)),
        ("samples", inline(&data.shape)),
        (
            "rows learnt from",
            format!(
                "{}, {} with a label",
                number::count(data.training_rows),
                number::count(data.labelled_rows)
            ),
        ),
        ("rows to choose by (validation)", number::count(data.validation_rows)),
        ("rows to judge by (test)", number::count(data.test_rows)),
        (wording(summary.task).targets, classes(summary)),
    ];
    format!("## Data\n\n{}", pairs(rows))
}

/// More names than these would fill the page.
const NAMED: usize = 30;

fn classes(summary: &Summary) -> String {
    let names: Vec<String> = summary.classes.iter().take(NAMED).map(|name| inline(name)).collect();
    let more = summary.classes.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}: {}{more}", number::count(summary.data.classes), names.join(", "))
}

fn training(summary: &Summary) -> String {
    if summary.recipe.is_empty() {
        return String::new();
    }
    let command = inline(&summary.command);
    let chosen = summary.sweep.as_ref().map_or(String::new(), |sweep| {
        let keys: Vec<String> = sweep.axes.iter().map(|axis| inline(&axis.key)).collect();
        format!(
            " {} were chosen on the validation part, as the best of {} combinations.",
            keys.join(" and "),
            number::count(sweep.points.len() as u64)
        )
    });
    format!(
        "## Training\n\nMade by {command}, with this recipe.{chosen}\n\n{}",
        fenced(&summary.recipe)
    )
}

fn evaluation(summary: &Summary) -> String {
    let models = summary.in_order();
    if models.is_empty() {
        return String::new();
    }
    let known = ["accuracy", "negative log-likelihood", "Brier score", "calibration error"];
    let rows = qualities(summary).into_iter().enumerate().map(|(place, quality)| {
        let name = match (summary.task, known.get(place)) {
            (Task::Classes, Some(name)) if summary.knows_classes() => (*name).to_owned(),
            (Task::Classes, None) => wording(summary.task).agreement.to_owned(),
            _ => match summary.measures.get(place) {
                Some(measure) => inline(&measure.name),
                None => wording(summary.task).agreement.to_owned(),
            },
        };
        let cells = models.iter().map(|model| over_seeds(model, &quality));
        std::iter::once(name).chain(cells).collect::<Vec<_>>()
    });
    let words: Vec<_> = models.iter().map(|model| model.role.words()).collect();
    let head = std::iter::once("").chain(words.iter().map(|words| &**words));
    let seeds = models.iter().map(|model| model.runs.len()).max().unwrap_or(0);
    format!(
        "## Evaluation\n\nOn the test part, mean and standard deviation over {} seed{}. The file is one of these \
         seeds.\n\n{}",
        seeds,
        if seeds == 1 { "" } else { "s" },
        table(head, rows)
    )
}

fn over_seeds(model: &Model, quality: &Quality) -> String {
    let write = quality.write;
    let values: Vec<f64> = model.runs.iter().filter_map(|run| quality.value(run)).collect();
    match (values.is_empty(), Spread::of(&values)) {
        (true, _) => "–".to_owned(),
        (false, None) => NOT_AVAILABLE.to_owned(),
        (false, Some(Spread { mean, deviation: None })) => write(mean),
        (false, Some(Spread { mean, deviation: Some(deviation) })) => {
            format!("{} ± {}", write(mean), write(deviation))
        }
    }
}

fn limitations(summary: &Summary) -> String {
    let sentences = summary.limitations.iter().chain(&summary.notes);
    let list: String = sentences.map(|sentence| format!("- {}\n", prose(sentence))).collect();
    if list.is_empty() { list } else { format!("## Limitations\n\n{list}") }
}

fn provenance(summary: &Summary) -> String {
    let rows: Vec<_> =
        summary.provenance.iter().map(|(name, value)| vec![inline(name), inline(value)]).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("## Provenance\n\n{}", table(["", ""], rows.into_iter()))
}

fn pairs(rows: Vec<(&str, String)>) -> String {
    table(["", ""], rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]))
}

fn table<'a>(
    head: impl IntoIterator<Item = &'a str>,
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let head: Vec<&str> = head.into_iter().collect();
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

/// A sentence in which names stand between backticks, as in the report.
fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return inline(sentence);
    }
    let part = |(place, part): (usize, &&str)| match place % 2 {
        0 => inline(part),
        _ => format!("`{}`", part.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text from outside on one line: shown as it is, whatever it holds.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for character in crate::escape::line(text).chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '$' | '!' => {
                out.push_str(&format!("&#{};", u32::from(character)));
            }
            other => out.push(other),
        }
    }
    out
}

/// A block of text from outside, with a fence that it does not hold itself.
fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}toml\n{}\n{fence}\n", text.trim_end())
}
