//! The commands of the program, one file each.

pub mod check;
pub mod compare;
pub mod config;
pub mod cross_validate;
