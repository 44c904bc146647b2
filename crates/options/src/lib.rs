/*!
Reading one section of a recipe: keys with defaults, ranges and explanations.

Each crate reads the options of what it does from a [`Section`], so that an option's name, default,
range and explanation stand in one place, beside the code that uses it. A [`Document`] is the whole
TOML text; it remembers which keys were asked for, so that an unknown key is an error with a
suggestion, and so that the resolved copy can write out every default with its explanation.

Nothing here opens a file, and nothing in a recipe is executed.

```
use potstill_options::{Document, Key};

let mut document = Document::parse("job.toml", "[distill]\ntemperature = 2.0\n")?;
document.set("distill.alpha=0.5")?;
let mut section = document.section("distill", "How the student learns.");
let temperature = section.number(Key("temperature", "softens both sides"), 4.0, 1.0..=100.0)?;
let alpha = section.number(Key("alpha", "weight of the soft term"), 0.9, 0.0..=1.0)?;
assert_eq!((temperature, alpha), (2.0, 0.5));
section.finish()?;
document.finish()?;
assert!(document.resolved().contains("alpha = 0.5"));
# Ok::<(), potstill_options::OptionError>(())
```
*/

#![deny(clippy::indexing_slicing)]

mod document;
mod error;
mod form;
mod range;
mod schema;
mod section;
mod survey;
mod value;

pub use document::Document;
pub use error::{OptionError, Place, Problem, closest};
pub use form::Family;
pub use section::{Key, Section, WordOrNumbers};
pub use survey::Survey;
pub use value::Value;
