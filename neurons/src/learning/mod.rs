//! Neurons with rules of their own, in plain `f64`: no gradients, no backend.
//!
//! - [`threshold`]: the McCulloch-Pitts unit, and circuits of it
//! - [`hebbian`]: Hebb's associator, Oja's rule, Sanger's rule
//! - [`perceptron`]: the chapter's perceptron (figure 10.2) and that of its Lab 2
//! - [`mod@separation`]: whether a plane separates two classes, and Novikoff's bound
//! - [`principal`]: principal components, to compare Oja's and Sanger's rule with

pub mod hebbian;
pub mod perceptron;
pub mod principal;
pub mod separation;
pub mod threshold;

pub use hebbian::{Associator, Oja, Sanger};
pub use perceptron::{LabPerceptron, Perceptron};
pub use principal::principal_components;
pub use separation::{Separation, separation};
pub use threshold::{Circuit, ThresholdUnit};

/// The scalar product: products summed from the first to the last, as NumPy does for short vectors.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The length of a vector.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// The cosine of the angle between two vectors; 0 where one has no length.
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let lengths = norm(a) * norm(b);
    if lengths > 0.0 {
        dot(a, b) / lengths
    } else {
        0.0
    }
}
