//! Why a calibration is refused.

/// Fault of a calibration that nothing can be computed with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// A temperature that is not a positive number.
    #[error("its temperature is {0}, not above 0")]
    Temperature(f64),
    /// A share outside of 0 to 1.
    #[error("its {name} is {value}, not from 0 to 1")]
    Share {
        /// The field.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An out-of-distribution detector with too few or too many statistics.
    #[error("its out-of-distribution detector has {count} statistics, not 1 to {most}")]
    StatisticCount {
        /// Number of statistics.
        count: usize,
        /// Largest number accepted.
        most: usize,
    },
    /// A list of the detector of another length than its statistics.
    #[error("its out-of-distribution detector has {count} statistics, but a {name} of {length}")]
    ListLength {
        /// The list's field.
        name: &'static str,
        /// Number of statistics.
        count: usize,
        /// Length of the list.
        length: usize,
    },
    /// A row of the detector's factor that does not belong to a lower triangle.
    #[error(
        "row {row} of its out-of-distribution detector's factor has {length} values, not {expected}"
    )]
    RowLength {
        /// Index of the row.
        row: usize,
        /// Number of its values.
        length: usize,
        /// Number of values of that row in a lower triangle.
        expected: usize,
    },
    /// A NaN or an infinity in the detector.
    #[error("its out-of-distribution detector holds {0}, not a finite number")]
    NotFinite(f64),
    /// A deviation, a diagonal entry or a limit that is not positive.
    #[error("its out-of-distribution detector holds {0} where a number above 0 is needed")]
    NotPositive(f64),
}
