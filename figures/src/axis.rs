//! Axes of plots.

use std::ops::Range;

/// Axis of a plot: its description, its range, and how its numbers are written.
///
/// # Examples
/// ```
/// use figures::Axis;
///
/// let epochs = Axis::new("epoch").integers();
/// let accuracy = Axis::new("accuracy").range(0.0..1.0).percent();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Axis {
    pub(crate) label: String,
    pub(crate) range: Option<Range<f64>>,
    pub(crate) numbers: Numbers,
}

/// How the numbers at an axis are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// With as many decimals as tell them apart.
    #[default]
    Decimal,
    /// At integers only.
    Integer,
    /// As percentages of 1.
    Percent,
    /// With two digits, or as powers of ten; positions on the axis are logarithms.
    Logarithmic,
    /// Not at all.
    Hidden,
}

impl Axis {
    /// Creates an axis with a description, whose range is that of the data.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }

    /// Sets the range, in the units of the data.
    pub fn range(self, range: Range<f64>) -> Self {
        let range = Some(range);
        Self { range, ..self }
    }

    /// Writes numbers at integers only, as for epochs.
    pub fn integers(self) -> Self {
        self.with(Numbers::Integer)
    }

    /// Writes fractions as percentages.
    pub fn percent(self) -> Self {
        self.with(Numbers::Percent)
    }

    /// Makes the axis logarithmic. Values that are not positive are left out.
    pub fn logarithmic(self) -> Self {
        self.with(Numbers::Logarithmic)
    }

    pub(crate) fn hidden(self) -> Self {
        self.with(Numbers::Hidden)
    }

    fn with(self, numbers: Numbers) -> Self {
        Self { numbers, ..self }
    }

    /// Returns the position of a value on the axis.
    pub(crate) fn position(&self, value: f64) -> f64 {
        match self.numbers {
            Numbers::Logarithmic => value.log10(),
            _ => value,
        }
    }

    /// Returns the range in positions, that of the data widened by `margin` times its width unless it was set.
    pub(crate) fn positions(&self, data: impl Iterator<Item = f64>, margin: f64) -> Range<f64> {
        match &self.range {
            Some(range) => self.position(range.start)..self.position(range.end),
            None => around(data, margin),
        }
    }

    /// Writes the number at a position of the axis.
    pub(crate) fn number(&self, position: f64, range: &Range<f64>) -> String {
        let step = (range.end - range.start) / 6.0;
        let digits = |step: f64| (-step.log10()).ceil().clamp(0.0, 9.0) as usize;
        match self.numbers {
            Numbers::Decimal => format!("{position:.*}", digits(step)),
            Numbers::Percent => format!("{:.*} %", digits(100.0 * step), 100.0 * position),
            Numbers::Logarithmic if (-2.0..3.0).contains(&position) => {
                let digits = (1.0 - position.floor()).max(0.0) as usize;
                format!("{:.digits$}", 10_f64.powf(position))
            }
            Numbers::Logarithmic => format!("{:.0e}", 10_f64.powf(position)),
            Numbers::Integer if position.fract() == 0.0 => format!("{position:.0}"),
            Numbers::Integer | Numbers::Hidden => String::new(),
        }
    }
}

/// Returns the range of the values, widened on both sides by `margin` times its width.
///
/// Values that are not finite are left out. Around a single value the range has at least half its size on both sides;
/// without a value it is 0 to 1.
///
/// # Examples
/// ```
/// assert_eq!(figures::around([1.0, 3.0], 0.5), 0.0..4.0);
/// ```
pub fn around(values: impl IntoIterator<Item = f64>, margin: f64) -> Range<f64> {
    let (low, high) = (values.into_iter().filter(|value| value.is_finite()))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    match high - low {
        width if width > 0.0 => low - margin * width..high + margin * width,
        _ if low.is_finite() => low - low.abs().max(1.0) / 2.0..high + high.abs().max(1.0) / 2.0,
        _ => 0.0..1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_every_value() {
        assert_eq!(around([1.0, 3.0, f64::NAN], 0.5), 0.0..4.0);
        assert_eq!(around([4.0], 0.5), 2.0..6.0);
        assert_eq!(around([], 0.5), 0.0..1.0);
    }

    #[test]
    fn numbers_tell_positions_apart() {
        let cases = [
            (Axis::default(), 0.5, 0.0..6.0, "0"),
            (Axis::default(), 0.25, 0.0..0.5, "0.25"),
            (Axis::default().integers(), 0.5, 0.0..6.0, ""),
            (Axis::default().integers(), 3.0, 0.0..6.0, "3"),
            (Axis::default().percent(), 0.4, 0.0..1.0, "40 %"),
            (Axis::default().percent(), 0.004, 0.0..0.01, "0.4 %"),
            (Axis::default().logarithmic(), -3.0, -4.0..-1.0, "1e-3"),
            (Axis::default().logarithmic(), -0.5, -1.0..1.0, "0.32"),
            (Axis::default().logarithmic(), 1.0, -1.0..1.0, "10"),
            (Axis::default().hidden(), 3.0, 0.0..6.0, ""),
        ];
        for (axis, position, range, text) in cases {
            assert_eq!(axis.number(position, &range), text, "{axis:?}");
        }
    }
}
