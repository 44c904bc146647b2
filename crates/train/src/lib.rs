/*!
Training: optimisers, learning-rate schedules and gradient clipping.
*/

pub mod clip;
pub mod optimizer;
pub mod schedule;
