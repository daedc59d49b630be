//! What Hebb computes from predictions: pure functions over slices, without tensors and without a terminal.
//!
//! - [`classification`]: predictions of a classifier, and every figure of them
//! - [`bootstrap`]: intervals by groups of examples
//! - [`ranking`]: ROC curves and the area under them
//! - [`calibration`]: whether probabilities are frequencies, and the temperature that makes them so
//! - [`abstention`]: when it is better to give no answer
//! - [`phrases`]: how well a network over trees does
//! - [`reconstruction`], [`codes`]: how well an autoencoder's pictures come back, and what its codes keep
//! - [`translation`]: BLEU, chrF
//! - [`spikes`]: what a spiking network spends
//! - [`coincidence`]: how alike two trains of spikes are

pub mod abstention;
pub mod bootstrap;
pub mod calibration;
pub mod classification;
pub mod codes;
pub mod coincidence;
pub mod phrases;
pub mod ranking;
pub mod reconstruction;
pub mod spikes;
pub mod translation;
