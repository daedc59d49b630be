//! The families of options that a classifier's data and network bring.

use models::{LayerOptions, NoOptions, SpikingOptions};

use crate::data::{Pictures, Signals};
use crate::options::Family;

/// Data or options of a network that bring families of options of the command line.
pub trait Families {
    /// The families.
    const FAMILIES: &'static [Family];
}

impl Families for Pictures {
    const FAMILIES: &'static [Family] = &[Family::Images];
}

impl Families for Signals {
    const FAMILIES: &'static [Family] = &[Family::Signals];
}

impl Families for NoOptions {
    const FAMILIES: &'static [Family] = &[];
}

impl Families for LayerOptions {
    const FAMILIES: &'static [Family] = &[Family::Layers];
}

impl Families for SpikingOptions {
    const FAMILIES: &'static [Family] = &[Family::Spiking];
}
