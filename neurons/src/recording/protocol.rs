//! The currents that are injected into a cell: steps whose amplitude may change from sweep to sweep.

use std::fmt;
use std::str::FromStr;

use super::clamp::CurrentClamp;
use crate::error::{Error, Result};

/// Latest time of a step, in ms.
const MAX_TIME: f64 = 1e7;

/// Largest current, in pA.
const MAX_CURRENT: f64 = 1e7;

/// A current step in each sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Beginning and end within a sweep, in ms.
    pub span: [f64; 2],
    /// Current in the first sweep, in pA.
    pub first: f64,
    /// Increase of the current from sweep to sweep, in pA.
    pub increment: f64,
}

impl Epoch {
    /// Returns the current in a sweep (counted from 0), in pA.
    pub fn amplitude(&self, sweep: usize) -> f64 {
        self.first + self.increment * sweep as f64
    }

    /// Returns the duration, in ms.
    pub fn duration(&self) -> f64 {
        self.span[1] - self.span[0]
    }
}

/// The current steps of each sweep in order; there is no current between them.
///
/// As text, a step is `FROM..UNTIL:FIRST` in ms and pA, followed by `+INCREMENT` or `-INCREMENT` if the amplitude
/// changes from sweep to sweep; commas separate steps.
///
/// ```
/// use neurons::recording::Protocol;
///
/// let protocol: Protocol = "100..600:-50+10".parse()?;
/// assert_eq!(protocol.current(3, 250.0), -20.0);
/// # Ok::<(), neurons::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    epochs: Vec<Epoch>,
}

impl Protocol {
    /// Creates the protocol of `17o05028_ic_steps`, "0112 steps dual -50 to 150 step 10" in the header of the original
    /// file as pyABF prints it: no current up to sample 2,937 at 20,000 samples a second; then 0.5 s each of -50 pA plus
    /// 10 pA per sweep, no current, -50 pA, and the first step again.
    ///
    /// The traces agree: in all 16 sweeps the potential jumps over the electrode's resistance at 146.9, 646.9, 1146.9,
    /// 1646.9 and 2146.9 ms and nowhere else, by steps of 10 pA times one resistance, and not where 0 pA are expected.
    pub fn dual_steps() -> Self {
        let step = |from: f64, increment| Epoch {
            span: [from, from + 500.0],
            first: -50.0,
            increment,
        };
        Self {
            epochs: vec![step(146.85, 10.0), step(1146.85, 0.0), step(1646.85, 10.0)],
        }
    }

    /// Returns the steps.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Returns the current in a sweep at a time in ms, in pA.
    pub fn current(&self, sweep: usize, time: f64) -> f64 {
        let inside = |epoch: &&Epoch| (epoch.span[0]..epoch.span[1]).contains(&time);
        let epoch = self.epochs.iter().find(inside);
        epoch.map_or(0.0, |epoch| epoch.amplitude(sweep))
    }

    /// Divides a sweep of `duration` ms into pieces of constant current. Returns the end of each in ms, and its current in
    /// pA.
    pub fn pieces(&self, sweep: usize, duration: f64) -> Vec<(f64, f64)> {
        let mut pieces = Vec::new();
        let mut time = 0.0;
        for epoch in &self.epochs {
            let [from, until] = epoch.span.map(|time| time.min(duration));
            if from > time {
                pieces.push((from, 0.0));
            }
            if until > from {
                pieces.push((until, epoch.amplitude(sweep)));
            }
            time = until;
        }
        if duration > time {
            pieces.push((duration, 0.0));
        }
        pieces
    }

