//! Where student and teacher differ: rows as their files have them, labels and numbers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod sample;

use data::Task;
use potstill_report::html;
use potstill_report::summary::{FileRow, Picture};

#[test]
fn rows_are_shown_as_their_files_have_them_and_no_longer_than_a_line() {
    let mut summary = sample::run(2);
    let teaching = summary.teaching.as_mut().unwrap();
    let long = "x".repeat(500);
    let cells = [("age", "39"), ("note", ""), ("<b>", "a<c"), ("long", long.as_str())];
    let cells = cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).to_vec();
    let one = &mut teaching.disagreements[1];
    one.row = Some(FileRow { place: "line 7 of adult.csv".to_owned(), cells, more: 12 });
    let page = html(&summary);
    assert!(page.contains("<th scope=\"col\">Row</th>"));
    let row =
        "line 7 of adult.csv: age <b>39</b> · note – · &lt;b&gt; <b>a&lt;c</b> · long <b>xxxx";
    assert!(page.contains(row), "{page}");
    assert!(page.contains("· 12 columns more</small>"));
    assert!(!page.contains(&"x".repeat(41)) && page.contains('…'));
}

#[test]
fn labels_and_numbers_show_how_far_student_and_teacher_are_apart() {
    let mut summary = sample::run(2);
    let teaching = summary.teaching.as_mut().unwrap();
    teaching.rows_unread = Some("no such file".to_owned());
    for one in &mut teaching.disagreements {
        one.choices.iter_mut().for_each(|choice| choice.probability = f64::NAN);
        one.choices[2].class = String::new();
        one.apart = "coat: 10 % → 90 %".to_owned();
    }
    for (task, head) in [(Task::Labels, "Labels"), (Task::Numbers, "Truth")] {
        summary.task = task;
        let page = html(&summary);
        assert!(page.contains(&format!("<th scope=\"col\">{head}</th>")));
        assert!(page.contains("<td>coat: 10 % → 90 %</td>"));
        assert!(page.contains("<td>–</td>"), "no label at all");
        assert!(page.contains("Their rows could not be read again: no such file."));
    }
}

#[test]
fn a_row_of_pixels_is_a_picture_with_its_place() {
    let mut summary = sample::run(2);
    let teaching = summary.teaching.as_mut().unwrap();
    for one in &mut teaching.disagreements {
        one.picture = Some(Picture { width: 2, height: 1, bytes: vec![0, 255] });
        let cells = vec![("pixel_0".to_owned(), "3".to_owned())];
        one.row = Some(FileRow { place: "line 7 of digits".to_owned(), cells, more: 63 });
    }
    let page = html(&summary);
    assert!(page.contains("<th scope=\"col\">Picture</th>") && !page.contains(">Row</th>"));
    assert!(page.contains("<small>line 7 of digits</small>") && !page.contains("pixel_0"));
}
