//! One row of the table of operations, and the ways to run it: on slices, and on tensors of any layout and type.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::Passes;
use super::reference::draw;
use crate::operation::Operation;
use crate::simd::Level;

/// An input: its shape and its values.
#[derive(Clone, Debug)]
pub struct Input {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Input {
    /// Draws values from `-scale` to `scale`.
    pub fn draw(shape: &[usize], scale: f32, seed: u64) -> Self {
        Self {
            shape: shape.to_vec(),
            values: draw(shape.iter().product(), scale, seed),
        }
    }

    /// Changes every value.
    pub fn map(mut self, change: impl Fn(f32) -> f32) -> Self {
        for value in &mut self.values {
            *value = change(*value);
        }
        self
    }
}

/// Everything that an operation computes: its output, its outputs without gradients, and the gradients of its inputs.
pub type Outcome<T> = Vec<Vec<T>>;

type OnSlices = dyn Fn(Level, &[&[f32]], &[f32]) -> Outcome<f32> + Sync;
type OnTensors = dyn Fn(&Leaves) -> Vec<Tensor<1>> + Sync;
type Regular = dyn Fn(&[Input]) -> Vec<bool> + Sync;

/// How exactly a row agrees with its definition.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// Maximum error, relative to the largest value.
    pub tolerance: f64,
    /// Whether all sets of instructions give the same bits.
    pub same_bits: bool,
    pub reach: Reach,
}

/// Which values NaN and infinities reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// NaN the same as in the definition, infinities those or more.
    Same,
    /// Those of the definition, and all others of a tile.
    Tiles,
    /// NaN the same as in the definition. Infinities close a gate nearly, where the definition closes it fully and
    /// multiplies them by zero: they show in the output or in the gradients, but not in the same values.
    Gates,
}

/// A row of the table: one operation on inputs of fixed sizes.
pub struct Case {
    pub name: String,
    pub inputs: Vec<Input>,
    /// Gradient of the output.
    pub gradient: Vec<f32>,
    pub agreement: Agreement,
    /// Whether the gradients are the derivatives of the output: not those of a surrogate.
    pub is_differentiable: bool,
    /// Whether there is a backward pass.
    pub has_gradients: bool,
    on_slices: Box<OnSlices>,
    on_tensors: Box<OnTensors>,
    regular: Option<Box<Regular>>,
}

impl Case {
    /// Creates a row. `on_tensors` is the public function; with tensors of `f64` it must be the definition. It returns
    /// the output and the outputs without gradients, flattened.
    pub fn new<O: Operation<N>, const N: usize>(
        operation: O,
        inputs: [Input; N],
        agreement: Agreement,
        on_tensors: impl Fn(&Leaves) -> Vec<Tensor<1>> + Sync + 'static,
    ) -> Self {
        let shapes = inputs.each_ref().map(|input| input.shape.clone().into());
        let output = operation.output_shape(shapes.each_ref());
        let name = format!("{operation:?}");
        let on_slices = move |level: Level, inputs: &[&[f32]], gradient: &[f32]| {
            let inputs: [&[f32]; N] = std::array::from_fn(|i| inputs[i]);
            Passes::run(&operation, level, inputs, gradient).into_vecs()
        };
        Self {
            name,
            inputs: inputs.into(),
            gradient: draw(output.num_elements(), 1.0, 99),
            agreement,
            is_differentiable: true,
            has_gradients: true,
            on_slices: Box::new(on_slices),
            on_tensors: Box::new(on_tensors),
            regular: None,
        }
    }

