//! Classifiers of images and signals, with raster plots of those that spike.

use burn::tensor::Tensor;
use figures::raster::{self, Evidence, Raster};
use models::{Network, SpikingNet};

use crate::arguments::Arguments;
use crate::classes::{ClassAnswer, Counts};
use crate::error::Result;
use crate::info::ModelInfo;
use crate::named_files::NamedFiles;

/// A network from images or signals `[batch, channels, height, width]` to logits `[batch, classes]`.
pub(crate) enum ClassNetwork {
    /// A network without spikes.
    Plain(Box<dyn Network<Input = Tensor<4>, Output = Tensor<2>> + Send>),
    /// A network whose units spike.
    Spiking(Box<SpikingNet>),
}

/// A classifier of images or signals.
pub(crate) struct Classifier {
    network: ClassNetwork,
    /// Where raster plots go, if the user asks for them.
    rasters: Option<NamedFiles>,
    /// Counts of the answers so far.
    pub counts: Counts,
}

/// Description of a prepared input.
pub(crate) struct Example<'a> {
    /// Path of the file that holds the input.
    pub file: &'a str,
    /// Path of the input itself.
    pub path: String,
    /// Statistics that the out-of-distribution detector compares.
    pub statistics: Vec<f64>,
}

impl Classifier {
    /// Prepares a network for the arguments. `kinds` describe the model with a plain and with a spiking network, and
    /// `options` are those that either accepts beside `--top`.
    ///
    /// # Errors
    /// If an option does not apply, or the folder of `--rasters` cannot be created.
    pub fn new(
        network: ClassNetwork,
        info: &ModelInfo,
        arguments: &Arguments,
        kinds: [&'static str; 2],
        options: &[&str],
    ) -> Result<Self> {
        let (kind, own): (_, &[&str]) = match network {
            ClassNetwork::Plain(_) => (kinds[0], &["--top"]),
            ClassNetwork::Spiking(_) => (kinds[1], &["--rasters", "--top"]),
        };
        arguments.check_options(&[own, options].concat(), kind, &info.path)?;
        let rasters = arguments.rasters.as_deref();
        let rasters = rasters.map(|folder| NamedFiles::create(folder, "--rasters", "raster"));
        Ok(Self {
            network,
            rasters: rasters.transpose()?,
            counts: Counts::default(),
        })
    }

    /// Answers for a batch of prepared inputs `[batch, channels, height, width]`.
    ///
    /// # Errors
    /// If the device fails, the network does not give one finite number for each class, or a raster plot cannot be
    /// written.
    pub fn classify(
        &mut self,
        info: &ModelInfo,
        inputs: Tensor<4>,
        examples: Vec<Example<'_>>,
    ) -> Result<Vec<ClassAnswer>> {
        let output = match &self.network {
            ClassNetwork::Plain(network) => network.forward(inputs),
            ClassNetwork::Spiking(network) => {
                if let Some(rasters) = &mut self.rasters {
                    draw_rasters(network, inputs.clone(), info, &examples, rasters)?;
                }
                network.forward(inputs)
            }
        };
        let logits = info.logits(output, examples.len())?;
        let rows = logits.chunks_exact(info.card.class_names.len());
        let answers = examples.into_iter().zip(rows).map(|(example, logits)| {
            let statistics = Some(&*example.statistics);
            let answer = ClassAnswer::new(info, example.path, logits, statistics);
            self.counts.add(&answer);
            answer
        });
        Ok(answers.collect())
    }
}

/// Draws the spikes of a network, one figure for each input of a batch.
fn draw_rasters(
    network: &SpikingNet,
    inputs: Tensor<4>,
    info: &ModelInfo,
    examples: &[Example<'_>],
    files: &mut NamedFiles,
) -> Result<()> {
    let activity = network.activity(inputs);
    for (index, example) in examples.iter().enumerate() {
        let spikes = activity.example(index);
        let layers: Vec<_> = (spikes.layers.iter())
            .map(|layer| Raster::new(&layer.name, layer.units, &layer.spikes))
            .collect();
        let evidence = Evidence {
            name: activity.logits_name().to_owned(),
            classes: info.card.class_names.clone(),
            values: spikes.logits,
        };
        files.write_figure(
            example.file,
            raster::draw(&example.path, &layers, &evidence),
        )?;
    }
    Ok(())
}
