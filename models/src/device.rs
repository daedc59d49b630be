//! Which backend computes: chosen when the program runs, from those built in.
//!
//! `flex` (Burn's portable SIMD backend) and `ndarray` are always in. `wgpu` (any GPU through
//! Vulkan, Metal or DX12), `vulkan` (the same with SPIR-V shaders) and `cuda` are cargo features.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

/// The device a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best GPU that is built in and found, else flex.
    #[default]
    Auto,
    /// Burn's portable SIMD backend on the CPU.
    Flex,
    /// The ndarray backend on the CPU.
    NdArray,
    /// A GPU through Vulkan, Metal or DX12; the first, or the N-th of the list.
    Wgpu(Option<usize>),
    /// A GPU through Vulkan with SPIR-V shaders.
    #[cfg(feature = "vulkan")]
    Vulkan(Option<usize>),
    /// An NVIDIA GPU through CUDA.
    Cuda(Option<usize>),
}

/// A device, ready to compute.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The device.
    pub device: Device,
    /// What it is, for people: `flex (CPU, SIMD)`, `cuda: NVIDIA H200`.
    pub description: String,
    /// One line to tell where `auto` could not take the GPU that was built in.
    pub notice: Option<String>,
}

/// A device that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A name that is none of the list.
    #[error("unknown device '{given}': give one of {known}")]
    Unknown {
        /// What was given.
        given: String,
        /// What this binary takes.
        known: String,
    },
    /// A backend that this binary does not have.
    #[error(
        "{backend} is not built into this program: build it with `cargo run -p train --features \
         {backend}` (or `-p infer`), or take --device auto"
    )]
    NotBuiltIn {
        /// The backend.
        backend: &'static str,
    },
    /// A backend without a device on this machine.
    #[error(
        "{backend} found no device on this machine: install a driver for the GPU, or take --device \
         flex"
    )]
    NoneFound {
        /// The backend.
        backend: &'static str,
    },
    /// A number beyond the devices found.
    #[error("there is no {backend} device {index}: {found} found, numbered from 0")]
    NoSuchIndex {
        /// The backend.
        backend: &'static str,
        /// What was asked for.
        index: usize,
        /// How many there are.
        found: usize,
    },
    /// A device that was found and does not open.
    #[error("the {backend} device {index} does not open: {reason}; take --device flex")]
    DoesNotOpen {
        /// The backend.
        backend: &'static str,
        /// Which one.
        index: usize,
        /// What the driver says.
        reason: String,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    /// Reads `auto`, `flex`, `ndarray`, `wgpu`, `wgpu:1`, `cuda`, `cuda:0`.
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

fn unknown(given: &str) -> DeviceError {
    let mut known = vec!["auto", "flex", "ndarray"];
    let built_in = Gpu::ALL.iter().filter(|gpu| gpu.built_in());
    let spellings = built_in.flat_map(|gpu| [gpu.name(), gpu.numbered()]);
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

/// Opens the device that is asked for.
///
/// # Errors
/// A device named explicitly that is not built in, not found, or does not open. `auto` always
/// finds one.
pub fn select(choice: &DeviceChoice) -> Result<Selected, DeviceError> {
    match *choice {
        DeviceChoice::Auto => Ok(automatic(&Gpu::AUTOMATIC)),
        DeviceChoice::Flex => Ok(flex(None)),
        DeviceChoice::NdArray => Ok(ndarray()),
        DeviceChoice::Wgpu(index) => explicit(Gpu::Wgpu, index),
        #[cfg(feature = "vulkan")]
        DeviceChoice::Vulkan(index) => explicit(Gpu::Vulkan, index),
        DeviceChoice::Cuda(index) => explicit(Gpu::Cuda, index),
    }
}

/// Lists what this program has, and the GPUs found. Opens each of them to learn its name.
pub fn help() -> String {
    let mut lines = vec![
        "auto      the first GPU below that is no software renderer, else flex".to_string(),
        "flex      CPU, SIMD (Burn's portable backend)".to_string(),
        "ndarray   CPU (kept for those who ask for it; flex is faster)".to_string(),
    ];
    for gpu in Gpu::ALL {
        let name = gpu.name();
        if !gpu.built_in() {
            lines.push(format!(
                "{name:<9} not built in: build with --features {name}"
            ));
            continue;
        }
        let found = gpu.devices();
        if found.is_empty() {
            lines.push(format!("{name:<9} built in, but no device found"));
        }
        for (index, candidate) in found.iter().enumerate() {
            let spelling = format!("{name}:{index}");
            let note = if candidate.software {
                " (software renderer, slow)"
            } else {
                ""
            };
            let about = adapter_name(&candidate.device)
                .unwrap_or_else(|reason| format!("does not open: {reason}"));
            lines.push(format!("{spelling:<9} {about}{note}"));
        }
    }
    lines.join("\n")
}

/// A backend for GPUs, built in or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gpu {
    Cuda,
    Wgpu,
    Vulkan,
}

/// A device that was found, not yet opened.
struct Candidate {
    device: Device,
    /// Rendered by the CPU: llvmpipe, SwiftShader, WARP.
    software: bool,
}

impl Gpu {
    const ALL: [Self; 3] = [Self::Cuda, Self::Wgpu, Self::Vulkan];

    /// What `auto` tries, in this order. `vulkan` crashes some software renderers, and reaches the
    /// GPUs that `wgpu` reaches: it is only taken by name.
    const AUTOMATIC: [Self; 2] = [Self::Cuda, Self::Wgpu];

    fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
            Self::Vulkan => "vulkan",
        }
    }

    fn numbered(self) -> &'static str {
        match self {
            Self::Cuda => "cuda:N",
            Self::Wgpu => "wgpu:N",
            Self::Vulkan => "vulkan:N",
        }
    }

    fn built_in(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Vulkan => cfg!(feature = "vulkan"),
        }
    }

    /// The devices found; none where the backend is not built in or its driver cannot be asked.
    fn devices(self) -> Vec<Candidate> {
        quietly(|| self.enumerate()).unwrap_or_default()
    }

    fn enumerate(self) -> Vec<Candidate> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda => Device::enumerate(burn::tensor::DeviceType::Cuda)
                .into_iter()
                .map(|device| Candidate {
                    device,
                    software: false,
                })
                .collect(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => {
                let cpu = Device::wgpu(burn::tensor::DeviceKind::Cpu);
                Device::enumerate(burn::tensor::DeviceType::Wgpu)
                    .into_iter()
                    .map(|device| Candidate {
                        software: device == cpu,
                        device,
                    })
                    .collect()
            }
            #[cfg(feature = "vulkan")]
            Self::Vulkan => {
                let cpu = Device::vulkan(burn::tensor::DeviceKind::Cpu);
                Device::enumerate(burn::tensor::DeviceType::Vulkan)
                    .into_iter()
                    .map(|device| Candidate {
                        software: device == cpu,
                        device,
                    })
                    .collect()
            }
            #[allow(unreachable_patterns)] // with every feature on, nothing is left
            _ => Vec::new(),
        }
    }
}

