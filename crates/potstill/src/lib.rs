//! potstill
