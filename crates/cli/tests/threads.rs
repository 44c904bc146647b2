//! Every command that computes does so with as many threads as it is told to.
//!
//! The program is held at the end, where it says its result to a pipe that is full, and its threads are counted.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::io::{PipeReader, Write};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use workshop::Workshop;

const RECIPE: &str = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n[teacher]\nmodel = \"mlp\"\n\
                      epochs = 1\n\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\n[distill]\nepochs = 1\n\
                      seeds = 1\n\n[run]\nthreads = THREADS\n";

/// Neither the machine's number nor one more, which is a pool of the machine's number beside the first thread.
fn unusual() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) + 2
}

/// The program at its end, held there until the reader is dropped.
struct Held {
    program: Child,
    _pipe: PipeReader,
}

impl Held {
    fn start(workshop: &Workshop, arguments: &[&str]) -> Self {
        let (reader, writer) = full_pipe();
        let mut command = workshop.command(arguments);
        command.stdout(writer).stderr(Stdio::null());
        Self { program: command.spawn().expect("the program starts"), _pipe: reader }
    }

    /// Waits for the program to have `wanted` threads, and says how many it had last.
    fn threads(&mut self, wanted: usize) -> usize {
        let path = format!("/proc/{}/task", self.program.id());
        let count = || std::fs::read_dir(&path).map_or(0, Iterator::count);
        for _ in 0..600 {
            let ended = self.program.try_wait().expect("a state").is_some();
            if ended || count() == wanted {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        count()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A pipe that takes nothing more.
fn full_pipe() -> (PipeReader, Stdio) {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut filler = writer.try_clone().expect("another end");
    WRITTEN.store(0, SeqCst);
    // Ends with an error when the reader is dropped.
    std::thread::spawn(move || {
        while filler.write_all(&[0; 512]).is_ok() {
            WRITTEN.fetch_add(1, SeqCst);
        }
    });
    let mut before = 0;
    loop {
        std::thread::sleep(Duration::from_millis(100));
        match WRITTEN.load(SeqCst) {
            now if now > 0 && now == before => return (reader, writer.into()),
            now => before = now,
        }
    }
}

#[test]
fn the_number_of_the_recipe_holds_and_that_of_the_command_goes_before_it() {
    let (recipes, typed) = (unusual(), unusual() + 1);
    let workshop = Workshop::new();
    let rows = (0..200).map(|row| format!("{},{}\n", row % 10, ["low", "high"][row % 10 / 5]));
    workshop.write("table.csv", format!("size,kind\n{}", rows.collect::<String>()).as_bytes());
    let recipe = RECIPE.replace("THREADS", &recipes.to_string());
    workshop.write("job.toml", recipe.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    for command in [
        ["evaluate", "run"].as_slice(),
        &["predict", "run", "table.csv"],
        &["inspect", "run"],
        &["check", "job.toml"],
        &["plan", "job.toml"],
        &["synthesise", "job.toml", "--rows", "10"],
    ] {
        assert_eq!(Held::start(&workshop, command).threads(recipes), recipes, "{command:?}");
        let threads = ["--threads", &typed.to_string()];
        let told = [command, &threads].concat();
        assert_eq!(Held::start(&workshop, &told).threads(typed), typed, "{told:?}");
    }
    let file = "run/export/student.safetensors";
    let told = ["predict", file, "table.csv", "--threads", &typed.to_string()];
    assert_eq!(Held::start(&workshop, &told).threads(typed), typed, "{told:?}");
}
