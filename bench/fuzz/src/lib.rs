//! What the fuzz targets share. Each target in `fuzz_targets` feeds one reader; `run.sh` builds and runs them.
//!
//! - [`picture`]: decoding of a picture, with a report of panics in decoders
//! - [`scratch`]: files for readers that take a path
//! - [`words`]: command lines
//! - [`seeds`]: the inputs that fuzzing starts from

pub mod picture;
pub mod scratch;
pub mod seeds;
pub mod words;
