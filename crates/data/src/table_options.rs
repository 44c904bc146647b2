/*!
What a recipe says about the columns of a table: which cells are missing, which numbers are words.
*/

use options::{Key, OptionError, Section};

/// Settings of the recipe section `[data]` that concern the columns of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// Texts that mean a missing cell, beside the empty one; none where every cell of a feature
    /// must be filled.
    pub missing: Option<Vec<String>>,
    /// Columns whose cells are words even where all of them look like numbers.
    pub categorical: Vec<String>,
    /// Words that fewer training rows than this have become one level.
    pub rare: Option<usize>,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { missing: Some(Vec::new()), categorical: Vec::new(), rare: None }
    }
}

/// The value of `missing` that demands complete rows.
const REFUSE: &str = "refuse";

const MISSING: Key =
    Key("missing", "texts that mean a missing cell, as the empty one; \"refuse\" for none at all");
const CATEGORICAL: Key = Key("categorical", "columns whose numbers are taken as words");
const RARE: Key = Key("rare", "words in fewer training rows than this become one level");

impl TableOptions {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let missing = section.texts(MISSING)?;
        Ok(Self {
            missing: (missing != [REFUSE]).then_some(missing),
            categorical: section.texts(CATEGORICAL)?,
            rare: section.optional_integer(RARE, 2..)?.map(|rows| rows as usize),
        })
    }
}
