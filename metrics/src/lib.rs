//! Metrics computed from predictions: pure functions over slices, without tensors, files or a terminal.
//!
//! | module | metrics |
//! |---|---|
//! | [`predictions`] | [`Predictions`]: a classifier's logits and probabilities with the true labels |
//! | [`classification`] | accuracy, precision, recall, F1, log loss, Brier score, confusion matrix |
//! | [`ranking`] | ROC curve and the area under it (AUROC) |
//! | [`calibration`] | reliability bins, expected calibration error, temperature scaling |
//! | [`abstention`] | risk-coverage curve, confidence threshold for a target error |
//! | [`proportion`] | Wilson interval of a proportion |
//! | [`bootstrap`] | percentile intervals of any statistic, resampled by group |
//! | [`phrases`] | sentence, phrase and polarity accuracy of networks over parse trees |
//! | [`reconstruction`] | squared error, PSNR, evidence lower bound, anomaly detection of autoencoders |
//! | [`codes`] | activity and sparseness of an autoencoder's codes |
//! | [`principal_plane`] | the first two principal components of codes |
//! | [`neighbours`] | accuracy of a nearest-neighbour vote among codes |
//! | [`translation`] | BLEU, chrF, perplexity, exact matches |
//! | [`spikes`] | spike rates, operation counts and energy of spiking networks |
//! | [`coincidence`] | coincidence factor of two spike trains |
//!
//! # Empty and degenerate input
//! No function panics on data: an empty part, a class without an example and `NaN` are all allowed, and each item
//! documents its result for them. A function panics only where its slices disagree in length or a label is not below
//! the number of classes, as documented under `# Panics`.
//!
//! # Reproducibility
//! Every result is a function of its arguments. The bootstrap draws from a fixed seed, one stream per resample, so
//! its intervals do not depend on the number of threads.

pub mod abstention;
pub mod bootstrap;
pub mod calibration;
pub mod classification;
pub mod codes;
pub mod coincidence;
pub mod neighbours;
pub mod phrases;
pub mod predictions;
pub mod principal_plane;
pub mod proportion;
pub mod ranking;
pub mod reconstruction;
pub mod spikes;
pub mod translation;

pub use classification::ClassificationMetrics;
pub use predictions::Predictions;
