//! The McCulloch-Pitts unit: it fires iff w . x >= theta (chapter, figure 10.1; McCulloch and Pitts
//! 1943, <https://doi.org/10.1007/BF02478259>).
//!
//! Inputs and output are on or off. Their paper has inhibition as an absolute veto; here it is a
//! negative weight, as in most courses, which computes the same functions.

/// One unit.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdUnit {
    /// One for each input.
    pub weights: Vec<f64>,
    /// The sum from which it fires.
    pub threshold: f64,
}

impl ThresholdUnit {
    /// A unit with these weights and this threshold.
    pub fn new(weights: impl Into<Vec<f64>>, threshold: f64) -> Self {
        Self {
            weights: weights.into(),
            threshold,
        }
    }

    /// Fires when every input does.
    pub fn and(inputs: usize) -> Self {
        Self::new(vec![1.0; inputs], inputs as f64)
    }

    /// Fires when any input does.
    pub fn or(inputs: usize) -> Self {
        Self::new(vec![1.0; inputs], 1.0)
    }

    /// Fires when its one input does not.
    pub fn not() -> Self {
        Self::new([-1.0], 0.0)
    }

    /// Fires unless every input does.
    pub fn nand(inputs: usize) -> Self {
        Self::new(vec![-1.0; inputs], 1.0 - inputs as f64)
    }

    /// Fires when more than half of the inputs do.
    pub fn majority(inputs: usize) -> Self {
        Self::new(vec![1.0; inputs], (inputs / 2 + 1) as f64)
    }

    /// Whether it fires.
    pub fn fires(&self, inputs: &[bool]) -> bool {
        let on = self.weights.iter().zip(inputs).filter(|(_, on)| **on);
        on.map(|(weight, _)| weight).sum::<f64>() >= self.threshold
    }

    /// A unit of two inputs with this truth table (in the order of [`inputs`]), with weights from -2 to
    /// 2 and a threshold from -2 to 2 in steps of a half; `None` where there is none.
    ///
    /// These suffice for every function of two inputs that one unit can compute. XOR it cannot: off, off
    /// gives 0 < theta; on, off and off, on give w1 >= theta and w2 >= theta, together
    /// w1 + w2 >= 2 theta > theta; but on, on asks for w1 + w2 < theta.
    pub fn search(table: [bool; 4]) -> Option<Self> {
        let steps = || (-4..=4).map(|step| f64::from(step) / 2.0);
        let weights = || steps().filter(|step| step.fract() == 0.0);
        let pairs = weights().flat_map(|w1| weights().map(move |w2| [w1, w2]));
        let mut units = pairs.flat_map(|pair| steps().map(move |theta| Self::new(pair, theta)));
        units.find(|unit| {
            let rows = inputs(2).zip(table);
            rows.into_iter().all(|(row, on)| unit.fires(&row) == on)
        })
    }
}

/// Units that feed one another, none of them back.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    inputs: usize,
    units: Vec<(ThresholdUnit, Vec<usize>)>,
}

impl Circuit {
    /// A circuit of so many inputs and no unit yet.
    pub fn new(inputs: usize) -> Self {
        Self {
            inputs,
            units: Vec::new(),
        }
    }

    /// Adds a unit and wires it. Wires `0..inputs` are the inputs, those after them the outputs of the
    /// units in the order they were added.
    ///
    /// # Panics
    /// If a wire comes from a unit that is not there yet, or there is not one for each weight.
    pub fn with(mut self, unit: ThresholdUnit, wires: &[usize]) -> Self {
        assert_eq!(unit.weights.len(), wires.len(), "one wire for each weight");
        let there = self.inputs + self.units.len();
        assert!(wires.iter().all(|wire| *wire < there), "no such wire");
        self.units.push((unit, wires.to_vec()));
        self
    }

    /// Exclusive or, which no single unit computes: OR and NAND of the inputs, and AND of these two.
    pub fn xor() -> Self {
        Self::new(2)
            .with(ThresholdUnit::or(2), &[0, 1])
            .with(ThresholdUnit::nand(2), &[0, 1])
            .with(ThresholdUnit::and(2), &[2, 3])
    }

    /// The units in the order they are computed.
    pub fn units(&self) -> impl Iterator<Item = &ThresholdUnit> {
        self.units.iter().map(|(unit, _)| unit)
    }

    /// What each unit does, the circuit's answer last.
    pub fn activity(&self, inputs: &[bool]) -> Vec<bool> {
        let mut wires = inputs.to_vec();
        for (unit, from) in &self.units {
            let inputs: Vec<bool> = from.iter().map(|wire| wires[*wire]).collect();
            wires.push(unit.fires(&inputs));
        }
        wires.split_off(self.inputs)
    }

    /// Whether the last unit fires.
    pub fn fires(&self, inputs: &[bool]) -> bool {
        self.activity(inputs).last().copied().unwrap_or(false)
    }
}

/// Every pattern of so many inputs: off, off; off, on; on, off; on, on.
pub fn inputs(count: usize) -> impl Iterator<Item = Vec<bool>> {
    (0..1_usize << count).map(move |pattern| {
        let bit = |input| pattern >> (count - 1 - input) & 1 == 1;
        (0..count).map(bit).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(count: usize, fires: impl Fn(&[bool]) -> bool) -> Vec<u8> {
        inputs(count).map(|row| u8::from(fires(&row))).collect()
    }

    #[test]
    fn every_truth_table_is_right() {
        let unit = |unit: ThresholdUnit| table(unit.weights.len(), |row| unit.fires(row));
        assert_eq!(unit(ThresholdUnit::and(2)), [0, 0, 0, 1]);
        assert_eq!(unit(ThresholdUnit::or(2)), [0, 1, 1, 1]);
        assert_eq!(unit(ThresholdUnit::nand(2)), [1, 1, 1, 0]);
        assert_eq!(unit(ThresholdUnit::not()), [1, 0]);
        assert_eq!(unit(ThresholdUnit::and(3)), [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(unit(ThresholdUnit::majority(3)), [0, 0, 0, 1, 0, 1, 1, 1]);
        let xor = Circuit::xor();
        assert_eq!(table(2, |row| xor.fires(row)), [0, 1, 1, 0]);
        assert_eq!(xor.activity(&[true, true]), [true, false, false]);
        assert_eq!(xor.units().count(), 3);
    }

    /// Of the 16 functions of two inputs one unit computes all but XOR and its opposite.
    #[test]
    fn one_unit_computes_fourteen_of_sixteen_functions() {
        for number in 0..16 {
            let wanted = [8, 4, 2, 1].map(|bit| number & bit != 0);
            let found = ThresholdUnit::search(wanted);
            let can = ![0b0110, 0b1001].contains(&number);
            assert_eq!(found.is_some(), can, "{number:04b}");
            if let Some(unit) = found {
                let got: Vec<bool> = inputs(2).map(|row| unit.fires(&row)).collect();
                assert_eq!(got, wanted);
            }
        }
    }
}
