//! Current-clamp recordings of single neurons: the membrane potential while known currents are injected.
//!
//! - [`clamp`]: the sweeps of a recording
//! - [`table`]: recordings in CSV tables
//! - [`protocol`]: the injected currents, which a table does not hold
//! - [`spikes`]: spike detection
//! - [`passive`]: resting potential, input resistance and membrane time constant
//!
//! Times are in ms, potentials in mV and currents in pA; resistances are therefore in GOhm.
//!
//! The known recording is `17o05028_ic_steps` of pyABF's test data (Scott W Harden, MIT licence,
//! <https://github.com/swharden/pyABF>): 16 sweeps of 3 s with the protocol [`Protocol::dual_steps`]. Its sweeps follow
//! each other without a gap: the last sample of each and the first of the next differ by less than 0.1 mV.

pub mod clamp;
pub mod passive;
pub mod protocol;
pub mod spikes;
pub mod table;

pub use clamp::CurrentClamp;
pub use passive::{Passive, Relaxation};
pub use protocol::{Epoch, Protocol};
pub use spikes::{Detector, Spike};
pub use table::{FILE, FOLDER};
