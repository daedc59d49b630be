//! Currents as they stand on the command line: `kind:amount[,key=value...]`.

use std::fmt;
use std::str::FromStr;

use super::{Current, CurrentError, Noise, Span};

/// Milliseconds between the places at which noise is drawn.
const GRID: f64 = 0.1;

/// Larger amounts, times and frequencies are mistakes.
const LARGEST: f64 = 1e9;

impl FromStr for Current {
    type Err = CurrentError;

    fn from_str(text: &str) -> Result<Self, CurrentError> {
        let unknown = || CurrentError::Kind(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        let mut keys = Keys::new(text, rest)?;
        let current = match kind {
            "step" => Self::Step {
                amplitude: keys.amount()?,
                span: keys.span()?,
            },
            "ramp" => {
                let (start, end) = keys.between()?;
                let span = keys.span()?;
                Self::Ramp { start, end, span }
            }
            "pulses" => keys.pulses()?,
            "sine" => Self::Sine {
                amplitude: keys.amount()?,
                frequency: keys.above_zero("hz", None)?,
                mean: keys.number("mean", Some(0.0))?,
                span: keys.span()?,
            },
            "noise" => Self::Noise {
                noise: keys.noise()?,
                span: keys.span()?,
            },
            _ => return Err(unknown()),
        };
        keys.finish()?;
        Ok(current)
    }
}

/// What stands behind the colon.
struct Keys<'a> {
    current: &'a str,
    amount: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    fn new(current: &'a str, rest: &'a str) -> Result<Self, CurrentError> {
        let mut parts = rest.split(',').map(str::trim);
        let amount = parts.next().unwrap_or_default();
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| CurrentError::Value {
                value: part.to_owned(),
                current: current.to_owned(),
                wrong: "is no key=value",
            })?;
            if pairs.iter().any(|(there, _)| *there == key) {
                return Err(CurrentError::Twice {
                    key: key.to_owned(),
                    current: current.to_owned(),
                });
            }
            pairs.push((key, value));
        }
        Ok(Self {
            current,
            amount,
            pairs,
            known: Vec::new(),
        })
    }

    fn wrong(&self, value: &str, wrong: &'static str) -> CurrentError {
        CurrentError::Value {
            value: value.to_owned(),
            current: self.current.to_owned(),
            wrong,
        }
    }

    fn parse(&self, text: &str) -> Result<f64, CurrentError> {
        match text.trim().parse::<f64>() {
            Ok(number) if number.abs() <= LARGEST => Ok(number),
            Ok(_) => Err(self.wrong(text, "is out of range: give a number from -1e9 to 1e9")),
            Err(_) => Err(self.wrong(text, "is no number")),
        }
    }

    /// The amount behind the colon.
    fn amount(&self) -> Result<f64, CurrentError> {
        self.parse(self.amount)
    }

    /// `0..20`
    fn between(&self) -> Result<(f64, f64), CurrentError> {
        let (start, end) = self
            .amount
            .split_once("..")
            .ok_or_else(|| self.wrong(self.amount, "is no range: give START..END, as 0..20"))?;
        Ok((self.parse(start)?, self.parse(end)?))
    }

    /// The text of a key, which is then no longer unknown.
    fn take(&mut self, key: &'static str) -> Option<&'a str> {
        self.known.push(key);
        let place = self.pairs.iter().position(|(there, _)| *there == key)?;
        Some(self.pairs.swap_remove(place).1)
    }

    fn number(&mut self, key: &'static str, usual: Option<f64>) -> Result<f64, CurrentError> {
        match (self.take(key), usual) {
            (Some(text), _) => self.parse(text),
            (None, Some(usual)) => Ok(usual),
            (None, None) => Err(CurrentError::Missing {
                key: key.to_owned(),
                current: self.current.to_owned(),
            }),
        }
    }

    fn above_zero(&mut self, key: &'static str, usual: Option<f64>) -> Result<f64, CurrentError> {
        let number = self.number(key, usual)?;
        match number > 0.0 {
            true => Ok(number),
            false => Err(self.wrong(&format!("{key}={number}"), "must be above 0")),
        }
    }

    fn not_negative(&mut self, key: &'static str, usual: Option<f64>) -> Result<f64, CurrentError> {
        let number = self.number(key, usual)?;
        match number >= 0.0 {
            true => Ok(number),
            false => Err(self.wrong(&format!("{key}={number}"), "must not be negative")),
        }
    }

    fn span(&mut self) -> Result<Span, CurrentError> {
        let from = self.not_negative("from", Some(0.0))?;
        let until = self
            .take("until")
            .map(|text| self.parse(text))
            .transpose()?;
        match until {
            Some(until) if until <= from => {
                let until = format!("until={until}");
                Err(self.wrong(&until, "must come after from="))
            }
            _ => Ok(Span { from, until }),
        }
    }

    fn pulses(&mut self) -> Result<Current, CurrentError> {
        let amplitude = self.amount()?;
        let width = self.above_zero("width", None)?;
        let every = self.above_zero("every", None)?;
        if every < width {
            let every = format!("every={every}");
            return Err(self.wrong(&every, "must not be shorter than width="));
        }
        let span = self.span()?;
        Ok(Current::Pulses {
            amplitude,
            width,
            every,
            span,
        })
    }

    fn noise(&mut self) -> Result<Noise, CurrentError> {
        let seed = self.take("seed").map(|text| {
            let seed = text.parse().ok();
            seed.ok_or_else(|| self.wrong(text, "is no seed: give a whole number from 0 on"))
        });
        let noise = Noise {
            mean: self.amount()?,
            sigma: self.not_negative("sigma", None)?,
            tau: self.not_negative("tau", Some(0.0))?,
            grid: self.above_zero("grid", Some(GRID))?,
            seed: seed.transpose()?,
        };
        // A run of 1e6 ms would draw more than 1e9 numbers.
        match noise.grid >= 1e-3 {
            true => Ok(noise),
            false => {
                let grid = format!("grid={}", noise.grid);
                Err(self.wrong(&grid, "is too fine: give 0.001 ms at least"))
            }
        }
    }

    fn finish(self) -> Result<(), CurrentError> {
        match self.pairs.first() {
            None => Ok(()),
            Some((key, _)) => Err(CurrentError::Key {
                key: (*key).to_owned(),
                current: self.current.to_owned(),
                known: self.known.join("=, ") + "=",
            }),
        }
    }
}

