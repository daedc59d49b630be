//! Dormand and Prince's method of eighth order with adaptive steps, DOP853 (Hairer, Norsett and Wanner 1993, *Solving
//! Ordinary Differential Equations I*, section II.10).
//!
//! A step of twelve stages gives a solution of eighth order. Embedded solutions of fifth and third order estimate its
//! error, which decides whether the step is accepted and how long the next one is. Three more stages give an interpolant
//! of seventh order.
//!
//! - `coefficients`: its published coefficients
//! - `method`: steps, their error and their interpolant

mod coefficients;
mod method;

pub(crate) use method::{Dop853, Step};
