//! Duplicates in a set of pictures: the same file, the same pixels, or near-duplicates in any orientation, size, quality
//! or brightness. Pictures that are duplicates of each other, directly or through others, form one group, and a group
//! must not be divided between training and test.
//!
//! `near` describes how near-duplicates are found without comparing every picture with every other. On head phantoms
//! of which one in ten is an altered copy (as in `datasets/tests/integration/duplicates.rs`), the search takes, in
//! seconds summed over all processors (half of that on two):
//!
//! | pictures | 1,250 | 2,500 | 5,000 | 10,000 |
//! |---|---|---|---|---|
//! | seconds | 0.2 | 0.5 | 1.6 | 5.8 |
//!
//! Reading the pictures takes longer: 4 seconds for 2,939 of the public scans on two processors.

mod align;
mod descriptor;
mod groups;
mod near;

pub use groups::{CopyKind, compare, groups};
