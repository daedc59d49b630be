//! The `train` binary: see the crate `train` for what it does.

use std::process::ExitCode;

/// The memory of a step's tensors is used again by the next one. The system's allocator gives large blocks
/// back every time, and getting them again cost a third of the time of a convolutional step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's header: milliseconds until unused memory goes back to the system.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

fn main() -> ExitCode {
    // SAFETY: sets one number (-1: never) in mimalloc's options; it must not be called from two threads, and
    // no other thread runs yet.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_option_set_default(PURGE_DELAY, -1);
    }
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
