/*!
The works that potstill's speed is measured by, each a step that can be repeated.

The same works are done by other libraries in `bench/`, where the runner compares them side by side;
`potstill doctor --bench` times ours alone. A step is what the training loop of [`train`] does, with
its checks: nothing is left out that a user's training has.

```
use potstill_bench::Work;

let mut bench = Work::named("dense-64-b32")?.prepare()?;
bench.step()?;
assert_eq!(bench.parameters(), 64 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10);
# Ok::<(), potstill_bench::BenchError>(())
```
*/

#![deny(clippy::indexing_slicing)]

mod error;
mod latency;
mod measure;
mod residual;
mod teaching;
mod training;
mod work;

pub use error::BenchError;
pub use measure::{Measured, measure};
#[doc(hidden)]
pub use residual::{Residual, Sizes};
pub use work::{Bench, Work};
