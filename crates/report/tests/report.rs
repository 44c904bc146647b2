//! The whole report: what it shows, and that nothing from outside becomes markup.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod sample;

use std::collections::BTreeMap;

use potstill_report::summary::{Curve, FileRow, Point, Role, Summary};
use potstill_report::{html, plots};

const HOSTILE: &str =
    "</title></svg><script>alert(1)</script><img src=x onerror='a'>\"&\u{202E}\u{7}\n\u{FFFF}";

/// A run in which everything that can hold text from outside holds something hostile.
fn hostile() -> Summary {
    let mut summary = sample::run(2);
    let text = || HOSTILE.to_owned();
    summary.name = text();
    summary.command = text();
    summary.verdict.word = text();
    summary.verdict.sentence = text();
    summary.classes.iter_mut().for_each(|class| *class = text());
    summary.data.source = text();
    summary.data.shape = text();
    summary.recipe = text();
    summary.provenance = vec![(text(), text())];
    summary.limitations = vec![text()];
    summary.notes = vec![text()];
    for model in &mut summary.models {
        model.architecture = text();
        model.runs.iter_mut().for_each(|run| run.stopped = text());
        for layer in &mut model.layers {
            (layer.name, layer.kind, layer.output) = (text(), text(), text());
        }
    }
    for one in summary.teaching.iter_mut().flat_map(|teaching| &mut teaching.disagreements) {
        one.label = text();
        one.choices.iter_mut().for_each(|choice| choice.class = text());
        one.apart = text();
        one.row = Some(FileRow { place: text(), cells: vec![(text(), text())], more: 3 });
    }
    if let Some(teaching) = &mut summary.teaching {
        teaching.rows_unread = Some(text());
    }
    for axis in summary.sweep.iter_mut().flat_map(|sweep| &mut sweep.axes) {
        axis.key = text();
        axis.values.iter_mut().for_each(|value| *value = text());
    }
    for point in summary.curves.iter_mut().flat_map(|curve| &mut curve.points) {
        point.parts = BTreeMap::from([(text(), 1.0), (format!("{HOSTILE}2"), 2.0)]);
    }
    summary
}

/// A run in which no number is finite.
fn broken() -> Summary {
    let mut summary = sample::run(3);
    let difference = &mut summary.difference;
    (difference.mean, difference.low, difference.high) =
        (f64::NAN, f64::NEG_INFINITY, f64::INFINITY);
    difference.per_seed = vec![f64::NAN, f64::INFINITY, f64::MAX];
    summary.gap_recovered = Some(f64::NAN);
    for model in &mut summary.models {
        (model.latency_us_p50, model.latency_us_p90) = (f64::NAN, f64::INFINITY);
        model.throughput_per_second = f64::NAN;
        for run in &mut model.runs {
            (run.accuracy, run.nll, run.brier, run.ece) =
                (f64::NAN, f64::INFINITY, f64::NAN, f64::NAN);
            run.agreement = run.agreement.map(|_| f64::NAN);
        }
        for bin in &mut model.reliability {
            (bin.confidence, bin.accuracy) = (f64::NAN, f64::INFINITY);
        }
    }
    for at in summary.teaching.iter_mut().flat_map(|teaching| &mut teaching.softened) {
        (at.temperature, at.confidence, at.entropy) = (f64::NAN, f64::INFINITY, f64::NAN);
    }
    for point in summary.sweep.iter_mut().flat_map(|sweep| &mut sweep.points) {
        point.validation_accuracy = f64::NAN;
    }
    for point in summary.curves.iter_mut().flat_map(|curve| &mut curve.points) {
        (point.epoch, point.loss) = (f64::INFINITY, f64::NAN);
        (point.validation_score, point.validation_loss) = (f64::NAN, f64::MAX);
        point.parts.values_mut().for_each(|part| *part = f64::NEG_INFINITY);
    }
    summary
}

/// Checks that every element is closed in order, that attributes are quoted, and that text holds no stray markup.
fn assert_well_formed(markup: &str) {
    const VOID: [&str; 4] = ["meta", "link", "br", "img"];
    let mut open: Vec<&str> = Vec::new();
    let mut pieces = markup.split('<');
    assert!(!pieces.next().unwrap().contains('>'), "text before the first tag");
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("unclosed tag <{piece}"));
        assert!(!text.contains('>'), "stray > in {text:?}");
        if tag.starts_with(['!', '?']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closes what is not open");
            continue;
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "unbalanced quotes in <{tag}>");
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "odd tag <{tag}>");
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

