//! Neurons that compute with a threshold or learn by a local rule (chapter, sections on the McCulloch-Pitts neuron,
//! Hebb's rule and the perceptron).
//!
//! - [`threshold`]: the McCulloch-Pitts unit, and circuits of such units
//! - [`hebbian`]: Hebb's associator, Oja's rule, Sanger's rule
//! - [`perceptron`]: the chapter's perceptron (figure 10.2) and the perceptron of its Lab 2
//! - [`perceptron_training`]: either of them over many passes
//! - [`mod@separation`]: linear separability, and Novikoff's bound on the updates of a perceptron
//! - [`principal`]: principal components, the reference for Oja's and Sanger's rules
//! - [`convergence`]: convergence of Oja's and Sanger's units to principal components

pub mod convergence;
pub mod hebbian;
pub mod perceptron;
pub mod perceptron_training;
pub mod principal;
pub mod separation;
pub mod threshold;

pub use convergence::{Convergence, PassState, PrincipalTraining};
pub use hebbian::{Associator, Oja, Sanger};
pub use perceptron::{LabPerceptron, Perceptron};
pub use perceptron_training::{Pass, PerceptronRule, PerceptronTraining};
pub use principal::principal_components;
pub use separation::{Separation, separation};
pub use threshold::{Circuit, ThresholdUnit};
