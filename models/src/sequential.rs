//! Networks that are one list of layers, as the chapter writes them.
//!
//! The list is a [`SequentialConfig`]. The network, the layer table and the parameter count all
//! come from one walk over it, so they cannot disagree.
//!
//! Names in a model file: `features.N` are the layers before the flattening, `classifier.N` those
//! after it, each counted from 0 with every layer of the list: `features.3.conv.weight` of shape
//! `[out, in, height, width]`, `classifier.0.dense.weight` of shape `[in, out]` (Burn's order:
//! PyTorch and Keras differ, PyTorch's is `[out, in]`), and a `bias` beside each.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Dropout, DropoutConfig, Initializer, Linear};
use burn::tensor::{Device, Tensor};

use crate::choices::Choices;
use crate::error::{ArchitectureError, check_dropout, check_size};
use crate::initialization::draw_parameters;
use crate::layers::activation::Activation;
use crate::layers::convolution::{Padding, conv2d, conv2d_forward};
use crate::layers::dense::{linear, linear_forward};
use crate::layers::normalization::{self, Norm, NormLayer, Normalization};
use crate::layers::table::LayerTable;
use crate::limits::{
    MAX_CHANNELS, MAX_LAYERS, MAX_PARAMETERS, MAX_SIDE, MAX_UNITS, MAX_VALUES, MAX_WINDOW,
};
use crate::network::{InputShape, Network, NetworkConfig};

/// One layer of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Convolution with a square window; on maps one value wide, which are signals, it is as narrow as they are.
    Conv {
        /// How many maps come out.
        filters: usize,
        /// The side of the window.
        kernel: usize,
        /// From one window to the next.
        stride: usize,
        /// What happens at the border.
        padding: Padding,
        /// Whether each map has a bias; before a batch normalisation it would be taken off again.
        bias: bool,
        /// Applied to the sum.
        activation: Activation,
    },
    /// The largest value of each square window; the windows do not overlap.
    MaxPool {
        /// The side of the window.
        size: usize,
    },
    /// Zeros this share of the values while training, and scales the others up.
    Dropout {
        /// The share, in `[0, 1)`.
        rate: f64,
    },
    /// Brings the values before it to mean 0 and deviation 1, then scales and shifts them.
    Normalize {
        /// Over what.
        kind: Normalization,
        /// Applied after it.
        activation: Activation,
    },
    /// From maps to one vector, value by value.
    Flatten,
    /// From maps to one vector, the mean of each map (Lin, Chen and Yan 2014,
    /// <https://arxiv.org/abs/1312.4400>).
    GlobalAverage,
    /// From maps to one vector, the mean of each map and after these the largest value of each: what is
    /// everywhere a little, and what is somewhere.
    GlobalAverageMax,
    /// A fully connected layer.
    Dense {
        /// How many values come out.
        units: usize,
        /// Whether each value has a bias.
        bias: bool,
        /// Applied to the sum.
        activation: Activation,
    },
}

impl Layer {
    /// A convolution without a border.
    pub fn conv(filters: usize, kernel: usize, activation: Activation) -> Self {
        Self::Conv {
            filters,
            kernel,
            stride: 1,
            padding: Padding::Valid,
            bias: true,
            activation,
        }
    }

    /// A convolution that keeps the size.
    pub fn conv_same(filters: usize, kernel: usize, activation: Activation) -> Self {
        Self::Conv {
            filters,
            kernel,
            stride: 1,
            padding: Padding::Same,
            bias: true,
            activation,
        }
    }

    /// This convolution with every second window in both directions only: the size is halved.
    pub fn halving(mut self) -> Self {
        if let Self::Conv { stride, .. } = &mut self {
            *stride = 2;
        }
        self
    }

    /// This layer with a normalisation between its sum and its activation, if one is asked for.
    pub fn normalized(mut self, kind: Option<Normalization>) -> Vec<Self> {
        let Some(kind) = kind else {
            return vec![self];
        };
        let activation = match &mut self {
            Self::Conv {
                bias, activation, ..
            }
            | Self::Dense {
                bias, activation, ..
            } => {
                *bias = kind != Normalization::Batch;
                std::mem::replace(activation, Activation::Identity)
            }
            Self::Normalize { activation, .. } => {
                std::mem::replace(activation, Activation::Identity)
            }
            Self::MaxPool { .. }
            | Self::Dropout { .. }
            | Self::Flatten
            | Self::GlobalAverage
            | Self::GlobalAverageMax => Activation::Identity,
        };
        vec![self, Self::Normalize { kind, activation }]
    }

    /// Max-pooling.
    pub fn max_pool(size: usize) -> Self {
        Self::MaxPool { size }
    }

    /// Dropout.
    pub fn dropout(rate: f64) -> Self {
        Self::Dropout { rate }
    }

    /// A fully connected layer.
    pub fn dense(units: usize, activation: Activation) -> Self {
        Self::Dense {
            units,
            bias: true,
            activation,
        }
    }
}

