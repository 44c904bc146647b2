/*!
What a recipe says about the columns of a table: which are no features, which cells are missing,
which numbers are words, which name files.
*/

use options::{Key, OptionError, Section};

/// Settings of the recipe section `[data]` that concern the columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// The columns that hold the labels or numbers to learn, where no class is learned.
    pub targets: Vec<String>,
    /// The column that names each row; no two rows of a file have the same.
    pub id: Option<String>,
    /// The column whose equal cells make a group; no group is divided between parts.
    pub group: Option<String>,
    /// The column that says how much the label of each training row counts.
    pub weight: Option<String>,
    /// Columns that are not learned from.
    pub ignore: Vec<String>,
    /// Texts that mean a missing cell, beside the empty one; none where every cell of a feature
    /// must be filled.
    pub missing: Option<Vec<String>>,
    /// Columns whose cells are words even where all of them look like numbers.
    pub categorical: Vec<String>,
    /// Words that fewer training rows than this have become one level.
    pub rare: Option<usize>,
    /// The column with the paths of files whose bytes are the samples; then no other column is a feature.
    pub file: Option<String>,
    /// How many bytes of the beginning of such a file are taken, and as many of its end.
    pub bytes: usize,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            id: None,
            group: None,
            weight: None,
            ignore: Vec::new(),
            missing: Some(Vec::new()),
            categorical: Vec::new(),
            rare: None,
            file: None,
            bytes: USUAL_BYTES,
        }
    }
}

/// As many of each end as Magika's model of file types takes.
const USUAL_BYTES: usize = 1024;

/// The value of `missing` that demands complete rows.
const REFUSE: &str = "refuse";

const TARGETS: Key = Key("targets", "the columns with the labels (0 or 1) or numbers to learn");
const ID: Key = Key("id", "a column that names each row; never a feature");
const GROUP: Key = Key("group", "a column whose equal cells stay in one part; never a feature");
const WEIGHT: Key = Key("weight", "how much the label of a row counts; never a feature");
pub(crate) const IGNORE: Key = Key("ignore", "columns that are not learned from");
const MISSING: Key =
    Key("missing", "texts that mean a missing cell, as the empty one; \"refuse\" for none at all");
const CATEGORICAL: Key = Key("categorical", "columns whose numbers are taken as words");
const RARE: Key = Key("rare", "words in fewer training rows than this become one level");
const FILE: Key = Key("file", "the column with paths of files, whose bytes are the samples");
const BYTES: Key =
    Key("bytes", "for `file`: bytes of the beginning of a file, and as many of its end");

impl TableOptions {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            targets: section.texts(TARGETS)?,
            id: section.optional_text(ID, None)?,
            group: section.optional_text(GROUP, None)?,
            weight: section.optional_text(WEIGHT, None)?,
            ignore: section.texts(IGNORE)?,
            missing: section.texts_or_word(MISSING, REFUSE)?,
            categorical: section.texts(CATEGORICAL)?,
            rare: section.optional_integer(RARE, 2..)?.map(|rows| rows as usize),
            file: section.optional_text(FILE, None)?,
            bytes: section.integer(BYTES, USUAL_BYTES as u64, 1..=32_768)? as usize,
        })
    }

    /// Whether a column is learned from.
    pub(crate) fn is_feature(&self, column: &str, label: &str) -> bool {
        let is = |role: &Option<String>| role.as_deref() == Some(column);
        let among = |names: &[String]| names.iter().any(|name| name == column);
        let is_target = column == label || among(&self.targets);
        let has_role = [&self.id, &self.group, &self.weight, &self.file].into_iter().any(is);
        !is_target && !has_role && !among(&self.ignore)
    }

    /// An option that is not at its default, if there is one.
    pub(crate) fn first_set(&self) -> Option<&'static str> {
        let missing = self.missing != Self::default().missing;
        let named = self.named().map(|(key, _)| key).next();
        named.or(missing.then_some(MISSING.0)).or(self.rare.map(|_| RARE.0))
    }

    /// Every column that is named, with the option that names it.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let targets = self.targets.iter().map(|name| (TARGETS.0, name));
        let id = self.id.iter().map(|name| (ID.0, name));
        let group = self.group.iter().map(|name| (GROUP.0, name));
        let weight = self.weight.iter().map(|name| (WEIGHT.0, name));
        let ignore = self.ignore.iter().map(|name| (IGNORE.0, name));
        let file = self.file.iter().map(|name| (FILE.0, name));
        let categorical = self.categorical.iter().map(|name| (CATEGORICAL.0, name));
        targets.chain(id).chain(group).chain(weight).chain(ignore).chain(categorical).chain(file)
    }
}