fn flex(notice: Option<String>) -> Selected {
    Selected {
        device: Device::flex(),
        description: "flex (CPU, SIMD)".to_string(),
        notice,
    }
}

fn ndarray() -> Selected {
    // Burn recommends flex; the choice is kept because users ask for ndarray by name.
    #[allow(deprecated)]
    let device = Device::ndarray();
    Selected {
        device,
        description: "ndarray (CPU)".to_string(),
        notice: None,
    }
}

/// The first real GPU of `backends` that opens, else flex and a word on why.
fn automatic(backends: &[Gpu]) -> Selected {
    let mut reasons = Vec::new();
    for gpu in backends.iter().filter(|gpu| gpu.built_in()) {
        let backend = gpu.name();
        let found = gpu.devices();
        if !found.is_empty() && found.iter().all(|candidate| candidate.software) {
            reasons.push(format!(
                "{backend} found only a software renderer (--device {backend} takes it)"
            ));
            continue;
        }
        match open(*gpu, &found, None) {
            Ok(selected) => return selected,
            Err(DeviceError::NoneFound { .. }) => {
                reasons.push(format!("{backend} found no device"))
            }
            Err(error) => reasons.push(error.to_string()),
        }
    }
    let notice = (!reasons.is_empty())
        .then(|| format!("{}: computing with flex on the CPU", reasons.join("; ")));
    flex(notice)
}

fn explicit(gpu: Gpu, index: Option<usize>) -> Result<Selected, DeviceError> {
    if !gpu.built_in() {
        return Err(DeviceError::NotBuiltIn {
            backend: gpu.name(),
        });
    }
    open(gpu, &gpu.devices(), index)
}