/// A list with a normalisation in every layer of weights but the last, if one is asked for.
pub fn normalized(mut layers: Vec<Layer>, kind: Option<Normalization>) -> Vec<Layer> {
    let last = layers.pop();
    let weighted = |layer: &Layer| matches!(layer, Layer::Conv { .. } | Layer::Dense { .. });
    let each = layers.into_iter().flat_map(|layer| {
        let kind = kind.filter(|_| weighted(&layer));
        layer.normalized(kind)
    });
    each.chain(last).collect()
}

/// A network as one list of layers.
#[derive(Clone, Debug)]
pub struct SequentialConfig {
    /// The shape of one picture, `[channels, height, width]`.
    pub input: [usize; 3],
    /// How the weights start. Every bias starts at zero, as in Keras (Burn would draw it too).
    pub initializer: Initializer,
    /// How the weights of the last dense layer start.
    pub output: Initializer,
    /// Whether He's weights start smaller after max-pooling and dropout, which make values larger.
    pub even_start: bool,
    /// The layers, with exactly one that makes a vector of the maps ([`Layer::Flatten`] or a global pooling)
    /// and a dense layer after it.
    pub layers: Vec<Layer>,
}

/// A layer of the list with its sizes worked out.
struct Step {
    operation: Operation,
    /// For one picture, channels last.
    output_shape: Vec<usize>,
    parameters: usize,
}

/// What a layer computes: on maps, from maps to a vector, or on a vector.
enum Operation {
    Conv {
        channels: [usize; 2],
        window: [usize; 2],
        stride: usize,
        padding: Padding,
        bias: bool,
        activation: Activation,
    },
    Pool {
        size: usize,
    },
    DropMaps {
        rate: f64,
    },
    NormMaps {
        kind: Normalization,
        channels: usize,
        activation: Activation,
    },
    Join(Joint),
    NormUnits {
        kind: Normalization,
        units: usize,
        activation: Activation,
    },
    Dense {
        units: [usize; 2],
        bias: bool,
        activation: Activation,
    },
    DropUnits {
        rate: f64,
    },
}

/// What flows from one layer to the next, for one picture.
#[derive(Clone, Copy)]
enum Signal {
    /// `[channels, height, width]`
    Maps([usize; 3]),
    Vector(usize),
}

impl Signal {
    fn channels_last(self) -> Vec<usize> {
        match self {
            Self::Maps([channels, height, width]) => vec![height, width, channels],
            Self::Vector(units) => vec![units],
        }
    }

    fn values(self) -> usize {
        match self {
            Self::Maps(sizes) => sizes.into_iter().fold(1, usize::saturating_mul),
            Self::Vector(units) => units,
        }
    }
}

impl SequentialConfig {
    /// A list whose weights all start in the same way, without anything special.
    pub fn new(input: [usize; 3], initializer: Initializer, layers: Vec<Layer>) -> Self {
        Self {
            input,
            output: initializer.clone(),
            initializer,
            even_start: false,
            layers,
        }
    }

    /// Checks every size of the list.
    ///
    /// # Errors
    /// Names the first layer that cannot be built.
    pub fn validate(&self) -> Result<(), ArchitectureError> {
        self.steps().map(|_| ())
    }

    /// How many logits come out: the units of the last dense layer, 0 where there is none.
    pub fn classes(&self) -> usize {
        let units = |layer: &Layer| match layer {
            Layer::Dense { units, .. } => Some(*units),
            _ => None,
        };
        self.layers.iter().rev().find_map(units).unwrap_or(0)
    }

    /// The one walk over the list that everything else is made from.
    fn steps(&self) -> Result<Vec<Step>, ArchitectureError> {
        let [channels, height, width] = self.input;
        check_size(
            || "the number of input channels".into(),
            channels,
            1..=MAX_CHANNELS,
        )?;
        check_size(|| "the input height".into(), height, 1..=MAX_SIDE)?;
        check_size(|| "the input width".into(), width, 1..=MAX_SIDE)?;
        check_size(
            || "the number of layers".into(),
            self.layers.len(),
            1..=MAX_LAYERS,
        )?;

        let mut steps: Vec<Step> = Vec::with_capacity(self.layers.len());
        let mut signal = Signal::Maps(self.input);
        let mut total: usize = 0;
        for (i, layer) in self.layers.iter().enumerate() {
            let name = || format!("layer {} ({layer:?})", i + 1);
            let (operation, output, parameters) = step(layer, signal, &name)?;
            check_size(
                || format!("values out of {}", name()),
                output.values(),
                1..=MAX_VALUES,
            )?;
            total = total.saturating_add(parameters);
            check_size(
                || format!("parameters up to {}", name()),
                total,
                0..=MAX_PARAMETERS,
            )?;
            steps.push(Step {
                operation,
                output_shape: output.channels_last(),
                parameters,
            });
            signal = output;
        }
        match steps.last().map(|step| &step.operation) {
            Some(Operation::Dense { .. }) => Ok(steps),
            _ => Err(ArchitectureError::Misplaced {
                layer: "the end of the list".into(),
                reason: "end with a dense layer, one unit for each class",
            }),
        }
    }

