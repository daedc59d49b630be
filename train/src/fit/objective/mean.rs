//! A metric that is a mean over batches.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorReadError};
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};

/// Input of [`MeanMetric`] for one batch.
pub struct MeanInput {
    /// Value of the batch, of shape `[1]`.
    pub value: Tensor<1>,
    /// Weight of the batch in the mean.
    pub weight: usize,
}

/// Weighted mean of a value over the batches of an epoch; lower is better.
#[derive(Clone)]
pub struct MeanMetric {
    name: Arc<String>,
    state: NumericMetricState,
}

impl MeanMetric {
    /// Creates the metric with a name.
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
