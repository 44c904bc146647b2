//! Multi-head attention: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.

mod backward;
mod forward;
mod heads;
mod products;
mod softmax;

pub use backward::attention_backward;
pub use forward::attention;
pub use heads::Heads;