    /// The steps of a list that [`validate`](Self::validate) takes.
    fn valid_steps(&self) -> Vec<Step> {
        match self.steps() {
            Ok(steps) => steps,
            Err(error) => panic!("validate the configuration first: {error}"),
        }
    }

    /// The layer table.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the list.
    pub fn table(&self) -> LayerTable {
        let mut table = LayerTable::default();
        for step in self.valid_steps() {
            let (kind, base) = match step.operation {
                Operation::Conv { .. } => ("Conv2D", "conv2d"),
                Operation::Pool { .. } => ("MaxPooling2D", "max_pooling2d"),
                Operation::DropMaps { .. } | Operation::DropUnits { .. } => ("Dropout", "dropout"),
                Operation::NormMaps { kind, .. } | Operation::NormUnits { kind, .. } => {
                    match kind {
                        Normalization::Batch => ("BatchNormalization", "batch_normalization"),
                        Normalization::Layer => ("LayerNormalization", "layer_normalization"),
                    }
                }
                Operation::Join(joint) => joint.names(),
                Operation::Dense { .. } => ("Dense", "dense"),
            };
            table.push(kind, base, step.output_shape, step.parameters);
            if let Operation::NormMaps { kind, channels, .. }
            | Operation::NormUnits {
                kind,
                units: channels,
                ..
            } = step.operation
            {
                table.not_trained += kind.statistics(channels);
            }
        }
        table
    }

    /// Builds the network and draws its weights now.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the list.
    pub fn init(&self, device: &Device) -> Sequential {
        let network = self.blank(device);
        draw_parameters(&network);
        network
    }

    /// Builds the network; its weights are drawn when they are first used, unless loaded before.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the list.
    pub fn blank(&self, device: &Device) -> Sequential {
        let (mut features, mut classifier) = (Vec::new(), Vec::new());
        let mut joint = Joint::Flatten;
        let mut growth = Growth::default();
        let steps = self.valid_steps();
        let last = steps.len() - 1;
        for (index, step) in steps.into_iter().enumerate() {
            let start = growth.pass(&step.operation, &self.initializer);
            let start = if self.even_start {
                start
            } else {
                self.initializer.clone()
            };
            match step.operation {
                Operation::Conv {
                    channels,
                    window,
                    stride,
                    padding,
                    bias,
                    activation,
                } => {
                    let mut conv = conv2d(channels, window, padding, start, device);
                    conv.stride = [stride; 2];
                    conv.bias = conv.bias.filter(|_| bias);
                    features.push(FeatureLayer::Conv(ConvLayer { conv, activation }));
                }
                Operation::Pool { size } => {
                    let pool = MaxPool2dConfig::new([size, size]).init();
                    features.push(FeatureLayer::MaxPool(pool));
                }
                Operation::DropMaps { rate } => {
                    features.push(FeatureLayer::Dropout(DropoutConfig::new(rate).init()));
                }
                Operation::NormMaps {
                    kind,
                    channels,
                    activation,
                } => {
                    let norm = NormLayer::new(kind, channels, activation, device);
                    features.push(FeatureLayer::Normalize(norm));
                }
                Operation::Join(how) => joint = how,
                Operation::NormUnits {
                    kind,
                    units,
                    activation,
                } => {
                    let norm = NormLayer::new(kind, units, activation, device);
                    classifier.push(ClassifierLayer::Normalize(norm));
                }
                Operation::Dense {
                    units,
                    bias,
                    activation,
                } => {
                    let start = if index == last {
                        self.output.clone()
                    } else {
                        start
                    };
                    let mut dense = linear(units, start, device);
                    dense.bias = dense.bias.filter(|_| bias);
                    classifier.push(ClassifierLayer::Dense(DenseLayer { dense, activation }));
                }
                Operation::DropUnits { rate } => {
                    classifier.push(ClassifierLayer::Dropout(DropoutConfig::new(rate).init()));
                }
            }
        }
        Sequential {
            features,
            joint,
            classifier,
        }
    }
}

/// By how much the mean square of the values has grown since the last weights.
struct Growth(f64);

impl Default for Growth {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Growth {
    /// The mean square of the largest of four rectified values, over that of each (measured on scans in
    /// the chapter's network; four independent ones would give 3).
    const MAX_POOL: f64 = 2.0;

