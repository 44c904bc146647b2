//! Ranges in words.

use std::fmt::Display;
use std::ops::{Bound, RangeBounds};

/// The range as an error message says it, such as `a number from 0 to 1`.
pub(crate) fn in_words<T: Display>(kind: &str, range: &impl RangeBounds<T>) -> String {
    match (range.start_bound(), range.end_bound()) {
        (Bound::Included(low), Bound::Included(high)) => format!("{kind} from {low} to {high}"),
        (Bound::Included(low), Bound::Excluded(high)) => {
            format!("{kind} from {low} to below {high}")
        }
        (Bound::Excluded(low), Bound::Included(high)) => {
            format!("{kind} above {low} and at most {high}")
        }
        (Bound::Excluded(low), Bound::Excluded(high)) => {
            format!("{kind} above {low} and below {high}")
        }
        (Bound::Included(low), Bound::Unbounded) => format!("{kind} of at least {low}"),
        (Bound::Excluded(low), Bound::Unbounded) => format!("{kind} above {low}"),
        (Bound::Unbounded, Bound::Included(high)) => format!("{kind} of at most {high}"),
        (Bound::Unbounded, Bound::Excluded(high)) => format!("{kind} below {high}"),
        (Bound::Unbounded, Bound::Unbounded) => kind.to_owned(),
    }
}
