//! The sheet on which plots are drawn, and the figure that comes of it.

use crate::{escape, style};

/// Room around a standalone plot, whose drawing reaches to its edges.
const MARGIN: f64 = 10.0;

/// A place on the sheet, in its own units, from the upper left corner.
pub(crate) type Place = (f64, f64);

/// An SVG in the making. What has a coordinate that is not finite is not drawn.
pub(crate) struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    pub(crate) fn width(&self) -> f64 {
        self.width
    }

    pub(crate) fn line(&mut self, class: &str, from: Place, to: Place) {
        self.path(class, &[from, to]);
    }

    /// A line through all places.
    pub(crate) fn path(&mut self, class: &str, places: &[Place]) {
        if places.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return;
        }
        let steps: Vec<String> =
            places.iter().map(|(x, y)| format!("{} {}", short(*x), short(*y))).collect();
        self.push(&format!("<path class=\"{class}\" d=\"M{}\"/>", steps.join("L")));
    }

    pub(crate) fn circle(&mut self, class: &str, (x, y): Place, radius: f64) {
        if x.is_finite() && y.is_finite() && radius.is_finite() {
            let (x, y, radius) = (short(x), short(y), short(radius));
            self.push(&format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
        }
    }

    /// A filled rectangle; `opacity` from 0 to 1.
    pub(crate) fn rectangle(
        &mut self,
        class: &str,
        (x, y): Place,
        (width, height): Place,
        opacity: f64,
    ) {
        if [x, y, width, height, opacity].iter().all(|value| value.is_finite())
            && width >= 0.0
            && height >= 0.0
        {
            let opacity = if opacity < 1.0 {
                format!(" fill-opacity=\"{}\"", short(opacity))
            } else {
                String::new()
            };
            let (x, y, width, height) = (short(x), short(y), short(width), short(height));
            self.push(&format!(
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{opacity}/>"
            ));
        }
    }

    /// One line of text; the class says where the place is in it (`start`, `middle`, `end`).
    pub(crate) fn text(&mut self, class: &str, (x, y): Place, text: &str) {
        if x.is_finite() && y.is_finite() {
            let (x, y, text) = (short(x), short(y), escape::line(text));
            self.push(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"));
        }
    }

    /// Text turned around its place by `degrees`, clockwise.
    pub(crate) fn turned_text(&mut self, class: &str, (x, y): Place, degrees: i32, text: &str) {
        if x.is_finite() && y.is_finite() {
            let (x, y, text) = (short(x), short(y), escape::line(text));
            self.push(&format!("<text class=\"{class}\" transform=\"translate({x} {y}) rotate({degrees})\">{text}</text>"));
        }
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// Ends the drawing. `name` is the file's stem and must be made of letters, digits and hyphens.
    pub(crate) fn finish(mut self, name: impl Into<String>, title: &str, words: Words) -> Figure {
        self.text("title start", (0.0, 15.0), title);
        Figure { name: name.into(), title: title.to_owned(), words, canvas: self }
    }
}

/// What is said about a figure beside its title.
#[derive(Default)]
pub(crate) struct Words {
    /// What the picture shows, for those who do not see it.
    pub(crate) description: String,
    /// How to read it, set below.
    pub(crate) caption: String,
}

/// A finished plot.
pub(crate) struct Figure {
    pub(crate) name: String,
    title: String,
    words: Words,
    canvas: Canvas,
}

impl Figure {
    /// The plot as an element of the page, which brings the styles.
    pub(crate) fn inline(&self) -> String {
        let caption = match self.words.caption.as_str() {
            "" => String::new(),
            caption => format!("<figcaption>{}</figcaption>\n", escape::line(caption)),
        };
        format!("<figure id=\"{}\">\n{}{caption}</figure>\n", self.name, self.svg("", "", 0.0))
    }

    /// The plot as a file of its own.
    pub(crate) fn standalone(&self) -> String {
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        let space = " xmlns=\"http://www.w3.org/2000/svg\"";
        format!(
            "{declaration}{}",
            self.svg(space, &format!("<style>\n{}</style>\n", style::PLOT), MARGIN)
        )
    }

    fn svg(&self, space: &str, style: &str, margin: f64) -> String {
        let (name, width, height) = (
            &self.name,
            short(self.canvas.width + 2.0 * margin),
            short(self.canvas.height + 2.0 * margin),
        );
        let corner = short(-margin);
        let (title, description) =
            (escape::line(&self.title), escape::line(&self.words.description));
        format!(
            "<svg{space} class=\"plot\" role=\"img\" viewBox=\"{corner} {corner} {width} {height}\" width=\"{width}\" height=\"{height}\" \
             aria-labelledby=\"{name}-title {name}-description\">\n\
             <title id=\"{name}-title\">{title}</title>\n<desc id=\"{name}-description\">{description}</desc>\n\
             {style}{}</svg>\n",
            self.canvas.body
        )
    }
}

/// A coordinate with at most two decimals.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_that_is_not_finite_is_never_written() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.line("a", (0.0, f64::NAN), (1.0, 1.0));
        canvas.circle("a", (f64::INFINITY, 0.0), 1.0);
        canvas.rectangle("a", (0.0, 0.0), (1.0, f64::NEG_INFINITY), 1.0);
        canvas.text("a", (f64::NAN, 0.0), "words");
        canvas.turned_text("a", (f64::NAN, 0.0), 45, "words");
        assert_eq!(canvas.body, "");
    }

    #[test]
    fn text_is_escaped() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.text("a", (1.0, 2.5), "</svg><script>");
        assert_eq!(
            canvas.body,
            "<text class=\"a\" x=\"1\" y=\"2.5\">&lt;/svg&gt;&lt;script&gt;</text>\n"
        );
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!(short(1.0), "1");
        assert_eq!(short(-0.001), "0");
        assert_eq!(short(12.345_6), "12.35");
        assert_eq!(short(100.0), "100");
    }
}
