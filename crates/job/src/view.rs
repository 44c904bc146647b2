//! The data of a job in words and numbers.

use data::{CellCount, Corpus, SharedRows};
use recipe::Recipe;
use report::summary::DataView;
use words::{counted, verb};

/// What is known of rows that are learned from and held out as well, a sentence for each part.
pub(crate) fn shared_in_words(shared: &[SharedRows]) -> impl Iterator<Item = String> {
    shared.iter().map(|SharedRows { part, count, of, .. }| {
        format!(
            "{count} of {} of the {part} part also {} among those that are learned from; `potstill check` \
             names them",
            counted(*of, "row"),
            verb(*count, "occurs", "occur")
        )
    })
}

/// How many images are left out, and the first of them with its reason; nothing where there are none.
pub(crate) fn skipped_in_words(corpus: &Corpus) -> Option<String> {
    let first = corpus.skipped.first()?;
    let images = counted(corpus.skipped.len(), "image");
    let whose = if corpus.skipped.len() == 1 { "it is" } else { "the first is" };
    Some(format!(
        "{images} could not be used and {} left out: {whose} {}: {}",
        verb(corpus.skipped.len(), "is", "are"),
        first.name,
        first.reason
    ))
}

/// The data as the report shows it.
pub(crate) fn data_view(recipe: &Recipe, corpus: &Corpus) -> DataView {
    DataView {
        source: recipe.data.source.to_string(),
        training_rows: corpus.train.len() as u64,
        labelled_rows: corpus.train.labelled_rows().len() as u64,
        validation_rows: corpus.validation.len() as u64,
        test_rows: corpus.test.len() as u64,
        classes: corpus.classes.len() as u64,
        task: corpus.preprocessing.task(),
        shape: corpus.train.shape.to_string(),
        test_reads: 0,
    }
}

/// The data in one line.
pub(crate) fn in_words(recipe: &Recipe, corpus: &Corpus) -> String {
    let view = data_view(recipe, corpus);
    let labels = if view.labelled_rows == view.training_rows {
        "all labelled".to_owned()
    } else if view.labelled_rows == 0 {
        "none labelled".to_owned()
    } else {
        format!("{} of them labelled", view.labelled_rows)
    };
    let cells: String = cells_in_words(corpus).iter().map(|part| format!("; {part}")).collect();
    format!(
        "{}: {} to learn from ({labels}), {} validation, {} test, {} {}{cells}",
        view.source,
        counted(view.training_rows, "row"),
        view.validation_rows,
        view.test_rows,
        view.classes,
        if view.classes == 1 { view.task.name().trim_end_matches('s') } else { view.task.name() },
    )
}

/// What was filled in, what goes over several lines, and which words training does not know, part by part.
pub(crate) fn cells_in_words(corpus: &Corpus) -> Vec<String> {
    let missing = |count: &CellCount| count.missing;
    let unseen = |count: &CellCount| count.unseen;
    let broken = |count: &CellCount| count.broken;
    let parts = corpus.cells.iter().flat_map(|(part, counts)| {
        [
            columns_in_words(counts, missing)
                .map(|columns| format!("{part}: missing cells filled in: {columns}")),
            columns_in_words(counts, broken)
                .map(|columns| format!("{part}: cells over several lines: {columns}")),
            columns_in_words(counts, unseen).map(|columns| {
                format!("{part}: words that are rare in training or not there: {columns}")
            }),
        ]
    });
    parts.flatten().collect()
}

/// `age 80, income 40`, cut after the first six columns; none where there is nothing to count.
fn columns_in_words(counts: &[CellCount], of: fn(&CellCount) -> usize) -> Option<String> {
    const SHOWN: usize = 6;
    let counted: Vec<String> = counts
        .iter()
        .filter(|count| of(count) > 0)
        .map(|count| format!("`{}` {}", count.column, of(count)))
        .collect();
    let mut text = counted.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if counted.len() > SHOWN {
        text.push_str(&format!(" and {}", words::counted(counted.len() - SHOWN, "more column")));
    }
    (!counted.is_empty()).then_some(text)
}
