//! The recipes inside the program, and how a recipe is found.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use job::Request;
use store::read_limited;

use crate::arguments::RecipeArguments;
use crate::failure::Failure;

/// Recipes that need no file, so that the program shows what it does on any machine.
const INSIDE: [(&str, &str); 3] = [
    ("digits", include_str!("../../../recipes/digits.toml")),
    ("digits-all-labels", include_str!("../../../recipes/digits-all-labels.toml")),
    ("fashion-mnist", include_str!("../../../recipes/fashion-mnist.toml")),
];

/// A recipe is a page of text.
const LARGEST: u64 = 1 << 20;

/// The names of the recipes inside.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    INSIDE.iter().map(|(name, _)| *name)
}

/// Finds the recipe: a file, or else one of those inside.
pub(crate) fn request(arguments: &RecipeArguments) -> Result<Request, Failure> {
    let path = &arguments.recipe;
    let inside = INSIDE.iter().find(|(name, _)| !path.is_file() && path == Path::new(name));
    let (text, base) = match inside {
        Some((_, text)) => ((*text).to_owned(), PathBuf::from(".")),
        None => (read(path)?, folder_of(path)),
    };
    Ok(Request {
        origin: path.display().to_string(),
        text,
        base,
        assignments: arguments.set.clone(),
        folder: None,
        threads: arguments.threads.count(),
        command: command_line(std::env::args_os()),
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    if !path.exists() {
        return Err(Failure::NoRecipe { path: path.to_owned() });
    }
    let unreadable = |reason| Failure::UnreadableRecipe { path: path.to_owned(), reason };
    if path.is_dir() {
        return Err(unreadable("it is a folder".to_owned()));
    }
    let bytes = read_limited(path, LARGEST).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))
}

/// Relative paths in a recipe start at its folder.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The command as it was typed, apart from where the program lies.
fn command_line(arguments: impl Iterator<Item = OsString>) -> String {
    let quoted = arguments.skip(1).map(|argument| {
        let argument = argument.to_string_lossy().into_owned();
        let plain = |letter: char| letter.is_alphanumeric() || "-_./=,:+".contains(letter);
        let needs_none = !argument.is_empty() && argument.chars().all(plain);
        if needs_none { argument } else { format!("'{}'", argument.replace('\'', r"'\''")) }
    });
    std::iter::once("potstill".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again() {
        let typed = ["/usr/bin/potstill", "distill", "a b.toml", "--set", "teacher.hidden=[8, 8]"];
        let line = command_line(typed.iter().map(OsString::from));
        assert_eq!(line, "potstill distill 'a b.toml' --set 'teacher.hidden=[8, 8]'");
    }

    #[test]
    fn relative_paths_start_at_the_folder_of_the_recipe() {
        assert_eq!(folder_of(Path::new("job.toml")), Path::new("."));
        assert_eq!(folder_of(Path::new("jobs/job.toml")), Path::new("jobs"));
    }
}
