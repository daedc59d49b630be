//! Tests of the public interface: readers, preprocessing, splits, batches, generated data.
//!
//! All tests are modules of one program, because every further program would link Burn again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod batch;
mod digit;
mod duplicates;
mod eeg;
mod fetch;
mod folder;
mod image_statistics;
mod jpeg;
mod labels;
mod mnist;
mod picture;
mod preprocessing;
mod split;
mod support;
mod synthetic;
mod text;
mod tiff;
mod trees;
