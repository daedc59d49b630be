//! Panics of GPU drivers, turned into errors.
//!
//! Drivers that are missing or broken make the GPU libraries panic where an error would do. The report of such a
//! panic is kept from the terminal, because its message becomes an error of ours. Every other panic of the process,
//! also one on another thread meanwhile, is reported as ever.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Prefixes of the names of the threads on which CubeCL (the runtime of `wgpu`, `vulkan` and `cuda`) opens devices:
/// `DSU-type-index` and `DSD-type-index`, see `cubecl-common`, `device/handle/channel.rs`.
const DEVICE_THREADS: [&str; 2] = ["DSU-", "DSD-"];

/// Number of [`Silence`]s in the process.
static SILENCES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Number of [`Silence`]s on this thread.
    static SILENCES_HERE: Cell<usize> = const { Cell::new(0) };
}

/// Runs `driver_call` and turns a panic into the first line of its message.
pub(super) fn without_report<T>(driver_call: impl FnOnce() -> T) -> Result<T, String> {
    let silence = Silence::new();
    let result = panic::catch_unwind(AssertUnwindSafe(driver_call));
    drop(silence);
    result.map_err(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("the driver failed");
        message.lines().next().unwrap_or_default().to_owned()
    })
}

/// Guard that suppresses the reports of panics on this thread, and on the threads that open devices, while it lives.
struct Silence;

impl Silence {
    fn new() -> Self {
        static HOOK: Once = Once::new();
        // Installed once and never taken out: swapping hooks for each call could lose a report of another thread, or
        // leave the silent hook behind.
        HOOK.call_once(|| {
            let report = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !is_silenced() {
                    report(info);
                }
            }));
        });
        SILENCES.fetch_add(1, Ordering::SeqCst);
        SILENCES_HERE.set(SILENCES_HERE.get() + 1);
        Self
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        SILENCES_HERE.set(SILENCES_HERE.get() - 1);
        SILENCES.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Returns whether a panic on the current thread is to go unreported.
fn is_silenced() -> bool {
    // A thread that is ending has no thread-local values any more, and no silence either.
    if SILENCES_HERE.try_with(Cell::get).unwrap_or(0) > 0 {
        return true;
    }
    let opens_devices = |name: &str| DEVICE_THREADS.iter().any(|start| name.starts_with(start));
    SILENCES.load(Ordering::SeqCst) > 0 && thread::current().name().is_some_and(opens_devices)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_panicking_driver_becomes_one_line() {
        let result = without_report(|| -> u8 { panic!("no adapter\nsecond line") });
        assert_eq!(result, Err("no adapter".to_owned()));
        let result = without_report(|| -> u8 { panic!("{}", "formatted".to_owned()) });
        assert_eq!(result, Err("formatted".to_owned()));
        let result = without_report(|| -> u8 { panic::panic_any(7) });
        assert_eq!(result, Err("the driver failed".to_owned()));
        assert_eq!(without_report(|| 7), Ok(7));
    }

    /// Panics on several threads during and after calls of a driver. Run in a process of its own, whose standard
    /// error is read.
    fn panic_everywhere() {
        let on_thread = |name: &str, message: &'static str| {
            let thread = thread::Builder::new().name(name.to_owned());
            let thread = thread.spawn(move || panic::panic_any(message)).unwrap();
            assert!(thread.join().is_err());
        };
        let result = without_report(|| -> u8 {
            on_thread("worker", "loud: another thread");
            on_thread("DSU-0-0", "silent: a thread that opens devices");
            let inner = without_report(|| -> u8 { panic!("silent: a nested call") });
            assert_eq!(inner, Err("silent: a nested call".to_owned()));
            panic!("silent: the driver")
        });
        assert_eq!(result, Err("silent: the driver".to_owned()));
        on_thread("DSU-0-1", "loud: no driver is called any more");
        let result = panic::catch_unwind(|| panic!("loud: the same thread afterwards"));
        assert!(result.is_err());
    }

    #[test]
    fn only_panics_of_drivers_go_unreported() {
        const CHILD: &str = "HEBB_TEST_PANIC_EVERYWHERE";
        if std::env::var_os(CHILD).is_some() {
            return panic_everywhere();
        }
        let test = "device::panics::tests::only_panics_of_drivers_go_unreported";
        let child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let report = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{report}");
        assert_eq!(report.matches("loud: ").count(), 3, "{report}");
        assert_eq!(report.matches("silent: ").count(), 0, "{report}");
    }
}
