//! Every operation gives the same bits, whatever the number of threads is.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::case::{Case, bits};
use super::operations::{Size, operations};
use crate::simd::Level;

/// Numbers of threads. Miri follows every thread on one core, so that two of them are its limit.
const THREADS: &[usize] = if cfg!(miri) { &[1, 2] } else { &[1, 2, 3, 5] };

/// Runs an operation with each number of threads and compares the bits.
fn assert_same_bits(case: &Case, pools: &[ThreadPool]) {
    let outcomes: Vec<_> = (pools.iter())
        .map(|pool| {
            // Twice: the second run finds the scratch memory of the threads used.
            let [first, second] =
                [0; 2].map(|_| pool.install(|| bits(&case.on_slices(Level::detect()))));
            let threads = pool.current_num_threads();
            assert!(
                first == second,
                "differs from itself with {threads} threads: {}",
                case.name
            );
            first
        })
        .collect();
    for (outcome, threads) in outcomes.iter().zip(THREADS) {
        assert!(
            *outcome == outcomes[0],
            "differs with {threads} threads: {}",
            case.name
        );
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let pools = THREADS.iter().map(|&threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("threads")
    });
    let pools: Vec<_> = pools.collect();
    let size = if cfg!(miri) { Size::Tiny } else { Size::Large };
    for case in operations(size) {
        if cfg!(miri) {
            eprintln!("{}", case.name);
        }
        assert_same_bits(&case, &pools);
    }
}
