//! The threads that compute.

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

/// Makes the calling thread one of those that compute: `threads` of them, by default as many as
/// `RAYON_NUM_THREADS` says, or as there are cores. Otherwise it would hand every operation to another thread
/// and sleep until that wakes it, which took a fifth of a step of `mnist-cnn`. To be called before anything
/// computes.
///
/// A single thread stays apart, so that there is one to alter pictures while this one waits for them.
///
/// # Errors
/// If threads cannot be started, or compute already.
pub fn compute_here(threads: Option<usize>) -> Result<(), ThreadPoolBuildError> {
    let of_environment = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok();
    let threads = (threads
        .or_else(of_environment)
        .filter(|&threads| threads > 0))
    .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
    .unwrap_or(1);
    let builder = ThreadPoolBuilder::new().num_threads(threads);
    match threads {
        1 => builder.build_global(),
        _ => builder.use_current_thread().build_global(),
    }
}
