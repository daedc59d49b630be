//! Trainings that are killed at drawn moments and resumed, compared byte for byte with one that was left alone.
//!
//! `cargo run -p bench --bin kill -- --kills 30` trains each experiment once without interruption. Then it starts further
//! trainings, kills each up to three times, resumes it with `train --resume`, and compares the whole run folder with the
//! first one's. Times, dates, memory and the ids that Burn draws for parameters are the only values that may differ.
//!
//! There are three ways to end a process:
//!
//! - [`Mode::Time`]: SIGKILL after a time drawn from the duration of the training;
//! - [`Mode::Write`]: SIGKILL at a drawn system call that changes a file. Half of a write is carried out;
//! - [`Mode::Full`]: from a drawn system call on, the disk is full. The process must end with one line that names the
//!   remedy.
//!
//! The last two need a C compiler and Linux on x86-64 or 64-bit ARM: [`faults`] counts the system calls.
//!
//! # Modules
//! - [`campaign`]: plans the trainings, and judges how they end
//! - `checkpoint`: the contents of a checkpoint without parameter ids
//! - [`compare`]: differences between two run folders
//! - [`faults`]: the library that counts system calls and makes one of them fatal
//! - [`moment`]: what a process was doing when it was killed
//! - [`process`]: one process of `train`
//! - [`table`]: the report

pub mod campaign;
mod checkpoint;
pub mod compare;
pub mod faults;
pub mod moment;
pub mod process;
pub mod table;

/// How a process is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Killed after a time.
    Time,
    /// Killed at a system call that changes a file.
    Write,
    /// Stopped by a full disk.
    Full,
}
