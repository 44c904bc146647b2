/*!
Data for distillation: reading files, checking them, dividing them, and handing samples out.

The way of the data: [`DataOptions`] say what to read; [`load`] reads it, divides it class by class,
fits the [`Preprocessing`] on the training rows and gives a [`Corpus`]; [`check()`] looks for what
is suspicious in it; [`Order`] says which samples make up each training step; [`Views`] make
numbered variations of images.

Everything is a function of files, options and seed. The crate knows no tensor library, writes nothing
but scratch files ([`Room`]) and never changes its input.

Limits: files and arrays up to 4 GiB (Parquet files that stay on disk 1 TiB), cells up to 1 MiB, IDX contents up to 2 GiB, 1,000 distinct values
in a column of words.
*/

#![deny(clippy::indexing_slicing)]

mod block;
mod check;
mod cifar;
mod copied;
mod digits;
mod error;
mod fashion;
mod file;
mod file_names;
mod folder;
mod gallery;
mod group_split;
mod heading;
mod hint;
mod idx;
mod images;
mod joined;
mod labels;
mod lines;
mod load;
mod memory;
mod mixing;
mod mnist;
mod near_miss;
mod npy;
mod npz;
mod omitted;
mod options;
mod order;
mod origin;
mod parquet;
mod picture;
mod picture_format;
mod place;
mod preprocessing;
mod quote;
mod quotes;
mod raw;
mod reading;
mod recorded;
mod roles;
mod room;
mod row_keys;
mod sample;
mod sample_places;
mod shared_rows;
mod source;
mod split;
mod stored_file;
mod stored_table;
mod synthetic;
mod table;
mod table_error;
mod table_options;
mod table_source;
mod target_columns;
mod targets;
mod task;
mod test_rows;
mod values;
mod vectors;
mod views;
mod weights;

pub use check::{Defect, Finding, FirstColumns, Severity, UnfitColumn, check, first_columns};
pub use copied::CopiedFile;
pub use error::DataError;
pub use file::SourceFile;
pub use gallery::SkippedFile;
pub use load::{Corpus, columns, is_class_column, load, load_as};
pub use memory::{MemoryError, machine_memory};
pub use mixing::{Mix, Mixing};
pub use options::{BETWEEN_LABELS, DataOptions};
pub use order::Order;
pub use place::RowPlace;
pub use preprocessing::bytes::BytePreprocessing;
pub use preprocessing::cells::CellCount;
pub use preprocessing::column::{Column, ColumnScale, Fill};
pub use preprocessing::image::ImagePreprocessing;
pub use preprocessing::raw_numbers::PixelScale;
pub use preprocessing::table::TablePreprocessing;
pub use preprocessing::vector::VectorPreprocessing;
pub use preprocessing::{Preprocessing, RawRows};
pub use reading::{ImageReading, Layout};
pub use recorded::RecordedRows;
pub use room::{Room, ValueWriter};
pub use row_keys::{RowFile, RowKey, RowKeys};
pub use sample::{SampleShape, Samples};
pub use sample_places::SamplePlaces;
pub use shared_rows::{SharedRows, shared_rows};
pub use source::Source;
pub use synthetic::{Synthesis, SyntheticRows, synthesise};
pub use table_error::TableError;
pub use table_options::TableOptions;
pub use targets::{TargetRows, Targets};
pub use task::{TargetScale, Task};
pub use test_rows::{FileRow, TestRows, test_rows};
pub use values::Values;
pub use views::{ViewCount, Views};
pub use weights::ClassWeights;
