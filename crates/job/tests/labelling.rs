//! A teacher is asked before any student is trained, and what it said before a stop is not asked again.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![allow(clippy::panic, reason = "a test may fail by panicking")]
use std::path::{Path, PathBuf};

use potstill_job::{Event, Observer, Outcome, Request, Silent, distill, resume};
use report::summary::Role;

const RECIPE: &str = r#"
[data]
source = "digits"

[teacher]
model = "mlp"
hidden = [24]
epochs = 1

[student]
model = "mlp"
hidden = [12]

[distill]
epochs = 1
seeds = 1

[run]
labels = "off"
"#;

fn request(folder: &Path) -> Request {
    Request {
        origin: "small.toml".to_owned(),
        text: RECIPE.to_owned(),
        base: PathBuf::from("."),
        assignments: Vec::new(),
        folder: Some(folder.to_owned()),
        threads: None,
        command: "test".to_owned(),
    }
}

/// Notes what happens, and stops the job once the teacher said so much.
#[derive(Default)]
struct Witness {
    stop_at: Option<usize>,
    /// Rows that were labelled and that the teacher was asked about, when the labels were whole.
    labelled: Option<[usize; 2]>,
    /// How many were labelled when it was last told.
    done: usize,
    is_alone_first: bool,
}

impl Observer for Witness {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Labelling { done, .. } => self.done = *done,
            Event::Labelled { rows, asked, .. } => self.labelled = Some([*rows, *asked]),
            Event::PhaseBegun { phase, .. } if phase.role == Role::Baseline => {
                self.is_alone_first = self.labelled.is_none();
            }
            _ => {}
        }
    }

    fn should_stop(&self) -> bool {
        self.stop_at.is_some_and(|rows| self.done >= rows)
    }
}

fn results(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("results.json")).unwrap()
}

#[test]
fn what_a_teacher_said_before_a_stop_is_not_asked_again() {
    let root = tempfile::tempdir().unwrap();
    let [whole, stopped] = ["whole", "stopped"].map(|name| root.path().join(name));
    distill(&request(&whole), &mut Silent).unwrap();
    let mut witness = Witness { stop_at: Some(512), ..Witness::default() };
    let outcome = distill(&request(&stopped), &mut witness).unwrap();
    assert!(matches!(outcome, Outcome::Stopped { .. }));
    assert_eq!((witness.done, witness.labelled), (512, None));
    let mut witness = Witness::default();
    assert!(matches!(resume(&stopped, None, &mut witness).unwrap(), Outcome::Done(_)));
    let Some([rows, asked]) = witness.labelled else { panic!("labelled") };
    assert_eq!((asked, witness.done), (rows - 512, rows));
    assert!(results(&stopped) == results(&whole));
}

#[test]
fn the_teacher_is_asked_before_the_student_alone_is_trained() {
    let root = tempfile::tempdir().unwrap();
    let mut witness = Witness::default();
    distill(&request(&root.path().join("run")), &mut witness).unwrap();
    assert!(witness.labelled.is_some() && !witness.is_alone_first);
}
