//! Writes an HTML table with a caption, a row of column heads and a head for each row.

/// Text of one cell, already escaped or made of markup by the page itself.
pub(crate) struct Cell {
    markup: String,
    class: &'static str,
}

impl Cell {
    /// A cell of words.
    pub(crate) fn words(markup: impl Into<String>) -> Self {
        Self { markup: markup.into(), class: "" }
    }

    /// A cell of digits, set flush right.
    pub(crate) fn number(markup: impl Into<String>) -> Self {
        Self { markup: markup.into(), class: " class=\"number\"" }
    }

    /// A cell of words in a column of digits.
    pub(crate) fn flush(markup: impl Into<String>) -> Self {
        Self { markup: markup.into(), class: " class=\"flush\"" }
    }

    /// A cell of words that belong on one line, such as a shape.
    pub(crate) fn whole(markup: impl Into<String>) -> Self {
        Self { markup: markup.into(), class: " class=\"whole\"" }
    }

    fn write(&self, tag: &str, scope: &str) -> String {
        format!("<{tag}{scope}{}>{}</{tag}>", self.class, self.markup)
    }
}

/// A table in the making.
pub(crate) struct Table {
    caption: String,
    head: Vec<Cell>,
    rows: Vec<String>,
}

impl Table {
    /// Begins a table; the caption is markup.
    pub(crate) fn new(caption: impl Into<String>, head: Vec<Cell>) -> Self {
        Self { caption: caption.into(), head, rows: Vec::new() }
    }

    /// Adds a row whose first cell is its head.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        let mut cells = cells.iter();
        let head = cells.next().map(|cell| cell.write("th", " scope=\"row\"")).unwrap_or_default();
        let rest: String = cells.map(|cell| cell.write("td", "")).collect();
        self.rows.push(format!("<tr>{head}{rest}</tr>\n"));
    }

    /// Ends a group of rows; a rule parts it from the next.
    pub(crate) fn end_group(&mut self) {
        self.rows.push("</tbody>\n<tbody>\n".to_owned());
    }

    /// The table inside a frame that scrolls sideways where the screen is narrow, reachable by keyboard.
    pub(crate) fn finish(self) -> String {
        let head: String =
            self.head.iter().map(|cell| cell.write("th", " scope=\"col\"")).collect();
        format!(
            "<div class=\"scroll\" tabindex=\"0\">\n<table>\n<caption><div>{}</div></caption>\n<thead><tr>{head}</tr></thead>\n\
             <tbody>\n{}</tbody>\n</table>\n</div>\n",
            self.caption,
            self.rows.concat()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cell_of_a_row_is_its_head() {
        let mut table = Table::new("sizes", vec![Cell::words("model"), Cell::number("bytes")]);
        table.row(vec![Cell::words("teacher"), Cell::number("12")]);
        let text = table.finish();
        assert!(text.contains("<th scope=\"row\">teacher</th><td class=\"number\">12</td>"));
        assert!(text.contains("<th scope=\"col\" class=\"number\">bytes</th>"));
    }
}
