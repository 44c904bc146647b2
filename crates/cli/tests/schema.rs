//! The schema that `potstill schema` prints is one that editors can use.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

#[test]
fn the_schema_is_one_json_object_of_draft_2020_12_that_names_its_sections_and_keys() {
    let workshop = Workshop::new();
    let said = workshop.run(&["schema"]);
    let schema: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for section in ["data", "teacher", "student", "distill", "run"] {
        let section = &schema["properties"][section];
        // A section that can be written in several ways has a schema for each.
        let ways = section["anyOf"].as_array().cloned();
        for (number, way) in ways.unwrap_or_else(|| vec![section.clone()]).iter().enumerate() {
            assert_eq!(way["additionalProperties"], false);
            assert!(way["properties"].is_object());
            assert!(number > 0 || way["description"].is_string());
        }
    }
    let alpha = &schema["properties"]["distill"]["anyOf"][0]["properties"]["alpha"];
    assert_eq!((&alpha["minimum"], &alpha["maximum"]), (&0.0.into(), &1.0.into()));
    let layout = &schema["properties"]["data"]["properties"]["layout"]["enum"];
    assert_eq!(*layout, serde_json::json!(["channels-last", "channels-first"]));
}