    /// How the weights of this operation start, so that what they give is as large as if nothing had grown.
    fn pass(&mut self, operation: &Operation, initializer: &Initializer) -> Initializer {
        match operation {
            Operation::Pool { .. } => self.0 *= Self::MAX_POOL,
            Operation::DropMaps { rate } | Operation::DropUnits { rate } => self.0 /= 1.0 - rate,
            Operation::Conv { .. } | Operation::Dense { .. } => {
                let shrunk = shrunk(initializer, std::mem::take(self).0);
                return shrunk;
            }
            Operation::NormMaps { .. } | Operation::NormUnits { .. } => *self = Self::default(),
            Operation::Join(_) => {}
        }
        initializer.clone()
    }
}

/// He's weights with their squares divided by `growth`; any others as they are.
fn shrunk(initializer: &Initializer, growth: f64) -> Initializer {
    match initializer.clone() {
        Initializer::KaimingUniform { gain, fan_out_only } => Initializer::KaimingUniform {
            gain: gain / growth.sqrt(),
            fan_out_only,
        },
        other => other,
    }
}

/// Works out one layer: what it computes, what comes out, and how many parameters it has.
fn step(
    layer: &Layer,
    input: Signal,
    name: &dyn Fn() -> String,
) -> Result<(Operation, Signal, usize), ArchitectureError> {
    let misplaced = |reason| ArchitectureError::Misplaced {
        layer: name(),
        reason,
    };
    match (layer, input) {
        (
            &Layer::Conv {
                filters,
                kernel,
                stride,
                padding,
                bias,
                activation,
            },
            Signal::Maps(input),
        ) => {
            check_size(
                || format!("filters of {}", name()),
                filters,
                1..=MAX_CHANNELS,
            )?;
            check_size(
                || format!("the window of {}", name()),
                kernel,
                1..=MAX_WINDOW,
            )?;
            check_size(|| format!("the stride of {}", name()), stride, 1..=kernel)?;
            activation.validate()?;
            let [channels, height, width] = input;
            let window = [kernel, if width == 1 { 1 } else { kernel }];
            let (height, width) = match padding {
                Padding::Same => (height, width),
                Padding::Valid if height >= window[0] && width >= window[1] => {
                    (height - window[0] + 1, width - window[1] + 1)
                }
                Padding::Valid => {
                    return Err(ArchitectureError::TooSmall {
                        layer: name(),
                        needed: kernel,
                        height,
                        width,
                    });
                }
            };
            let (height, width) = (height.div_ceil(stride), width.div_ceil(stride));
            let channels = [channels, filters];
            let weights = channels[0] * window[0] * window[1];
            let parameters = (weights + usize::from(bias)) * filters;
            let operation = Operation::Conv {
                channels,
                window,
                stride,
                padding,
                bias,
                activation,
            };
            Ok((
                operation,
                Signal::Maps([filters, height, width]),
                parameters,
            ))
        }
        (&Layer::MaxPool { size }, Signal::Maps([channels, height, width])) => {
            check_size(|| format!("the window of {}", name()), size, 1..=MAX_WINDOW)?;
            if height < size || width < size {
                let layer = name();
                return Err(ArchitectureError::TooSmall {
                    layer,
                    needed: size,
                    height,
                    width,
                });
            }
            let output = Signal::Maps([channels, height / size, width / size]);
            Ok((Operation::Pool { size }, output, 0))
        }
        (&Layer::Dropout { rate }, input) => {
            check_dropout(|| format!("the rate of {}", name()), rate)?;
            let operation = match input {
                Signal::Maps(_) => Operation::DropMaps { rate },
                Signal::Vector(_) => Operation::DropUnits { rate },
            };
            Ok((operation, input, 0))
        }
        (&Layer::Normalize { kind, activation }, _) => {
            activation.validate()?;
            let (operation, channels) = match input {
                Signal::Maps([channels, ..]) => (
                    Operation::NormMaps {
                        kind,
                        channels,
                        activation,
                    },
                    channels,
                ),
                Signal::Vector(units) => (
                    Operation::NormUnits {
                        kind,
                        units,
                        activation,
                    },
                    units,
                ),
            };
            Ok((operation, input, kind.parameters(channels)))
        }
        (Layer::Flatten, Signal::Maps(_)) => {
            let vector = Signal::Vector(input.values());
            Ok((Operation::Join(Joint::Flatten), vector, 0))
        }
        (Layer::GlobalAverage, Signal::Maps([channels, ..])) => {
            let vector = Signal::Vector(channels);
            Ok((Operation::Join(Joint::GlobalAverage), vector, 0))
        }
        (Layer::GlobalAverageMax, Signal::Maps([channels, ..])) => {
            let vector = Signal::Vector(2 * channels);
            Ok((Operation::Join(Joint::GlobalAverageMax), vector, 0))
        }
        (
            &Layer::Dense {
                units,
                bias,
                activation,
            },
            Signal::Vector(inputs),
        ) => {
            check_size(|| format!("units of {}", name()), units, 1..=MAX_UNITS)?;
            activation.validate()?;
            let parameters = inputs
                .saturating_add(usize::from(bias))
                .saturating_mul(units);
            let operation = Operation::Dense {
                units: [inputs, units],
                bias,
                activation,
            };
            Ok((operation, Signal::Vector(units), parameters))
        }
        (Layer::Conv { .. } | Layer::MaxPool { .. }, Signal::Vector(_)) => Err(misplaced(
            "it needs maps, but they were flattened before: move it up",
        )),
        (Layer::Flatten | Layer::GlobalAverage | Layer::GlobalAverageMax, Signal::Vector(_)) => {
            Err(misplaced("the maps were flattened before: flatten once"))
        }
        (Layer::Dense { .. }, Signal::Maps(_)) => Err(misplaced(
            "it needs a vector, but maps reach it: flatten first",
        )),
    }
}

/// A network that is one list of layers. Built by a [`SequentialConfig`].
#[derive(Module, Debug)]
pub struct Sequential {
    features: Vec<FeatureLayer>,
    #[module(skip)]
    joint: Joint,
    classifier: Vec<ClassifierLayer>,
}

/// How maps become a vector.
#[derive(Clone, Copy, Debug)]
enum Joint {
    Flatten,
    GlobalAverage,
    GlobalAverageMax,
}

impl Joint {
    /// The kind of layer, and what it is called in a table.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Flatten => ("Flatten", "flatten"),
            Self::GlobalAverage => ("GlobalAveragePooling2D", "global_average_pooling2d"),
            Self::GlobalAverageMax => ("GlobalAverageMaxPooling2D", "global_average_max_pooling2d"),
        }
    }

    /// # Shapes
    /// - `maps`: `[batch, maps, rows, columns]`
    /// - output: `[batch, units]`
    fn forward(self, maps: Tensor<4>) -> Tensor<2> {
        let flat = |maps: Tensor<4>| maps.flatten::<3>(2, 3);
        match self {
            Self::Flatten => maps.flatten(1, 3),
            Self::GlobalAverage => flat(maps).mean_dim(2).squeeze_dim(2),
            Self::GlobalAverageMax => {
                let maps = flat(maps);
                let both = vec![maps.clone().mean_dim(2), maps.max_dim(2)];
                Tensor::cat(both, 1).squeeze_dim(2)
            }
        }
    }
}