/// Opens the device of that number, or the first that is no software renderer, or the first.
fn open(gpu: Gpu, found: &[Candidate], index: Option<usize>) -> Result<Selected, DeviceError> {
    let backend = gpu.name();
    if found.is_empty() {
        return Err(DeviceError::NoneFound { backend });
    }
    let index = index.unwrap_or_else(|| {
        found
            .iter()
            .position(|candidate| !candidate.software)
            .unwrap_or(0)
    });
    let candidate = found.get(index).ok_or(DeviceError::NoSuchIndex {
        backend,
        index,
        found: found.len(),
    })?;
    let name = adapter_name(&candidate.device).map_err(|reason| DeviceError::DoesNotOpen {
        backend,
        index,
        reason,
    })?;
    Ok(Selected {
        device: candidate.device.clone(),
        description: format!("{backend}: {name}"),
        notice: None,
    })
}

/// Opens the device and asks for its name.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn adapter_name(device: &Device) -> Result<String, String> {
    let identity = quietly(|| device.identity())?;
    Ok(identity.map_or_else(|| format!("{device:?}"), |identity| identity.name))
}

/// Without a GPU backend there is nothing to open.
#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
fn adapter_name(device: &Device) -> Result<String, String> {
    Ok(format!("{device:?}"))
}

/// Runs `question` and turns a panic into its message.
///
/// Drivers that are missing or broken make the GPU libraries panic where an error would do. The
/// panic's report is kept from the terminal: it is about to become an error of ours.
fn quietly<T>(question: impl FnOnce() -> T) -> Result<T, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(question));
    std::panic::set_hook(hook);
    answer.map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_string())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "the driver failed".to_string());
        // One line: drivers' messages can be long.
        text.lines().next().unwrap_or_default().to_string()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_back_as_what_they_print() {
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

    #[test]
    fn cpu_backends_compute() {
        for choice in [DeviceChoice::Flex, DeviceChoice::NdArray] {
            let selected = select(&choice).unwrap();
            let ones = burn::tensor::Tensor::<1>::ones([3], &selected.device);
            assert_eq!(ones.sum().into_scalar::<f32>(), 3.0);
            assert!(selected.description.starts_with(&choice.to_string()));
            assert_eq!(selected.notice, None);
        }
    }

    #[test]
    fn automatic_without_gpu_backends_is_flex_and_silent() {
        let selected = automatic(&[]);
        assert_eq!(selected.device, Device::flex());
        assert_eq!(selected.notice, None);
    }

    #[test]
    fn backends_not_built_in_name_their_feature() {
        for gpu in Gpu::ALL.into_iter().filter(|gpu| !gpu.built_in()) {
            let error = explicit(gpu, None).unwrap_err();
            assert_eq!(
                error,
                DeviceError::NotBuiltIn {
                    backend: gpu.name()
                }
            );
            assert!(
                error
                    .to_string()
                    .contains(&format!("--features {}", gpu.name()))
            );
        }
    }

    #[test]
    fn the_first_real_gpu_is_preferred_to_a_software_renderer() {
        let found = |software: &[bool]| -> Vec<Candidate> {
            let candidate = |&software| Candidate {
                device: Device::flex(),
                software,
            };
            software.iter().map(candidate).collect()
        };
        let index = |software: &[bool], index| {
            open(Gpu::Wgpu, &found(software), index).map(|selected| selected.description)
        };
        assert_eq!(
            index(&[], None),
            Err(DeviceError::NoneFound { backend: "wgpu" })
        );
        assert_eq!(
            index(&[true, false], Some(2)),
            Err(DeviceError::NoSuchIndex {
                backend: "wgpu",
                index: 2,
                found: 2
            })
        );
        assert!(index(&[true, false], None).unwrap().starts_with("wgpu: "));
        assert!(index(&[true], None).unwrap().starts_with("wgpu: "));
    }

    #[test]
    fn a_panicking_driver_becomes_one_line() {
        let answer = quietly(|| -> u8 { panic!("no adapter\nsecond line") });
        assert_eq!(answer, Err("no adapter".to_string()));
        assert_eq!(quietly(|| 7), Ok(7));
    }

    #[test]
    fn help_lists_every_backend() {
        let help = help();
        for name in ["auto", "flex", "ndarray", "cuda", "wgpu", "vulkan"] {
            assert!(help.lines().any(|line| line.starts_with(name)), "{help}");
        }
    }
}
