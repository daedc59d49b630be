#!/usr/bin/env bash
# Feeds damaged inputs to the readers of Hebb, and prints a row of a table for each (docs/robustness.md, "Fuzzing").
#
#   bench/fuzz/run.sh [--runs N] [--seconds S] [TARGET...]
#
# Each TARGET (all by default) runs for N executions or S seconds, whichever comes first; 60 seconds by default. Needs a
# nightly compiler, cargo-fuzz (`cargo install cargo-fuzz`) and a C++ compiler. Exits with 1 if something was found; the
# inputs that show it are in `artifacts`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
runs=-1 seconds=0 targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    -*) echo "unknown option $1: run.sh [--runs N] [--seconds S] [TARGET...]" >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
[ "$runs" != -1 ] || [ "$seconds" != 0 ] || seconds=60
all=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$here/Cargo.toml" | grep -vx -e hebb-fuzz -e corpus)
[ ${#targets[@]} -gt 0 ] || mapfile -t targets <<<"$all"
for target in "${targets[@]}"; do
  grep -qx "$target" <<<"$all" || { echo "no target $target; there are: ${all//$'\n'/, }" >&2; exit 2; }
done

# The largest input, in bytes: that of the seeds with some room. Longer ones are slower and reach nothing new.
max_len() {
  case $1 in
    model) echo 24576 ;;
    eeg | idx | digit | tiff | card) echo 4096 ;;
    jpeg | png | gif | webp | bmp | split | table | recording) echo 2048 ;;
    pairs | trees) echo 1024 ;;
    *) echo 512 ;;
  esac
}

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/target}
# Hebb's readers are safe Rust: a fault is a panic, which needs no sanitizer. Without one, the targets run several times
# as fast, and the limit on memory counts what a reader takes, not what a sanitizer adds.
cargo +nightly fuzz build --fuzz-dir "$here" -O --sanitizer none --codegen-units 16 >&2
programs=$CARGO_TARGET_DIR/$(rustc +nightly -vV | sed -n 's/^host: //p')/release

# Temporary files in memory, where there is such a folder; relative paths in arguments lead there, too.
scratch=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/hebb-fuzz.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch RAYON_NUM_THREADS=1
unset HEBB_DATA HEBB_DEVICE
HEBB_CORPUS=$here/corpus "$programs/corpus" >&2
mkdir -p "$scratch/empty"
cd "$scratch/empty"

is_clean=true
printf '| target | executions | found | guarded |\n|---|---|---|---|\n'
for target in "${targets[@]}"; do
  artifacts=$here/artifacts/$target
  log=$here/artifacts/$target.log
  mkdir -p "$artifacts"
  before=$(find "$artifacts" -name 'crash-*' -o -name 'oom-*' -o -name 'timeout-*' | wc -l)
  # A reader of points prints notes: both streams are closed to it. Elsewhere, standard error reports panics.
  closed=$([ "$target" = points ] && echo 3 || echo 1)
  "$programs/$target" "$here/corpus/$target" -runs="$runs" -max_total_time="$seconds" -max_len="$(max_len "$target")" \
    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -close_fd_mask="$closed" \
    -artifact_prefix="$artifacts/" >"$log" 2>&1 || true
  after=$(find "$artifacts" -name 'crash-*' -o -name 'oom-*' -o -name 'timeout-*' | wc -l)
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  # A target that ends without its statistics did not start, or was killed.
  found=$((after - before))
  [ -n "$executions" ] && [ "$found" = 0 ] || is_clean=false
  printf '| `%s` | %s | %s | %s |\n' "$target" "${executions:-did not run}" "$found" "$(grep -c '^guarded: ' "$log" || true)"
done
$is_clean
