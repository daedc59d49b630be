//! Files and folders that appear complete or not at all, and CSV tables.
//!
//! - [`write()`] and [`AtomicFile`] write a file that replaces its destination only once it is complete and on the disk;
//! - [`StagedFolder`] does the same for a folder, [`remove_folder`] lets one vanish at once, and [`replace_link`] moves a
//!   symbolic link;
//! - [`remove_leftovers`] deletes what processes that were killed meanwhile left unfinished;
//! - [`Output`] is where a user wants a result: such a file, a device, or standard output;
//! - [`Table`] writes CSV, into memory or into one of the above;
//! - [`TableReader`] reads the tables that people have, whatever program wrote them.

#![warn(missing_docs)]

mod atomic;
mod error;
mod folder;
mod output;
mod scratch;
mod table;

pub use atomic::{AtomicFile, write};
pub use error::WriteError;
#[cfg(unix)]
pub use folder::replace_link;
pub use folder::{StagedFolder, create_folder, remove_folder, sync_folder};
pub use output::Output;
pub use scratch::remove_leftovers;
pub use table::{Numbers, Row, Table, TableError, TableFormat, TableReader, is_gap};

#[cfg(test)]
mod testing {
    use std::fs;
    use std::path::Path;

    /// Returns the names in a folder.
    pub(crate) fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}
