//! Ctrl-C: the first ends the training after the current step and saves it, the second quits at once.

use std::sync::{Mutex, OnceLock, PoisonError};

use burn::train::Interrupter;

static RUNNING: OnceLock<Mutex<Option<Interrupter>>> = OnceLock::new();

/// Lets Ctrl-C stop this training. The signal handler is installed once per process.
pub fn listen(interrupter: &Interrupter) {
    let first = RUNNING.get().is_none();
    let running = RUNNING.get_or_init(|| Mutex::new(None));
    *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupter.clone());
    if first && let Err(error) = ctrlc::set_handler(on_signal) {
        eprintln!("note: Ctrl-C will quit without saving the run ({error})");
    }
}

fn on_signal() {
    let running = RUNNING.get().and_then(|running| {
        running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    });
    match running {
        Some(interrupter) => {
            eprintln!("\ninterrupted: saving the network (Ctrl-C again quits at once)");
            interrupter.stop(Some("Ctrl-C"));
        }
        None => std::process::exit(130),
    }
}
