//! The `train` binary: see the crate `train` for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    train::fit::memory::keep_freed();
    if let Err(error) = train::fit::threads::compute_here(None) {
        eprintln!("error: the threads that compute cannot be started: {error}");
        return ExitCode::FAILURE;
    }
    match train::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = train::exit_code(&error);
            if code != 0 {
                eprintln!("error: {}", train::one_line(&error));
            }
            ExitCode::from(code)
        }
    }
}
