//! GPU backends and the devices that their drivers report.

use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
#[cfg(any(feature = "wgpu", feature = "cuda"))]
use burn::tensor::DeviceType;

use super::panics::without_report;

/// GPU backend, built in or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gpu {
    Cuda,
    Wgpu,
    Vulkan,
}

/// Device that was found, not yet opened.
pub(super) struct Candidate {
    pub device: Device,
    /// Whether the CPU renders: llvmpipe, SwiftShader, WARP.
    pub software: bool,
}

impl Gpu {
    pub(super) const ALL: [Self; 3] = [Self::Cuda, Self::Wgpu, Self::Vulkan];

    /// Backends that `auto` tries, in this order. `vulkan` crashes some software renderers, and reaches the
    /// GPUs that `wgpu` reaches: it is only taken by name.
    pub(super) const AUTOMATIC: [Self; 2] = [Self::Cuda, Self::Wgpu];

    /// Returns the name of the backend and of its cargo feature.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
            Self::Vulkan => "vulkan",
        }
    }

    /// Returns how a device is chosen by its index.
    pub(super) fn indexed(self) -> &'static str {
        match self {
            Self::Cuda => "cuda:N",
            Self::Wgpu => "wgpu:N",
            Self::Vulkan => "vulkan:N",
        }
    }

    /// Returns whether the cargo feature is on.
    pub(super) fn built_in(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Vulkan => cfg!(feature = "vulkan"),
        }
    }

    /// Lists the devices found: none if the backend is not built in or its driver fails.
    pub(super) fn devices(self) -> Vec<Candidate> {
        without_report(|| self.enumerate()).unwrap_or_default()
    }

    /// Asks the driver for its devices.
    fn enumerate(self) -> Vec<Candidate> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda => candidates(DeviceType::Cuda, None),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => candidates(DeviceType::Wgpu, Some(Device::wgpu(DeviceKind::Cpu))),
            #[cfg(feature = "vulkan")]
            Self::Vulkan => candidates(DeviceType::Vulkan, Some(Device::vulkan(DeviceKind::Cpu))),
            #[allow(unreachable_patterns)] // with every feature on, nothing is left
            _ => Vec::new(),
        }
    }
}

/// Lists the devices of one backend; `cpu` is the one that is a software renderer.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn candidates(backend: DeviceType, cpu: Option<Device>) -> Vec<Candidate> {
    Device::enumerate(backend)
        .into_iter()
        .map(|device| Candidate {
            software: cpu.as_ref() == Some(&device),
            device,
        })
        .collect()
}

/// Opens a device and returns the name of its adapter.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
pub(super) fn adapter_name(device: &Device) -> Result<String, String> {
    let identity = without_report(|| device.identity())?;
    Ok(identity.map_or_else(|| format!("{device:?}"), |identity| identity.name))
}

/// Returns the name of a device where no GPU backend is built in: there is nothing to open.
#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
pub(super) fn adapter_name(device: &Device) -> Result<String, String> {
    Ok(format!("{device:?}"))
}
