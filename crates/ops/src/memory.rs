//! Memory that is used again instead of being asked of the system at each step.
//!
//! A system allocator gives large blocks back to the system, and every page of a fresh block costs
//! an interrupt when it is first touched. Buffers that were let go are kept for all threads, because
//! one is often let go by another thread than the one that took it.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Numbers that are kept at most for later use.
const KEPT: usize = 1 << 28;

/// Numbers from which on buffers are kept; smaller ones are the allocator's business.
const WORTH_KEEPING: usize = 1 << 12;

static POOL: Mutex<Pool> = Mutex::new(Pool { buffers: BTreeMap::new(), kept: 0 });

fn pool() -> MutexGuard<'static, Pool> {
    // No code that can panic runs while the lock is held, and any state of the pool is a good one.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Buffers by their length.
struct Pool {
    buffers: BTreeMap<usize, Vec<Vec<f32>>>,
    kept: usize,
}

impl Pool {
    /// The smallest buffer of `len` to `most` numbers.
    fn take(&mut self, len: usize, most: usize) -> Option<Vec<f32>> {
        let (&size, buffers) = self.buffers.range_mut(len..=most).next()?;
        let buffer = buffers.pop();
        if buffers.is_empty() {
            self.buffers.remove(&size);
        }
        self.kept -= size;
        buffer
    }

    fn keep(&mut self, buffer: Vec<f32>) {
        if self.kept + buffer.len() <= KEPT {
            self.kept += buffer.len();
            self.buffers.entry(buffer.len()).or_default().push(buffer);
        }
    }
}

/// Numbers in memory that was used before; what they are at first is not specified.
#[derive(Debug, Default)]
pub struct Buffer {
    values: Vec<f32>,
    len: usize,
}

impl Buffer {
    /// A buffer of `len` numbers, to be written before it is read.
    pub fn dirty(len: usize) -> Self {
        Self::reused(len, len + len / 4)
    }

    /// As [`dirty`](Self::dirty), in memory of just this length, so that it can become a vector.
    pub fn exact(len: usize) -> Self {
        Self::reused(len, len)
    }

    /// Memory of `len` to `most` numbers, reused if there is some.
    fn reused(len: usize, most: usize) -> Self {
        let reused = if len < WORTH_KEEPING { None } else { pool().take(len, most) };
        Self { values: reused.unwrap_or_else(|| vec![0.0; len]), len }
    }

    /// Keeps the memory of a vector for a later buffer.
    pub fn recycle(values: Vec<f32>) {
        drop(Self { len: values.len(), values });
    }

    /// The numbers as a vector.
    pub fn into_vec(mut self) -> Vec<f32> {
        self.values.truncate(self.len);
        std::mem::take(&mut self.values)
    }

    /// A buffer of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::dirty(len);
        buffer.fill(0.0);
        buffer
    }
}

impl Deref for Buffer {
    type Target = [f32];

    #[inline(always)]
    fn deref(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

impl DerefMut for Buffer {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.values.len() < WORTH_KEEPING {
            return;
        }
        pool().keep(std::mem::take(&mut self.values));
    }
}

/// Copies a few numbers; one call of the system's function costs more than copying them.
#[inline(always)]
pub(crate) fn copy_few(to: &mut [f32], from: &[f32]) {
    match to.len() {
        4 => copy_exactly::<4>(to, from),
        8 => copy_exactly::<8>(to, from),
        16 => copy_exactly::<16>(to, from),
        _ => to.copy_from_slice(from),
    }
}

#[inline(always)]
fn copy_exactly<const N: usize>(to: &mut [f32], from: &[f32]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
}
