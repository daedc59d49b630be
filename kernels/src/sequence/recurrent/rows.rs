//! What happens to each unit in one step, over some sequences of a batch.

use super::Unit;
use crate::elementary::{sigmoid, tanh};
use crate::fresh::Fresh;

/// Equal parts of one row, one for each gate.
#[inline(always)]
fn parts<const N: usize>(row: &[f32], units: usize) -> [&[f32]; N] {
    std::array::from_fn(|part| &row[part * units..(part + 1) * units])
}

#[inline(always)]
fn parts_mut<const N: usize, T>(row: &mut [T], units: usize) -> [&mut [T]; N] {
    let mut parts = row.chunks_exact_mut(units);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// One step forward.
pub(super) struct Front<'a> {
    pub unit: Unit,
    pub units: usize,
    pub bias: &'a [f32],
    pub inputs: &'a [f32],
    pub sums: &'a [f32],
    /// How far apart the rows of the sums are.
    pub width: usize,
    /// The state before, then that after.
    pub state: &'a mut [f32],
    pub gates: &'a mut [Fresh<f32>],
}

impl Front<'_> {
    #[inline(always)]
    pub(super) fn advance(self) {
        match self.unit {
            Unit::Elman => self.elman(),
            Unit::Gru => self.gru(),
            Unit::Lstm => self.lstm(),
        }
    }

    #[inline(always)]
    fn elman(self) {
        let units = self.units;
        let lines = (self.state.chunks_exact_mut(units))
            .zip(self.gates.chunks_exact_mut(units))
            .zip(self.sums.chunks_exact(self.width))
            .zip(self.inputs.chunks_exact(units));
        for (((state, kept), sums), inputs) in lines {
            let (sums, inputs, bias) = (&sums[..units], &inputs[..units], &self.bias[..units]);
            for unit in 0..units {
                state[unit] = tanh(inputs[unit] + sums[unit] + bias[unit]);
                kept[unit].write(state[unit]);
            }
        }
    }

    #[inline(always)]
    fn gru(self) {
        let units = self.units;
        let bias = parts::<3>(self.bias, units);
        let lines = (self.state.chunks_exact_mut(units))
            .zip(self.gates.chunks_exact_mut(4 * units))
            .zip(self.sums.chunks_exact(self.width))
            .zip(self.inputs.chunks_exact(3 * units));
        for (((state, gates), sums), inputs) in lines {
            let (sums, inputs) = (parts::<3>(sums, units), parts::<3>(inputs, units));
            let [reset, update, candidate, recurrent] = parts_mut(gates, units);
            for unit in 0..units {
                let from_state = sums[2][unit] + bias[2][unit];
                let r = sigmoid(inputs[0][unit] + sums[0][unit] + bias[0][unit]);
                let z = sigmoid(inputs[1][unit] + sums[1][unit] + bias[1][unit]);
                let n = tanh(inputs[2][unit] + r * from_state);
                reset[unit].write(r);
                update[unit].write(z);
                candidate[unit].write(n);
                recurrent[unit].write(from_state);
                state[unit] = n + z * (state[unit] - n);
            }
        }
    }

    #[inline(always)]
    fn lstm(self) {
        let units = self.units;
        let bias = parts::<4>(self.bias, units);
        let lines = (self.state.chunks_exact_mut(2 * units))
            .zip(self.gates.chunks_exact_mut(4 * units))
            .zip(self.sums.chunks_exact(self.width))
            .zip(self.inputs.chunks_exact(4 * units));
        for (((state, gates), sums), inputs) in lines {
            let (sums, inputs) = (parts::<4>(sums, units), parts::<4>(inputs, units));
            let [input, forget, candidate, output] = parts_mut(gates, units);
            let [state, cell] = parts_mut(state, units);
            for unit in 0..units {
                let i = sigmoid(inputs[0][unit] + sums[0][unit] + bias[0][unit]);
                let f = sigmoid(inputs[1][unit] + sums[1][unit] + bias[1][unit]);
                let g = tanh(inputs[2][unit] + sums[2][unit] + bias[2][unit]);
                let o = sigmoid(inputs[3][unit] + sums[3][unit] + bias[3][unit]);
                let c = f * cell[unit] + i * g;
                input[unit].write(i);
                forget[unit].write(f);
                candidate[unit].write(g);
                output[unit].write(o);
                cell[unit] = c;
                state[unit] = o * tanh(c);
            }
        }
    }
}

