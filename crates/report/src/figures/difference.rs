//! The paired difference between the distilled student and the student alone.

use words::{counted, noun};

use crate::number;
use crate::plot::canvas::{Figure, Words};
use crate::plot::interval::{self, Interval, Labels};
use crate::summary::Summary;
use crate::wording::wording;

/// The difference with its interval, in percentage points or in the unit of the error.
pub(crate) fn figure(summary: &Summary) -> Option<Figure> {
    let difference = &summary.difference;
    if difference.seeds == 0 {
        return None;
    }
    let words = wording(summary.task);
    let (scale, [title, axis]) = (words.scale(), words.difference);
    let points = Interval {
        mean: scale * difference.mean,
        low: scale * difference.low,
        high: scale * difference.high,
        parts: difference.per_seed.iter().map(|part| scale * part).collect(),
    };
    let labels =
        Labels { name: "difference", title, axis, sides: ("alone better", "distilled better") };
    let words = Words {
        description: in_words(summary),
        caption: "The large dot is the mean of the paired differences, the whiskers its 95 % interval over seeds and \
                  test samples; each small dot is one seed. An interval that holds zero decides nothing."
            .to_owned(),
    };
    interval::draw(&points, &labels, words)
}

/// The difference as one sentence.
pub(crate) fn in_words(summary: &Summary) -> String {
    let difference = &summary.difference;
    let words = wording(summary.task);
    let unit = if words.is_share {
        " percentage points"
    } else {
        " in absolute error, positive where distilling helps"
    };
    let seeds = counted(difference.seeds, "seed");
    let interval = if difference.low.is_finite() && difference.high.is_finite() {
        format!(
            "95 % interval {} to {} from {} bootstrap replicates",
            words.points(difference.low),
            words.points(difference.high),
            number::count(difference.replicates)
        )
    } else {
        "without an interval".to_owned()
    };
    format!(
        "Paired difference {}{unit}, {interval}; {seeds}, {} test {}.",
        words.points(difference.mean),
        number::count(difference.samples),
        noun(difference.samples, "sample"),
    )
}
