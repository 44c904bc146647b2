//! Lists of tables inside of a section: in braces or with double brackets, with places in errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_options::{Document, Key, OptionError, Section, WordOrNumbers};

const PARTS: Key = Key("parts", "the parts");
const SIZE: Key = Key("size", "how large");

/// The sizes of a list of parts, those inside of parts behind their own.
fn sizes(section: &mut Section<'_>) -> Result<Vec<u64>, OptionError> {
    let parts = section.tables(PARTS, "part", "[{ size = 1 }]", |part| {
        let mut all = vec![part.integer(SIZE, 5, 1..=9)?];
        if part.has("parts") {
            all.extend(sizes(part)?);
        }
        Ok(all)
    })?;
    Ok(parts.concat())
}

fn read(text: &str, assignments: &[&str]) -> Result<(Vec<u64>, String), OptionError> {
    let mut document = Document::parse("job.toml", text)?;
    for assignment in assignments {
        document.set(assignment)?;
    }
    let mut section = document.section("whole", "The whole.");
    let found = sizes(&mut section)?;
    section.finish()?;
    document.finish()?;
    Ok((found, document.resolved()))
}

const BRACES: &str = "[whole]\nparts = [{ size = 2 }, {}, { size = 3, parts = [{ size = 4 }] }]\n";
const BRACKETS: &str = "[[whole.parts]]\nsize = 2\n[[whole.parts]]\n[[whole.parts]]\nsize = 3\n\
                        [[whole.parts.parts]]\nsize = 4\n";

#[test]
fn both_notations_say_the_same() {
    let (found, resolved) = read(BRACES, &[]).unwrap();
    assert_eq!(found, [2, 5, 3, 4]);
    assert_eq!(read(BRACKETS, &[]).unwrap(), (found.clone(), resolved.clone()));
    let line =
        "parts = [{ size = 2 }, { size = 5 }, { size = 3, parts = [{ size = 4 }] }]  # the parts";
    assert!(resolved.lines().any(|shown| shown == line), "{resolved}");
    assert_eq!(read(&resolved, &[]).unwrap(), (found, resolved));
}

#[test]
fn a_mistake_in_a_table_has_its_place() {
    let cases = [
        ("{ size = 2 }, { size = 10 }", "`whole.parts.1.size` is out of range", "10"),
        ("{ size = \"a\" }", "`whole.parts.0.size` has the wrong type", "\"a\""),
        ("{ sice = 2 }", "unknown key `sice` in `[whole.parts.0]`", "sice"),
        ("{ size = 2 }, 3", "`whole.parts` has the wrong type", "[{ size = 2 }, 3]"),
        ("{ parts = [{ size = 0 }] }", "`whole.parts.0.parts.0.size` is out of range", "0"),
    ];
    for (parts, message, marked) in cases {
        let error = read(&format!("[whole]\nparts = [{parts}]\n"), &[]).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        let place = error.place.unwrap();
        assert_eq!(&place.text[place.span], marked, "{message}");
    }
}

#[test]
fn a_list_can_be_given_on_the_command_line() {
    let assignments = ["whole.parts = [{ size = 7 }]"];
    assert_eq!(read(BRACES, &assignments).unwrap().0, [7]);
    let error = read(BRACES, &["whole.parts = [{ size = 77 }]"]).unwrap_err();
    let place = error.place.unwrap();
    assert_eq!((&*place.origin, &place.text[place.span]), ("--set", "77"));
}

#[test]
fn a_list_must_be_given() {
    let error = read("[whole]\n", &[]).unwrap_err();
    assert_eq!(error.to_string(), "`parts` is missing in `[whole]`");
    assert_eq!(error.hint().unwrap(), "add `parts = [{ size = 1 }]`");
}

#[test]
fn a_word_or_numbers_by_name_are_read_and_written_again() {
    const SHARES: Key = Key("shares", "how much");
    let read = |value: &str| {
        let mut document = Document::parse("job.toml", &format!("[whole]\nshares = {value}\n"))?;
        let mut section = document.section("whole", "The whole.");
        let found = section.word_or_numbers(SHARES, &["even"], 0.0..=9.0)?;
        section.finish()?;
        Ok::<_, OptionError>((found, document.resolved()))
    };
    assert_eq!(read("\"even\"").unwrap().0, Some(WordOrNumbers::Word("even".into())));
    let (found, resolved) = read("{ a = 1, \"b c\" = 2.5, \"\" = 0 }").unwrap();
    let Some(WordOrNumbers::Numbers(numbers)) = &found else { panic!("numbers") };
    let mut sorted = numbers.clone();
    sorted.sort_by(|one, other| one.1.total_cmp(&other.1));
    assert_eq!(sorted, [("".into(), 0.0), ("a".into(), 1.0), ("b c".into(), 2.5)]);
    let line = resolved.lines().find(|line| line.starts_with("shares")).unwrap();
    let value = line.trim_start_matches("shares = ").trim_end_matches("  # how much");
    assert_eq!(read(value).unwrap(), (found, resolved.clone()));
    let refused = |value| read(value).unwrap_err().to_string();
    assert!(refused("\"odd\"").contains("odd"));
    assert!(refused("{ a = 10 }").starts_with("`whole.shares` is out of range"));
    assert!(refused("{ a = \"x\" }").starts_with("`whole.shares` has the wrong type"));
    assert!(refused("3").starts_with("`whole.shares` has the wrong type"));
}