/// A layer on maps.
#[derive(Module, Debug)]
enum FeatureLayer {
    Conv(ConvLayer),
    Normalize(NormLayer),
    MaxPool(MaxPool2d),
    Dropout(Dropout),
}

/// A layer on a vector.
#[derive(Module, Debug)]
enum ClassifierLayer {
    Dense(DenseLayer),
    Normalize(NormLayer),
    Dropout(Dropout),
}

#[derive(Module, Debug)]
struct ConvLayer {
    conv: Conv2d,
    #[module(skip)]
    activation: Activation,
}

impl ConvLayer {
    /// # Shapes
    /// - input: `[batch, maps in, rows, columns]`
    /// - output: `[batch, maps out, rows, columns]`
    fn forward(&self, maps: Tensor<4>) -> Tensor<4> {
        self.forward_with(&[], maps).0
    }

    /// The convolution together with what of the layers after it can be one operation with it: the batch
    /// normalisation, in an answer, and the max-pooling. Returns the layers that are left.
    ///
    /// # Shapes
    /// - input: `[batch, maps in, rows, columns]`
    /// - output: `[batch, maps out, rows, columns]`, after the pooling
    fn forward_with<'a>(
        &self,
        mut rest: &'a [FeatureLayer],
        maps: Tensor<4>,
    ) -> (Tensor<4>, &'a [FeatureLayer]) {
        let device = maps.device();
        let (mut line, mut activation, mut size) = (None, self.activation, None);
        if let [FeatureLayer::Normalize(layer), others @ ..] = rest
            && let Norm::Batch(norm) = &layer.norm
            && activation == Activation::Identity
            && !device.is_autodiff()
        {
            (line, activation) = (Some(normalization::line(norm, &device)), layer.activation);
            rest = others;
        }
        if let [FeatureLayer::MaxPool(pool), others @ ..] = rest {
            size = Some(pool.kernel_size[0]);
            rest = others;
        }
        (
            conv2d_forward(&self.conv, maps, line, activation, size),
            rest,
        )
    }
}

#[derive(Module, Debug)]
struct DenseLayer {
    dense: Linear,
    #[module(skip)]
    activation: Activation,
}

impl FeatureLayer {
    /// # Shapes
    /// - input: `[batch, channels, height, width]`
    /// - output: `[batch, maps, rows, columns]`
    fn forward(&self, maps: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Conv(layer) => layer.forward(maps),
            Self::Normalize(layer) => layer.forward(maps),
            Self::MaxPool(pool) => kernels::max_pool2d(maps, pool.kernel_size[0]),
            Self::Dropout(dropout) => kernels::dropout(maps, dropout),
        }
    }
}

impl ClassifierLayer {
    /// # Shapes
    /// - input: `[batch, units in]`
    /// - output: `[batch, units out]`
    fn forward(&self, vector: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Dense(layer) => linear_forward(&layer.dense, vector, layer.activation),
            Self::Normalize(layer) => layer.forward(vector),
            Self::Dropout(dropout) => kernels::dropout(vector, dropout),
        }
    }
}

