//! Columns of text, and lines that end before the edge.

/// Lines are broken before this column, where nothing else is known of who reads them.
pub(crate) const WIDTH: usize = 80;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Rows under each other, two spaces between columns, one line a row.
pub(crate) fn columns(rows: &[Vec<String>], sides: &[Side]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(sides).zip(&widths).map(|((cell, side), &width)| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Names with their values.
pub(crate) fn facts<T: AsRef<str>>(pairs: &[(T, String)]) -> String {
    let rows: Vec<Vec<String>> =
        pairs.iter().map(|(name, value)| vec![name.as_ref().to_owned(), value.clone()]).collect();
    columns(&rows, &[Side::Left, Side::Left])
}

/// Breaks a sentence between words; lines after the first are indented by so many spaces, and the
/// first is expected to stand as far in.
pub(crate) fn wrapped(sentence: &str, indent: usize) -> String {
    wrapped_at(sentence, indent, WIDTH)
}

/// The same in lines of `width` columns.
pub(crate) fn wrapped_at(sentence: &str, indent: usize, width: usize) -> String {
    broken(sentence, indent, width).join(&format!("\n{}", " ".repeat(indent)))
}

/// The lines of a sentence that stands so far in.
pub(crate) fn broken(sentence: &str, indent: usize, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // Of several spaces, as a path may have, none is lost within a line.
    for word in sentence.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() + indent <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "1"], ["bcd", "22"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows, &[Side::Left, Side::Right]), "a     1\nbcd  22\n");
    }

    #[test]
    fn no_line_of_a_wrapped_sentence_is_longer_than_the_screen() {
        let sentence = "word ".repeat(100);
        let text = wrapped(&sentence, 9);
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.len() <= WIDTH && line.starts_with("         word"))
        );
        assert_eq!(text.split_whitespace().count(), 100);
    }
}
