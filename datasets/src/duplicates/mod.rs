//! Copies in a set: which pictures are the same file, the same pixels, or nearly the same, in
//! whatever orientation, size, quality or brightness. All that are linked to each other, directly
//! or through others, are one group; a group must not be divided between training and test.
//!
//! How near-copies are found is told in `near.rs`. It does not compare every picture with every
//! other, only short keys, and of those few; over head phantoms of which one in ten is an altered copy, the search takes, in seconds
//! that all processors together compute (half of that on two):
//!
//! | pictures | 1,250 | 2,500 | 5,000 | 10,000 |
//! |---|---|---|---|---|
//! | seconds | 0.2 | 0.5 | 1.6 | 5.8 |
//!
//! (altered copies planted among phantoms, as in `datasets/tests/integration/duplicates.rs`). Reading the pictures
//! takes longer: 4 seconds for 2,939 of the public scans on two processors.

mod align;
mod descriptor;
mod groups;
mod links;
mod near;

pub use groups::{Likeness, groups, likeness};
pub use links::Links;
