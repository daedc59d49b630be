#!/usr/bin/env bash
# Runs the tests of every operation under Miri, which finds undefined behaviour: reads of memory that was never written,
# accesses outside of an allocation and data races. Miri runs the scalar level, with tiny inputs and
# with a plain matrix product in place of the crate `gemm`.
#
# Once:   rustup toolchain install nightly --component miri,rust-src
# Then:   kernels/miri.sh [NAME OF A TEST]     by default both passes of every row of the table of operations, with 1 and
#                                              2 threads; it prints the row it has reached
set -euo pipefail
cd "$(dirname "$0")"
# Isolation off: rayon reads the number of processors. Deterministic floats: Miri otherwise adds random errors to functions
# such as `powi`, and the test compares bits. No aliasing model and permissive provenance: the work-stealing queues of
# rayon's threads do not follow Stacked Borrows and keep flags in the low bits of pointers, and Tree Borrows, which they
# follow, takes longer (`MIRIFLAGS` with -Zmiri-tree-borrows asks for it). Rayon's threads never end, so what they
# hold is not a leak.
export MIRIFLAGS="${MIRIFLAGS:--Zmiri-disable-isolation -Zmiri-deterministic-floats -Zmiri-disable-stacked-borrows -Zmiri-permissive-provenance -Zmiri-ignore-leaks}"
cargo +nightly miri test -p kernels --lib "${1:-any_number_of_threads}" -- --nocapture
