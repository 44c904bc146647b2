//! What a learner learns by, made before any student is trained: so what is wrong with it is found first.

use std::sync::Arc;

use data::Views;
use methods::Method;
use nn::Network;
use teacher::{LogitSource, TapSource};

use crate::JobError;
use crate::archive::Archive;
use crate::chain::Learner;
use crate::contest::{Builder, Contest};
use crate::event::Observer;
use crate::tutor::Taught;

/// What a learner learns by.
pub(crate) struct Lesson<'t, S> {
    /// How it is made where it ends in the last layer of its tutor.
    pub(crate) heir: Option<Box<Builder<'t, S>>>,
    /// The method, where it is fitted to the learner and its tutor.
    pub(crate) fitted: Option<Arc<dyn Method>>,
    /// What the tutor says; none where the learner teaches itself.
    pub(crate) targets: Option<Box<dyn LogitSource + 't>>,
    /// What the tutor holds inside, where the method looks at it.
    pub(crate) taps: Option<Box<dyn TapSource + 't>>,
}

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// Asks the tutor all that is not asked at each step; none when the observer stopped that.
    pub(crate) fn lesson<'t>(
        &'t self,
        learner: &Learner<'_, S>,
        tutor: Option<&'t Taught<'t, T, S>>,
        (seed, views): (u64, &'t Views),
        archive: &Option<Archive>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Lesson<'t, S>>, JobError> {
        let heir = self.heir(seed, tutor)?;
        let fitted = self.fitted(seed, &learner.made_as(heir.as_deref()))?;
        let method = fitted.as_deref().unwrap_or(self.method);
        let said = self.said(tutor, views, seed, archive, observer)?;
        let Some(targets) = said else { return Ok(None) };
        let taps = self.taps(tutor, method, (seed, views), archive, observer)?;
        let Some(taps) = taps else { return Ok(None) };
        Ok(Some(Lesson { heir, fitted, targets, taps }))
    }
}