/// One step backward.
pub(super) struct Back<'a> {
    pub unit: Unit,
    pub units: usize,
    pub gates: &'a [f32],
    pub before: &'a [f32],
    pub states: &'a [f32],
    pub gradient: &'a [f32],
    /// For the sums with the state before.
    pub sums: &'a mut [f32],
    /// For the sums with the inputs, if they differ.
    pub inputs: &'a mut [Fresh<f32>],
    /// For the outputs, of this step and then of the one before.
    pub outputs: &'a mut [f32],
    /// How far apart the rows of the outputs are.
    pub width: usize,
    /// For the cells, likewise.
    pub cells: &'a mut [f32],
}

impl Back<'_> {
    #[inline(always)]
    pub(super) fn retreat(self) {
        match self.unit {
            Unit::Elman => self.elman(),
            Unit::Gru => self.gru(),
            Unit::Lstm => self.lstm(),
        }
    }

    #[inline(always)]
    fn elman(self) {
        let units = self.units;
        let lines = (self.outputs.chunks_exact_mut(self.width))
            .zip(self.sums.chunks_exact_mut(units))
            .zip(self.gradient.chunks_exact(units))
            .zip(self.states.chunks_exact(units));
        for (((carried, sums), gradient), states) in lines {
            let carried = &mut carried[..units];
            for unit in 0..units {
                sums[unit] = (carried[unit] + gradient[unit]) * (1.0 - states[unit] * states[unit]);
                carried[unit] = 0.0;
            }
        }
    }

    #[inline(always)]
    fn gru(self) {
        let units = self.units;
        let lines = (self.outputs.chunks_exact_mut(self.width))
            .zip(self.inputs.chunks_exact_mut(3 * units))
            .zip(self.sums.chunks_exact_mut(3 * units))
            .zip(self.gradient.chunks_exact(units))
            .zip(self.before.chunks_exact(units))
            .zip(self.gates.chunks_exact(4 * units));
        for (((((carried, inputs), sums), gradient), before), gates) in lines {
            let carried = &mut carried[..units];
            let [reset, update, candidate, recurrent] = parts(gates, units);
            let [for_reset, for_update, for_candidate] = parts_mut(inputs, units);
            let [sum_reset, sum_update, sum_candidate] = parts_mut(sums, units);
            for unit in 0..units {
                let (r, z, n) = (reset[unit], update[unit], candidate[unit]);
                let of_state = carried[unit] + gradient[unit];
                let of_candidate = of_state * (1.0 - z) * (1.0 - n * n);
                let of_update = of_state * (before[unit] - n) * z * (1.0 - z);
                let of_reset = of_candidate * recurrent[unit] * r * (1.0 - r);
                for_reset[unit].write(of_reset);
                for_update[unit].write(of_update);
                for_candidate[unit].write(of_candidate);
                sum_reset[unit] = of_reset;
                sum_update[unit] = of_update;
                sum_candidate[unit] = of_candidate * r;
                carried[unit] = of_state * z;
            }
        }
    }

    #[inline(always)]
    fn lstm(self) {
        let units = self.units;
        let lines = (self.outputs.chunks_exact_mut(self.width))
            .zip(self.cells.chunks_exact_mut(units))
            .zip(self.sums.chunks_exact_mut(4 * units))
            .zip(self.gradient.chunks_exact(2 * units))
            .zip(self.before.chunks_exact(2 * units))
            .zip(self.states.chunks_exact(2 * units))
            .zip(self.gates.chunks_exact(4 * units));
        for ((((((carried, carried_cell), sums), gradient), before), state), gates) in lines {
            let carried = &mut carried[..units];
            let [input, forget, candidate, output] = parts(gates, units);
            let [for_input, for_forget, for_candidate, for_output] = parts_mut(sums, units);
            let [of_output, of_cell] = parts(gradient, units);
            let ([_, cell_before], [_, cell]) =
                (parts::<2>(before, units), parts::<2>(state, units));
            for unit in 0..units {
                let (i, f) = (input[unit], forget[unit]);
                let (g, o) = (candidate[unit], output[unit]);
                let squashed = tanh(cell[unit]);
                let of_state = carried[unit] + of_output[unit];
                let of_cell =
                    carried_cell[unit] + of_cell[unit] + of_state * o * (1.0 - squashed * squashed);
                for_input[unit] = of_cell * g * i * (1.0 - i);
                for_forget[unit] = of_cell * cell_before[unit] * f * (1.0 - f);
                for_candidate[unit] = of_cell * i * (1.0 - g * g);
                for_output[unit] = of_state * squashed * o * (1.0 - o);
                carried[unit] = 0.0;
                carried_cell[unit] = of_cell * f;
            }
        }
    }
}
