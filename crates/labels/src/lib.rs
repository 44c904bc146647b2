/*!
The label store: what teachers said, kept so that each has to be asked once.

A store is a folder that holds a folder for each set of labels. Its name is a hash of all that decides the
labels ([`Identity`]): teacher, transfer set, views, classes, precision. So labels can be neither stale nor
misaligned: whatever changes, the name is another one. In it lie Parquet files ([`Shard`]), each with the
labels of some rows in one view, and `manifest.json`, which says what they are and holds the hash of each:

```text
label-store/5d0c.../manifest.json
label-store/5d0c.../shards/part-00000.parquet      columns `row`, `view` and `logit_CLASS` for each class
label-store/5d0c.../begun-00001.parquet            the first rows of a shard whose labelling was stopped
```

With `top_k` ([`Keeping`]) the columns are `class_1`, `logit_1` and so on, and `logit_other`.

A shard is written as a whole or not at all, and is the same bytes whoever writes it. So processes may fill a
store together, one that was killed goes on behind its last shard, and nobody waits for anybody. A shard that
is not what was written is found when it is read, named, and labelled again.
*/

#![deny(clippy::indexing_slicing)]

mod begun;
mod error;
mod half;
mod identity;
mod keeping;
mod label_store;
mod manifest;
mod precision;
mod shard;

pub use error::LabelError;
pub use identity::{Identity, Shard, shards};
pub use keeping::Keeping;
pub use label_store::{Found, LabelSet, LabelStore};
pub use precision::Precision;
