//! Dropout (Srivastava et al. 2014, <https://jmlr.org/papers/v15/srivastava14a.html>).

use burn::nn::{Dropout, DropoutConfig as BurnDropoutConfig, Initializer};
use burn::tensor::Device;

use crate::error::{ArchitectureError, check_dropout};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};

/// Configuration of dropout.
#[derive(Clone, Debug, PartialEq)]
pub struct DropoutConfig {
    /// Probability in `[0, 1)` that a value is zeroed in training; the others are divided by one minus it.
    pub rate: f64,
}

impl LayerConfig for DropoutConfig {
    type Module = Dropout;

    fn kind(&self) -> (&'static str, &'static str) {
        ("Dropout", "dropout")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        check_dropout(|| format!("the rate of {name}"), self.rate)?;
        Ok(input)
    }

    fn init(&self, _input: FeatureShape, _initializer: &Initializer, _device: &Device) -> Dropout {
        BurnDropoutConfig::new(self.rate).init()
    }

    fn mean_square(&self, input: f64) -> f64 {
        input / (1.0 - self.rate)
    }
}

impl LayerModule for Dropout {
    /// # Shapes
    /// - input and output: `[batch, channels, height, width]` or `[batch, units]`
    fn apply(&self, input: Features) -> Features {
        match input {
            Features::Maps(maps) => Features::Maps(kernels::dropout(maps, self)),
            Features::Vector(vector) => Features::Vector(kernels::dropout(vector, self)),
        }
    }
}
