//! Numbers in cells: decimal points, decimal commas, and gaps.

use std::ops::Neg;
use std::str::FromStr;

use super::separator::Separator;

/// What programs write for a missing value.
const GAPS: [&str; 13] = [
    "", "nan", "na", "n/a", "#n/a", "#nv", "null", "none", "nil", "missing", "?", "-", ".",
];

/// Whether a cell marks a missing value: it is empty, or says `NaN`, `NA`, `NULL`, `?` and the like.
pub fn is_gap(cell: &str) -> bool {
    let cell = cell.trim();
    GAPS.iter().any(|gap| gap.eq_ignore_ascii_case(cell))
        || cell.eq_ignore_ascii_case("-nan")
        || cell.eq_ignore_ascii_case("<na>")
}

/// How the numbers of one table are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    comma: Comma,
}

/// Meaning of a comma within a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comma {
    /// No number has one.
    Absent,
    /// It separates cells, so that only quoted numbers have one.
    Separator,
    /// Decimals follow.
    Decimal,
    /// It separates thousands, as in 1,234.5.
    Thousands,
    /// Every number with a comma is like 1,234.
    Unclear,
}

impl Numbers {
    /// Finds out how the numbers of a text are written.
    pub(super) fn recognise(text: &str, separator: Separator) -> Self {
        let separator = match separator {
            Separator::Byte(b',') => {
                let comma = Comma::Separator;
                return Self { comma };
            }
            Separator::Byte(byte) => char::from(byte),
            Separator::WhiteSpace => ' ',
        };
        let mut comma = Comma::Absent;
        if text.contains(',') {
            let cells = (text.lines()).flat_map(|line| line.split([separator, '\t']));
            let cells = cells.filter(|cell| cell.contains(','));
            for cell in cells.map(|cell| cell.trim_matches(['"', ' '])) {
                match meaning(cell) {
                    Some(Comma::Unclear) => comma = Comma::Unclear,
                    Some(clear) => return Self { comma: clear },
                    None => {}
                }
            }
        }
        Self { comma }
    }

    /// Parses a number from `-limit` to `limit`, with a decimal point or, where commas do not separate cells, a decimal
    /// comma. `what` describes it, as in "a number of mV".
    ///
    /// # Errors
    /// What is wrong with the cell, and what to do.
    pub fn parse<T>(self, cell: &str, limit: T, what: &str) -> Result<T, String>
    where
        T: FromStr + PartialOrd + Neg<Output = T> + Copy,
    {
        let value = match cell.parse().ok() {
            Some(_) if self.comma == Comma::Decimal && cell.contains('.') => {
                return Err(format!(
                    "'{cell}' has a decimal point, but other numbers of the table have a decimal comma; write all of them in one way"
                ));
            }
            Some(value) => Some(value),
            None => self.parse_localised(cell)?,
        };
        let value = value.filter(|value| -limit <= *value && *value <= limit);
        value.ok_or_else(|| {
            if is_gap(cell) {
                format!("'{cell}' is a gap, not {what}; give a number there")
            } else {
                format!("'{cell}' is not {what}")
            }
        })
    }

    /// Parses a number with a decimal comma or a typographic minus.
    fn parse_localised<T: FromStr>(self, cell: &str) -> Result<Option<T>, String> {
        let text = cell.replace('\u{2212}', "-");
        match (meaning(&text), self.comma) {
            (None, _) => Ok(text.parse().ok()),
            (Some(Comma::Decimal), _) | (Some(Comma::Unclear), Comma::Decimal) => {
                Ok(text.replace(',', ".").parse().ok())
            }
            (Some(Comma::Unclear), Comma::Absent | Comma::Separator | Comma::Unclear) => {
                Err(format!(
                    "'{cell}' may be a whole number with a separator of thousands, or have three decimals; write it without a comma"
                ))
            }
            _ => Err(format!(
                "'{cell}' has a separator of thousands; write the number without it"
            )),
        }
    }
}

/// Returns the meaning of the commas in a number, or `None` if the cell is not a number with commas.
fn meaning(cell: &str) -> Option<Comma> {
    let cell = cell.trim_start_matches(['+', '-', '\u{2212}']);
    let (number, exponent) = match cell.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent.trim_start_matches(['+', '-']))),
        None => (cell, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if exponent.is_some_and(|text| text.is_empty() || !are_digits(text)) {
        return None;
    }
    let parts: Vec<&str> = number.split([',', '.']).collect();
    if parts.len() < 2 || !parts.iter().all(|part| are_digits(part)) || !number.contains(',') {
        return None;
    }
    let [whole, decimals] = parts[..] else {
        return (!parts[0].is_empty()).then_some(Comma::Thousands);
    };
    let is_group = decimals.len() == 3 && (1..=3).contains(&whole.len());
    Some(
        if is_group && !whole.starts_with('0') && exponent.is_none() {
            Comma::Unclear
        } else {
            Comma::Decimal
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, separator: u8) -> Numbers {
        Numbers::recognise(text, Separator::Byte(separator))
    }

    #[test]
    fn decimal_commas_are_read() {
        let table = numbers("a;b\n1,234;-0,5\n1;2e3\n", b';');
        for (cell, expected) in [
            ("1,234", 1.234),
            ("-0,5", -0.5),
            ("\u{2212}0,5", -0.5),
            ("1,5e-3", 0.0015),
            (",5", 0.5),
            ("2e3", 2000.0),
            ("7", 7.0),
        ] {
            assert_eq!(
                table.parse::<f64>(cell, 1e9, "a number"),
                Ok(expected),
                "{cell}"
            );
        }
        // Quoted in a table with commas between the cells.
        assert_eq!(numbers("", b',').parse::<f32>("0,5", 1e9, ""), Ok(0.5));
        // Points stay points where no number has a comma.
        assert_eq!(
            numbers("a;b\n1.5;x,y\n", b';').parse::<f64>("1.5", 9.0, ""),
            Ok(1.5)
        );
    }

    #[test]
    fn what_is_unclear_is_refused() {
        for (text, separator, cell, words) in [
            ("0,5;1.5\n", b';', "1.5", "decimal comma"),
            (
                "1,000\t2\n",
                b'\t',
                "1,000",
                "thousands, or have three decimals",
            ),
            ("1,234.5\t1,000\n", b'\t', "1,000", "separator of thousands"),
            ("1.234,5;0,5\n", b';', "1.234,5", "separator of thousands"),
            ("", b',', "1,000", "thousands, or have three decimals"),
            ("", b',', "1,000,000", "separator of thousands"),
            ("", b',', "", "'' is a gap, not a mass"),
            ("", b',', "#N/A", "is a gap"),
            ("", b',', "NaN", "is a gap"),
            ("", b',', "inf", "'inf' is not a mass"),
            ("", b',', "11", "'11' is not a mass"),
            ("", b',', "1,5x", "is not a mass"),
            ("", b',', "a,b", "is not a mass"),
        ] {
            let error = numbers(text, separator).parse::<f64>(cell, 10.0, "a mass");
            let error = error.unwrap_err();
            assert!(error.contains(words), "{cell}: {error}");
        }
    }
}
