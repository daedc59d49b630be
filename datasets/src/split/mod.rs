//! Splits into training, validation and test.
//!
//! Copies of one picture, or pictures of one patient, form a group. If a group is divided between training and test, the
//! test measures memory instead of generalisation. [`grouped`] and [`folds`] keep groups whole; [`random`] and
//! [`official`] may divide them, and [`Split::leaking`] returns the affected test examples.

mod apportion;
mod grouped;
pub(crate) mod groups;
mod official;
mod partition;
pub mod patients;
pub mod record;
mod shuffle;
mod stratified;
mod table;

pub use grouped::{folds, grouped};
pub use groups::merge as merge_groups;
pub use official::official;
pub use partition::{Split, SplitKind};
pub use stratified::random;