/// Values of an attribute, over all elements.
fn attributes<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    svg.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Checks that every coordinate is a number inside the view box.
fn assert_inside_view_box(name: &str, svg: &str) {
    let sizes: Vec<f64> =
        attributes(svg, "viewBox")[0].split(' ').map(|size| size.parse().unwrap()).collect();
    let (left, top, right, bottom) = (sizes[0], sizes[1], sizes[0] + sizes[2], sizes[1] + sizes[3]);
    let check = |x: f64, y: f64| {
        assert!(
            (left..=right).contains(&x) && (top..=bottom).contains(&y),
            "{name}: ({x}, {y}) outside {sizes:?}"
        );
    };
    for path in attributes(svg, "d") {
        for place in path.trim_start_matches('M').split('L') {
            let (x, y) = place.split_once(' ').unwrap();
            check(x.parse().unwrap(), y.parse().unwrap());
        }
    }
    for (horizontal, vertical) in [("cx", "cy"), ("x", "y")] {
        for (x, y) in attributes(svg, horizontal).iter().zip(attributes(svg, vertical)) {
            check(x.parse().unwrap(), y.parse().unwrap());
        }
    }
}

fn assert_sound(summary: &Summary) -> String {
    let page = html(summary);
    assert_well_formed(&page);
    for (name, svg) in plots(summary) {
        assert!(name.ends_with(".svg"));
        assert_well_formed(&svg);
        assert_inside_view_box(&name, &svg);
    }
    page
}

#[test]
fn the_verdict_comes_first() {
    let page = assert_sound(&sample::run(5));
    let body = page.split_once("<body>").unwrap().1;
    let sentence = body.find("The distilled student beats the student trained alone").unwrap();
    assert!(sentence < body.find("<table").unwrap() && sentence < body.find("<svg").unwrap());
    assert_eq!(page.matches("<h1>").count(), 1);
}

#[test]
fn the_plots_are_those_of_the_page() {
    let summary = sample::run(5);
    let names: Vec<String> = plots(&summary).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "difference.svg",
        "validation-accuracy.svg",
        "validation-nll.svg",
        "agreement.svg",
        "loss-student.svg",
        "loss-baseline.svg",
        "loss-teacher.svg",
        "confusion-teacher.svg",
        "confusion-baseline.svg",
        "confusion-student.svg",
        "confusion-difference.svg",
        "class-gain.svg",
        "reliability-teacher.svg",
        "reliability-baseline.svg",
        "reliability-student.svg",
        "gradients.svg",
        "sweep.svg",
    ];
    assert_eq!(names, expected);
    let page = html(&summary);
    for name in names {
        let name = name.trim_end_matches(".svg");
        assert_eq!(page.matches(&format!("<figure id=\"{name}\">")).count(), 1, "{name}");
        assert_eq!(page.matches(&format!("<title id=\"{name}-title\">")).count(), 1, "{name}");
    }
}

#[test]
fn hostile_names_are_text() {
    let summary = hostile();
    let page = assert_sound(&summary);
    let files: String = plots(&summary).into_iter().map(|(_, svg)| svg).collect();
    for text in [&page, &files] {
        assert!(
            !text.contains("<script")
                && !text.contains("<img src=x")
                && !text.contains("onerror='")
        );
        for hidden in ['\u{202E}', '\u{7}', '\u{FFFF}'] {
            assert!(!text.contains(hidden), "{hidden:?} survives");
        }
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "what was written stays readable"
    );
    assert!(page.contains("⟨U+202E⟩⟨U+0007⟩⟨U+000A⟩⟨U+FFFF⟩"));
}

