//! `potstill compare`: finished runs, the best student first.

use eval::PairedDifference;
use job::{Leaderboard, Place};

use super::DONE;
use crate::arguments::CompareArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::escape::visible;
use crate::render::number;
use crate::render::table::{Side, columns, wrapped};

pub(crate) fn run(arguments: &CompareArguments, output: &Output) -> Result<u8, Failure> {
    let leaderboard = job::compare(&arguments.runs)?;
    output.result(&leaderboard, &text(&leaderboard))?;
    Ok(DONE)
}

fn text(leaderboard: &Leaderboard) -> String {
    let head = ["run", "accuracy, %", "behind the best", "parameters", "itself"];
    let head = head.map(str::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head).chain(leaderboard.places.iter().map(row)).collect();
    let table = columns(&rows, &[Side::Left, Side::Right, Side::Right, Side::Right, Side::Left]);
    let note = format!(
        "Distilled students on {} test samples. Behind the best: points of accuracy with the 95 % \
         interval over seeds and samples, paired; runs whose interval includes zero cannot be told \
         apart. Itself: against the same student alone.",
        number::count(leaderboard.samples as u64)
    );
    format!("{table}\n{}\n", wrapped(&note, 0))
}

fn row(place: &Place) -> Vec<String> {
    let accuracy = match place.accuracy.deviation {
        Some(deviation) => {
            format!("{:.2} ± {:.2}", 100.0 * place.accuracy.mean, 100.0 * deviation)
        }
        None => format!("{:.2}", 100.0 * place.accuracy.mean),
    };
    vec![
        visible(&place.folder.display().to_string()),
        accuracy,
        place.behind.as_ref().map_or_else(|| number::NONE.to_owned(), interval),
        number::count(place.parameters),
        place.verdict.to_lowercase(),
    ]
}

fn interval(difference: &PairedDifference) -> String {
    let points = |share: f64| format!("{:.2}", 100.0 * share);
    let [mean, low, high] = [difference.mean, difference.low, difference.high].map(points);
    format!("{mean} ({low} to {high})")
}