    /// Creates a row of an operation without a backward pass.
    pub fn forward_only(
        name: &str,
        inputs: Vec<Input>,
        agreement: Agreement,
        on_slices: impl Fn(Level, &[&[f32]]) -> Outcome<f32> + Sync + 'static,
        on_tensors: impl Fn(&Leaves) -> Vec<Tensor<1>> + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            inputs,
            gradient: Vec::new(),
            agreement,
            is_differentiable: false,
            has_gradients: false,
            on_slices: Box::new(move |level, inputs, _| on_slices(level, inputs)),
            on_tensors: Box::new(on_tensors),
            regular: None,
        }
    }

    /// Marks the outputs at which the operation is smooth: not at a bound of a rectifier, nor at a tie. The gradient of
    /// all others is cleared, because both sides are right.
    pub fn regular_at(mut self, regular: impl Fn(&[Input]) -> Vec<bool> + Sync + 'static) -> Self {
        self.regular = Some(Box::new(regular));
        self
    }

    /// Clears the gradient where the operation is not smooth.
    pub fn clear_kinks(&mut self) {
        if let Some(regular) = &self.regular {
            let regular = regular(&self.inputs);
            assert_eq!(regular.len(), self.gradient.len(), "{}", self.name);
            for (gradient, regular) in self.gradient.iter_mut().zip(regular) {
                *gradient = if regular { *gradient } else { 0.0 };
            }
        }
    }

    /// Returns the values of an input, or of the gradient, whose index is after those of the inputs.
    pub fn values_mut(&mut self, index: usize) -> &mut [f32] {
        match self.inputs.get_mut(index) {
            Some(input) => &mut input.values,
            None => &mut self.gradient,
        }
    }

    /// Returns the name of one part of an [`Outcome`] of so many parts.
    pub fn part(&self, index: usize, parts: usize) -> String {
        let outputs = parts
            - if self.has_gradients {
                self.inputs.len()
            } else {
                0
            };
        match index.checked_sub(outputs) {
            Some(input) => format!("gradient of input {input}, {}", self.name),
            None => format!("output {index}, {}", self.name),
        }
    }

    /// Runs the operation on slices.
    pub fn on_slices(&self, level: Level) -> Outcome<f32> {
        let inputs: Vec<&[f32]> = self.inputs.iter().map(|input| &input.values[..]).collect();
        (self.on_slices)(level, &inputs, &self.gradient)
    }

    /// Runs the public function on tensors.
    pub fn on_tensors(&self, device: &Device, layout: Layout) -> Outcome<f32> {
        let round = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        let outcome = self.run(&device.clone().autodiff(), DType::F32, layout);
        outcome.into_iter().map(round).collect()
    }

    /// Returns what the operation is by its definition, in `f64`.
    pub fn definition(&self) -> Outcome<f64> {
        self.run(&Device::flex().autodiff(), DType::F64, Layout::Contiguous)
    }

    /// Returns the sum of the products of output and gradient, by the definition, in `f64`.
    pub fn loss(&self, inputs: &[Vec<f64>]) -> f64 {
        let shapes = self.inputs.iter().map(|input| input.shape.clone());
        let pairs = shapes.zip(inputs.iter().cloned()).collect();
        let leaves = Leaves::new(pairs, &Device::flex(), DType::F64, Layout::Contiguous);
        let outputs = (self.on_tensors)(&leaves);
        let output = read(outputs[0].clone());
        let products = output.iter().zip(&self.gradient);
        products
            .map(|(value, gradient)| value * f64::from(*gradient))
            .sum()
    }

    fn run(&self, device: &Device, dtype: DType, layout: Layout) -> Outcome<f64> {
        let pairs = (self.inputs.iter())
            .map(|input| {
                let values = input.values.iter().copied().map(f64::from).collect();
                (input.shape.clone(), values)
            })
            .collect();
        let leaves = Leaves::new(pairs, device, dtype, layout);
        let outputs = (self.on_tensors)(&leaves);
        let mut outcome: Outcome<f64> = outputs.iter().cloned().map(read).collect();
        if self.has_gradients {
            let gradient = TensorData::new(self.gradient.clone(), [self.gradient.len()]);
            let gradient = Tensor::<1>::from_data(gradient, (device, dtype));
            let gradients = (outputs[0].clone() * gradient).sum().backward();
            outcome.extend(leaves.gradients(|leaf| leaf.grad(&gradients)));
        }
        outcome
    }
}

