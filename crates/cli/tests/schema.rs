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
        assert_eq!(section["additionalProperties"], false);
        assert!(section["description"].is_string() && section["properties"].is_object());
    }
    let alpha = &schema["properties"]["distill"]["properties"]["alpha"];
    assert_eq!((&alpha["minimum"], &alpha["maximum"]), (&0.0.into(), &1.0.into()));
    let layout = &schema["properties"]["data"]["properties"]["layout"]["enum"];
    assert_eq!(*layout, serde_json::json!(["channels-last", "channels-first"]));
}
