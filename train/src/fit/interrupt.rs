//! Ctrl-C: the first ends the training cleanly after the current step, the second quits at once.

use std::sync::{Mutex, OnceLock, PoisonError};

use burn::train::Interrupter;

static RUNNING: OnceLock<Mutex<Option<Interrupter>>> = OnceLock::new();

/// Lets Ctrl-C stop this training. A handler is installed once per process.
pub fn listen(interrupter: &Interrupter) {
    let first = RUNNING.get().is_none();
    let running = RUNNING.get_or_init(|| Mutex::new(None));
    *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupter.clone());
    if first && let Err(error) = ctrlc::set_handler(on_signal) {
        eprintln!("note: Ctrl-C will not save the run ({error})");
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
            eprintln!("\ninterrupted: saving what was learned (Ctrl-C again quits at once)");
            interrupter.stop(Some("Ctrl-C"));
        }
        None => std::process::exit(130),
    }
}
