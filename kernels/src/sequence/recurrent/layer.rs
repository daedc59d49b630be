//! Recurrent units, their equations, and the sizes of a layer.

/// A kind of recurrent unit.
///
/// Below, h is the output after a step and h' that after the next; a is the product of the input with its weights,
/// bias included, computed beforehand; U and b are the recurrent weights and bias; sigma is the logistic function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecurrentUnit {
    /// Simple recurrent unit (Elman 1990, <https://doi.org/10.1207/s15516709cog1402_1>):
    ///
    /// ```text
    /// h' = tanh(a + h U + b)
    /// ```
    Elman,
    /// Gated recurrent unit (Cho et al. 2014, <https://arxiv.org/abs/1406.1078>). The reset gate scales the product
    /// with the state, as in PyTorch and cuDNN:
    ///
    /// ```text
    /// r = sigma(a_r + h U_r + b_r)
    /// z = sigma(a_z + h U_z + b_z)
    /// n = tanh(a_n + r (h U_n + b_n))
    /// h' = (1 - z) n + z h
    /// ```
    ///
    /// The columns of U are those of r, z and n in turn.
    Gru,
    /// Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997,
    /// <https://doi.org/10.1162/neco.1997.9.8.1735>; Gers et al. 2000, <https://doi.org/10.1162/089976600300015015>):
    ///
    /// ```text
    /// i, f, o = sigma(a + h U + b)
    /// g = tanh(a_g + h U_g + b_g)
    /// c' = f c + i g
    /// h' = o tanh(c')
    /// ```
    ///
    /// The columns of U are those of i, f, g and o in turn, as in PyTorch.
    Lstm,
}

impl RecurrentUnit {
    /// Returns the number of gates of each unit, the candidate included: the columns of U per unit.
    pub fn gates(self) -> usize {
        match self {
            Self::Elman => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// Returns the number of state values of each unit: the output h, and for a long short-term memory the cell c. All
    /// h come before all c.
    pub fn states(self) -> usize {
        match self {
            Self::Elman | Self::Gru => 1,
            Self::Lstm => 2,
        }
    }

    /// Returns the number of values of each unit that the forward pass saves for the backward pass.
    ///
    /// - Gated recurrent unit: reset gate, update gate, candidate, and the candidate's product with the state.
    /// - Long short-term memory: its four gates.
    /// - Simple unit: one, which is not read.
    pub(super) fn saved(self) -> usize {
        match self {
            Self::Elman => 1,
            Self::Gru | Self::Lstm => 4,
        }
    }

    /// Returns whether the gradients of a and of h U + b differ: the reset gate stands between the two.
    pub(super) fn has_own_input_gradients(self) -> bool {
        self == Self::Gru
    }
}

/// The operation of [`recurrent`](super::recurrent): a layer over a batch of sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recurrent {
    /// Kind of unit.
    pub unit: RecurrentUnit,
    /// Number of time steps.
    pub steps: usize,
    /// Number of sequences.
    pub batch: usize,
    /// Number of units.
    pub units: usize,
}

impl Recurrent {
    /// Returns the number of gate values of one sequence at one step.
    pub(super) fn gate_columns(&self) -> usize {
        self.unit.gates() * self.units
    }

    /// Returns the number of state values of one sequence at one step.
    pub(super) fn state_columns(&self) -> usize {
        self.unit.states() * self.units
    }

    /// Returns the number of saved values of one sequence at one step.
    pub(super) fn saved_columns(&self) -> usize {
        self.unit.saved() * self.units
    }

    /// Returns how many sequences one task takes through all steps. The threads wait for each other once, not at every
    /// step. No result depends on it.
    pub(super) fn sequences_per_task(&self) -> usize {
        self.batch
            .div_ceil(rayon::current_num_threads())
            .clamp(1, MAX_SEQUENCES_PER_TASK)
    }
}

/// Maximum number of sequences per task, so that their gates stay in the second-level cache beside the weights: of 128
/// long short-term memories the gates of 32 sequences take 64 KB, the recurrent weights 256 KB.
const MAX_SEQUENCES_PER_TASK: usize = 32;
