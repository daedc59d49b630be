//! The `train` binary: see the crate `train` for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    match train::run(std::env::args_os()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", train::one_line(&error));
            ExitCode::FAILURE
        }
    }
}
