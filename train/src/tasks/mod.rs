//! What a network is trained to do.
//!
//! A [`task`] says what differs: source of the data, configuration of the network, objective, evaluation, report. The
//! [`driver`] does what all tasks have in common. A new task is one file here and one in [`report`](crate::report).
//!
//! | task | trains |
//! |---|---|
//! | [`classify`] | classifiers of images and recordings |
//! | [`reconstruct`] | autoencoders |
//! | [`translate`] | translators |
//! | [`trees`] | networks over parse trees |
//!
//! [`loaded`] evaluates a model file on labelled data, by the same functions as a training evaluates its network.
//!
//! [`studies`] do not train a model for `infer`: each computes, draws and reports in its own way.

pub mod calibrate;
pub mod classification_dataset;
pub mod classify;
pub mod data;
pub mod driver;
pub mod evaluation;
pub mod job;
pub mod loaded;
pub mod lr_find;
pub mod ood_check;
pub mod reconstruct;
pub mod start;
pub mod studies;
pub mod task;
pub mod translate;
pub mod trees;