fn read(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// How the values of a tensor lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In the order of the axes.
    Contiguous,
    /// The last two axes in the other order; of a vector, as a slice.
    Transposed,
    /// A slice of a larger tensor, between values that are NaN.
    Sliced,
}

impl Layout {
    /// Returns the shape of the tensor in memory.
    fn stored_shape(self, shape: &[usize]) -> Vec<usize> {
        let mut stored = shape.to_vec();
        let axes = stored.len();
        match self {
            Self::Contiguous => {}
            Self::Transposed if axes >= 2 => stored.swap(axes - 2, axes - 1),
            Self::Transposed | Self::Sliced => stored[axes - 1] += 2,
        }
        stored
    }

    /// Returns the place in memory of each value.
    fn places(self, shape: &[usize]) -> Vec<usize> {
        let last = shape[shape.len() - 1];
        let count: usize = shape.iter().product();
        let is_transposed = self == Self::Transposed && shape.len() >= 2;
        (0..count)
            .map(|index| match self {
                Self::Contiguous => index,
                _ if is_transposed => {
                    let rows = shape[shape.len() - 2];
                    let (matrix, within) = (index / (rows * last), index % (rows * last));
                    let (row, column) = (within / last, within % last);
                    (matrix * last + column) * rows + row
                }
                _ => index / last * (last + 2) + 1 + index % last,
            })
            .collect()
    }
}

/// The tensors that go into a public function.
pub struct Leaves {
    shapes: Vec<Vec<usize>>,
    /// As they lie in memory, flattened.
    leaves: Vec<Tensor<1>>,
    layout: Layout,
    pub dtype: DType,
    pub device: Device,
}

impl Leaves {
    fn new(
        inputs: Vec<(Vec<usize>, Vec<f64>)>,
        device: &Device,
        dtype: DType,
        layout: Layout,
    ) -> Self {
        let leaf = |(shape, values): &(Vec<usize>, Vec<f64>)| {
            let mut stored = vec![f64::NAN; layout.stored_shape(shape).iter().product()];
            for (place, value) in layout.places(shape).into_iter().zip(values) {
                stored[place] = *value;
            }
            let count = stored.len();
            let leaf = Tensor::<1>::from_data(TensorData::new(stored, [count]), (device, dtype));
            if device.is_autodiff() {
                leaf.require_grad()
            } else {
                leaf
            }
        };
        Self {
            leaves: inputs.iter().map(leaf).collect(),
            shapes: inputs.into_iter().map(|(shape, _)| shape).collect(),
            layout,
            dtype,
            device: device.clone(),
        }
    }

    /// Returns an input.
    pub fn get<const D: usize>(&self, index: usize) -> Tensor<D> {
        let shape = &self.shapes[index];
        let stored: [usize; D] =
            (self.layout.stored_shape(shape).try_into()).expect("as many axes as the input has");
        let stored = self.leaves[index].clone().reshape(stored);
        match self.layout {
            Layout::Contiguous => stored,
            Layout::Transposed if D >= 2 => stored.swap_dims(D - 2, D - 1),
            Layout::Transposed | Layout::Sliced => stored.narrow(D - 1, 1, shape[D - 1]),
        }
    }

    /// Returns the gradients, zero where there is none.
    fn gradients(&self, gradient: impl Fn(&Tensor<1>) -> Option<Tensor<1>>) -> Vec<Vec<f64>> {
        (self.leaves.iter().zip(&self.shapes))
            .map(|(leaf, shape)| {
                let places = self.layout.places(shape);
                match gradient(leaf) {
                    None => vec![0.0; places.len()],
                    Some(gradient) => {
                        let stored = read(gradient);
                        places.into_iter().map(|place| stored[place]).collect()
                    }
                }
            })
            .collect()
    }
}

/// Returns the bits of all values.
pub fn bits(outcome: &Outcome<f32>) -> Vec<Vec<u32>> {
    let bits = |values: &Vec<f32>| values.iter().map(|value| value.to_bits()).collect();
    outcome.iter().map(bits).collect()
}
