//! The `infer` command. The documentation of the library describes it.

use std::process::ExitCode;

fn main() -> ExitCode {
    infer::run(std::env::args_os())
}
