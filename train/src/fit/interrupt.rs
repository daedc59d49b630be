//! Signals that end a run: Ctrl-C, SIGTERM, SIGHUP, and the key `q` of the dashboard.
//!
//! The first one stops the training, which writes a checkpoint at once. If no network is being trained, it ends the
//! process. The second one ends the process without waiting. The state is one for the process, because Burn's
//! [`Interrupter`] belongs to one training, and a command may train several networks.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use burn::train::Interrupter;

use crate::fit::terminal;

/// Time in which the same signal is taken for a repetition of the first: `timeout` signals its child and then its group.
const REPETITION: Duration = Duration::from_millis(100);

/// A signal that ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: the terminal was closed.
    HangUp,
    /// SIGINT: Ctrl-C, or `q` in the dashboard.
    Interrupt,
    /// SIGTERM: a scheduler or the system ends the process.
    Terminate,
}

impl Signal {
    /// Returns the exit code of a process that the signal ended, as shells count it: 128 and the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Returns the signal that came first, if one came.
///
/// It stays for the rest of the process: whoever trains several networks asks before each.
pub fn requested() -> Option<Signal> {
    state().requested()
}

/// Records the folder of a run, so that a line can tell how to finish it.
pub fn can_resume(run: &Path) {
    state().run = Some(run.to_owned());
}

/// A training that a signal stops instead of ending the process, until the value is dropped.
#[must_use]
pub struct Training(());

impl Training {
    /// Registers a training: a signal stops `interrupter`. The dashboard's key stops `keys`, which is another one
    /// because the dashboard resets it at the end.
    pub fn begin(interrupter: &Interrupter, keys: Option<&Interrupter>) -> Self {
        let training = Handles {
            interrupter: interrupter.clone(),
            keys: keys.cloned(),
        };
        let mut state = state();
        if state.first.is_some() {
            training.stop();
        }
        state.training = Some(training);
        Self(())
    }
}

impl Drop for Training {
    fn drop(&mut self) {
        let mut state = state();
        state.requested();
        state.training = None;
    }
}

struct Handles {
    interrupter: Interrupter,
    keys: Option<Interrupter>,
}

impl Handles {
    fn is_stopped_by_key(&self) -> bool {
        self.keys.as_ref().is_some_and(Interrupter::should_stop)
    }

    fn stop(&self) {
        self.interrupter.stop(Some("interrupted"));
    }
}

/// What the process knows of signals.
struct State {
    /// The signal that came first, and when.
    first: Option<(Signal, Instant)>,
    /// The training that is going on.
    training: Option<Handles>,
    /// The run that `--resume` can finish.
    run: Option<PathBuf>,
}

/// Reaction to a signal.
#[derive(Debug, PartialEq, Eq)]
enum Reaction {
    /// Nothing.
    Ignore,
    /// The training was stopped: say so.
    Announce,
    /// End the process.
    Quit,
}

static STATE: Mutex<State> = Mutex::new(State {
    first: None,
    training: None,
    run: None,
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn requested(&mut self) -> Option<Signal> {
        if self.first.is_none()
            && let Some(training) = &self.training
            && training.is_stopped_by_key()
        {
            training.stop();
            self.first = Some((Signal::Interrupt, Instant::now()));
        }
        self.first.map(|(signal, _)| signal)
    }

    fn receive(&mut self, signal: Signal, now: Instant) -> Reaction {
        self.requested();
        if let Some((first, time)) = self.first {
            let is_repetition = signal == first && now.duration_since(time) < REPETITION;
            // The shell and the system both report that a terminal was closed.
            return match signal == Signal::HangUp || is_repetition {
                true => Reaction::Ignore,
                false => Reaction::Quit,
            };
        }
        self.first = Some((signal, now));
        match &self.training {
            Some(training) => {
                training.stop();
                Reaction::Announce
            }
            None => Reaction::Quit,
        }
    }
}

/// Handles the signals of this process from now on.
///
/// # Errors
/// If the system refuses, and a signal therefore ends the process as ever.
pub fn handle_signals() -> io::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

        let mut numbers = vec![SIGINT, SIGTERM];
        if !is_ignored(SIGHUP) {
            numbers.push(SIGHUP);
        }
        let mut signals = signal_hook::iterator::Signals::new(numbers)?;
        let listener = thread::Builder::new().name("signals".to_owned());
        listener.spawn(move || {
            for number in signals.forever() {
                on_signal(match number {
                    SIGHUP => Signal::HangUp,
                    SIGTERM => Signal::Terminate,
                    _ => Signal::Interrupt,
                });
            }
        })?;
        Ok(())
    }
    #[cfg(not(unix))]
    ctrlc::set_handler(|| on_signal(Signal::Interrupt)).map_err(io::Error::other)
}

