//! Selection of the backend and device that compute, when the program runs.
//!
//! `flex` (Burn's portable SIMD backend) and `ndarray` are always built in. `wgpu` (any GPU through Vulkan, Metal or
//! DX12), `vulkan` (the same GPUs with SPIR-V shaders) and `cuda` are cargo features.
//!
//! - [`DeviceChoice`]: the `--device` option
//! - [`select`]: opens the device that was chosen
//! - [`help`]: lists the devices of this machine

mod choice;
mod gpu;
mod panics;
mod selection;

pub use choice::{DeviceChoice, DeviceError};
pub use selection::{Selected, help, select};
