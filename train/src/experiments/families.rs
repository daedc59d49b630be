//! The families of options that a task belongs to, by its data and its network.

use models::{LayerOptions, NoOptions, SpikingOptions};

use crate::data::{Pictures, Signals};
use crate::options::Family;
use crate::tasks::classify::{ClassificationTask, ClassifierConfig};
use crate::tasks::reconstruct::ReconstructionTask;
use crate::tasks::translate::TranslationTask;
use crate::tasks::trees::TreeTask;

/// A type that belongs to families of options.
pub trait Families {
    /// Returns the families.
    fn families() -> Vec<Family>;
}

impl<C, S> Families for ClassificationTask<C, S>
where
    C: ClassifierConfig<Options: Families>,
    S: Families,
{
    fn families() -> Vec<Family> {
        [S::families(), C::Options::families()].concat()
    }
}

impl Families for Pictures {
    fn families() -> Vec<Family> {
        vec![Family::Images]
    }
}

impl Families for Signals {
    fn families() -> Vec<Family> {
        vec![Family::Signals]
    }
}

impl Families for NoOptions {
    fn families() -> Vec<Family> {
        Vec::new()
    }
}

impl Families for LayerOptions {
    fn families() -> Vec<Family> {
        vec![Family::Layers]
    }
}

impl Families for SpikingOptions {
    fn families() -> Vec<Family> {
        vec![Family::Spiking]
    }
}

impl Families for ReconstructionTask {
    fn families() -> Vec<Family> {
        vec![Family::Autoencoder]
    }
}

impl Families for TranslationTask {
    fn families() -> Vec<Family> {
        vec![Family::Translation]
    }
}

impl Families for TreeTask {
    fn families() -> Vec<Family> {
        vec![Family::Trees]
    }
}