/// Returns whether the parent process asked to ignore a signal, as `nohup` does for SIGHUP.
#[cfg(unix)]
fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action, `sigaction` only writes the present one, and any bytes are a valid `sigaction`.
    #[allow(unsafe_code)]
    let (result, action) = unsafe {
        let result = libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
        (result, action.assume_init())
    };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}

fn on_signal(signal: Signal) {
    #[cfg(unix)]
    if signal == Signal::HangUp {
        terminal::detach_if_gone();
    }
    let reaction = state().receive(signal, Instant::now());
    match reaction {
        Reaction::Ignore => {}
        Reaction::Announce if terminal::is_covered() => {}
        // On another thread: nobody may be reading, and the next signal must not wait for that.
        Reaction::Announce => drop(thread::Builder::new().spawn(|| {
            say("interrupted: saving a checkpoint; Ctrl-C again quits at once");
        })),
        Reaction::Quit => quit(signal),
    }
}

/// Says, after the dashboard was closed, that the training was interrupted and that the process goes on.
pub fn announce_evaluation() {
    if requested().is_some() {
        say("interrupted: evaluating the best network so far; Ctrl-C again quits at once");
    }
}

/// Ends the process at once, with the terminal as it was before.
pub fn quit(signal: Signal) -> ! {
    let run = state().run.clone();
    terminal::with_patience(move || {
        if terminal::is_covered() {
            // The dashboard must not draw any more.
            std::mem::forget(terminal::restore());
        }
        say(&match run {
            Some(run) => format!(
                "interrupted; `train --resume {}` finishes the run",
                run.display()
            ),
            None => "interrupted".to_owned(),
        });
    });
    // Without destructors: other threads are still computing.
    #[cfg(unix)]
    signal_hook::low_level::exit(signal.exit_code().into());
    #[cfg(not(unix))]
    std::process::exit(signal.exit_code().into())
}

/// Prints a line on standard error, on a terminal below the echoed `^C` or a progress bar.
fn say(line: &str) {
    let mut stderr = io::stderr().lock();
    let start = if stderr.is_terminal() { "\n" } else { "" };
    // The reader may have gone.
    let _ = writeln!(stderr, "{start}{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the state during a training.
    fn training(interrupter: &Interrupter, keys: &Interrupter) -> State {
        State {
            first: None,
            training: Some(Handles {
                interrupter: interrupter.clone(),
                keys: Some(keys.clone()),
            }),
            run: None,
        }
    }

    #[test]
    fn the_first_signal_stops_a_training_and_the_second_quits() {
        let (interrupter, keys) = (Interrupter::new(), Interrupter::new());
        let mut state = training(&interrupter, &keys);
        let now = Instant::now();
        assert_eq!(state.requested(), None);
        assert_eq!(state.receive(Signal::Terminate, now), Reaction::Announce);
        assert!(interrupter.should_stop());
        assert_eq!(state.requested(), Some(Signal::Terminate));
        let later = now + REPETITION;
        assert_eq!(state.receive(Signal::Interrupt, later), Reaction::Quit);
        assert_eq!(state.requested(), Some(Signal::Terminate));
    }

    #[test]
    fn a_signal_quits_where_nothing_is_trained() {
        let mut state = State {
            training: None,
            ..training(&Interrupter::new(), &Interrupter::new())
        };
        let now = Instant::now();
        assert_eq!(state.receive(Signal::HangUp, now), Reaction::Quit);
    }

    #[test]
    fn a_signal_that_is_sent_twice_at_a_time_counts_once() {
        let (interrupter, keys) = (Interrupter::new(), Interrupter::new());
        for (second, delay, expected) in [
            (Signal::Terminate, Duration::ZERO, Reaction::Ignore),
            (Signal::Terminate, REPETITION, Reaction::Quit),
            (Signal::Interrupt, Duration::ZERO, Reaction::Quit),
            (Signal::HangUp, Duration::ZERO, Reaction::Ignore),
            (Signal::HangUp, REPETITION, Reaction::Ignore),
        ] {
            let mut state = training(&interrupter, &keys);
            let now = Instant::now();
            state.receive(Signal::Terminate, now);
            assert_eq!(state.receive(second, now + delay), expected, "{second:?}");
        }
    }

    #[test]
    fn the_dashboards_key_counts_as_a_signal() {
        let (interrupter, keys) = (Interrupter::new(), Interrupter::new());
        let mut state = training(&interrupter, &keys);
        keys.stop(None);
        assert_eq!(state.requested(), Some(Signal::Interrupt));
        assert!(interrupter.should_stop());
        // The dashboard resets its own at the end.
        keys.reset();
        assert_eq!(state.requested(), Some(Signal::Interrupt));
        let later = Instant::now() + REPETITION;
        assert_eq!(state.receive(Signal::Interrupt, later), Reaction::Quit);
    }
}
