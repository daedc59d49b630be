//! Panics of decoders, turned into errors.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Number of guarded calls on this thread.
    static GUARDS: Cell<usize> = const { Cell::new(0) };
}

/// Runs `work` and turns a panic into the first line of its message, which is not reported on standard error.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    // Installed once and never taken out: swapping hooks for each call could lose the report of another thread.
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A thread that is ending has no thread-local values any more, and no guard either.
            if GUARDS.try_with(Cell::get).unwrap_or(0) == 0 {
                report(info);
            }
        }));
    });
    GUARDS.set(GUARDS.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDS.set(GUARDS.get() - 1);
    result.map_err(|payload| {
        let message = (payload.downcast_ref::<&str>().copied())
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let first = message.and_then(|message| message.lines().next());
        first.unwrap_or("without a message").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_one_line() {
        assert_eq!(guarded(|| 7), Ok(7));
        let result = guarded(|| -> u8 { panic!("index {} out of range\nmore", 3) });
        assert_eq!(result, Err("index 3 out of range".to_owned()));
        let nested = guarded(|| guarded(|| -> u8 { panic::panic_any(7) }));
        assert_eq!(nested, Ok(Err("without a message".to_owned())));
        assert_eq!(GUARDS.get(), 0);
    }
}
