//! What a network is trained to do: one file per task, each with its evaluation.

pub mod calibrate;
pub mod classification_dataset;
pub mod classify;
pub mod data;
pub mod driver;
pub mod evaluation;
pub mod job;
pub mod lr_find;
pub mod ood_check;
pub mod reconstruct;
pub mod studies;
pub mod task;
pub mod translate;
pub mod trees;
