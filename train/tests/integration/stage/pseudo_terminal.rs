//! `train` on a pseudo-terminal, with a user who types.

use std::ffi::CStr;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::sync::Mutex;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::Stage;
use super::running::Running;

/// Rows of the terminal at first.
pub const ROWS: u16 = 30;

/// A terminal in which a `train` runs.
pub struct Terminal {
    pub train: Running,
    /// The user's side; `None` after the terminal was closed.
    user: Option<File>,
    /// The program's side, kept open so that its mode can be read at the end.
    program: OwnedFd,
    /// Mode of the terminal before.
    mode: String,
    /// What was written to the screen.
    pub screen: Vec<u8>,
}

impl Terminal {
    /// Starts `train` with a terminal of its own as its controlling terminal.
    pub fn start(stage: &Stage, arguments: &str) -> Self {
        let (user, program) = open_pair();
        fcntl_setfl(&user, OFlags::NONBLOCK).unwrap();
        let mut command = stage.std_command(arguments);
        command
            .env("TERM", "xterm-256color")
            .stdin(program.try_clone().unwrap())
            .stdout(program.try_clone().unwrap())
            .stderr(program.try_clone().unwrap());
        // SAFETY: `setsid` and `ioctl` may be called between `fork` and `exec`.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(|| {
                match libc::setsid() != -1 && libc::ioctl(0, libc::TIOCSCTTY, 0) != -1 {
                    true => Ok(()),
                    false => Err(std::io::Error::last_os_error()),
                }
            });
        }
        let terminal = Self {
            mode: mode(&program),
            train: Running::spawn(command, libc::SIG_DFL),
            user: Some(user),
            program,
            screen: Vec::new(),
        };
        terminal.resize(ROWS);
        terminal
    }

    /// Reads what was written to the screen since the last call.
    fn read(&mut self) {
        read(&mut self.user, &mut self.screen);
    }

    /// Waits until `reached`, with what was written to the screen so far.
    pub fn wait_for(&mut self, what: &str, mut reached: impl FnMut(&[u8]) -> bool) {
        let (user, screen) = (&mut self.user, &mut self.screen);
        self.train.wait_for(what, || {
            read(user, screen);
            reached(screen)
        });
    }

    /// Waits until the dashboard reads keys.
    pub fn wait_for_dashboard(&mut self) {
        let program = self.program.try_clone().unwrap();
        self.wait_for("the dashboard", |_| {
            let modes = tcgetattr(&program).unwrap().local_modes;
            // The dashboard switches signals off with the mode by line, and then on again.
            !modes.contains(LocalModes::ICANON) && modes.contains(LocalModes::ISIG)
        });
    }

    pub fn press(&mut self, keys: &str) {
        self.user
            .as_ref()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
    }

    pub fn resize(&self, rows: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(self.user.as_ref().unwrap(), size).unwrap();
    }

    /// Closes the terminal.
    pub fn close(&mut self) {
        self.user = None;
    }

    /// Waits for the end, and returns the exit code.
    pub fn ended(&mut self) -> i32 {
        let (user, screen) = (&mut self.user, &mut self.screen);
        let status = self.train.ended_while(|| read(user, screen));
        self.read();
        status.code().expect("ended by a signal")
    }

    /// Fails unless the terminal is as it was before: its mode, and the screen with the cursor.
    pub fn assert_restored(&self) {
        assert_eq!(mode(&self.program), self.mode);
        let screen = String::from_utf8_lossy(&self.screen);
        let last = |sequence: &str| screen.rfind(sequence);
        assert!(last("\x1b[?1049l") > last("\x1b[?1049h"), "{screen:?}");
        assert!(last("\x1b[?25h") > last("\x1b[?25l"), "{screen:?}");
        assert!(last("\x1b[?1000l") > last("\x1b[?1000h"), "{screen:?}");
    }

    /// Returns what was written on the ordinary screen after the dashboard, and on the dashboard.
    pub fn after_and_on_dashboard(&self) -> (String, String) {
        let screen = String::from_utf8_lossy(&self.screen);
        let (before, after) = screen.rsplit_once("\x1b[?1049l").expect("left");
        let (_, on) = before.split_once("\x1b[?1049h").expect("entered");
        (after.to_owned(), on.to_owned())
    }
}

fn read(user: &mut Option<File>, screen: &mut Vec<u8>) {
    let Some(user) = user else { return };
    let mut buffer = [0; 4096];
    loop {
        match user.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => screen.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Returns the mode of a terminal: flags and special characters.
fn mode(terminal: &OwnedFd) -> String {
    format!("{:?}", tcgetattr(terminal).unwrap())
}

/// Opens both sides of a pseudo-terminal, which no process that another test starts inherits.
fn open_pair() -> (File, OwnedFd) {
    static NAME: Mutex<()> = Mutex::new(());
    let _one_at_a_time = NAME.lock().unwrap();
    // SAFETY: the descriptor is valid and nobody else owns it; the name is copied before another call overwrites it.
    #[allow(unsafe_code)]
    let (user, name) = unsafe {
        let user = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(user >= 0, "{}", std::io::Error::last_os_error());
        let user = File::from_raw_fd(user);
        let descriptor = user.as_raw_fd();
        assert_eq!(libc::grantpt(descriptor), 0);
        assert_eq!(libc::unlockpt(descriptor), 0);
        let name = CStr::from_ptr(libc::ptsname(descriptor));
        (user, name.to_str().unwrap().to_owned())
    };
    let mut options = File::options();
    let options = options.read(true).write(true).custom_flags(libc::O_NOCTTY);
    (user, options.open(name).unwrap().into())
}
