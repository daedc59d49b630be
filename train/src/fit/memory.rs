//! Memory of the process: its peak, and an allocator that keeps freed memory.

/// Returns the peak resident memory in bytes, if the system reports it (Linux).
pub fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Every step allocates tensors of the same sizes. The system's allocator returns large blocks to the system each time,
/// and allocating them again took a third of the time of a convolutional step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` in mimalloc's header: milliseconds until unused memory is returned to the system.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory for the rest of the process. Must be called before other threads are started.
pub fn keep_freed() {
    // SAFETY: the call sets one of mimalloc's options, -1 for "never". It must not run in two threads at once, and
    // callers make it before they start another.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}
