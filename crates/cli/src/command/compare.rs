//! `potstill compare`: finished runs, the best student first.

use eval::PairedDifference;
use job::{Leaderboard, Place};
use report::Wording;
use words::noun;

use super::DONE;
use crate::arguments::CompareArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::escape::visible;
use crate::render::measured::ERROR_IN_DEVIATIONS;
use crate::render::number;
use crate::render::table::{Side, columns, wrapped};

pub(crate) fn run(arguments: &CompareArguments, output: &Output) -> Result<u8, Failure> {
    let leaderboard = job::compare(&arguments.runs)?;
    output.result(&leaderboard, &text(&leaderboard))?;
    Ok(DONE)
}

fn text(leaderboard: &Leaderboard) -> String {
    let words = report::wording(leaderboard.task);
    let (unit, behind) = match words.is_share {
        true => (", %", format!("points of {}", words.score)),
        false => ("", format!("the gain in {}", words.score)),
    };
    let score = match leaderboard.in_deviations {
        true => ERROR_IN_DEVIATIONS.to_owned(),
        false => format!("{}{unit}", words.score),
    };
    let head = ["run", &score, "behind the best", "parameters", "itself"];
    let head = head.map(str::to_owned).to_vec();
    let rows = leaderboard.places.iter().map(|place| row(place, words));
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let table = columns(&rows, &[Side::Left, Side::Right, Side::Right, Side::Right, Side::Left]);
    let note = format!(
        "Distilled students on {} test {}. Behind the best: {behind} with the 95 % \
         interval over seeds and samples, paired; runs whose interval includes zero cannot be told \
         apart. Itself: against the same student alone.",
        number::count(leaderboard.samples as u64),
        noun(leaderboard.samples, "sample")
    );
    format!("{table}\n{}\n", wrapped(&note, 0))
}

fn row(place: &Place, words: &Wording) -> Vec<String> {
    vec![
        visible(&place.folder.display().to_string()),
        number::spread(words, place.score),
        place.behind.as_ref().map_or_else(|| number::NONE.to_owned(), |one| interval(one, words)),
        number::count(place.parameters),
        place.verdict.to_lowercase(),
    ]
}

fn interval(difference: &PairedDifference, words: &Wording) -> String {
    let points = |value: f64| match words.is_share {
        true => format!("{:.2}", 100.0 * value),
        false => number::significant(value),
    };
    let [mean, low, high] = [difference.mean, difference.low, difference.high].map(points);
    format!("{mean} ({low} to {high})")
}
