//! Fitting a neuron to the recording of a cell (Naud et al. 2008, <https://doi.org/10.1007/s00422-008-0264-7>; Rossant et
//! al. 2010, <https://doi.org/10.3389/neuro.11.002.2010>).
//!
//! - [`cell`]: spikes, passive properties and drift of a recorded cell
//! - [`candidate`]: the neurons that are fitted, and the ranges of their parameters
//! - [`evolution`]: the search for the maximum of a function
//! - [`objective`]: the agreement of a candidate with the cell
//! - [`search`]: the fit
//! - [`stand_in`]: a simulated cell in place of a recorded one

pub mod candidate;
pub mod cell;
pub mod evolution;
pub mod objective;
pub mod search;
pub mod stand_in;

pub use candidate::{Candidate, NeuronKind, Response};
pub use cell::{Cell, is_fitted};
pub use evolution::Evolution;
pub use objective::{SweepMatch, mean_gamma, mean_own_coincidence};
pub use search::{Fit, fit};
