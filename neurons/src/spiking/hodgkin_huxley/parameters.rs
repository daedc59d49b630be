//! Parameters of the membrane.

use crate::error::{Result, require};

/// Parameters of the Hodgkin-Huxley neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HodgkinHuxley {
    /// C: membrane capacitance, in uF/cm2.
    pub capacitance: f64,
    /// g_Na: largest conductance of the sodium channels, in mS/cm2.
    pub sodium: f64,
    /// g_K: largest conductance of the potassium channels, in mS/cm2.
    pub potassium: f64,
    /// g_L: leak conductance, in mS/cm2.
    pub leak: f64,
    /// E_Na: reversal potential of sodium, in mV.
    pub sodium_reversal: f64,
    /// E_K: reversal potential of potassium, in mV.
    pub potassium_reversal: f64,
    /// E_L: reversal potential of the leak, in mV.
    pub leak_reversal: f64,
}

impl Default for HodgkinHuxley {
    /// Creates the squid's giant axon at 6.3 degrees Celsius.
    fn default() -> Self {
        Self {
            capacitance: 1.0,
            sodium: 120.0,
            potassium: 36.0,
            leak: 0.3,
            sodium_reversal: 50.0,
            potassium_reversal: -77.0,
            leak_reversal: -54.387,
        }
    }
}

impl HodgkinHuxley {
    /// Returns the lowest and the highest potential in mV that the membrane can reach from between them, whatever its
    /// gates do, while the current in uA/cm2 is between `lowest` and `highest`: dV/dt = 0 at an average of E_Na, E_K and
    /// E_L + I / g_L, so that dV/dt points inwards at both ends.
    pub fn reachable_potentials(&self, [lowest, highest]: [f64; 2]) -> [f64; 2] {
        let fixed = [self.sodium_reversal, self.potassium_reversal];
        let low = self.leak_reversal + lowest.min(0.0) / self.leak;
        let high = self.leak_reversal + highest.max(0.0) / self.leak;
        [
            fixed.into_iter().fold(low, f64::min),
            fixed.into_iter().fold(high, f64::max),
        ]
    }

    /// Checks the parameters.
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [
            ("sodium conductance", self.sodium),
            ("potassium conductance", self.potassium),
            ("leak conductance", self.leak),
            ("capacitance", self.capacitance),
        ] {
            require(value > 0.0, name, value, "a number above 0")?;
        }
        for (name, value) in [
            ("sodium reversal", self.sodium_reversal),
            ("potassium reversal", self.potassium_reversal),
            ("leak reversal", self.leak_reversal),
        ] {
            require(value.abs() <= 500.0, name, value, "from -500 to 500 mV")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reversal_potentials_bound_the_membrane_potential() {
        let neuron = HodgkinHuxley::default();
        assert_eq!(neuron.reachable_potentials([0.0, 0.0]), [-77.0, 50.0]);
        let [low, high] = neuron.reachable_potentials([-30.0, 60.0]);
        assert!((low + 154.387).abs() < 1e-9 && (high - 145.613).abs() < 1e-9);
    }
}
