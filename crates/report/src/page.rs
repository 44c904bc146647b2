//! The whole document: the verdict first, then what it rests on, then how it was done.

mod comparison;
mod method;
mod networks;
pub(crate) mod quantity;
mod scaling;
mod seeds;
mod sweep;
mod teaching;

use data::Task;

use crate::plot::canvas::Figure;
use crate::plot::heat_map;
use crate::summary::Summary;
use crate::{escape, figures, style};

/// Puts the page together.
pub(crate) fn document(summary: &Summary) -> String {
    let sections = sections(summary);
    let links: String = sections
        .iter()
        .map(|section| format!("<a href=\"#{}\">{}</a>\n", section.id, section.title))
        .collect();
    let body: String = sections.iter().map(Section::markup).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n{}<body>\n{}<main>\n{body}</main>\n{}</body>\n</html>\n",
        head(summary),
        header(summary, &links),
        "<footer><p>Made by potstill. This page holds no script and loads nothing from a network.</p></footer>\n"
    )
}

/// One part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    content: String,
}

impl Section {
    fn markup(&self) -> String {
        let Self { id, title, content } = self;
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{title}</h2>\n{content}</section>\n"
        )
    }
}

/// The parts that have something to say.
fn sections(summary: &Summary) -> Vec<Section> {
    let confusion: Vec<Figure> = figures::confusion::maps(summary)
        .into_iter()
        .chain(figures::confusion::gain(summary))
        .collect();
    let parts = [
        ("models", "The models", comparison::table(summary)),
        ("training", "Training", grid("figures", &figures::curves::figures(summary), CURVES)),
        ("classes", by_class(summary), grid("figures", &confusion, reading_of_confusion(summary))),
        (
            "calibration",
            "Calibration",
            grid("figures three", &figures::calibration::figures(summary), CALIBRATION)
                + &scaling::table(summary),
        ),
        ("teaching", "What the teacher taught", teaching::text(summary)),
        ("sweep", "The sweep", sweep::text(summary)),
        ("seeds", "Every seed", seeds::table(summary)),
        ("networks", "The networks", networks::tables(summary)),
        ("method", "How it was done", method::text(summary)),
        ("limitations", "What this does not show", method::limitations(summary)),
    ];
    let filled = parts.into_iter().filter(|(.., content)| !content.is_empty());
    filled.map(|(id, title, content)| Section { id, title, content }).collect()
}

const CURVES: &str = "Thin lines are single seeds, the thick line is their mean, as far as every seed went. Whatever was \
                      chosen on the way was chosen on validation data; the test split had no part in it.";

const CONFUSION: &str = "Counts of test samples, summed over seeds: rows are the true class, columns the predicted one. \
                         Blue cells on the diagonal are right, orange ones wrong; the shade grows with the square root \
                         of the cell's share of its row.";

const CALIBRATION: &str = "Predictions on the test split in groups of similar confidence, pooled over seeds. On the \
                           dotted diagonal a model is as sure as it is right; below it, too sure. The thin upright \
                           lines are the gaps. Points of groups with few predictions (short bars below) wander.";

fn by_class(summary: &Summary) -> &'static str {
    match summary.task {
        Task::Classes => "Right and wrong, by class",
        Task::Labels | Task::Numbers => "Gains and losses, by label",
    }
}

fn reading_of_confusion(summary: &Summary) -> &'static str {
    if summary.task != Task::Classes {
        return "How much better each label is found.";
    }
    if summary.classes.len() > heat_map::MOST {
        "There are too many classes to draw who is taken for whom; the gains and losses of classes remain."
    } else {
        CONFUSION
    }
}

/// Figures side by side below a sentence on how to read them; nothing where there are none.
fn grid(class: &str, figures: &[Figure], reading: &str) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let figures: String = figures.iter().map(Figure::inline).collect();
    format!("<p>{reading}</p>\n<div class=\"{class}\">\n{figures}</div>\n")
}

fn head(summary: &Summary) -> String {
    let name = escape::line(&summary.name);
    // The policy makes the promise hold even if an escape were ever missed: nothing runs, nothing is fetched.
    format!(
        "<head>\n<meta charset=\"utf-8\">\n<title>{name}: potstill report</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{}{}</style>\n</head>\n",
        style::PAGE,
        style::PLOT
    )
}

fn header(summary: &Summary, links: &str) -> String {
    let verdict = &summary.verdict;
    let sentence = if verdict.sentence.is_empty() {
        "This run has no verdict yet."
    } else {
        &verdict.sentence
    };
    let word = match verdict.word.as_str() {
        "" => String::new(),
        word => format!("<p class=\"word\">{}</p>\n", escape::line(word)),
    };
    let figure = figures::difference::figure(summary);
    let (figure, evidence) = match figure {
        Some(figure) => {
            (figure.inline(), format!("<p>{}</p>\n", figures::difference::in_words(summary)))
        }
        None => (String::new(), String::new()),
    };
    let name = match summary.name.as_str() {
        "" => String::new(),
        name => format!(" · {}", escape::line(name)),
    };
    format!(
        "<header>\n<p class=\"over\">potstill report{}</p>\n{word}<h1>{}</h1>\n{evidence}{figure}<nav aria-label=\"Contents\">\n{links}</nav>\n</header>\n",
        name,
        escape::line(sentence),
    )
}
