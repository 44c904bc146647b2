//! The shift of the bias of classes that the transfer set lacks.

use data::DataError;

use crate::JobError;
use crate::prepared::Prepared;

impl Prepared {
    /// Only the bias of a class that is there can be shifted.
    pub(crate) fn check_bias_shift(&self) -> Result<(), JobError> {
        let classes = &self.corpus.classes;
        let mut names = self.recipe.distill.bias_shift.iter().map(|(name, _)| name);
        match names.find(|name| !classes.contains(name)) {
            Some(name) => {
                let expected = format!("names of classes, such as `{}`", classes.join("`, `"));
                Err(DataError::Option { key: "bias_shift", value: name.clone(), expected }.into())
            }
            None => Ok(()),
        }
    }

    /// What is added to the bias of each class of the distilled student.
    pub(crate) fn bias_shift(&self) -> Vec<(usize, f64)> {
        let shift = self.recipe.distill.bias_shift.iter();
        let place = |name: &String| self.corpus.classes.iter().position(|class| class == name);
        shift.filter_map(|(name, value)| Some((place(name)?, *value))).collect()
    }
}
