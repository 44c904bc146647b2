//! The only place of potstill that opens files for writing.
//!
//! Every change of the disk goes through a [`Disk`], which offers two ways to put data away and no third: a single file
//! that is old or new and never between ([`Disk::write_file`]), and a folder of files that belong together and are
//! committed by one rename ([`Disk::commit_folder`]). Beside these stand an append-only [`Log`], whose length is part of
//! the saved state, a [`Lock`], which gives a run folder one owner, and a [`Scratch`] file, which nothing outlives. The readers here check before they allocate and
//! never hand out bytes that do not match their manifest. This crate knows nothing of networks, recipes or runs.
//!
//! # What holds where
//!
//! *Death of the process* (a panic, `kill -9`, an aborted build, an exhausted memory): on every platform with an atomic
//! rename, which is each Unix and Windows on a local file system, a file or committed folder is afterwards the old one or
//! the new one. Temporary siblings, named `.tmp-<name>-<process>-<number>`, may remain; readers never look at them and
//! [`Disk::sweep`] removes them. The lock ends with the process, because the operating system holds it and not the file.
//!
//! *Loss of power*: on Unix, once a function here has returned without an error, its result is on the device, because the
//! data, and then the folder that names it, were synchronised in this order (on Apple systems the standard library asks
//! the drive itself to flush). The promise ends where a drive or a network file system answers before it has written.
//! On Windows a folder cannot be synchronised by the standard library: file contents are flushed, but a rename that was
//! reported as done may be missing after a loss of power; what is then found is the older state, complete. File systems
//! that refuse to synchronise folders (some network and user-space ones) are treated as Windows is.
//!
//! *Rot and tampering*: a committed folder carries the size and BLAKE3 hash of each file and a seal over the manifest
//! itself, so that any changed bit is found when it is read. The seal is no signature: someone who rewrites the folder
//! on purpose can make a valid one. A file written by [`Disk::write_file`] carries no hash of its own.
//!
//! # What it costs
//!
//! A file costs one synchronisation and one for its folder; a commit costs one for each file, one for the manifest and
//! two for the folders. Each waits for the device, and that wait, not the hashing, is what a small commit takes.
//! Replacing a file needs the space of both versions for a moment, and the new file gets the default permissions.
//! [`Disk::prune`] reads the folders that it keeps.
//!
//! # Example
//!
//! ```
//! use std::collections::BTreeMap;
//! use potstill_store::{Disk, newest_committed};
//!
//! let place = tempfile::tempdir()?;
//! let disk = Disk::new();
//! let facts = BTreeMap::from([("step".to_owned(), "117".to_owned())]);
//! disk.commit_folder(place.path(), "step-000117", &[("model.safetensors", b"weights")], &facts)?;
//!
//! let newest = newest_committed(place.path(), "step-")?;
//! let state = newest.state.ok_or("nothing was committed")?;
//! assert_eq!(state.number, 117);
//! assert_eq!(state.committed.files["model.safetensors"], b"weights");
//! assert!(newest.passed_over.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::indexing_slicing)]

mod commit;
mod committed;
mod disk;
mod error;
mod fault;
mod hash;
mod links;
mod lock;
mod log;
mod manifest;
mod newest;
mod prune;
mod read;
mod scratch;
mod temporary;
mod write;

pub use committed::{Committed, LARGEST_COMMITTED_FILE, read_committed, verify_committed};
pub use disk::Disk;
pub use error::StoreError;
pub use fault::KILL_VARIABLE;
pub use hash::{hash_bytes, hash_file};
pub use lock::Lock;
pub use log::Log;
pub use manifest::{FORMAT, LARGEST_MANIFEST};
pub use newest::{Newest, Numbered, PassedOver, newest_committed};
pub use read::read_limited;
pub use scratch::Scratch;