impl Sequential {
    /// The maps that the last layer before the flattening gives.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, maps, rows, columns]`
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        let mut maps = images;
        let mut layers = self.features.as_slice();
        while let Some((layer, rest)) = layers.split_first() {
            (maps, layers) = match layer {
                FeatureLayer::Conv(layer) => layer.forward_with(rest, maps),
                layer => (layer.forward(maps), rest),
            };
        }
        maps
    }

    /// The logits for the maps that [`features`](Self::features) gave.
    ///
    /// # Shapes
    /// - `maps`: `[batch, maps, rows, columns]`
    /// - output: `[batch, classes]`
    pub fn classify(&self, maps: Tensor<4>) -> Tensor<2> {
        let vector = self.joint.forward(maps);
        self.classifier
            .iter()
            .fold(vector, |vector, layer| layer.forward(vector))
    }

    /// What each hidden layer after the flattening gives to the next dense layer.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: for each hidden layer `[batch, units]`
    pub fn hidden(&self, images: Tensor<4>) -> Vec<Tensor<2>> {
        let mut vector = self.features(images).flatten::<2>(1, 3);
        let mut hidden = Vec::new();
        for (number, layer) in self.classifier.iter().enumerate() {
            if number > 0 && matches!(layer, ClassifierLayer::Dense(_)) {
                hidden.push(vector.clone());
            }
            vector = layer.forward(vector);
        }
        hidden
    }
}

