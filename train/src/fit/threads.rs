//! The thread pool of the tensor operations.

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

/// Starts a pool of `threads` threads, of which the calling thread is one. The default is `RAYON_NUM_THREADS`, or the
/// number of cores.
///
/// Were the calling thread not in the pool, it would hand every operation to another thread and sleep until that wakes
/// it, which took a fifth of a step of `mnist-cnn`. A pool of a single thread does not include the calling thread, so
/// that it can augment pictures while the caller waits for them.
///
/// # Errors
/// If threads cannot be started, or the pool exists already.
pub fn compute_here(threads: Option<usize>) -> Result<(), ThreadPoolBuildError> {
    let from_environment = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok();
    let threads = (threads
        .or_else(from_environment)
        .filter(|&threads| threads > 0))
    .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
    .unwrap_or(1);
    let builder = ThreadPoolBuilder::new().num_threads(threads);
    match threads {
        1 => builder.build_global(),
        _ => builder.use_current_thread().build_global(),
    }
}
