//! The first layers of a network, from the input to one of them, which fine-tuning takes over or freezes.
//!
//! The rows of the layer table and the parameters of a network have the same order, from input to output, so that the
//! parameters of a row are found by counting. A test compares both for every network.

use burn::module::{Flag, Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::store::ModuleSnapshot;
use burn::tensor::Tensor;

use crate::layers::table::LayerTable;

/// Name of all layers below the head, which is the last layer with weights.
pub const FEATURES: &str = "features";

/// The first layers of a network. In an ensemble they are those of every member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowerLayers {
    /// Name of the last of them.
    last: String,
    /// Number of parameters of these layers in one member.
    parameters: usize,
    /// Number of parameters of a member.
    of_member: usize,
    members: usize,
}

/// A tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTensor {
    /// Name in a model file.
    pub name: String,
    /// Shape.
    pub shape: Vec<usize>,
}

impl NamedTensor {
    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Returns whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl LayerTable {
    /// Returns the names of the layers with parameters below the head: `--freeze` accepts each.
    pub fn lower_names(&self) -> Vec<&str> {
        let rows = self.rows.iter().enumerate();
        let rows: Vec<_> = rows.filter(|(_, row)| row.parameters > 0).collect();
        let of_member = rows.len() - self.twins;
        let last = rows.get(of_member.wrapping_sub(1)).map(|(index, _)| *index);
        let head = self.head.or(last).unwrap_or(0);
        let lower = rows.into_iter().take_while(|(index, _)| *index < head);
        lower.map(|(_, row)| row.name.as_str()).collect()
    }

    /// Returns the layers from the input up to and including the layer `last`, a name of the table or [`FEATURES`].
    ///
    /// `None` if no layer has this name, or nothing would be left above.
    pub fn lower(&self, last: &str) -> Option<LowerLayers> {
        let names = self.lower_names();
        let last = match last {
            FEATURES => names.last(),
            name => names.iter().find(|known| **known == name),
        }?;
        let index = self.rows.iter().position(|row| row.name == *last)?;
        let rows = self.rows.iter().take(index + 1);
        Some(LowerLayers {
            last: (*last).to_owned(),
            parameters: rows.map(|row| row.parameters).sum(),
            of_member: self.parameters() / (self.twins + 1),
            members: self.twins + 1,
        })
    }
}

impl LowerLayers {
    /// Returns the name of the last of the layers.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// Returns the number of their parameters, running statistics included.
    pub fn parameters(&self) -> usize {
        self.parameters * self.members
    }

    /// Splits the [`tensors`] of a network into those of these layers and those above.
    pub fn split(&self, tensors: Vec<NamedTensor>) -> [Vec<NamedTensor>; 2] {
        let mut offset = 0;
        let (lower, upper) = tensors.into_iter().partition(|tensor| {
            let is_lower = self.contain(offset);
            offset += tensor.len();
            is_lower
        });
        [lower, upper]
    }

    /// Freezes the layers: their parameters get no gradients, their batch normalisations use and keep the running
    /// statistics, and their dropout lets everything pass.
    pub fn freeze<N: Module>(&self, network: N) -> N {
        let mut ids = LowerIds {
            layers: self,
            offset: 0,
            ids: Vec::new(),
        };
        network.visit(&mut ids);
        let group = ParamGroup::from_ids(ids.ids);
        network.freeze_group(group)
    }

    /// Returns whether the parameter after `offset` others belongs to the layers.
    fn contain(&self, offset: usize) -> bool {
        offset < self.of_member * self.members && offset % self.of_member < self.parameters
    }
}

/// Returns the tensors of a network, in the order from input to output.
pub fn tensors<N: Module>(network: &N) -> Vec<NamedTensor> {
    let tensors = network.collect(None, None, true).into_iter();
    let named = tensors.map(|tensor| NamedTensor {
        shape: tensor.shape.to_vec(),
        name: tensor.name,
    });
    named.collect()
}

/// The identities of the parameters and of the training flags of some layers.
struct LowerIds<'a> {
    layers: &'a LowerLayers,
    /// Number of parameters seen so far.
    offset: usize,
    ids: Vec<ParamId>,
}

impl LowerIds<'_> {
    fn see(&mut self, id: ParamId, parameters: usize) {
        if self.layers.contain(self.offset) {
            self.ids.push(id);
        }
        self.offset += parameters;
    }
}

impl ModuleVisitor for LowerIds<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.see(param.id, param.lazy_shape().num_elements());
    }

    /// A dropout between two layers belongs to the one after it, so that the head keeps its dropout.
    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.see(flag.id, 0);
    }
}
