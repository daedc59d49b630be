//! The squid axon of Hodgkin and Huxley as a point neuron (chapter, section on spiking neural networks; Hodgkin and
//! Huxley 1952, <https://doi.org/10.1113/jphysiol.1952.sp004764>):
//!
//! - C dV/dt = I - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L)
//! - dx/dt = alpha_x(V) (1 - x) - beta_x(V) x for each gate x of m, h and n
//!
//! V is the membrane potential in mV with the modern sign, and the rates of the paper are shifted to a rest near -65 mV;
//! the current I is in uA/cm2, positive inwards; times are in ms.
//!
//! - [`parameters`]: the parameters, those of the squid's giant axon by default
//! - [`mod@rates`]: alpha and beta of each gate
//! - [`state`]: potential and gates, the state at rest, the ionic currents
//! - [`equations`]: the derivative and one step of the Runge-Kutta method
//! - [`neuron`]: the axon as a [`Neuron`](super::Neuron)
//! - [`peak`]: the peak of the first spike
//! - [`adaptive`]: the same equations with an adaptive integrator, as a reference
//! - [`population`]: many neurons at once
//! - `group`: sixteen of them side by side in vector registers
//! - [`excitability`]: rheobase and firing rates
//! - [`number`], `lanes`: the numbers that the equations are generic over

pub mod adaptive;
pub mod equations;
pub mod excitability;
mod group;
mod lanes;
pub mod neuron;
pub mod number;
pub mod parameters;
pub mod peak;
pub mod population;
pub mod rates;
pub mod state;

pub use adaptive::AdaptiveRun;
pub use excitability::{Rheobase, StepResponse};
pub use neuron::SPIKE_LEVEL;
pub use parameters::HodgkinHuxley;
pub use peak::FirstPeak;
pub use population::{Population, PopulationRun};
pub use rates::{Rates, rates};
pub use state::{HodgkinHuxleyState, IonicCurrents};
