//! `infer`: answers for pictures with a model that Hebb trained. See the library for the whole story.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    infer::guard(|| match infer::run(std::env::args_os()) {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics when nobody reads the errors any more.
            let _ = writeln!(
                std::io::stderr(),
                "infer: {}",
                infer::printable(&error.to_string())
            );
            error.exit_code()
        }
    })
}
