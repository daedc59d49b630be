//! Networks that classify images or signals, and raster plots of those that spike.

use std::path::Path;

use burn::tensor::Tensor;
use figures::raster::{self, Evidence, Raster};
use models::{Network, SpikingNet};

use crate::error::Result;
use crate::info::ModelInfo;
use crate::named_files::NamedFiles;

/// A network from images or signals `[batch, channels, height, width]` to logits `[batch, classes]`.
pub(crate) enum Classifier {
    /// A network without spikes.
    Plain(Box<dyn Network<Input = Tensor<4>, Output = Tensor<2>> + Send>),
    /// A network whose units spike.
    Spiking(Box<SpikingNet>),
}

impl Classifier {
    /// Returns whether the units spike.
    pub fn is_spiking(&self) -> bool {
        matches!(self, Self::Spiking(_))
    }

    /// Computes the logits of a batch, one row after the other.
    ///
    /// # Errors
    /// If the device fails, or the network does not give one finite number for each class.
    pub fn logits(&self, info: &ModelInfo, inputs: Tensor<4>) -> Result<Vec<f32>> {
        let [count, ..] = inputs.dims();
        let output = match self {
            Self::Plain(network) => network.forward(inputs),
            Self::Spiking(network) => network.forward(inputs),
        };
        info.logits(output, count)
    }

    /// Draws the spikes of a spiking network, one figure for each input of a batch. `names` are the path of each input
    /// and the title of its figure.
    ///
    /// # Errors
    /// If a figure cannot be drawn or written.
    pub fn draw_rasters<'a>(
        &self,
        info: &ModelInfo,
        inputs: Tensor<4>,
        names: impl Iterator<Item = (&'a str, &'a str)>,
        files: &mut NamedFiles,
    ) -> Result<()> {
        let Self::Spiking(network) = self else {
            return Ok(());
        };
        let activity = network.activity(inputs);
        for (index, (path, title)) in names.enumerate() {
            let example = activity.example(index);
            let layers: Vec<_> = (example.layers.iter())
                .map(|layer| Raster::new(&layer.name, layer.units, &layer.spikes))
                .collect();
            let evidence = Evidence {
                name: activity.logits_name().to_owned(),
                classes: info.card.class_names.clone(),
                values: example.logits,
            };
            files.write_figure(path, raster::draw(title, &layers, &evidence))?;
        }
        Ok(())
    }
}

/// Creates the folder of `--rasters`, if the user asks for raster plots.
///
/// # Errors
/// If the folder cannot be created.
pub(crate) fn create_rasters(folder: Option<&Path>) -> Result<Option<NamedFiles>> {
    folder
        .map(|folder| NamedFiles::create(folder, "--rasters", "raster"))
        .transpose()
}