    /// Checks that all steps end within the sweeps of a recording.
    ///
    /// # Errors
    /// [`Error::Recording`] with the step that does not, and the duration of the sweeps.
    pub fn check(&self, recording: &CurrentClamp) -> Result<()> {
        let duration = recording.duration();
        match (self.epochs.iter()).find(|epoch| epoch.span[1] > duration + 1e-6) {
            Some(epoch) => {
                let [from, until] = epoch.span;
                let reason = format!(
                    "the step from {from} to {until} ms ends after the sweeps of {duration:.1} ms: give the protocol of this recording"
                );
                Err(Error::recording(&recording.name, reason))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, epoch) in self.epochs.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            let [from, until] = epoch.span;
            write!(formatter, "{comma}{from}..{until}:{}", epoch.first)?;
            if epoch.increment != 0.0 {
                write!(formatter, "{:+}", epoch.increment)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Protocol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut epochs: Vec<Epoch> = Vec::new();
        for part in text.split(',') {
            let epoch = epoch(part.trim()).ok_or_else(|| {
                Error::Text(format!(
                    "'{part}' is not a step: give FROM..UNTIL:FIRST in ms and pA, with +INCREMENT where it changes from sweep to sweep"
                ))
            })?;
            if epoch.span[0] < epochs.last().map_or(0.0, |last| last.span[1]) {
                return Err(Error::Text(format!(
                    "'{part}' begins before the previous step ends: give the steps in order"
                )));
            }
            epochs.push(epoch);
        }
        Ok(Self { epochs })
    }
}

/// Parses `FROM..UNTIL:FIRST[+INCREMENT]`.
fn epoch(text: &str) -> Option<Epoch> {
    let number = |text: &str, largest: f64| {
        let number = text.trim().parse::<f64>().ok()?;
        (number.abs() <= largest).then_some(number)
    };
    let (span, current) = text.split_once(':')?;
    let (from, until) = span.split_once("..")?;
    let span = [number(from, MAX_TIME)?, number(until, MAX_TIME)?];
    // The increment begins at the last sign that is neither the first character nor part of an exponent.
    let characters = current.char_indices().skip(1);
    let sign = characters.filter(|(index, sign)| {
        let before = current[..*index].chars().next_back();
        matches!(sign, '+' | '-') && !matches!(before, Some('e' | 'E'))
    });
    let (first, increment) = match sign.last() {
        Some((index, _)) => current.split_at(index),
        None => (current, "0"),
    };
    let epoch = Epoch {
        span,
        first: number(first, MAX_CURRENT)?,
        increment: number(increment, MAX_CURRENT)?,
    };
    (span[0] >= 0.0 && span[1] > span[0]).then_some(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currents_of_the_known_recording() {
        let protocol = Protocol::dual_steps();
        let at = |sweep, time| protocol.current(sweep, time);
        assert_eq!(at(0, 146.8), 0.0);
        assert_eq!(
            (at(0, 146.85), at(15, 646.8), at(5, 300.0)),
            (-50.0, 100.0, 0.0)
        );
        assert_eq!(
            (at(7, 700.0), at(7, 1146.9), at(15, 1146.9)),
            (0.0, -50.0, -50.0)
        );
        assert_eq!(
            (at(7, 1646.9), at(7, 2146.84), at(7, 2146.85)),
            (20.0, 20.0, 0.0)
        );
        assert_eq!(
            protocol.pieces(2, 3000.0),
            [
                (146.85, 0.0),
                (646.85, -30.0),
                (1146.85, 0.0),
                (1646.85, -50.0),
                (2146.85, -30.0),
                (3000.0, 0.0)
            ]
        );
        assert_eq!(protocol.pieces(2, 400.0), [(146.85, 0.0), (400.0, -30.0)]);
    }

    #[test]
    fn text_round_trips() {
        let text = "146.85..646.85:-50+10,1146.85..1646.85:-50,1646.85..2146.85:-50+10";
        assert_eq!(Protocol::dual_steps().to_string(), text);
        assert_eq!(text.parse(), Ok(Protocol::dual_steps()));
        let falling: Protocol = "0..10:1e2-2.5".parse().unwrap();
        assert_eq!(falling.epochs()[0].amplitude(2), 95.0);
        assert_eq!(falling.to_string(), "0..10:100-2.5");
        for (text, word) in [
            ("", "'' is not a step"),
            ("5..5:1", "'5..5:1'"),
            ("-1..5:1", "'-1..5:1'"),
            ("0..5", "'0..5'"),
            ("0..5:x", "'0..5:x'"),
            ("0..5:1+", "'0..5:1+'"),
            ("0..inf:1", "'0..inf:1'"),
            ("0..5:1,4..6:1", "'4..6:1' begins before"),
        ] {
            let error = text.parse::<Protocol>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
