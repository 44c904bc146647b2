/*!
Words that go with a number, so that no message speaks of 1 rows.
*/

use std::fmt::Display;

/// A number of things.
pub trait Count: Copy + Display + PartialEq + From<u8> {}

impl<T: Copy + Display + PartialEq + From<u8>> Count for T {}

/// `1 row`, `12 rows`: so many of what `one` of them is called.
///
/// ```
/// use potstill_words::counted;
///
/// assert_eq!(counted(1_usize, "row"), "1 row");
/// assert_eq!(counted(0_usize, "class"), "0 classes");
/// ```
pub fn counted(count: impl Count, one: &str) -> String {
    format!("{count} {}", noun(count, one))
}

/// The noun alone, for a number that is written in another way.
pub fn noun(count: impl Count, one: &str) -> String {
    match one {
        _ if is_one(count) => one.to_owned(),
        _ if one.ends_with(['s', 'x']) => format!("{one}es"),
        _ => match one.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
            _ => format!("{one}s"),
        },
    }
}

/// The verb of so many: `one` or `more`.
pub fn verb<'a>(count: impl Count, one: &'a str, more: &'a str) -> &'a str {
    if is_one(count) { one } else { more }
}

fn is_one<T: Count>(count: T) -> bool {
    count == T::from(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_them_has_the_name_and_others_its_plural() {
        for (one, more) in [
            ("row", "rows"),
            ("class", "classes"),
            ("box", "boxes"),
            ("probability", "probabilities"),
            ("layer", "layers"),
            ("key", "keys"),
            ("labelled row", "labelled rows"),
        ] {
            assert_eq!(counted(1_u64, one), format!("1 {one}"));
            assert_eq!([0_usize, 2, 11].map(|count| noun(count, one)), [more; 3]);
        }
        assert_eq!([0_u32, 1, 2].map(|count| verb(count, "is", "are")), ["are", "is", "are"]);
    }
}
