//! Names of surrogate gradients and resets, as options and model files have them.

use std::fmt;
use std::str::FromStr;

use kernels::{Reset, Surrogate};
use serde::{Deserialize, Serialize};

/// A surrogate gradient that is written by name, with its slope or width: `fast-sigmoid:25`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct NamedSurrogate(pub Surrogate);

impl fmt::Display for NamedSurrogate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Surrogate::FastSigmoid { slope } => write!(f, "fast-sigmoid:{slope}"),
            Surrogate::Arctangent { slope } => write!(f, "arctangent:{slope}"),
            Surrogate::Triangular { width } => write!(f, "triangular:{width}"),
        }
    }
}

impl FromStr for NamedSurrogate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let number = (number.map(|number| {
            let parsed = number.parse::<f32>().ok();
            let valid = parsed.filter(|parsed| (1e-3..=1e3).contains(parsed));
            valid.ok_or_else(|| format!("{text}: give a number from 0.001 to 1000 after the colon"))
        }))
        .transpose()?;
        match (name, number) {
            ("fast-sigmoid", None) => Ok(Surrogate::FAST_SIGMOID),
            ("fast-sigmoid", Some(slope)) => Ok(Surrogate::FastSigmoid { slope }),
            ("arctangent", None) => Ok(Surrogate::ARCTANGENT),
            ("arctangent", Some(slope)) => Ok(Surrogate::Arctangent { slope }),
            ("triangular", None) => Ok(Surrogate::TRIANGULAR),
            ("triangular", Some(width)) => Ok(Surrogate::Triangular { width }),
            _ => Err(format!(
                "{text}: no such surrogate gradient; choose fast-sigmoid[:SLOPE], arctangent[:SLOPE] or \
                 triangular[:WIDTH]"
            )),
        }
        .map(Self)
    }
}

impl TryFrom<String> for NamedSurrogate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<NamedSurrogate> for String {
    fn from(surrogate: NamedSurrogate) -> Self {
        surrogate.to_string()
    }
}

/// Parses the reset of a spiking unit: `subtract` or `zero`.
///
/// # Errors
/// If the text is another.
pub fn parse_reset(text: &str) -> Result<Reset, String> {
    match text {
        "subtract" => Ok(Reset::Subtract),
        "zero" => Ok(Reset::Zero),
        _ => Err(format!("{text}: no such reset; choose subtract or zero")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kernels::Surrogate;

    use super::{NamedSurrogate, parse_reset};

    #[test]
    fn names_are_parsed_as_they_are_written() {
        let others = ["fast-sigmoid:3", "arctangent:0.7", "triangular:0.4"];
        for text in others {
            let named: NamedSurrogate = text.parse().unwrap();
            assert_eq!(named.to_string(), text);
        }
        for surrogate in [
            Surrogate::FAST_SIGMOID,
            Surrogate::ARCTANGENT,
            Surrogate::TRIANGULAR,
        ] {
            let named = NamedSurrogate(surrogate);
            assert_eq!(named.to_string().parse(), Ok(named));
        }
    }

    #[test]
    fn unknown_surrogates_and_resets_are_refused() {
        for text in [
            "",
            "sigmoid",
            "fast-sigmoid:",
            "arctangent:-1",
            "triangular:0",
            "triangular:nan",
        ] {
            assert!(text.parse::<NamedSurrogate>().is_err(), "{text}");
        }
        assert!(parse_reset("none").is_err());
    }
}
