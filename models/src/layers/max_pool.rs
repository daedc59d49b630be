//! Max-pooling: the largest value of each square window; the windows do not overlap.

use burn::nn::Initializer;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::Device;

use crate::error::{ArchitectureError, check_size};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::limits::MAX_WINDOW;

/// Mean square of the largest of four rectified values, relative to that of each (measured on scans in the chapter's
/// network for tumour pictures; four independent values would give 3).
const MEAN_SQUARE_FACTOR: f64 = 2.0;

/// Configuration of max-pooling.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxPoolConfig {
    /// Side of the window.
    pub size: usize,
}

impl LayerConfig for MaxPoolConfig {
    type Module = MaxPool2d;

    fn kind(&self) -> (&'static str, &'static str) {
        ("MaxPooling2D", "max_pooling2d")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        let [channels, height, width] = input.maps(
            name,
            "it needs maps, but they were flattened before: move it up",
        )?;
        let size = self.size;
        check_size(|| format!("the window of {name}"), size, 1..=MAX_WINDOW)?;
        if height < size || width < size {
            return Err(ArchitectureError::TooSmall {
                layer: name.to_owned(),
                needed: size,
                height,
                width,
            });
        }
        Ok(FeatureShape::Maps([channels, height / size, width / size]))
    }

    fn init(
        &self,
        _input: FeatureShape,
        _initializer: &Initializer,
        _device: &Device,
    ) -> MaxPool2d {
        MaxPool2dConfig::new([self.size; 2]).init()
    }

    fn mean_square(&self, input: f64) -> f64 {
        input * MEAN_SQUARE_FACTOR
    }
}

impl LayerModule for MaxPool2d {
    /// # Shapes
    /// - input: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height / size, width / size]`
    fn apply(&self, input: Features) -> Features {
        Features::Maps(kernels::max_pool2d(input.into_maps(), self.kernel_size[0]))
    }
}
