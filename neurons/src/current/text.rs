//! Currents as text: `kind:amplitude[,key=value...]`.
//!
//! | text | current |
//! |---|---|
//! | `step:I` | constant |
//! | `ramp:I..I` | linear from the first to the second amplitude |
//! | `pulses:I,width=MS,every=MS` | rectangular pulses |
//! | `sine:I,hz=F[,mean=I]` | a sine around its mean |
//! | `noise:I,sigma=S[,tau=MS][,grid=MS][,seed=N]` | noise around a mean, white without `tau` |
//!
//! Each also takes `from=MS` and `until=MS`.

use std::fmt;
use std::str::FromStr;

use super::description::{Current, Noise, Span};
use crate::error::{Error, Result};

/// Default time between two values of noise, in ms.
const GRID: f64 = 0.1;

/// Shortest time between two values of noise, or two pulses, in ms. With a shorter one, a run of 1e6 ms would have more
/// than 1e9 of them.
const FINEST: f64 = 1e-3;

/// Largest amplitude, time or frequency: larger numbers are mistakes.
const LARGEST: f64 = 1e9;

impl FromStr for Current {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::Text(format!(
                "'{text}' is not a current: give step:I, ramp:I..I, pulses:I,width=MS,every=MS, sine:I,hz=F or noise:I,sigma=S"
            ))
        };
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        let mut keys = Keys::new(text, rest)?;
        let current = match kind {
            "step" => Self::Step {
                amplitude: keys.amplitude()?,
                span: keys.span()?,
            },
            "ramp" => {
                let (start, end) = keys.range()?;
                let span = keys.span()?;
                Self::Ramp { start, end, span }
            }
            "pulses" => keys.pulses()?,
            "sine" => Self::Sine {
                amplitude: keys.amplitude()?,
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

/// The part of a current's text behind the colon: its amplitude and its keys.
struct Keys<'a> {
    /// The whole text, for messages.
    current: &'a str,
    amplitude: &'a str,
    /// Keys that were not taken yet, with their values.
    pairs: Vec<(&'a str, &'a str)>,
    /// Keys that this kind of current takes.
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    fn new(current: &'a str, rest: &'a str) -> Result<Self> {
        let mut parts = rest.split(',').map(str::trim);
        let amplitude = parts.next().unwrap_or_default();
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for part in parts {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| Error::Text(format!("'{part}' of '{current}' is not key=value")))?;
            if pairs.iter().any(|(known, _)| *known == key) {
                return Err(Error::Text(format!(
                    "'{key}' is given twice in '{current}': give it once"
                )));
            }
            pairs.push((key, value));
        }
        Ok(Self {
            current,
            amplitude,
            pairs,
            known: Vec::new(),
        })
    }

    fn wrong(&self, value: &str, reason: &str) -> Error {
        Error::Text(format!("'{value}' of '{}' {reason}", self.current))
    }

    fn parse(&self, text: &str) -> Result<f64> {
        match text.trim().parse::<f64>() {
            Ok(number) if number.abs() <= LARGEST => Ok(number),
            Ok(_) => Err(self.wrong(text, "is out of range: give a number from -1e9 to 1e9")),
            Err(_) => Err(self.wrong(text, "is not a number")),
        }
    }

    /// Parses the amplitude.
    fn amplitude(&self) -> Result<f64> {
        self.parse(self.amplitude)
    }

    /// Parses a pair of amplitudes, `0..20`.
    fn range(&self) -> Result<(f64, f64)> {
        let (start, end) = self.amplitude.split_once("..").ok_or_else(|| {
            self.wrong(self.amplitude, "is not a range: give START..END, as 0..20")
        })?;
        Ok((self.parse(start)?, self.parse(end)?))
    }

    /// Takes the text of a key, if it was given, and marks the key as known.
    fn take(&mut self, key: &'static str) -> Option<&'a str> {
        self.known.push(key);
        let index = self.pairs.iter().position(|(given, _)| *given == key)?;
        Some(self.pairs.swap_remove(index).1)
    }

    fn number(&mut self, key: &'static str, default: Option<f64>) -> Result<f64> {
        match (self.take(key), default) {
            (Some(text), _) => self.parse(text),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(Error::Text(format!(
                "'{}' lacks {key}=: give it",
                self.current
            ))),
        }
    }

    fn above_zero(&mut self, key: &'static str, default: Option<f64>) -> Result<f64> {
        let number = self.number(key, default)?;
        match number > 0.0 {
            true => Ok(number),
            false => Err(self.wrong(&format!("{key}={number}"), "must be above 0")),
        }
    }

    fn not_negative(&mut self, key: &'static str, default: Option<f64>) -> Result<f64> {
        let number = self.number(key, default)?;
        match number >= 0.0 {
            true => Ok(number),
            false => Err(self.wrong(&format!("{key}={number}"), "must not be negative")),
        }
    }

    fn span(&mut self) -> Result<Span> {
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

    fn pulses(&mut self) -> Result<Current> {
        let amplitude = self.amplitude()?;
        let width = self.above_zero("width", None)?;
        let every = self.above_zero("every", None)?;
        if every < width {
            let every = format!("every={every}");
            return Err(self.wrong(&every, "must not be shorter than width="));
        }
        if every < FINEST {
            let every = format!("every={every}");
            return Err(self.wrong(&every, "is too short: give 0.001 ms at least"));
        }
        let span = self.span()?;
        Ok(Current::Pulses {
            amplitude,
            width,
            every,
            span,
        })
    }

    fn noise(&mut self) -> Result<Noise> {
        let seed = self.take("seed").map(|text| {
            let seed = text.parse().ok();
            seed.ok_or_else(|| self.wrong(text, "is not a seed: give a whole number from 0 on"))
        });
        let noise = Noise {
            mean: self.amplitude()?,
            sigma: self.not_negative("sigma", None)?,
            tau: self.not_negative("tau", Some(0.0))?,
            grid: self.above_zero("grid", Some(GRID))?,
            seed: seed.transpose()?,
        };
        match noise.grid >= FINEST {
            true => Ok(noise),
            false => {
                let grid = format!("grid={}", noise.grid);
                Err(self.wrong(&grid, "is too fine: give 0.001 ms at least"))
            }
        }
    }

    fn finish(self) -> Result<()> {
        match self.pairs.first() {
            None => Ok(()),
            Some((key, _)) => Err(Error::Text(format!(
                "'{key}' of '{}' is not a key of this current: it takes {}=",
                self.current,
                self.known.join("=, ")
            ))),
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
                write_unless(f, "mean", *mean, 0.0)?;
                write!(f, "{span}")
            }
            Self::Noise { noise, span } => write!(f, "noise:{noise}{span}"),
            Self::Samples(samples) => {
                write!(
                    f,
                    "a recording of {} rows to {} ms",
                    samples.times().len(),
                    samples.end()
                )
            }
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},sigma={}", self.mean, self.sigma)?;
        write_unless(f, "tau", self.tau, 0.0)?;
        write_unless(f, "grid", self.grid, GRID)?;
        match self.seed {
            Some(seed) => write!(f, ",seed={seed}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_unless(f, "from", self.from, 0.0)?;
        match self.until {
            Some(until) => write!(f, ",until={until}"),
            None => Ok(()),
        }
    }
}

/// Writes `,key=value` unless the value is the default.
fn write_unless(f: &mut fmt::Formatter<'_>, key: &str, value: f64, default: f64) -> fmt::Result {
    if value == default {
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
    fn errors_name_the_value_and_the_remedy() {
        for (text, words) in [
            ("10", &["'10'", "step:I"][..]),
            ("jump:3", &["'jump:3'", "ramp:I..I"]),
            ("step:", &["''", "'step:'", "not a number"]),
            ("step:much", &["'much'", "not a number"]),
            ("step:NaN", &["'NaN'", "out of range"]),
            ("step:inf", &["'inf'", "out of range"]),
            ("step:1e10", &["'1e10'", "1e9"]),
            ("step:1,to=5", &["'to'", "from=, until="]),
            ("step:1,from", &["'from'", "key=value"]),
            ("step:1,from=-2", &["'from=-2'", "not be negative"]),
            ("step:1,from=5,until=5", &["'until=5'", "after from="]),
            ("step:1,from=5,from=6", &["'from'", "twice"]),
            ("ramp:5", &["'5'", "START..END"]),
            ("ramp:0..x", &["'x'", "not a number"]),
            ("pulses:5,width=1", &["every="]),
            ("pulses:5,width=0,every=2", &["'width=0'", "above 0"]),
            ("pulses:5,width=3,every=2", &["'every=2'", "width="]),
            ("pulses:5,width=1e-9,every=1e-9", &["too short", "0.001"]),
            ("sine:5", &["lacks hz="]),
            ("sine:5,hz=-1", &["'hz=-1'", "above 0"]),
            ("noise:5", &["lacks sigma="]),
            ("noise:5,sigma=-1", &["'sigma=-1'"]),
            ("noise:5,sigma=1,grid=0", &["'grid=0'", "above 0"]),
            ("noise:5,sigma=1,grid=1e-9", &["too fine", "0.001"]),
            ("noise:5,sigma=1,seed=x", &["'x'", "not a seed"]),
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
        let amplitude = || -1e3..1e3;
        prop_oneof![
            (amplitude(), spans()).prop_map(|(amplitude, span)| Current::Step { amplitude, span }),
            (amplitude(), amplitude(), spans()).prop_map(|(start, end, span)| Current::Ramp {
                start,
                end,
                span
            }),
            (amplitude(), 0.1..5.0, 0.1..50.0, spans()).prop_map(
                |(amplitude, width, gap, span)| {
                    let every = width + gap;
                    Current::Pulses {
                        amplitude,
                        width,
                        every,
                        span,
                    }
                }
            ),
            (amplitude(), 0.1..1e3, amplitude(), spans()).prop_map(
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
                amplitude(),
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
        fn text_round_trips(current in currents()) {
            prop_assert_eq!(current.to_string().parse::<Current>().unwrap(), current);
        }
    }

    #[test]
    fn defaults_are_not_printed() {
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
