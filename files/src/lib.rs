//! Atomic writes and CSV tables.
//!
//! - [`write()`] and [`AtomicFile`] write a file that replaces its destination only once it is complete and on the disk;
//! - [`Output`] is where a user wants a result: such a file, a device, or standard output;
//! - [`Table`] writes CSV, into memory or into one of the above.

#![warn(missing_docs)]

mod atomic;
mod output;
mod table;

pub use atomic::{AtomicFile, WriteError, write};
pub use output::Output;
pub use table::Table;
