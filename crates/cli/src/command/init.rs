//! `potstill init`: a first recipe for someone's data.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use job::{FirstRecipe, FirstTarget};
use serde_json::json;
use store::Disk;

use super::DONE;
use crate::arguments::{InitArguments, TargetTask};
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes::folder_of;
use crate::render::escape::visible;

pub(crate) fn run(arguments: &InitArguments, output: &Output) -> Result<u8, Failure> {
    let path = &arguments.output;
    if path.exists() {
        return Err(Failure::RecipeExists { path: path.clone() });
    }
    let data = match &arguments.data {
        Some(data) => data.clone(),
        None => PathBuf::from(ask("Where is your data (a file or a folder)?", None)?),
    };
    let base = folder_of(path);
    let source = source(&data, &base);
    let target = target(arguments, &source, &base, output)?;
    let label = match &target {
        FirstTarget::Column(label) => Some(label.clone()),
        _ => None,
    };
    let size = arguments.size.map(|size| size as usize);
    let text = job::first_recipe(&FirstRecipe { source, base, target, size })?;
    Disk::from_environment()?.write_file(path, text.as_bytes())?;
    let shown = visible(&path.display().to_string());
    let value = json!({ "recipe": path, "label": label });
    let next = format!(
        "{shown} is written; next:\n\n  potstill check {shown}\n  potstill distill {shown}\n"
    );
    output.result(&value, &next)?;
    Ok(DONE)
}

/// What the recipe is to learn, as the command says, or else a class.
fn target(
    arguments: &InitArguments,
    data: &str,
    base: &Path,
    output: &Output,
) -> Result<FirstTarget, Failure> {
    let targets = || arguments.targets.clone();
    refuse_other_task(arguments)?;
    Ok(match (arguments.task, &arguments.label, &arguments.labels) {
        (Some(TargetTask::Labels), ..) => FirstTarget::Labels(targets()),
        (Some(TargetTask::Numbers), ..) => FirstTarget::Numbers(targets()),
        (_, Some(label), _) => FirstTarget::Column(label.clone()),
        (_, None, Some(file)) => FirstTarget::File(source(file, base)),
        (_, None, None) => {
            label(data, base, output)?.map_or(FirstTarget::Named, FirstTarget::Column)
        }
    })
}

/// Classes stand in a label, labels and numbers in targets.
fn refuse_other_task(arguments: &InitArguments) -> Result<(), Failure> {
    let label = if arguments.label.is_some() { "--label" } else { "--labels" };
    let (option, task, instead) = match (arguments.task, arguments.targets.is_empty()) {
        (Some(TargetTask::Classes), false) => ("--targets", "classes", "--label"),
        (Some(TargetTask::Labels), true) => (label, "labels", "--targets"),
        (Some(TargetTask::Numbers), true) => (label, "numbers", "--targets"),
        _ => return Ok(()),
    };
    Err(Failure::OtherTask { option, task, instead })
}

/// The path or pattern as it stands in a recipe: as typed where the recipe lies in this folder,
/// absolute elsewhere.
fn source(data: &Path, base: &Path) -> String {
    let text = data.display().to_string();
    // A path may go on with the name of an array in an archive.
    let file = text.rsplit_once(':').map_or(data, |(file, _)| Path::new(file));
    let is_place = data.exists() || file.exists() || text.contains(['*', '?', '[']);
    let inside = !is_place || base == Path::new(".");
    let path = if inside { data.to_owned() } else { std::path::absolute(data).unwrap_or_default() };
    path.display().to_string()
}

/// The label column of a table: asked for, or the likeliest, which is said; none for other data.
fn label(source: &str, base: &Path, output: &Output) -> Result<Option<String>, Failure> {
    let Some(likeliest) = job::likely_label(source, base)? else { return Ok(None) };
    if std::io::stdin().is_terminal() {
        return ask("Which column holds the class?", Some(&likeliest)).map(Some);
    }
    output.tell(&format!(
        "takes `{}` as the class; `--label COLUMN` names another",
        visible(&likeliest)
    ));
    Ok(Some(likeliest))
}

/// A line from the terminal; `default` for an empty one.
fn ask(question: &str, default: Option<&str>) -> Result<String, Failure> {
    let mut screen = anstream::stderr().lock();
    let shown = default.map_or(String::new(), |default| format!(" [{}]", visible(default)));
    let _ = write!(screen, "{question}{shown} ");
    let _ = screen.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    match (read, line.trim(), default) {
        (Ok(count), "", Some(default)) if count > 0 => Ok(default.to_owned()),
        (Ok(_), answer, _) if !answer.is_empty() => Ok(answer.to_owned()),
        _ => Err(Failure::NoAnswer { question: question.to_owned() }),
    }
}
