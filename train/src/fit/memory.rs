//! Memory: how much the process used at most, and that it keeps what it freed.

/// The peak resident set in bytes, where the system tells (Linux).
pub fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The memory of a step's tensors is used again by the next one. The system's allocator gives large blocks
/// back every time, and getting them again cost a third of the time of a convolutional step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's header: milliseconds until unused memory goes back to the system.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory for the rest of the process. To be called first thing in it.
pub fn keep_freed() {
    // SAFETY: the call sets one number in mimalloc's options, -1 for "never". It is not to be made from two
    // threads at once, and this program makes it before it starts another.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}