impl fmt::Display for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { amplitude, span } => write!(f, "step:{amplitude}{span}"),
            Self::Ramp { start, end, span } => write!(f, "ramp:{start}..{end}{span}"),
            Self::Pulses {
                amplitude,
                width,
                every,
                span,
            } => write!(f, "pulses:{amplitude},width={width},every={every}{span}"),
            Self::Sine {
                amplitude,
                frequency,
                mean,
                span,
            } => {
                write!(f, "sine:{amplitude},hz={frequency}")?;
                unless(f, "mean", *mean, 0.0)?;
                write!(f, "{span}")
            }
            Self::Noise { noise, span } => write!(f, "noise:{noise}{span}"),
            Self::Samples(samples) => {
                write!(
                    f,
                    "a recording of {} rows to {} ms",
                    samples.len(),
                    samples.end()
                )
            }
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},sigma={}", self.mean, self.sigma)?;
        unless(f, "tau", self.tau, 0.0)?;
        unless(f, "grid", self.grid, GRID)?;
        match self.seed {
            Some(seed) => write!(f, ",seed={seed}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unless(f, "from", self.from, 0.0)?;
        match self.until {
            Some(until) => write!(f, ",until={until}"),
            None => Ok(()),
        }
    }
}

/// `,key=value`, where it is not what it is without.
fn unless(f: &mut fmt::Formatter<'_>, key: &str, value: f64, usual: f64) -> fmt::Result {
    if value == usual {
        return Ok(());
    }
    write!(f, ",{key}={value}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Current>().unwrap_err().to_string()
    }

    #[test]
    fn errors_name_the_value() {
        for (text, words) in [
            ("10", &["'10'", "step:I"][..]),
            ("jump:3", &["'jump:3'", "ramp:I..I"]),
            ("step:", &["''", "'step:'", "no number"]),
            ("step:much", &["'much'", "no number"]),
            ("step:NaN", &["'NaN'", "out of range"]),
            ("step:inf", &["'inf'", "out of range"]),
            ("step:1e10", &["'1e10'", "1e9"]),
            ("step:1,to=5", &["'to'", "from=, until="]),
            ("step:1,from", &["'from'", "key=value"]),
            ("step:1,from=-2", &["'from=-2'", "not be negative"]),
            ("step:1,from=5,until=5", &["'until=5'", "after from="]),
            ("step:1,from=5,from=6", &["'from'", "twice"]),
            ("ramp:5", &["'5'", "START..END"]),
            ("ramp:0..x", &["'x'", "no number"]),
            ("pulses:5,width=1", &["every="]),
            ("pulses:5,width=0,every=2", &["'width=0'", "above 0"]),
            ("pulses:5,width=3,every=2", &["'every=2'", "width="]),
            ("sine:5", &["lacks hz="]),
            ("sine:5,hz=-1", &["'hz=-1'", "above 0"]),
            ("noise:5", &["lacks sigma="]),
            ("noise:5,sigma=-1", &["'sigma=-1'"]),
            ("noise:5,sigma=1,grid=0", &["'grid=0'", "above 0"]),
            ("noise:5,sigma=1,grid=1e-9", &["too fine", "0.001"]),
            ("noise:5,sigma=1,seed=x", &["'x'", "no seed"]),
        ] {
            let error = error(text);
            assert!(
                words.iter().all(|word| error.contains(word)),
                "{text}: {error}"
            );
            assert!(!error.contains('\n'), "{error}");
        }
    }

    fn spans() -> impl Strategy<Value = Span> {
        (0.0..1e3, proptest::option::of(0.1..1e3)).prop_map(|(from, length)| Span {
            from,
            until: length.map(|length| from + length),
        })
    }

    fn currents() -> impl Strategy<Value = Current> {
        let amount = || -1e3..1e3;
        prop_oneof![
            (amount(), spans()).prop_map(|(amplitude, span)| Current::Step { amplitude, span }),
            (amount(), amount(), spans()).prop_map(|(start, end, span)| Current::Ramp {
                start,
                end,
                span
            }),
            (amount(), 0.1..5.0, 0.1..50.0, spans()).prop_map(|(amplitude, width, gap, span)| {
                let every = width + gap;
                Current::Pulses {
                    amplitude,
                    width,
                    every,
                    span,
                }
            }),
            (amount(), 0.1..1e3, amount(), spans()).prop_map(
                |(amplitude, frequency, mean, span)| {
                    Current::Sine {
                        amplitude,
                        frequency,
                        mean,
                        span,
                    }
                }
            ),
            (
                amount(),
                0.0..9.0,
                0.0..9.0,
                1e-3..1.0,
                any::<Option<u64>>(),
                spans()
            )
                .prop_map(|(mean, sigma, tau, grid, seed, span)| Current::Noise {
                    noise: Noise {
                        mean,
                        sigma,
                        tau,
                        grid,
                        seed
                    },
                    span
                }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(current in currents()) {
            prop_assert_eq!(current.to_string().parse::<Current>().unwrap(), current);
        }
    }

    #[test]
    fn the_usual_values_are_not_printed() {
        for text in [
            "step:10",
            "sine:5,hz=50",
            "noise:5,sigma=3",
            "noise:5,sigma=3,tau=5",
        ] {
            assert_eq!(text.parse::<Current>().unwrap().to_string(), text);
        }
    }
}
