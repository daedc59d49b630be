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
mod batch_norm;
mod conv;
mod dense;
mod dispatch;
mod dropout;
mod elementary;
mod extension;
mod fresh;
mod layers;
mod matrix;
mod max_pool;
mod operation;
mod product;
mod rectifier;
mod scratch;
mod sequence;
mod simd;
mod sums;
#[cfg(test)]
mod tests;
mod transpose;
mod uninit;

pub use adam::{AdamStep, adam_step};
pub use batch_norm::{BatchNormed, batch_norm};
pub use conv::{conv2d, conv2d_max_pool2d};
pub use dense::dense;
pub use dropout::dropout;
pub use max_pool::max_pool2d;
pub use rectifier::Rectifier;
pub use sequence::{
    Firing, Reset, RowEntropies, Surrogate, Unit, cross_entropy_rows, leaky_integrate_and_fire,
    leaky_membranes, recurrent,
};
