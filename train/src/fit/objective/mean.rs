//! A figure of each batch whose mean over the batches of an epoch is shown.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorReadError};
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};

/// What [`MeanMetric`] takes.
pub struct MeanInput {
    /// The figure, `[1]`.
    pub value: Tensor<1>,
    /// How much it counts.
    pub weight: usize,
}

/// The mean of a figure of which less is better, as a metric of Burn's.
#[derive(Clone)]
pub struct MeanMetric {
    name: Arc<String>,
    state: NumericMetricState,
}

impl MeanMetric {
    /// Under this name.
    pub fn new(name: &str) -> Self {
        Self {
            name: Arc::new(name.to_owned()),
            state: NumericMetricState::default(),
        }
    }
}

impl Metric for MeanMetric {
    type Input = MeanInput;

    fn update(
        &mut self,
        item: &MeanInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let value = item.value.clone().try_into_scalar::<f64>()?;
        self.state.update(value, item.weight);
        let options = FormatOptions::new(self.name()).precision(4);
        Ok(self.state.compute_update(options))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        let options = FormatOptions::new(self.name()).precision(4);
        Ok(self.state.compute_final(options))
    }

    fn clear(&mut self) {
        self.state.reset();
    }

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: None,
            higher_is_better: false,
        }
        .into()
    }
}

impl Numeric for MeanMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}
