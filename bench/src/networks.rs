//! The networks that are measured, each at the batch size of its experiment.

use anyhow::{Result, anyhow};
use models::layers::LayerTable;
use models::sequential::SequentialNetwork;
use models::{
    Cell, DigitCnnConfig, MlpConfig, NetworkConfig, Pooling, SequenceClassifierConfig,
    SequentialConfig, TumorCnnConfig, TumorNetConfig,
};

/// A network that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Name of its experiment.
    pub name: &'static str,
    /// Number of examples per step: the chapter's, or for `brain-tumor`, which is our own network, the experiment's.
    pub batch: usize,
    /// Configuration.
    pub architecture: Architecture,
    /// Norm to which the gradients of a step are clipped.
    pub clipping: Option<f64>,
}

/// Configuration of a network, by type.
#[derive(Clone, Copy, Debug)]
pub enum Architecture {
    /// Sequence of layers.
    Sequential(fn() -> SequentialConfig),
    /// Ensemble of networks.
    Ensemble(fn() -> TumorNetConfig),
    /// Recurrent layers.
    Recurrent(fn() -> SequenceClassifierConfig),
}

impl Architecture {
    /// Returns the sequence of layers, of an ensemble that of one member; `None` for a recurrent network.
    pub fn sequential(&self) -> Option<SequentialConfig> {
        match self {
            Self::Sequential(config) => Some(config()),
            Self::Ensemble(config) => Some(config().sequential()),
            Self::Recurrent(_) => None,
        }
    }

    /// Returns the layer table.
    pub fn table(&self) -> LayerTable {
        match self {
            Self::Sequential(config) => config().table(),
            Self::Ensemble(config) => config().layers(),
            Self::Recurrent(config) => config().layers(),
        }
    }
}

/// Every network that is measured.
pub const NETWORKS: [Measured; 6] = [
    Measured {
        name: "mnist-mlp",
        batch: 128,
        architecture: Architecture::Sequential(|| MlpConfig::mnist().sequential()),
        clipping: None,
    },
    Measured {
        name: "mnist-cnn",
        batch: 32,
        architecture: Architecture::Sequential(|| DigitCnnConfig::new().sequential()),
        clipping: None,
    },
    Measured {
        name: "brain-tumor",
        batch: 16,
        architecture: Architecture::Ensemble(|| TumorNetConfig::new().with_members(2)),
        clipping: None,
    },
    Measured {
        name: "brain-tumor-cnn",
        batch: 32,
        architecture: Architecture::Sequential(|| TumorCnnConfig::new().sequential()),
        clipping: None,
    },
    Measured {
        name: "mnist-lstm",
        batch: 64,
        architecture: Architecture::Recurrent(|| SequenceClassifierConfig::mnist(Cell::Lstm, 128)),
        clipping: Some(1.0),
    },
    Measured {
        name: "eeg-gru",
        batch: 64,
        architecture: Architecture::Recurrent(|| {
            SequenceClassifierConfig::eeg(Cell::Gru, 64, 2)
                .with_rows_per_step(2)
                .with_pooling(Pooling::Mean)
                .with_dropout(0.2)
        }),
        clipping: Some(1.0),
    },
];

/// Returns the network with this name.
///
/// # Errors
/// When there is none; the error lists all names.
pub fn find(name: &str) -> Result<Measured> {
    let names = NETWORKS.map(|network| network.name).join(", ");
    NETWORKS
        .into_iter()
        .find(|network| network.name == name)
        .ok_or_else(|| anyhow!("{name}: no such network; there are {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_are_those_of_the_experiments() {
        for network in NETWORKS {
            let experiment = train::experiments::find(network.name).unwrap();
            assert_eq!(
                network.architecture.table(),
                experiment
                    .training()
                    .unwrap()
                    .layers(&models::Choices::default())
                    .unwrap(),
                "{}",
                network.name
            );
        }
    }
}
