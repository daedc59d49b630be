//! Dividing a set into training, validation and test.
//!
//! Copies of one picture, or pictures of one patient, are a group, and a split that divides a group
//! measures memory. [`grouped`] and [`folds`] never do; [`random`] and [`official`] may, and
//! [`Split::leaking`] tells which test examples are concerned.

mod apportion;
mod grouped;
mod official;
mod partition;
pub mod patients;
pub mod record;
mod shuffle;
mod stratified;
mod table;

pub use grouped::{folds, grouped};
pub use official::official;
pub use partition::{Split, SplitKind};
pub use stratified::random;
