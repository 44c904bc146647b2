//! The kinds of things that are found, each with a name and what it means.

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "`meaning` says what each is, once")]
pub enum Defect {
    FewRows,
    FewOfClass,
    ClassAbsent,
    ClassImbalance,
    ClassVariants,
    NumericLabel,
    UnlabelledRows,
    ShiftedClasses,
    ConstantColumn,
    NearConstantColumn,
    IdLikeColumn,
    UnnamedColumn,
    EqualColumns,
    MissingCells,
    ManyMissing,
    NewMissing,
    MissingWord,
    MissingCode,
    MixedColumn,
    NumberLikeWords,
    DateLikeWords,
    SpellingVariants,
    SingleLevels,
    LineBreaks,
    Outlier,
    LabelCopy,
    LabelFunction,
    LabelDetermined,
    LabelThreshold,
    LabelNearCopy,
    ConstantTarget,
    TargetCopy,
    TargetFunction,
    DuplicateRows,
    ContradictoryLabels,
    SharedRows,
    UnseenWords,
    ShiftedColumn,
    ExtraColumn,
    SharedIds,
    SharedGroups,
    LargeGroup,
    UnevenWeights,
    ConstantImage,
    SkippedFile,
}

impl Defect {
    /// All kinds, in the order in which they are looked for.
    pub const ALL: [Self; 45] = [
        Self::FewRows,
        Self::FewOfClass,
        Self::ClassAbsent,
        Self::ClassImbalance,
        Self::ClassVariants,
        Self::NumericLabel,
        Self::UnlabelledRows,
        Self::ShiftedClasses,
        Self::ConstantColumn,
        Self::NearConstantColumn,
        Self::IdLikeColumn,
        Self::UnnamedColumn,
        Self::EqualColumns,
        Self::MissingCells,
        Self::ManyMissing,
        Self::NewMissing,
        Self::MissingWord,
        Self::MissingCode,
        Self::MixedColumn,
        Self::NumberLikeWords,
        Self::DateLikeWords,
        Self::SpellingVariants,
        Self::SingleLevels,
        Self::LineBreaks,
        Self::Outlier,
        Self::LabelCopy,
        Self::LabelFunction,
        Self::LabelDetermined,
        Self::LabelThreshold,
        Self::LabelNearCopy,
        Self::ConstantTarget,
        Self::TargetCopy,
        Self::TargetFunction,
        Self::DuplicateRows,
        Self::ContradictoryLabels,
        Self::SharedRows,
        Self::UnseenWords,
        Self::ShiftedColumn,
        Self::ExtraColumn,
        Self::SharedIds,
        Self::SharedGroups,
        Self::LargeGroup,
        Self::UnevenWeights,
        Self::ConstantImage,
        Self::SkippedFile,
    ];

    /// The name that `check` shows, such as `few-rows`.
    pub fn name(self) -> &'static str {
        self.described().0
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        self.described().1
    }

    fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::FewRows => ("few-rows", "a part has fewer than 30 rows"),
            Self::FewOfClass => {
                ("few-of-class", "a class has fewer than 5 labelled rows in a part")
            }
            Self::ClassAbsent => ("class-absent", "a class has no labelled row in a part"),
            Self::ClassImbalance => (
                "class-imbalance",
                "one class has more than 20 times the labelled training rows of another",
            ),
            Self::ClassVariants => {
                ("class-variants", "two classes differ in case, spaces or hyphens alone")
            }
            Self::NumericLabel => {
                ("numeric-label", "more than 20 classes, all numbers with fractions among them")
            }
            Self::UnlabelledRows => {
                ("unlabelled-rows", "a transfer file has labels in some rows and not in others")
            }
            Self::ShiftedClasses => {
                ("shifted-classes", "a class has another share in test than in training")
            }
            Self::ConstantColumn => (
                "constant-column",
                "the same value in every training row, as also words have that are all under `rare`",
            ),
            Self::NearConstantColumn => (
                "near-constant-column",
                "the same value in at least 99 % of 100 training rows or more",
            ),
            Self::IdLikeColumn => (
                "id-like-column",
                "another word, or another integer in sequence, in each of 20 training rows or more",
            ),
            Self::UnnamedColumn => {
                ("unnamed-column", "a feature without a name, such as a row number")
            }
            Self::EqualColumns => (
                "equal-columns",
                "two columns say the same in every training row, perhaps on another scale",
            ),
            Self::MissingCells => {
                ("missing-cells", "cells without a value, and what they count as")
            }
            Self::ManyMissing => {
                ("many-missing", "more than half of the training cells are missing")
            }
            Self::NewMissing => ("new-missing", "missing cells where training has none"),
            Self::MissingWord => {
                ("missing-word", "words such as `NA` that `missing` does not name")
            }
            Self::MissingCode => {
                ("missing-code", "a number such as -999, far from the others, three times or more")
            }
            Self::MixedColumn => (
                "mixed-column",
                "a column of words in which a tenth of the cells or more are numbers",
            ),
            Self::NumberLikeWords => {
                ("number-like-words", "words that are numbers but for signs such as `,`, `%`, `$`")
            }
            Self::DateLikeWords => ("date-like-words", "words that are dates"),
            Self::SpellingVariants => {
                ("spelling-variants", "two words that differ in case, spaces or hyphens alone")
            }
            Self::SingleLevels => (
                "single-levels",
                "more than half of ten words or more stand in one training row each",
            ),
            Self::LineBreaks => (
                "line-breaks",
                "a cell of a CSV file with line breaks, as a quote makes that is closed too late",
            ),
            Self::Outlier => (
                "outlier",
                "a number more than 10,000 interquartile ranges from the median of training",
            ),
            Self::LabelCopy => ("label-copy", "a column is the label under other names"),
            Self::LabelFunction => ("label-function", "each class has one value of a column"),
            Self::LabelDetermined => {
                ("label-determined", "each value of a column has one class, at five rows a value")
            }
            Self::LabelThreshold => ("label-threshold", "the classes are ranges of one column"),
            Self::LabelNearCopy => (
                "label-near-copy",
                "a column alone tells the class of about 99 % of 200 training rows or more",
            ),
            Self::ConstantTarget => {
                ("constant-target", "a label or number to learn is the same in every training row")
            }
            Self::TargetCopy => (
                "target-copy",
                "a column is a label or number to learn, under other names or on another scale",
            ),
            Self::TargetFunction => (
                "target-function",
                "each value of a column has one target, at five rows a value or in the same order",
            ),
            Self::DuplicateRows => ("duplicate-rows", "equal rows in one part"),
            Self::ContradictoryLabels => (
                "contradictory-labels",
                "rows of one part with equal features and other labels, or numbers far apart",
            ),
            Self::SharedRows => ("shared-rows", "rows with equal features in two parts"),
            Self::UnseenWords => {
                ("unseen-words", "words outside of training that it does not know")
            }
            Self::ShiftedColumn => (
                "shifted-column",
                "a column is distributed otherwise in test (largest difference of shares above 0.2)",
            ),
            Self::ExtraColumn => ("extra-column", "a file has a column that training lacks"),
            Self::SharedIds => ("shared-ids", "an id of training in another file"),
            Self::SharedGroups => ("shared-groups", "a group of training in another file"),
            Self::LargeGroup => ("large-group", "a group with more than half of the rows"),
            Self::UnevenWeights => (
                "uneven-weights",
                "the weights of the rows make their labels worth fewer than a tenth as many",
            ),
            Self::ConstantImage => ("constant-image", "an image of one colour"),
            Self::SkippedFile => ("skipped-file", "an image that cannot be used was left out"),
        }
    }
}
