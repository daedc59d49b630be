//! Names of columns with units.

/// Returns a column's name in the notation of our tables: `Current_uA_per_cm2` for `Current (\u{b5}A/cm\u{b2})`.
pub(crate) fn canonical_name(name: &str) -> String {
    // The micro sign and the Greek letter.
    let name = name.replace(['\u{b5}', '\u{3bc}'], "u");
    let name = name.replace('\u{b2}', "2").replace("^2", "2");
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '/';
    let words = name.split(|letter| !is_part(letter));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let name = words.join("_");
    // time/ms is a time in ms, but uA/cm2 is a density.
    match name.split_once('/') {
        Some((quantity, unit)) if ["time", "t"].contains(&&*quantity.to_lowercase()) => {
            format!("{quantity}_{unit}")
        }
        _ => name.replace('/', "_per_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_written_in_one_way() {
        for (name, expected) in [
            ("time_ms", "time_ms"),
            ("Time (ms)", "Time_ms"),
            ("t/s", "t_s"),
            ("I [\u{3bc}A/cm\u{b2}]", "I_uA_per_cm2"),
            ("current_\u{b5}A_per_cm^2", "current_uA_per_cm2"),
            ("V (mV)", "V_mV"),
            ("", ""),
        ] {
            assert_eq!(canonical_name(name), expected);
        }
    }
}