#[test]
fn the_page_needs_no_network_and_no_script() {
    let page = html(&sample::run(5));
    // Pictures are part of the page.
    let page = page.replace(" src=\"data:image/png;base64,", "");
    for forbidden in ["http://", "https://", "<script", "@import", "url(", " src="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn numbers_that_are_not_finite_are_shown_and_never_drawn() {
    let summary = broken();
    let page = assert_sound(&summary);
    assert!(page.contains("n/a"));
    let visible =
        page.split("<style>").next().unwrap().to_owned() + page.split("</style>").nth(1).unwrap();
    for word in ["NaN", "nan", "inf"] {
        assert!(
            !visible.contains(&format!(">{word}")) && !visible.contains(&format!("\"{word}")),
            "{word}"
        );
    }
    let names: Vec<String> = plots(&summary).into_iter().map(|(name, _)| name).collect();
    assert!(
        !names.iter().any(|name| name.starts_with("loss") || name.starts_with("reliability")),
        "{names:?}"
    );
}

#[test]
fn an_empty_run_and_a_run_of_one_seed_are_reported() {
    let empty = assert_sound(&Summary::default());
    assert!(empty.contains("This run has no verdict yet.") && !empty.contains("<table"));
    let single = assert_sound(&sample::run(1));
    assert!(single.contains("one seed") && !single.contains('±'), "one seed has no deviation");
    assert!(!single.contains("class=\"run "), "one seed is the mean itself");
}

#[test]
fn a_run_without_a_trained_teacher_is_reported() {
    let mut summary = sample::run(2);
    summary.models.retain(|model| model.role != Role::Teacher);
    summary.curves.retain(|curve| curve.role != Role::Teacher);
    let page = assert_sound(&summary);
    assert!(
        !page.contains("<figure id=\"loss-teacher\">")
            && page.contains("<figure id=\"loss-student\">")
    );
}

#[test]
fn the_best_of_a_row_is_marked_and_equals_share_the_mark() {
    let mut summary = sample::run(1);
    for model in &mut summary.models {
        model.runs[0].accuracy = if model.role == Role::Teacher { 0.90 } else { 0.95 };
        model.runs[0].nll = if model.role == Role::Teacher { 0.1 } else { 0.2 };
    }
    let page = html(&summary);
    let row = |name: &str| {
        page.split("<tr>").find(|row| row.contains(&format!(">{name}"))).unwrap().to_owned()
    };
    assert_eq!(row("Accuracy</th>").matches("<span class=\"best\">95.00\u{a0}%</span>").count(), 2);
    assert_eq!(row("NLL ").matches("<span class=\"best\">0.1000</span>").count(), 1);
    assert!(row("Accuracy</th>").contains("+5.00 points"));
    assert!(row("Parameters").contains("18.8× fewer"));
}

#[test]
fn many_classes_give_a_map_without_numbers_and_too_many_give_none() {
    let mut summary = sample::run(1);
    let many = |summary: &mut Summary, number: usize| {
        summary.classes = (0..number).map(|class| format!("class {class}")).collect();
        for model in &mut summary.models {
            let right = if model.role == Role::Student { 8 } else { 9 };
            let row = |class: usize| {
                let other = (class + 1) % number;
                (0..number)
                    .map(|column| {
                        if column == class {
                            right
                        } else if column == other {
                            10 - right
                        } else {
                            0
                        }
                    })
                    .collect()
            };
            model.confusion = (0..number).map(row).collect();
        }
    };
    many(&mut summary, 100);
    assert_sound(&summary);
    let svg =
        plots(&summary).into_iter().find(|(name, _)| name == "confusion-difference.svg").unwrap().1;
    assert!(!svg.contains("<text class=\"cell"));
    assert_eq!(
        svg.matches("class=\"strike\"").count(),
        200,
        "each class is right once less and wrong once more"
    );
    many(&mut summary, 300);
    let page = assert_sound(&summary);
    assert!(!page.contains("<figure id=\"confusion") && page.contains("too many classes to draw"));
}

#[test]
fn counts_of_unequal_test_sets_are_not_subtracted() {
    let mut summary = sample::run(1);
    summary.models[1].confusion[0][0] += 1;
    assert!(!html(&summary).contains("<figure id=\"confusion-difference\">"));
}

#[test]
fn huge_counts_do_not_overflow() {
    let mut summary = sample::run(1);
    for model in &mut summary.models {
        model.confusion = vec![vec![u64::MAX; 10]; 10];
        model.reliability.iter_mut().for_each(|bin| bin.count = u64::MAX);
    }
    assert_sound(&summary);
}

#[test]
fn curves_with_the_same_single_part_name_it_in_the_key() {
    let point = |epoch: f64| Point {
        epoch,
        step: 1,
        parts: BTreeMap::from([("label".to_owned(), epoch)]),
        gradient_norms: BTreeMap::new(),
        learning_rate: None,
        loss: epoch,
        validation_score: 0.5,
        validation_loss: 1.0,
        agreement: None,
    };
    let curves =
        vec![Curve { role: Role::Baseline, seed: 1, points: vec![point(1.0), point(2.0)] }];
    let files: BTreeMap<String, String> =
        plots(&Summary { curves, ..Summary::default() }).into_iter().collect();
    assert!(files["loss-baseline.svg"].contains(">loss (label)<"));
    assert!(!files.contains_key("agreement.svg"));
}

#[test]
fn a_summary_survives_json_with_what_is_not_finite_as_nothing() {
    let summary = sample::run(2);
    let text = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
    let text = serde_json::to_string(&broken()).unwrap();
    let read: Summary = serde_json::from_str(&text).unwrap();
    assert!(read.difference.mean.is_nan() && read.difference.per_seed[1].is_nan());
    assert!(read.models[0].runs[0].nll.is_nan());
    assert_eq!(read.gap_recovered, None);
}

#[test]
fn samples_are_shown_as_pictures_or_numbers() {
    let page = html(&sample::run(2));
    assert!(page.contains("Where the student does not follow"));
    // A grey PNG of two by two pixels, as any reader of the format begins to read it.
    assert!(page.contains("src=\"data:image/png;base64,iVBORw0KGgo"), "{page}");
    assert!(page.contains("0.25 −1.00"));
    assert!(page.contains("T-shirt/top ✓ <small>90\u{a0}%</small>"));
    let mut summary = sample::run(2);
    for one in summary.teaching.iter_mut().flat_map(|teaching| &mut teaching.disagreements) {
        if let Some(picture) = &mut one.picture {
            picture.bytes.pop();
        }
    }
    assert!(!html(&summary).contains("data:image/png;base64"), "a picture of the wrong size");
}
