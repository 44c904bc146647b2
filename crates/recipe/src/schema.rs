//! The JSON schema of a recipe.

use data::Task;
use labels::Keeping;
use nn::{Architecture, LayerPlan};
use options::{Document, OptionError, Section, Survey};
use serde_json::{Map, Value, json};
use teacher::{Member, Source};
use train::{OwnTeacher, Settings};

use crate::Recipe;
use crate::distill::{ASSISTANT, Distill, STAGE, read_assistant, read_stage};

/// Words that need another key beside them.
const COMPANIONS: [(&str, &str); 2] = [
    ("data.task=labels", "data.targets=[\"a\", \"b\"]"),
    ("data.task=numbers", "data.targets=[\"a\"]"),
];

/// A teacher that is not trained: the key that says so, how it is given, and whether its file must be of
/// another framework.
type Way = (&'static str, &'static str, Option<bool>);

const READY: [Way; 4] = [
    ("file", "teacher.file=a", Some(false)),
    ("file", "teacher.file=a.onnx", Some(true)),
    ("weights", "teacher.weights=a.safetensors", None),
    ("outputs", "teacher.outputs=a.csv", None),
];
const SEVERAL: Way = ("ensemble", "teacher.ensemble=[{ file = \"a\" }, { file = \"b\" }]", None);
const OWN: [&str; 2] = ["teacher.student_average=0.99", "teacher.peers=2"];
const ONNX: &str = r"\.[oO][nN][nN][xX]$";

/// What a recipe may say, as a JSON schema of draft 2020-12 for editors.
///
/// It is found by reading recipes with every word that a key offers, so that its keys, ranges, defaults
/// and explanations are those of the reading. What concerns several values at once, such as `views`
/// without a variation, is left to the reading.
///
/// # Errors
/// None, as long as every word is accepted with the defaults of all else; a test reads the schema.
pub fn schema() -> Result<Value, OptionError> {
    let read = |document: &mut Document| Recipe::read_document(document).map(drop);
    let recipe = Survey::of(&COMPANIONS, &[], read)?;
    let mut properties = recipe.sections();
    for ((key, given, onnx), task) in of_tasks(READY.into_iter().chain([SEVERAL])) {
        let read = |section: &mut Section<'_>| {
            Source::read(section, task)?;
            Keeping::read(section).map(drop)
        };
        let way = section("teacher", given, read)?;
        add_way(&mut properties, "teacher", with_required(way, "teacher", (key, onnx)));
    }
    let student = Architecture::Mlp { hidden: Vec::new() };
    for (key, given) in OwnTeacher::KEYS.into_iter().zip(OWN) {
        let way = section("teacher", given, |section| OwnTeacher::read(section).map(drop))?;
        add_way(&mut properties, "teacher", with_required(way, "teacher", (key, None)));
    }
    let several = "distill.methods=[{ method = \"kd\" }]";
    let read =
        |section: &mut Section<'_>| Distill::read(section, Task::Classes, &student).map(drop);
    let way = section("distill", several, read)?;
    add_way(&mut properties, "distill", with_required(way, "distill", ("methods", None)));
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of potstill",
        "type": "object",
        "properties": properties,
        "required": recipe.required_sections(),
        "additionalProperties": false,
        "allOf": recipe.rules_between_sections(),
        "$defs": definitions()?,
    }))
}

/// Each way for classes, and where it says what outputs are for numbers, of which it says something else.
fn of_tasks(ways: impl IntoIterator<Item = Way>) -> impl Iterator<Item = (Way, Task)> {
    ways.into_iter().flat_map(|way| {
        let (key, _, onnx) = way;
        let states_outputs = onnx != Some(false) && key != "weights";
        let tasks = [Task::Classes, Task::Numbers].into_iter();
        tasks.take(1 + usize::from(states_outputs)).map(move |task| (way, task))
    })
}

/// The tables that stand in lists.
fn definitions() -> Result<Map<String, Value>, OptionError> {
    let mut all = section(LayerPlan::KIND, "", |table| LayerPlan::read(table).map(drop))?;
    let network = section(ASSISTANT, "", |table| read_assistant(table).map(drop))?;
    add_way(&mut all, ASSISTANT, network.get(ASSISTANT).cloned());
    for task in [Task::Classes, Task::Labels, Task::Numbers] {
        let read = |table: &mut Section<'_>| methods::read_member(table, task).map(drop);
        let way = section(methods::MEMBER, "", read)?;
        add_way(&mut all, methods::MEMBER, way.get(methods::MEMBER).cloned());
    }
    let last = Settings::default();
    for task in [Task::Classes, Task::Labels, Task::Numbers] {
        for (given, required) in [("", None), ("stage.optimizer=adam", Some("optimizer"))] {
            let read = |table: &mut Section<'_>| read_stage(table, task, &last).map(drop);
            let way = section(STAGE, given, read)?;
            let way = match required {
                Some(key) => with_required(way, STAGE, (key, None)),
                None => way.get(STAGE).cloned(),
            };
            add_way(&mut all, STAGE, way);
        }
    }
    for ((key, given, onnx), task) in of_tasks(READY) {
        let way = section(Member::KIND, given, |table| Member::read(table, task).map(drop))?;
        add_way(&mut all, Member::KIND, with_required(way, Member::KIND, (key, onnx)));
    }
    Ok(all)
}

/// The schema of one section alone, or of a table in a list; `given` shows a way to write it.
fn section(
    name: &str,
    given: &str,
    read: impl Fn(&mut Section<'_>) -> Result<(), OptionError>,
) -> Result<Map<String, Value>, OptionError> {
    let given: &[&str] = if given.is_empty() { &[] } else { &[given] };
    let survey = Survey::of(&[], given, |document| {
        let mut section = document.section(name, "");
        read(&mut section)?;
        section.finish()
    })?;
    Ok(survey.sections())
}

/// A section of a survey in which a key must be given, perhaps with a file that is or is no ONNX file.
fn with_required(
    mut sections: Map<String, Value>,
    name: &str,
    (key, onnx): (&str, Option<bool>),
) -> Option<Value> {
    let mut section = sections.remove(name)?;
    let value = section.pointer_mut(&format!("/properties/{key}")).and_then(Value::as_object_mut);
    match (value, onnx) {
        (Some(value), Some(true)) => value.insert("pattern".to_owned(), json!(ONNX)),
        (Some(value), Some(false)) => value.insert("not".to_owned(), json!({ "pattern": ONNX })),
        _ => None,
    };
    let required = section.get_mut("required").and_then(Value::as_array_mut);
    if let Some(required) = required.filter(|required| !required.contains(&json!(key))) {
        required.push(json!(key));
    }
    Some(section)
}

/// Lets a section be written in one way more.
fn add_way(all: &mut Map<String, Value>, name: &str, way: Option<Value>) {
    let Some(way) = way else { return };
    match all.get_mut(name) {
        None => {
            all.insert(name.to_owned(), way);
        }
        Some(section) => match section.get_mut("anyOf").and_then(Value::as_array_mut) {
            Some(ways) => ways.push(way),
            None => *section = json!({ "anyOf": [section.take(), way] }),
        },
    }
}
