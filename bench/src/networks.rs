//! The networks that are measured, each at the batch size it is trained with.

use anyhow::{Result, anyhow};
use models::sequential::SequentialNetwork;
use models::{DigitCnnConfig, MlpConfig, SequentialConfig, TumorCnnConfig, TumorNetConfig};

/// A network that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The name of its experiment.
    pub name: &'static str,
    /// Examples per step, as the chapter trains it (`brain-tumor`, which is ours: as its experiment
    /// does).
    pub batch: usize,
    /// Its layers.
    pub layers: fn() -> SequentialConfig,
}

/// Every network that is measured.
pub const NETWORKS: [Measured; 4] = [
    Measured {
        name: "mnist-mlp",
        batch: 128,
        layers: || MlpConfig::mnist().sequential(),
    },
    Measured {
        name: "mnist-cnn",
        batch: 32,
        layers: || DigitCnnConfig::new().sequential(),
    },
    Measured {
        name: "brain-tumor",
        batch: 32,
        layers: || TumorNetConfig::new().sequential(),
    },
    Measured {
        name: "brain-tumor-cnn",
        batch: 32,
        layers: || TumorCnnConfig::new().sequential(),
    },
];

/// The network of that name.
///
/// # Errors
/// When there is none; the error lists those there are.
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
                (network.layers)().table(),
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
