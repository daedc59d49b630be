//! The `train` binary: see the crate `train` for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    train::fit::memory::keep_freed();
    if let Err(error) = train::fit::threads::compute_here(None) {
        eprintln!("error: the threads that compute cannot be started: {error}");
        return ExitCode::FAILURE;
    }
    if let Err(error) = train::fit::interrupt::handle_signals() {
        eprintln!("note: Ctrl-C will end the process without a checkpoint ({error})");
    }
    let result = train::run(std::env::args_os());
    let code = train::exit_code(&result);
    if let Err(error) = &result
        && code != 0
    {
        eprintln!("error: {}", train::one_line(error));
    }
    ExitCode::from(code)
}
