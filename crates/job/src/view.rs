//! The data of a job in words and numbers.

use data::Corpus;
use recipe::Recipe;
use report::summary::DataView;

/// The data as the report shows it.
pub(crate) fn data_view(recipe: &Recipe, corpus: &Corpus) -> DataView {
    DataView {
        source: recipe.data.source.clone(),
        training_rows: corpus.train.len() as u64,
        labelled_rows: corpus.train.labelled_rows().len() as u64,
        validation_rows: corpus.validation.len() as u64,
        test_rows: corpus.test.len() as u64,
        classes: corpus.classes.len() as u64,
        shape: corpus.train.shape.to_string(),
        test_reads: 0,
    }
}

/// The data in one line.
pub(crate) fn in_words(recipe: &Recipe, corpus: &Corpus) -> String {
    let view = data_view(recipe, corpus);
    let labels = if view.labelled_rows == view.training_rows {
        "all labelled".to_owned()
    } else {
        format!("{} of them labelled", view.labelled_rows)
    };
    format!(
        "{}: {} rows to learn from ({labels}), {} validation, {} test, {} classes",
        view.source, view.training_rows, view.validation_rows, view.test_rows, view.classes
    )
}
