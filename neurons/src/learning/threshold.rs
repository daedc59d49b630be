//! The McCulloch-Pitts unit fires if and only if w . x >= theta (chapter, figure 10.1; McCulloch and Pitts 1943,
//! <https://doi.org/10.1007/BF02478259>).
//!
//! Inputs and output are binary. In the paper, inhibition is an absolute veto; here it is a negative weight, as in most
//! courses. Circuits of either kind compute the same functions.

/// A McCulloch-Pitts unit.
///
/// ```
/// use neurons::learning::ThresholdUnit;
///
/// let unit = ThresholdUnit::and(2);
/// assert!(unit.fires(&[true, true]));
/// assert!(!unit.fires(&[true, false]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdUnit {
    /// One weight per input.
    pub weights: Vec<f64>,
    /// Theta: the smallest weighted sum at which the unit fires.
    pub threshold: f64,
}

impl ThresholdUnit {
    /// Creates a unit.
    pub fn new(weights: impl Into<Vec<f64>>, threshold: f64) -> Self {
        Self {
            weights: weights.into(),
            threshold,
        }
    }

    /// Creates a unit that fires if every input is on.
    pub fn and(inputs: usize) -> Self {
        Self::new(vec![1.0; inputs], inputs as f64)
    }

    /// Creates a unit that fires if any input is on.
    pub fn or(inputs: usize) -> Self {
        Self::new(vec![1.0; inputs], 1.0)
    }

    /// Creates a unit of one input that fires if the input is off.
    pub fn not() -> Self {
        Self::new([-1.0], 0.0)
    }

    /// Creates a unit that fires unless every input is on.
    pub fn nand(inputs: usize) -> Self {
        Self::new(vec![-1.0; inputs], 1.0 - inputs as f64)
    }

    /// Creates a unit that fires if more than half of the inputs are on.
    pub fn majority(inputs: usize) -> Self {
        Self::new(vec![1.0; inputs], (inputs / 2 + 1) as f64)
    }

    /// Returns whether the unit fires.
    pub fn fires(&self, inputs: &[bool]) -> bool {
        let on = self.weights.iter().zip(inputs).filter(|(_, on)| **on);
        on.map(|(weight, _)| weight).sum::<f64>() >= self.threshold
    }

    /// Finds a unit of two inputs with the truth table `table`, whose rows are in the order of [`inputs`].
    ///
    /// The search covers integer weights from -2 to 2 and thresholds from -2 to 2 in steps of 0.5, which suffice for
    /// every function of two inputs that a single unit computes. It returns `None` for XOR, which no unit computes: the
    /// row off, off requires 0 < theta; the rows with one input on require w1 >= theta and w2 >= theta, hence
    /// w1 + w2 >= 2 theta > theta; but the row on, on requires w1 + w2 < theta.
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

/// A feed-forward circuit of threshold units.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    inputs: usize,
    units: Vec<(ThresholdUnit, Vec<usize>)>,
}

impl Circuit {
    /// Creates a circuit of `inputs` inputs and no units.
    pub fn new(inputs: usize) -> Self {
        Self {
            inputs,
            units: Vec::new(),
        }
    }

    /// Adds a unit that reads `wires`: `0..inputs` are the inputs of the circuit, and the following numbers are the
    /// outputs of the units in the order in which they were added.
    ///
    /// # Panics
    /// If there is not one wire per weight, or a wire belongs to a unit that was not added yet.
    pub fn with(mut self, unit: ThresholdUnit, wires: &[usize]) -> Self {
        assert_eq!(unit.weights.len(), wires.len(), "one wire per weight");
        let known = self.inputs + self.units.len();
        assert!(wires.iter().all(|wire| *wire < known), "unknown wire");
        self.units.push((unit, wires.to_vec()));
        self
    }

    /// Creates the circuit of exclusive or, which no single unit computes: the AND of OR and NAND.
    ///
    /// ```
    /// let xor = neurons::learning::Circuit::xor();
    /// assert!(xor.fires(&[true, false]) && !xor.fires(&[true, true]));
    /// ```
    pub fn xor() -> Self {
        Self::new(2)
            .with(ThresholdUnit::or(2), &[0, 1])
            .with(ThresholdUnit::nand(2), &[0, 1])
            .with(ThresholdUnit::and(2), &[2, 3])
    }

    /// Returns the units in the order of evaluation.
    pub fn units(&self) -> impl Iterator<Item = &ThresholdUnit> {
        self.units.iter().map(|(unit, _)| unit)
    }

    /// Returns the output of every unit, in the order of evaluation; the last one is the circuit's output.
    pub fn activity(&self, inputs: &[bool]) -> Vec<bool> {
        let mut wires = inputs.to_vec();
        for (unit, from) in &self.units {
            let inputs: Vec<bool> = from.iter().map(|wire| wires[*wire]).collect();
            wires.push(unit.fires(&inputs));
        }
        wires.split_off(self.inputs)
    }

    /// Returns the circuit's output: whether the last unit fires.
    pub fn fires(&self, inputs: &[bool]) -> bool {
        self.activity(inputs).last().copied().unwrap_or(false)
    }
}

/// Returns every pattern of `count` inputs in the order of a truth table: off, off; off, on; on, off; on, on.
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
    fn units_and_circuits_have_their_truth_tables() {
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

    /// A unit computes all 16 functions of two inputs but XOR and its complement.
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
