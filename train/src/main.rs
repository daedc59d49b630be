//! The `train` binary: see the crate `train` for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    train::memory::keep_freed();
    match train::run(std::env::args_os()) {
        Ok(code) => code,
        Err(error) => {
            let code = train::exit_code(&error);
            if code != 0 {
                eprintln!("error: {}", train::one_line(&error));
            }
            ExitCode::from(code)
        }
    }
}
