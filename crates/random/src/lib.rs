/*!
Random numbers as a pure function of where they are used.

There is no global generator. A [`Stream`] names a place: a seed, a purpose, and any number of
positions below it (epoch, sample, parameter path). The numbers found there depend on the name
alone, never on what was drawn before, on threads or on the clock:

```
use potstill_random::Stream;

let order = Stream::new(7, "order");
let epoch_3 = order.at(3).generator().permutation(100);
assert_eq!(epoch_3, order.at(3).generator().permutation(100));
assert_ne!(epoch_3, order.at(4).generator().permutation(100));
```

The name is hashed with BLAKE3 into the key of a ChaCha generator of 8 rounds. Both are fixed,
published algorithms, so the numbers stay the same from one release to the next.
*/

#![deny(clippy::indexing_slicing)]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A named place in the space of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u8; 32],
}

impl Stream {
    /// The stream of `seed` that serves `purpose`.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("potstill 2026-11 random stream");
        hasher.update(&seed.to_le_bytes());
        hasher.update(purpose.as_bytes());
        Self { key: hasher.finalize().into() }
    }

    /// The numbered place below this one, such as an epoch or a sample.
    pub fn at(&self, position: u64) -> Self {
        self.below(b"position", &position.to_le_bytes())
    }

    /// The named place below this one, such as a parameter path.
    pub fn named(&self, name: &str) -> Self {
        self.below(b"name", name.as_bytes())
    }

    /// A generator that starts at the first number of this place.
    pub fn generator(&self) -> Generator {
        Generator { inner: ChaCha8Rng::from_seed(self.key) }
    }

    /// One 64-bit number for this place, to seed something else with.
    pub fn number(&self) -> u64 {
        self.generator().next_u64()
    }

    fn below(&self, kind: &[u8], content: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(kind);
        hasher.update(content);
        Self { key: hasher.finalize().into() }
    }
}

/// A sequence of random numbers, made by [`Stream::generator`].
#[derive(Clone, Debug)]
pub struct Generator {
    inner: ChaCha8Rng,
}

impl Generator {
    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }

    /// A number in `[0, 1)` with 24 random bits, so that it is exact in `f32`.
    pub fn uniform(&mut self) -> f32 {
        const STEP: f32 = 1.0 / (1 << 24) as f32;
        (self.inner.next_u32() >> 8) as f32 * STEP
    }

    /// As many numbers by [`uniform`](Self::uniform), one after the other.
    pub fn uniforms(&mut self, numbers: &mut [f32]) {
        for number in numbers {
            *number = self.uniform();
        }
    }

    /// A number in `[low, high)`.
    pub fn uniform_between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// An integer in `[0, bound)`, each equally likely; 0 when `bound` is 0.
    ///
    /// Lemire, "Fast Random Integer Generation in an Interval" (2019), algorithm 5.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let mut product = u128::from(self.next_u64()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// A standard normal number (Box and Muller, 1958).
    ///
    /// Logarithm and cosine come from a library in Rust, so the result does not depend on the
    /// system's mathematics library.
    pub fn normal(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        let radius = ((self.next_u64() >> 11) as f64 + 1.0) * STEP;
        let angle = (self.next_u64() >> 11) as f64 * STEP;
        libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(2.0 * std::f64::consts::PI * angle)
    }

    /// Puts `items` in random order, each order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }

    /// The numbers `0..count` in random order.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut items: Vec<usize> = (0..count).collect();
        self.shuffle(&mut items);
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_always_holds_the_same_numbers() {
        let stream = Stream::new(1, "views").at(4).named("a");
        assert_eq!(stream.number(), Stream::new(1, "views").at(4).named("a").number());
    }

    #[test]
    fn every_part_of_the_name_matters() {
        let base = Stream::new(1, "views");
        let mut numbers = vec![
            base.number(),
            base.at(0).number(),
            base.at(1).number(),
            base.named("0").number(),
            base.at(0).at(1).number(),
            base.at(1).at(0).number(),
            Stream::new(2, "views").number(),
            Stream::new(1, "order").number(),
        ];
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 8);
    }

    /// ChaCha8 with a zero key and nonce, from the eSTREAM test vectors (key 256 bits, set 1).
    #[test]
    fn the_generator_is_chacha8() {
        let mut generator = Stream { key: [0; 32] }.generator();
        let bytes: Vec<u8> = (0..2).flat_map(|_| generator.next_u64().to_le_bytes()).collect();
        let expected = [
            0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6, 0x7f, 0x5b, 0xb8, 0xe8, 0x1f, 0x09,
            0xa5, 0xa1,
        ];
        assert_eq!(bytes, expected);
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let mut order = Stream::new(3, "order").generator().permutation(1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn small_bounds_are_drawn_evenly() {
        let mut generator = Stream::new(5, "test").generator();
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[generator.below(7) as usize] += 1;
        }
        // Chi squared with 6 degrees of freedom; 22.5 is exceeded once in a thousand.
        let deviation: f64 =
            counts.iter().map(|&count| (f64::from(count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(deviation < 22.5, "{counts:?}");
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut generator = Stream::new(6, "test").generator();
        let numbers: Vec<f64> = (0..100_000).map(|_| generator.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 1e5;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.0134, "{mean}"); // four standard errors and a little
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
    }
}
