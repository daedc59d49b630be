//! The commands of the program, one file each.

pub mod check;
pub mod compare;
pub mod config;
pub mod cross_validate;
pub mod evaluate;
pub mod export;
pub mod fetch;
mod model_file;
pub mod output;
pub mod probe;
pub mod resume;
pub mod run;
