//! Parsers of numbers within a range.

/// Parses a number that `is_allowed`; `allowed` describes the range.
pub fn number(text: &str, is_allowed: impl Fn(f64) -> bool, allowed: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if is_allowed(number) => Ok(number),
        Ok(_) => Err(format!("must be {allowed}")),
        Err(_) => Err("is not a number".to_owned()),
    }
}

/// Parses a share from 0 to 1.
pub fn share(text: &str) -> Result<f64, String> {
    number(text, |share| (0.0..=1.0).contains(&share), "from 0 to 1")
}

/// Parses an error rate. At more than one half, an accepted prediction would be worth less than a coin toss.
pub fn target_error(text: &str) -> Result<f64, String> {
    number(
        text,
        |rate| rate > 0.0 && rate <= 0.5,
        "above 0 and at most 0.5",
    )
}
