//! The table of all models: teacher, student alone, distilled student, and assistants where there are some.

use super::quantity::{COSTS, Cost, Quality, qualities};
use data::Task;

use crate::escape;
use crate::number::{self, NOT_AVAILABLE};
use crate::spread::Spread;
use crate::summary::{Model, Role, Summary};
use crate::table::{Cell, Table};
use crate::wording::wording;

/// What stands where a quantity does not exist.
const NONE: &str = "–";

/// What one cell shows; `None` where the quantity does not exist for the model.
type Shown = Option<String>;

/// The table; nothing where the summary holds no model.
pub(super) fn table(summary: &Summary) -> String {
    let models = summary.in_order();
    if models.is_empty() {
        return String::new();
    }
    let mut head = vec![Cell::words("")];
    head.extend(models.iter().map(|model| Cell::flush(capital(&model.role.words()))));
    // Who teaches itself is compared with nobody.
    let compared = summary.model(Role::Teacher).is_some();
    head.extend(compared.then(|| Cell::flush("Distilled against teacher")));
    let row = |mut cells: Vec<Cell>| {
        cells.truncate(models.len() + 1 + usize::from(compared));
        cells
    };
    let mut table = Table::new(caption(&models, summary), head);
    let architectures = models.iter().map(|model| Cell::flush(escape::line(&model.architecture)));
    table.row(row([Cell::words("Architecture")]
        .into_iter()
        .chain(architectures)
        .chain([Cell::flush(NONE)])
        .collect()));
    for quality in &qualities(summary) {
        table.row(row(quality_row(quality, &models)));
    }
    let gap = |model: &&Model| {
        let share = summary
            .gap_recovered
            .map_or_else(|| NOT_AVAILABLE.to_owned(), |share| number::percent(share, 0));
        (model.role == Role::Student).then_some(share)
    };
    let judged = summary.task != Task::Classes || summary.knows_classes();
    if compared && judged {
        table.row(line("Gap recovered", models.iter().map(gap).collect(), None));
    }
    for cost in &COSTS {
        let shown = models.iter().map(|model| Some((cost.write)(model))).collect();
        table.row(row(line(cost.name, shown, contrast(cost, summary))));
    }
    format!("<div class=\"models\">\n{}</div>\n{}", table.finish(), notes(summary))
}

fn caption(models: &[&Model], summary: &Summary) -> String {
    let seeds = models.iter().map(|model| model.runs.len()).max().unwrap_or(0);
    let seeds = if seeds == 1 {
        "one seed".to_owned()
    } else {
        format!("{} seeds", number::count(seeds as u64))
    };
    let spread = if seeds == "one seed" { "" } else { ", mean ± standard deviation" };
    format!(
        "Test split of {} {}, {seeds}{spread}. <span class=\"best\"></span>marks the best of a row.",
        number::count(summary.data.test_rows),
        words::noun(summary.data.test_rows, "sample")
    )
}

fn notes(summary: &Summary) -> String {
    let reads = super::method::times(summary.data.test_reads);
    let reading = match summary.task {
        Task::Classes if !summary.knows_classes() => {
            return format!(
                "<p class=\"note\">No row has a label. Agreement is the share of equal choices; the divergence is that of \
                 Kullback and Leibler at temperature 1, and lower is better. The test split was read {reads}.</p>\n"
            );
        }
        Task::Classes => {
            "NLL, Brier score (summed over classes) and calibration error: lower is better."
        }
        Task::Labels => {
            "A label is predicted where its probability is at least one half. Labels that never apply are left out of the \
             mean average precision. Hamming loss (the share of wrong labels) and cross-entropy (summed over labels): \
             lower is better."
        }
        Task::Numbers => "Errors in the units of the data: lower is better.",
    };
    let score = wording(summary.task).score;
    format!(
        "<p class=\"note\">{reading} Gap recovered is (distilled − alone) / (teacher − alone) in {score}, shown where the \
         teacher is ahead. The test split was read {reads}.</p>\n"
    )
}

fn quality_row(quality: &Quality, models: &[&Model]) -> Vec<Cell> {
    let spreads: Vec<Option<Option<Spread>>> = models
        .iter()
        .map(|model| {
            let values: Vec<f64> = model.runs.iter().filter_map(|run| quality.value(run)).collect();
            (!values.is_empty()).then(|| Spread::of(&values))
        })
        .collect();
    let means = spreads.iter().flatten().flatten().map(|spread| spread.mean);
    let best = means
        .reduce(|one, other| if quality.more_is_better { one.max(other) } else { one.min(other) });
    // What reads the same is equally good.
    let best = best.map(quality.write).filter(|_| spreads.iter().flatten().count() > 1);
    let shown = spreads
        .iter()
        .map(|spread| spread.map(|spread| write(quality, spread, best.as_deref())))
        .collect();
    let difference = difference(quality, models, &spreads);
    line(&quality.name, shown, difference)
}

fn write(quality: &Quality, spread: Option<Spread>, best: Option<&str>) -> String {
    let Some(spread) = spread else { return NOT_AVAILABLE.to_owned() };
    let mean = (quality.write)(spread.mean);
    let mean = if Some(mean.as_str()) == best {
        format!("<span class=\"best\">{mean}</span>")
    } else {
        mean
    };
    match spread.deviation {
        Some(deviation) => {
            let deviation = (quality.write)(deviation);
            let deviation = deviation.trim_end_matches(['%', '\u{a0}']);
            format!("{mean} <small class=\"deviation\">±\u{a0}{deviation}</small>")
        }
        None => mean,
    }
}

/// Distilled student minus teacher, in the unit of the row.
fn difference(quality: &Quality, models: &[&Model], spreads: &[Option<Option<Spread>>]) -> Shown {
    let mean = |role| {
        let place = models.iter().position(|model| model.role == role)?;
        spreads.get(place).copied().flatten().flatten().map(|spread| spread.mean)
    };
    let change = mean(Role::Student)? - mean(Role::Teacher)?;
    let in_percent = (quality.write)(0.0).ends_with('%');
    Some(if in_percent {
        format!("{} points", number::points(change))
    } else {
        number::signed_significant(change)
    })
}

/// How many times less or more the distilled student costs than the teacher.
fn contrast(cost: &Cost, summary: &Summary) -> Shown {
    let teacher = (cost.value)(summary.model(Role::Teacher)?);
    let student = (cost.value)(summary.model(Role::Student)?);
    if !(teacher > 0.0 && student > 0.0) {
        return None;
    }
    let (ratio, word) = if student <= teacher {
        (teacher / student, cost.less)
    } else {
        (student / teacher, cost.more)
    };
    Some(format!("{} {word}", number::times(ratio)))
}

fn line(name: &str, shown: Vec<Shown>, contrast: Shown) -> Vec<Cell> {
    let text = |shown: Shown| shown.unwrap_or_else(|| NONE.to_owned());
    let mut cells = vec![Cell::words(name)];
    cells.extend(shown.into_iter().map(|shown| Cell::number(text(shown))));
    cells.push(Cell::flush(text(contrast)));
    cells
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
