/*!
The order of the training samples: a pure function of the seed and the step.
*/

use random::Stream;

use crate::error::DataError;
use crate::options::refused;

/// Which samples make up the batch of each step.
///
/// A pass goes through all rows once, in an order that depends on the stream and the number of the
/// pass alone; its last batch may be smaller. So the batch of a step does not depend on which
/// batches were asked for before, and a resumed run needs no state but the step.
#[derive(Clone, Debug)]
pub struct Order {
    stream: Stream,
    rows: Vec<usize>,
    batch_size: usize,
    /// The pass that was used last and its order, kept because steps mostly follow one another.
    current: Option<(u64, Vec<usize>)>,
}

impl Order {
    /// Batches of `batch_size` of the given rows.
    ///
    /// # Errors
    /// [`DataError::Option`] if there are no rows or the batch size is 0.
    pub fn new(stream: Stream, rows: Vec<usize>, batch_size: usize) -> Result<Self, DataError> {
        if rows.is_empty() {
            return Err(refused("rows", 0, "at least one row to learn from"));
        }
        if batch_size == 0 {
            return Err(refused("batch_size", 0, "at least 1"));
        }
        Ok(Self { stream, rows, batch_size, current: None })
    }

    /// The number of steps that go through all rows once.
    pub fn batches_per_pass(&self) -> u64 {
        self.rows.len().div_ceil(self.batch_size) as u64
    }

    /// The pass that a step belongs to, counted from 0.
    pub fn pass(&self, step: u64) -> u64 {
        step / self.batches_per_pass()
    }

    /// The rows of the batch of `step`, counted from 0.
    pub fn batch(&mut self, step: u64) -> &[usize] {
        let pass = self.pass(step);
        let start = (step % self.batches_per_pass()) as usize * self.batch_size;
        let size = self.batch_size;
        let order = self.order_of(pass);
        let end = start.saturating_add(size).min(order.len());
        order.get(start..end).unwrap_or_default()
    }

    fn order_of(&mut self, pass: u64) -> &[usize] {
        if self.current.as_ref().is_none_or(|(held, _)| *held != pass) {
            let mut order = self.rows.clone();
            self.stream.at(pass).generator().shuffle(&mut order);
            self.current = Some((pass, order));
        }
        self.current.as_ref().map_or(&[], |(_, order)| order)
    }
}
