//! CSV tables: one writer, and one reader for every table that people have.

mod error;
mod number;
mod read;
mod row;
mod separator;
mod text;
mod write;

pub use error::TableError;
pub use number::{Numbers, is_gap};
pub use read::{TableFormat, TableReader};
pub use row::Row;
pub use write::Table;
