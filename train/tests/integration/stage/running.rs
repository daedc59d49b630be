//! A `train` that is still running, and what it is sent.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Stage;

/// Stopped by force at the end of a test that fails, which then shows what the process wrote to standard error.
pub struct Running {
    child: Child,
    stderr: Option<PathBuf>,
}

impl Running {
    /// Starts `train`; what it prints goes to the files `stdout` and `stderr`.
    pub fn start(stage: &Stage, arguments: &str) -> Self {
        let mut command = stage.std_command(arguments);
        command
            .stdin(Stdio::null())
            .stdout(File::create(stage.path("stdout")).unwrap())
            .stderr(File::create(stage.path("stderr")).unwrap());
        let mut running = Self::spawn(command, libc::SIG_DFL);
        running.stderr = Some(stage.path("stderr"));
        running
    }

    /// Starts a command that handles SIGHUP as `hang_up` says, whatever these tests were started with.
    pub fn spawn(mut command: Command, hang_up: libc::sighandler_t) -> Self {
        // SAFETY: `signal` may be called between `fork` and `exec`.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(move || match libc::signal(libc::SIGHUP, hang_up) {
                libc::SIG_ERR => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
        Self {
            child: command.spawn().unwrap(),
            stderr: None,
        }
    }

    /// Waits until `reached`, which the process must live to see.
    pub fn wait_for(&mut self, what: &str, mut reached: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(120);
        while !reached() {
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "ended before {what}"
            );
            assert!(Instant::now() < end, "no {what} in time");
            sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal, such as `-INT`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Sends SIGINT and SIGTERM so that both are there before either is handled.
    pub fn signal_twice(&self) {
        self.signal("-STOP");
        // Until its last thread stands still, the process may handle the first signal before the second is sent.
        let (id, mut status) = (self.child.id() as libc::pid_t, 0);
        // SAFETY: `status` is valid for writes; a process that is only stopped stays a child to wait for.
        #[allow(unsafe_code)]
        let stopped = unsafe { libc::waitpid(id, &mut status, libc::WUNTRACED) };
        assert_eq!((stopped, libc::WIFSTOPPED(status)), (id, true));
        for name in ["-INT", "-TERM", "-CONT"] {
            self.signal(name);
        }
    }

    /// Waits for the end, and calls `meanwhile` again and again.
    pub fn ended_while(&mut self, mut meanwhile: impl FnMut()) -> ExitStatus {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            meanwhile();
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "does not end");
            sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end.
    pub fn ended(&mut self) -> ExitStatus {
        self.ended_while(|| {})
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long since.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let written = self.stderr.as_ref().map(fs::read_to_string);
            eprintln!("standard error of train: {written:?}");
        }
    }
}