impl Network for Sequential {
    type Input = Tensor<4>;
    type Output = Tensor<2>;

    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`, logits
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.classify(self.features(images))
    }
}

/// A configuration whose network is one list of layers. It has nothing else to implement.
pub trait SequentialNetwork: Sized {
    /// The list.
    fn sequential(&self) -> SequentialConfig;

    /// The same network with what a user chose of it; see [`NetworkConfig::choose`].
    ///
    /// # Errors
    /// When it has no such choice.
    fn with_choices(self, choices: &Choices) -> Result<Self, ArchitectureError>;
}

impl<C: SequentialNetwork> NetworkConfig for C {
    type Network = Sequential;

    fn choose(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.refuse_all_but_layers()?;
        self.with_choices(choices)
    }

    fn validate(&self) -> Result<(), ArchitectureError> {
        self.sequential().validate()
    }

    fn init(&self, device: &Device) -> Sequential {
        self.sequential().init(device)
    }

    fn blank(&self, device: &Device) -> Sequential {
        self.sequential().blank(device)
    }

    fn layers(&self) -> LayerTable {
        self.sequential().table()
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.sequential().input)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use burn::module::{ModuleVisitor, Param};
    use burn::tensor::Distribution;

    use super::*;
    use crate::initialization::he_uniform;
    use crate::networks::digit_cnn::DigitCnnConfig;
    use crate::networks::mlp::MlpConfig;
    use crate::networks::tumor_cnn::TumorCnnConfig;
    use crate::networks::tumor_net::TumorNetConfig;

    /// Runs the network layer by layer and writes down each real shape, channels last.
    fn real_shapes(network: &Sequential, images: Tensor<4>) -> Vec<Vec<usize>> {
        let mut shapes = Vec::new();
        let mut maps = images;
        for layer in &network.features {
            maps = layer.forward(maps);
            let [_, channels, height, width] = maps.dims();
            shapes.push(vec![height, width, channels]);
        }
        let mut vector = network.joint.forward(maps);
        shapes.push(vec![vector.dims()[1]]);
        for layer in &network.classifier {
            vector = layer.forward(vector);
            shapes.push(vec![vector.dims()[1]]);
        }
        shapes
    }

    #[test]
    fn the_table_has_the_shapes_that_are_computed() {
        let device = Device::flex();
        for config in [
            MlpConfig::mnist_dropout().sequential(),
            MlpConfig::brain_tumor().sequential(),
            DigitCnnConfig::new().sequential(),
            TumorCnnConfig::new().sequential(),
            TumorNetConfig::new().sequential(),
            TumorNetConfig::new()
                .with_input([3, 37, 49])
                .with_classes(2)
                .sequential(),
        ] {
            let network = config.init(&device);
            let [channels, height, width] = config.input;
            let images = Tensor::zeros([2, channels, height, width], &device);
            let shapes = real_shapes(&network, images);
            let table: Vec<_> = config
                .table()
                .rows
                .into_iter()
                .map(|row| row.output_shape)
                .collect();
            assert_eq!(table, shapes);
            assert_eq!(shapes.last().unwrap(), &vec![config.classes()]);
        }
    }

    /// Counts the parameters that were drawn, and those that wait.
    #[derive(Default)]
    struct Drawn {
        yes: usize,
        no: usize,
    }

    impl ModuleVisitor for Drawn {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            match parameter.is_initialized() {
                true => self.yes += 1,
                false => self.no += 1,
            }
        }
    }

    #[test]
    fn init_draws_every_weight_and_blank_none() {
        let config = TumorNetConfig::new()
            .with_normalization(None)
            .with_blocks(vec![vec![2], vec![4], vec![5]])
            .sequential();
        let drawn = |network: &Sequential| {
            let mut drawn = Drawn::default();
            network.visit(&mut drawn);
            (drawn.yes, drawn.no)
        };
        assert_eq!(drawn(&config.init(&Device::flex())), (10, 0));
        assert_eq!(drawn(&config.blank(&Device::flex())), (0, 10));
    }

    #[test]
    fn weights_stay_in_the_initialisers_bounds_and_biases_are_zero() {
        let network = DigitCnnConfig::new().init(&Device::flex());
        let largest = |tensor: Tensor<1>| tensor.abs().max().into_scalar::<f32>();
        let FeatureLayer::Conv(first) = &network.features[0] else {
            panic!("the first layer is a convolution");
        };
        // Glorot, uniform: sqrt(6 / (fan in + fan out)) with 9 in and 32 * 9 out.
        let bound = (6.0f32 / (9.0 + 288.0)).sqrt();
        let found = largest(first.conv.weight.val().flatten(0, 3));
        assert!(
            (0.9 * bound..=bound).contains(&found),
            "{found} for {bound}"
        );
        assert_eq!(largest(first.conv.bias.as_ref().unwrap().val()), 0.0);
        let ClassifierLayer::Dense(dense) = &network.classifier[0] else {
            panic!("the classifier starts with a dense layer");
        };
        let bound = (6.0f32 / (21_632.0 + 128.0)).sqrt();
        let found = largest(dense.dense.weight.val().flatten(0, 1));
        assert!(
            (0.99 * bound..=bound).contains(&found),
            "{found} for {bound}"
        );
        assert_eq!(largest(dense.dense.bias.as_ref().unwrap().val()), 0.0);
    }

    #[test]
    fn he_uniform_bounds_are_sqrt_of_6_over_fan_in() {
        let network = TumorNetConfig::new().sequential().init(&Device::flex());
        let FeatureLayer::Conv(layer) = &network.features[2] else {
            panic!("the third layer is a convolution");
        };
        let bound = (6.0f32 / (32.0 * 9.0)).sqrt();
        let weights = layer.conv.weight.val().flatten::<1>(0, 3);
        let found = weights.abs().max().into_scalar::<f32>();
        assert!(
            (0.99 * bound..=bound).contains(&found),
            "{found} for {bound}"
        );
    }

    /// Layer by layer, nothing computed together.
    fn one_by_one(network: &Sequential, images: Tensor<4>) -> Tensor<2> {
        let maps = (network.features.iter()).fold(images, |maps, layer| layer.forward(maps));
        network.classify(maps)
    }

    /// A convolution, a normalisation and a max-pooling in one operation, after the running statistics have
    /// moved away from 0 and 1, give what they give one by one.
    #[test]
    fn an_answer_is_the_same_with_layers_computed_together() {
        let pictures = |device: &Device| {
            Tensor::<4>::random([4, 1, 12, 12], Distribution::Normal(1.0, 2.0), device)
        };
        for kind in [Normalization::Batch, Normalization::Layer] {
            for activation in [Activation::Relu, Activation::Tanh] {
                let config = TumorNetConfig::new()
                    .with_input([1, 12, 12])
                    .with_stem(5)
                    .with_blocks(vec![vec![3], vec![4]])
                    .with_activation(activation)
                    .with_normalization(Some(kind))
                    .sequential();
                let training = Device::flex().autodiff();
                let network = config.init(&training);
                for _ in 0..5 {
                    let _ = network.forward(pictures(&training));
                }
                let network = network.valid();
                let images = pictures(&Device::flex());
                let [together, apart] = [
                    network.forward(images.clone()),
                    one_by_one(&network, images.clone()),
                ];
                let difference = (together - apart.clone()).abs().max().into_scalar::<f32>();
                let size = apart.abs().max().into_scalar::<f32>();
                assert!(difference < 1e-5 * size, "{kind:?}: {difference} of {size}");
            }
        }
    }

    /// In training every channel of the batch has mean 0 and variance 1, and the running statistics move a
    /// tenth of the way towards the batch's.
    #[test]
    fn batch_normalization_learns_the_statistics() {
        let device = Device::flex().autodiff();
        let layer = NormLayer::new(Normalization::Batch, 3, Activation::Identity, &device);
        let sums = Tensor::<4>::random([16, 3, 5, 5], Distribution::Normal(4.0, 3.0), &device);
        let output = layer.forward(sums.clone());
        let of_channel = |values: Tensor<4>| values.swap_dims(0, 1).flatten::<2>(1, 3);
        let flat = of_channel(output);
        let mean: Vec<f32> = flat.clone().mean_dim(1).into_data().try_to_vec().unwrap();
        let variance: Vec<f32> = flat.var_bias(1).into_data().try_to_vec().unwrap();
        assert!(mean.iter().all(|mean| mean.abs() < 1e-5), "{mean:?}");
        assert!(
            variance.iter().all(|v| (v - 1.0).abs() < 1e-4),
            "{variance:?}"
        );
        let Norm::Batch(norm) = &layer.norm else {
            panic!("batch normalisation was asked for");
        };
        let expected = of_channel(sums).mean_dim(1).squeeze_dim::<1>(1) * 0.1;
        let moved = (norm.running_mean.value_sync() - expected).abs().max();
        assert!(moved.into_scalar::<f32>() < 1e-5);
    }

    /// On vectors, group normalisation with one group is Burn's layer normalisation.
    #[test]
    fn layer_normalization_of_vectors_is_burns() {
        let device = Device::flex();
        let layer = NormLayer::new(Normalization::Layer, 7, Activation::Identity, &device);
        let sums = Tensor::<2>::random([4, 7], Distribution::Normal(4.0, 3.0), &device);
        let burns = burn::nn::LayerNormConfig::new(7)
            .init(&device)
            .forward(sums.clone());
        let difference = (layer.forward(sums) - burns)
            .abs()
            .max()
            .into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }

    /// The mean square of the values stays near one through max-pooling and dropout.
    #[test]
    fn an_even_start_keeps_the_size_of_the_values() {
        let device = Device::flex().autodiff();
        let sizes = |even_start| {
            let config = SequentialConfig {
                even_start,
                ..TumorCnnConfig::new().sequential()
            };
            let network = config.init(&device);
            let normal = Distribution::Normal(0.0, 1.0);
            let mut maps = Tensor::<4>::random([2, 3, 150, 150], normal, &device);
            for layer in &network.features {
                maps = layer.forward(maps);
            }
            maps.square().mean().into_scalar::<f32>()
        };
        let (even, plain) = (sizes(true), sizes(false));
        // What leaves the last max-pooling and dropout is still larger by their own growth.
        assert!((0.2..20.0).contains(&even), "{even}");
        assert!(plain > 3.0 * even, "{plain} without, {even} with");
    }

    fn refused(input: [usize; 3], layers: Vec<Layer>) -> String {
        let config = SequentialConfig::new(input, he_uniform(), layers);
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn lists_that_cannot_be_built_are_refused_with_the_reason() {
        use Activation::{Identity, LeakyRelu, Relu};
        use Layer::Flatten;
        let dense = |units| Layer::dense(units, Identity);
        let ok = [1, 8, 8];
        let cases = [
            (ok, vec![], "number of layers is 0"),
            (ok, vec![Flatten], "end with a dense layer"),
            (ok, vec![dense(2)], "flatten first"),
            (ok, vec![Flatten, Flatten, dense(2)], "flatten once"),
            (
                ok,
                vec![Flatten, Layer::max_pool(2), dense(2)],
                "move it up",
            ),
            (ok, vec![Flatten, dense(0)], "is 0: give a number from 1"),
            (
                ok,
                vec![Flatten, dense(usize::MAX)],
                "is 18446744073709551615",
            ),
            (
                ok,
                vec![Flatten, dense(1 << 20), dense(1 << 20)],
                "parameters up to layer 3",
            ),
            (
                ok,
                vec![Flatten, Layer::dropout(1.0), dense(2)],
                "is 1: give a number from 0",
            ),
            (
                ok,
                vec![Flatten, Layer::dropout(f64::NAN), dense(2)],
                "is NaN",
            ),
            (
                ok,
                vec![Layer::conv(2, 9, Relu), Flatten, dense(2)],
                "8 x 8 reach it",
            ),
            (
                ok,
                vec![Layer::conv(2, 0, Relu), Flatten, dense(2)],
                "window of layer 1",
            ),
            (
                ok,
                vec![Layer::conv(0, 3, Relu), Flatten, dense(2)],
                "filters of layer 1",
            ),
            (
                ok,
                vec![Layer::max_pool(9), Flatten, dense(2)],
                "8 x 8 reach it",
            ),
            (
                ok,
                vec![
                    Layer::conv(
                        1,
                        1,
                        LeakyRelu {
                            slope: f64::INFINITY,
                        },
                    ),
                    Flatten,
                    dense(2),
                ],
                "leaky-relu is inf",
            ),
            ([0, 8, 8], vec![Flatten, dense(2)], "input channels is 0"),
            ([1, 0, 8], vec![Flatten, dense(2)], "input height is 0"),
            ([1, 8, 5000], vec![Flatten, dense(2)], "input width is 5000"),
            (
                [4096, 4096, 4096],
                vec![Flatten, dense(2)],
                "values out of layer 1",
            ),
        ];
        for (input, layers, expected) in cases {
            let message = refused(input, layers);
            assert!(message.contains(expected), "'{message}' lacks '{expected}'");
            assert!(!message.contains('\n'), "{message}");
        }
    }
}
