//! Fast operations for Burn's CPU backends (flex and ndarray), as a Burn backend extension.
//!
//! Each operation has a file of its own with its mathematics, a function on Burn's tensors, and one implementation of
//! the trait `operation::Operation`, forward and backward. Bias, rectifier and max-pooling are part of the
//! operation before them where that saves a pass over memory. GPU backends, other types than `f32` and convolutions
//! with several groups go to Burn's own operations.
//!
//! The same call gives the same bits, whatever the number of threads is; the bits depend on the vector instructions of
//! the processor.
//!
//! NaN and infinities are not lost on the way: they reach all outputs that depend on them. Winograd's filtering spreads
//! them over a tile of 4 x 4 outputs, where infinity becomes NaN.

// The operations.
mod adam;
mod batch_norm;
mod conv;
mod dense;
mod dropout;
mod max_pool;
mod sequence;

// How an operation runs on Burn's tensors.
mod autodiff;
mod backend;
mod dispatch;
mod operation;

// Parts that several operations share.
mod bands;
mod elementary;
mod matrix;
mod microkernel;
mod rectifier;
mod scratch;
mod simd;
mod sums;
mod transpose;
mod uninit;

#[cfg(test)]
mod tests;

pub use adam::{AdamStep, adam_step};
pub use batch_norm::{BatchNormed, batch_norm};
pub use conv::{conv2d, conv2d_max_pool2d};
pub use dense::dense;
pub use dropout::dropout;
pub use max_pool::max_pool2d;
pub use rectifier::Rectifier;
pub use sequence::{
    RecurrentUnit, Reset, RowCrossEntropy, SpikeParameters, Surrogate, cross_entropy_rows,
    leaky_integrate_and_fire, leaky_membranes, recurrent,
};
