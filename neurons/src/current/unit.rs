//! Units of current.

/// The unit in which a neuron receives its current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Microamperes per square centimetre of membrane: the Hodgkin-Huxley axon.
    MicroamperesPerSquareCentimetre,
    /// Picoamperes into the whole cell: integrate-and-fire neurons.
    Picoamperes,
    /// Millivolts per millisecond, the current over the capacitance: Izhikevich's model.
    MillivoltsPerMillisecond,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 3] = [
        Self::MicroamperesPerSquareCentimetre,
        Self::Picoamperes,
        Self::MillivoltsPerMillisecond,
    ];

    /// Returns the symbol for axes and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::MicroamperesPerSquareCentimetre => "uA/cm2",
            Self::Picoamperes => "pA",
            Self::MillivoltsPerMillisecond => "mV/ms",
        }
    }

    /// Returns the name of a table's column of currents in this unit.
    pub fn column(self) -> &'static str {
        match self {
            Self::MicroamperesPerSquareCentimetre => "current_uA_per_cm2",
            Self::Picoamperes => "current_pA",
            Self::MillivoltsPerMillisecond => "current_mV_per_ms",
        }
    }

    /// Returns the factor that converts `symbol`, written as in a column's name, to this unit, if there is one.
    pub fn factor(self, symbol: &str) -> Option<f64> {
        let mut units = self.convertible().iter();
        units
            .find(|(name, _)| *name == symbol)
            .map(|(_, factor)| *factor)
    }

    /// Returns the factor that converts `symbol`, whose letters may be of any case, to this unit, if there is one.
    pub(crate) fn factor_of_any_case(self, symbol: &str) -> Option<f64> {
        let mut units = self.convertible().iter();
        let found = units.find(|(name, _)| name.eq_ignore_ascii_case(symbol));
        found.map(|(_, factor)| *factor)
    }

    /// The units that convert to this one, with their factors.
    fn convertible(self) -> &'static [(&'static str, f64)] {
        match self {
            // 1 A/m2 is 100 uA/cm2.
            Self::MicroamperesPerSquareCentimetre => &[
                ("uA_per_cm2", 1.0),
                ("nA_per_cm2", 1e-3),
                ("mA_per_cm2", 1e3),
                ("A_per_m2", 100.0),
            ],
            Self::Picoamperes => &[("pA", 1.0), ("nA", 1e3), ("uA", 1e6), ("A", 1e12)],
            // 1 V/s is 1 mV/ms.
            Self::MillivoltsPerMillisecond => &[("mV_per_ms", 1.0), ("V_per_s", 1.0)],
        }
    }
}
