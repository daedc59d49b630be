//! Recurrent layers.

mod backward;
mod forward;
mod layer;
mod operation;

#[cfg(test)]
pub(crate) use layer::Recurrent;
pub use layer::RecurrentUnit;
pub use operation::recurrent;
