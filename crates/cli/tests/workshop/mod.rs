//! A folder of its own for a test of the real program, and snapshots of what the program says.
#![allow(dead_code, reason = "each file of tests uses a part of it")]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A temporary folder in which the program is run.
pub(crate) struct Workshop {
    root: tempfile::TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(path, content).expect("the file is written");
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// As [`output`](Self::output), for a program that dies at a storage call.
    pub(crate) fn killed_at(&self, call: u32, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command.env("POTSTILL_KILL_AT_STORAGE_CALL", call.to_string());
        command.output().expect("the program starts")
    }

    /// The program while it runs; what it says is kept.
    pub(crate) fn started(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_potstill"));
        command.current_dir(self.root.path()).args(arguments).env("POTSTILL_DATA", "nowhere");
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program, which must succeed, and gives its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs the program and compares exit code, standard output and standard error with
    /// `snapshots/NAME.txt`.
    pub(crate) fn compare(&self, name: &str, arguments: &[&str]) {
        let output = self.output(arguments);
        let place = self.root.path().display().to_string();
        let code = output.status.code().map_or("a signal".to_owned(), |code| code.to_string());
        let said = format!(
            "$ potstill {}\nexit code {code}\n--- stdout\n{}--- stderr\n{}",
            arguments.join(" "),
            text(&output.stdout),
            text(&output.stderr)
        );
        let found = without_process_numbers(&said.replace(&place, "[DIR]"));
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/snapshots")
            .join(format!("{name}.txt"));
        if std::env::var_os("POTSTILL_UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&file, &found).expect("the snapshot is written");
        }
        let expected = std::fs::read_to_string(&file)
            .unwrap_or_else(|_| panic!("no snapshot {name}; the program said:\n{found}"));
        assert_eq!(found, expected, "snapshot {name}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `process 123` is another number each time.
fn without_process_numbers(said: &str) -> String {
    let mut parts = said.split("process ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("process ");
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        if rest.len() < part.len() {
            kept.push_str("[NUMBER]");
        }
        kept.push_str(rest);
    }
    kept
}
