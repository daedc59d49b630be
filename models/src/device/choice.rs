//! The `--device` option.

use std::fmt;
use std::str::FromStr;

use super::gpu::Gpu;

/// Device that a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// First GPU that is built in, found and not a software renderer, else flex.
    #[default]
    Auto,
    /// Burn's portable SIMD backend on the CPU.
    Flex,
    /// Burn's ndarray backend on the CPU.
    NdArray,
    /// GPU through Vulkan, Metal or DX12: the first, or the one of this index.
    Wgpu(Option<usize>),
    /// GPU through Vulkan with SPIR-V shaders.
    #[cfg(feature = "vulkan")]
    Vulkan(Option<usize>),
    /// NVIDIA GPU through CUDA.
    Cuda(Option<usize>),
}

/// A device that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A name that is not on the list.
    #[error("unknown device '{given}': give one of {known}")]
    Unknown {
        /// The text that was given.
        given: String,
        /// Names that this program accepts.
        known: String,
    },
    /// A backend that is not built into this program.
    #[error(
        "{backend} is not built into this program: build it with `cargo run -p train --features \
         {backend}` (or `-p infer`), or take --device auto"
    )]
    NotBuiltIn {
        /// Name of the backend.
        backend: &'static str,
    },
    /// A backend without a device on this machine.
    #[error(
        "{backend} found no device on this machine: install a driver for the GPU, or take --device \
         flex"
    )]
    NoneFound {
        /// Name of the backend.
        backend: &'static str,
    },
    /// An index beyond the devices found.
    #[error("there is no {backend} device {index}: {found} found, numbered from 0")]
    NoSuchIndex {
        /// Name of the backend.
        backend: &'static str,
        /// The index that was given.
        index: usize,
        /// Number of devices found.
        found: usize,
    },
    /// A device that was found but cannot be opened.
    #[error("the {backend} device {index} does not open: {reason}; take --device flex")]
    DoesNotOpen {
        /// Name of the backend.
        backend: &'static str,
        /// Its index.
        index: usize,
        /// Message of the driver.
        reason: String,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    /// Parses `auto`, `flex`, `ndarray`, `wgpu`, `wgpu:1`, `cuda`, `cuda:0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, index) = match text.split_once(':') {
            None => (text, None),
            Some((name, index)) => match index.parse() {
                Ok(index) => (name, Some(index)),
                Err(_) => return Err(unknown(text)),
            },
        };
        match (name, index) {
            ("auto", None) => Ok(Self::Auto),
            ("flex", None) => Ok(Self::Flex),
            ("ndarray", None) => Ok(Self::NdArray),
            ("wgpu", index) => Ok(Self::Wgpu(index)),
            #[cfg(feature = "vulkan")]
            ("vulkan", index) => Ok(Self::Vulkan(index)),
            ("cuda", index) => Ok(Self::Cuda(index)),
            _ => Err(unknown(text)),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, index) = match *self {
            Self::Auto => ("auto", None),
            Self::Flex => ("flex", None),
            Self::NdArray => ("ndarray", None),
            Self::Wgpu(index) => ("wgpu", index),
            #[cfg(feature = "vulkan")]
            Self::Vulkan(index) => ("vulkan", index),
            Self::Cuda(index) => ("cuda", index),
        };
        match index {
            Some(index) => write!(f, "{name}:{index}"),
            None => f.write_str(name),
        }
    }
}

/// Builds the error that lists the names this program accepts.
fn unknown(given: &str) -> DeviceError {
    let mut known = vec!["auto", "flex", "ndarray"];
    let built_in = Gpu::ALL.iter().filter(|gpu| gpu.built_in());
    let spellings = built_in.flat_map(|gpu| [gpu.name(), gpu.indexed()]);
    known.extend(spellings);
    let mut known = known.join(", ");
    let absent: Vec<_> = Gpu::ALL
        .iter()
        .filter(|gpu| !gpu.built_in())
        .map(|gpu| gpu.name())
        .collect();
    if !absent.is_empty() {
        let absent_names = absent.join(", ");
        known.push_str(&format!(
            " (not built in: {absent_names}; build with --features NAME)"
        ));
    }
    DeviceError::Unknown {
        given: given.to_string(),
        known,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn choices_parse_back_from_their_display() {
        let texts = [
            "auto", "flex", "ndarray", "wgpu", "wgpu:1", "cuda", "cuda:0",
        ];
        for text in texts {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        assert_eq!("wgpu:3".parse(), Ok(DeviceChoice::Wgpu(Some(3))));
    }

    #[test]
    fn unknown_names_are_refused_with_the_list() {
        for bad in [
            "", "gpu", "FLEX", "flex:1", "auto:0", "wgpu:", "wgpu:-1", "cuda:x", "help",
        ] {
            let message = bad.parse::<DeviceChoice>().unwrap_err().to_string();
            assert!(message.contains(&format!("'{bad}'")), "{message}");
            assert!(message.contains("auto, flex, ndarray"), "{message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }
}
