//! Fast operations for Burn's CPU backends (flex and ndarray), as a Burn backend extension.
//!
//! Burn computes the gradient for the weights of a convolution as a convolution with a window as large as
//! the picture. Here, 3 x 3 windows with stride 1 go through Winograd's filtering, all others through a
//! matrix product, forward and backward; bias and rectifier are part of the operation. What is not taken
//! (several groups, other types than `f32`, GPU backends) goes to Burn's own operations.
//!
//! The same call gives the same bits, whatever the number of threads is.
//!
//! NaN and infinities are not lost on the way: what they reach is no number. Winograd's filtering spreads them
//! over the tile of 4 x 4 outputs, where infinity becomes NaN.

mod adam;
mod autodiff;
mod backend;
mod bands;
mod conv;
mod dense;
mod direct;
mod dispatch;
mod dropout;
mod elementary;
mod extension;
mod fresh;
mod layers;
mod matrix;
mod normalization;
mod operation;
mod pool;
mod product;
mod rectifier;
mod scratch;
mod sequence;
mod shape;
mod simd;
mod sums;
#[cfg(test)]
mod tests;
mod transpose;
mod uninit;
mod winograd;

pub use adam::AdamStep;
pub use dense::dense;
pub use layers::{
    BatchNormed, adam_step, batch_norm, conv2d, conv2d_max_pool2d, dropout, max_pool2d,
};
pub use rectifier::Rectifier;
pub use sequence::{
    Firing, Reset, RowEntropies, Surrogate, Unit, cross_entropy_rows, leaky_integrate_and_fire,
    leaky_membranes, recurrent,
};
