//! The JSON schema of a recipe.

use nn::LayerPlan;
use options::{Document, OptionError, Survey};
use serde_json::{Value, json};

use crate::Recipe;

/// Words that need another key beside them.
const COMPANIONS: [(&str, &str); 2] = [
    ("data.task=labels", "data.targets=[\"a\", \"b\"]"),
    ("data.task=numbers", "data.targets=[\"a\"]"),
];

/// The name of the layers of a network that a recipe lists.
const LAYER: &str = "layer";

/// What a recipe may say, as a JSON schema of draft 2020-12 for editors.
///
/// It is found by reading recipes with every word that a key offers, so that its keys, ranges, defaults
/// and explanations are those of the reading. What concerns several values at once, such as `views`
/// without a variation, is left to the reading.
///
/// # Errors
/// None, as long as every word is accepted with the defaults of all else; a test reads the schema.
pub fn schema() -> Result<Value, OptionError> {
    let recipe = Survey::of(&COMPANIONS, |document| Recipe::read_document(document).map(drop))?;
    let layer = Survey::of(&[], read_layer)?;
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of potstill",
        "type": "object",
        "properties": recipe.sections(LAYER),
        "required": recipe.required_sections(),
        "additionalProperties": false,
        "allOf": recipe.rules_between_sections(),
        "$defs": layer.sections(LAYER),
    }))
}

fn read_layer(document: &mut Document) -> Result<(), OptionError> {
    let mut section = document.section(LAYER, "One layer of a network that is listed.");
    LayerPlan::read(&mut section)?;
    section.finish()
}
