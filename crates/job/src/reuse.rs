//! A student that ends in the last layer of its teacher.

use nn::{Head, Network};
use random::Stream;

use crate::JobError;
use crate::chain::Learner;
use crate::contest::{Builder, Contest, TEACHER};
use crate::tutor::{Taught, Tutor};

impl<T: Network, S: Network> Contest<'_, T, S> {
    /// How the student of a seed is made where it ends in the last layer of who teaches it; none where it has its own.
    /// Without `tutor` that layer is as it is before any training.
    pub(crate) fn heir(
        &self,
        seed: u64,
        tutor: Option<&Taught<'_, T, S>>,
    ) -> Result<Option<Box<Builder<'_, S>>>, JobError> {
        if !self.method.reuses_head() {
            return Ok(None);
        }
        let width = self.material.train.shape.len();
        let head = match (tutor, &self.teacher) {
            (Some(Taught::Trained(trained)), _) => Head::of(&trained.network, width),
            (Some(Taught::Assistant(trained)), _) => Head::of(&trained.network, width),
            (Some(Taught::Ready(lessons)), _) | (None, Tutor::Ready(lessons)) => lessons.head(),
            (None, Tutor::Trained { build, .. }) => {
                let stream = Stream::new(seed, TEACHER).named("initial weights");
                Head::of(&build(stream, &nn::cpu())?, width)
            }
            (None, Tutor::Own(_)) => None,
        };
        let (Some(build), Some(head)) = (self.heir, head) else { return Err(JobError::NoHead) };
        Ok(Some(Box::new(move |stream, device| build(head.clone(), stream, device))))
    }
}

impl<'b, S> Learner<'b, S> {
    /// The same, made in this way where there is one.
    pub(crate) fn made_as<'h>(&self, heir: Option<&'h Builder<'h, S>>) -> Learner<'h, S>
    where
        'b: 'h,
    {
        let build = heir.unwrap_or(self.build);
        Learner { role: self.role, name: self.name.clone(), build }
    }
}
