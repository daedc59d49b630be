//! The terminal: whether Burn's dashboard covers it, and how it is given back when the process ends at once.

use std::io::{self, IsTerminal, StdoutLock};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crossterm::cursor::Show;
use crossterm::event::DisableMouseCapture;
use crossterm::terminal::{LeaveAlternateScreen, disable_raw_mode};

/// Maximum time to wait for a terminal, which may have gone or may take no output. The dashboard closes within 0.1 s.
pub const PATIENCE: Duration = Duration::from_secs(2);

static IS_COVERED: Mutex<bool> = Mutex::new(false);
static UNCOVERED: Condvar = Condvar::new();

/// The dashboard on the terminal's alternate screen; while it exists, nothing else may be printed.
pub struct Cover(());

impl Cover {
    /// Records that the dashboard opens.
    pub fn begin() -> Self {
        *IS_COVERED.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Self(())
    }
}

impl Drop for Cover {
    fn drop(&mut self) {
        *IS_COVERED.lock().unwrap_or_else(PoisonError::into_inner) = false;
        UNCOVERED.notify_all();
    }
}

/// Returns whether the dashboard covers the terminal.
pub fn is_covered() -> bool {
    *IS_COVERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Uncovers the terminal after a panic: waits for the thread that closes the dashboard.
pub fn uncover() {
    let covered = IS_COVERED.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = UNCOVERED.wait_timeout_while(covered, PATIENCE, |covered| *covered);
    if *waited.unwrap_or_else(PoisonError::into_inner).0 {
        drop(restore());
    }
}

/// Ends raw mode and leaves the alternate screen. While the returned lock exists, the dashboard cannot draw.
pub fn restore() -> StdoutLock<'static> {
    let mut screen = io::stdout().lock();
    // The process ends, whether the terminal is still there or not.
    let _ = disable_raw_mode();
    let _ = crossterm::execute!(screen, DisableMouseCapture, LeaveAlternateScreen, Show);
    screen
}

/// Runs `work` on another thread, and waits for its end at most [`PATIENCE`]: writing to a terminal may block for ever.
pub fn with_patience(work: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel::<()>();
    let spawned = thread::Builder::new().spawn(move || {
        work();
        drop(done);
    });
    if spawned.is_ok() {
        let _ = end.recv_timeout(PATIENCE);
    }
}

/// Returns whether keys can be read, as the dashboard does, from standard input or from the controlling terminal.
pub fn has_keyboard() -> bool {
    io::stdin().is_terminal() || cfg!(unix) && std::fs::File::open("/dev/tty").is_ok()
}

#[cfg(unix)]
pub use unix::{deliver_ctrl_c, detach_if_gone};

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsFd;

    use rustix::fs::{OFlags, fcntl_setfl};
    use rustix::io::Errno;
    use rustix::stdio;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, isatty, tcgetattr, tcsetattr,
    };

    /// Lets Ctrl-C arrive as a signal although the terminal is in raw mode.
    ///
    /// The keys Ctrl-Z and Ctrl-\ remain without effect: they would leave the shell on the alternate screen.
    ///
    /// # Errors
    /// If there is no terminal.
    pub fn deliver_ctrl_c() -> io::Result<()> {
        let stdin = stdio::stdin();
        if isatty(stdin) {
            set_keys(stdin)
        } else {
            set_keys(File::options().read(true).write(true).open("/dev/tty")?)
        }
    }

    fn set_keys(terminal: impl AsFd) -> io::Result<()> {
        let mut mode = tcgetattr(&terminal)?;
        // Without NOFLSH, Ctrl-C would discard what the dashboard is drawing.
        mode.local_modes |= LocalModes::ISIG | LocalModes::NOFLSH;
        for key in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
            mode.special_codes[key] = libc::_POSIX_VDISABLE;
        }
        Ok(tcsetattr(&terminal, OptionalActions::Now, &mode)?)
    }

    /// Redirects the standard streams whose terminal has gone, so that printing does not fail.
    pub fn detach_if_gone() {
        let Ok(null) = File::options().read(true).write(true).open("/dev/null") else {
            return;
        };
        let is_gone = |stream| matches!(tcgetattr(stream), Err(Errno::IO));
        // A stream that cannot be redirected stays as it is.
        if is_gone(stdio::stdin())
            && let Ok((empty, writer)) = io::pipe()
            && fcntl_setfl(&empty, OFlags::NONBLOCK).is_ok()
        {
            let _ = stdio::dup2_stdin(&empty);
            // Without a writer, the input would end, and the dashboard's reader does not stop at the end of its input.
            std::mem::forget(writer);
        }
        if is_gone(stdio::stdout()) {
            let _ = stdio::dup2_stdout(&null);
        }
        if is_gone(stdio::stderr()) {
            let _ = stdio::dup2_stderr(&null);
        }
    }
}
