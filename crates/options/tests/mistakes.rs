//! Every mistake in a recipe is named with its place and a way out.
#![allow(clippy::expect_used, reason = "a test may fail by panicking")]

use potstill_options::{Document, Key, OptionError, Problem};

const TEMPERATURE: Key = Key("temperature", "softens both sides");
const ALPHA: Key = Key("alpha", "weight of the soft term");
const METHOD: Key = Key("method", "how the student learns");
const HIDDEN: Key = Key("hidden", "units of the hidden layers");
const STEPS: Key = Key("steps", "number of steps");

#[derive(Debug, PartialEq)]
struct Distill {
    temperature: f64,
    alpha: f64,
    method: String,
    hidden: Vec<usize>,
    steps: u64,
}

fn read(document: &mut Document) -> Result<Distill, OptionError> {
    let mut section = document.section("distill", "How the student learns.");
    let distill = Distill {
        temperature: section.number(TEMPERATURE, 4.0, 0.01..=1000.0)?,
        alpha: section.number(ALPHA, 0.9, 0.0..=1.0)?,
        method: section.choice(METHOD, "kd", &["kd", "dkd"])?,
        hidden: section.integers(HIDDEN, &[32, 32], 1..=65536)?,
        steps: section.integer(STEPS, 7, 1..)?,
    };
    section.finish()?;
    document.finish()?;
    Ok(distill)
}

fn mistake(text: &str) -> OptionError {
    let mut document = match Document::parse("job.toml", text) {
        Ok(document) => document,
        Err(error) => return error,
    };
    read(&mut document).expect_err("the recipe is wrong")
}

fn marked(error: &OptionError) -> &str {
    let place = error.place.as_ref().expect("the place is known");
    &place.text[place.span.clone()]
}

#[test]
fn an_empty_recipe_is_all_defaults() {
    let mut document = Document::parse("job.toml", "").unwrap();
    let distill = read(&mut document).unwrap();
    assert_eq!(distill.temperature, 4.0);
    assert_eq!(distill.hidden, [32, 32]);
}

#[test]
fn a_mistyped_key_is_found_with_the_right_one_and_its_default() {
    let error = mistake("[distill]\ntemprature = 4.0\n");
    assert_eq!(error.to_string(), "unknown key `temprature` in `[distill]`");
    assert_eq!(error.hint().unwrap(), "a similar key exists: `temperature` (default 4.0)");
    assert_eq!(marked(&error), "temprature");
}

#[test]
fn a_key_like_no_other_lists_the_keys() {
    let error = mistake("[distill]\nqqq = 4.0\n");
    assert!(error.hint().unwrap().contains("`alpha`, `method`"));
}

#[test]
fn a_mistyped_section_is_found() {
    let error = mistake("[distil]\nalpha = 0.5\n");
    assert_eq!(error.hint().unwrap(), "a similar section exists: `[distill]`");
    assert_eq!(marked(&error), "distil");
}

#[test]
fn a_wrong_type_says_expected_and_found() {
    let error = mistake("[distill]\nalpha = \"half\"\n");
    assert_eq!(
        error.to_string(),
        "`distill.alpha` has the wrong type: expected a number from 0 to 1, found the text \"half\""
    );
    assert_eq!(marked(&error), "\"half\"");
}

#[test]
fn a_value_out_of_range_says_the_range() {
    for value in ["1.5", "-0.1", "nan", "inf"] {
        let error = mistake(&format!("[distill]\nalpha = {value}\n"));
        assert!(matches!(*error.problem, Problem::OutOfRange { .. }), "{error}");
        assert_eq!(marked(&error), value);
    }
    let error = mistake("[distill]\nsteps = 0\n");
    assert!(error.to_string().contains("expected an integer of at least 1, found 0"), "{error}");
    let error = mistake("[distill]\nhidden = [32, 0]\n");
    assert!(error.to_string().contains("found [32, 0]"), "{error}");
}

#[test]
fn an_unknown_choice_suggests_the_closest() {
    let error = mistake("[distill]\nmethod = \"dkdd\"\n");
    assert_eq!(error.hint().unwrap(), "a similar value exists: `dkd`");
}

#[test]
fn broken_toml_has_its_place() {
    let error = mistake("[distill]\nalpha = = 2\n");
    assert!(matches!(*error.problem, Problem::Syntax { .. }));
    assert!(error.place.is_some());
    assert!(matches!(*mistake("alpha = 2\n").problem, Problem::Syntax { .. }));
}

#[test]
fn a_missing_key_that_was_mistyped_is_reported_as_mistyped() {
    let mut document = Document::parse("job.toml", "[data]\nsorce = \"digits\"\n").unwrap();
    let mut section = document.section("data", "What to learn from.");
    let key = Key("source", "where the samples are");
    let error = section.text(key, "\"digits\"").unwrap_err();
    assert_eq!(error.to_string(), "unknown key `sorce` in `[data]`");
    let mut section = document.section("teacher", "Who teaches.");
    let error = section.text(Key("model", "its architecture"), "\"mlp\"").unwrap_err();
    assert_eq!(error.to_string(), "`model` is missing in `[teacher]`");
    assert_eq!(error.hint().unwrap(), "add `model = \"mlp\"`");
}

#[test]
fn set_overrides_the_file_and_needs_no_quotes() {
    let mut document = Document::parse("job.toml", "[distill]\nalpha = 0.1\n").unwrap();
    document.set("distill.alpha=0.3").unwrap();
    document.set("distill.method=dkd").unwrap();
    document.set("distill.hidden=[8]").unwrap();
    let distill = read(&mut document).unwrap();
    assert_eq!((distill.alpha, distill.method.as_str()), (0.3, "dkd"));
    assert_eq!(distill.hidden, [8]);
}

#[test]
fn a_set_that_is_not_an_assignment_is_refused() {
    let mut document = Document::parse("job.toml", "").unwrap();
    for argument in ["alpha", "alpha=1", ".alpha=1", "distill.=1", "a.b.c=1", ""] {
        assert!(document.set(argument).is_err(), "{argument}");
    }
}

#[test]
fn a_mistake_in_set_is_shown_in_its_argument() {
    let mut document = Document::parse("job.toml", "").unwrap();
    document.set("distill.alpha=2").unwrap();
    let error = read(&mut document).unwrap_err();
    assert_eq!(error.place.as_ref().unwrap().origin.as_ref(), "--set");
    assert_eq!(marked(&error), "2");
}

#[test]
fn the_resolved_recipe_reads_back_the_same() {
    let mut document = Document::parse("job.toml", "[distill]\nalpha = 0.25\n").unwrap();
    let first = read(&mut document).unwrap();
    let resolved = document.resolved();
    assert!(resolved.contains("temperature = 4.0"), "{resolved}");
    let mut again = Document::parse("recipe.toml", &resolved).unwrap();
    assert_eq!(read(&mut again).unwrap(), first);
    assert_eq!(again.resolved(), resolved);
}

#[test]
fn a_list_of_texts_may_be_one_text_and_holds_nothing_else() {
    const MISSING: Key = Key("missing", "texts that mean a missing cell");
    let read = |text: &str| {
        let mut document = Document::parse("job.toml", text).expect("it is TOML");
        let mut section = document.section("data", "What to learn from.");
        let texts = section.texts(MISSING)?;
        section.finish()?;
        Ok::<_, OptionError>((texts, document.resolved()))
    };
    let (texts, resolved) = read("").unwrap();
    assert!(texts.is_empty() && resolved.contains("missing = []"), "{resolved}");
    let (texts, resolved) = read("[data]\nmissing = [\"?\", \"NA\"]\n").unwrap();
    assert_eq!(texts, ["?", "NA"]);
    assert_eq!(read(&resolved).unwrap(), (texts, resolved));
    assert_eq!(read("[data]\nmissing = \"NA\"\n").unwrap().0, ["NA"]);
    for value in ["3", "[\"NA\", 3]"] {
        let error = read(&format!("[data]\nmissing = {value}\n")).unwrap_err();
        assert!(error.to_string().contains("expected text in quotes, or a list"), "{error}");
        assert_eq!(marked(&error), value);
    }
}

#[test]
fn a_word_in_place_of_a_list_is_not_mistyped() {
    const MISSING: Key = Key("missing", "texts that mean a missing cell");
    let read = |value: &str| {
        let text = format!("[data]\nmissing = {value}\n");
        let mut document = Document::parse("job.toml", &text).expect("it is TOML");
        let mut section = document.section("data", "What to learn from.");
        let texts = section.texts_or_word(MISSING, "refuse")?;
        section.finish()?;
        Ok::<_, OptionError>(texts)
    };
    assert_eq!(read("\"refuse\"").unwrap(), None);
    assert_eq!(read("\"NA\"").unwrap().unwrap(), ["NA"]);
    assert_eq!(read("[\"refuze\"]").unwrap().unwrap(), ["refuze"]);
    for value in ["\"refuze\"", "\"Refuse\"", "\"refused\""] {
        let error = read(value).unwrap_err();
        assert!(error.to_string().contains("expected `refuse` or a list of texts"), "{error}");
        let hint =
            format!("write `missing = \"refuse\"`, or `missing = [{value}]` for the text itself");
        assert_eq!(error.hint().unwrap(), hint);
        assert_eq!(marked(&error), value);
    }
}

#[test]
fn bounds_that_are_excluded_are_said_to_be() {
    use std::ops::Bound::Excluded;
    const TEST: Key = Key("test", "a share");
    let mut document = Document::parse("job.toml", "[data]\ntest = 0\n").expect("it is TOML");
    let mut section = document.section("data", "What to learn from.");
    let error = section.number(TEST, 0.5, (Excluded(0.0), Excluded(1.0))).unwrap_err();
    assert!(
        error.to_string().contains("expected a number above 0 and below 1, found 0"),
        "{error}"
    );
}
