//! From a choice to an open device.

use burn::tensor::Device;

use super::choice::{DeviceChoice, DeviceError};
use super::gpu::{Candidate, Gpu, adapter_name};

/// Device that is ready to compute.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The device.
    pub device: Device,
    /// Description for people: `flex (CPU, SIMD)`, `cuda: NVIDIA H200`.
    pub description: String,
    /// One line for the user if `auto` did not take a GPU that is built in.
    pub notice: Option<String>,
}

/// Opens the device that was chosen.
///
/// # Errors
/// A device chosen by name that is not built in, not found, or does not open. `auto` always succeeds.
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

/// Lists the backends of this program and the GPUs found, each of which is opened to learn its name.
pub fn help() -> String {
    let mut lines = vec![
        "auto      the first GPU below that is no software renderer, else flex".to_string(),
        "flex      CPU, SIMD (Burn's portable backend)".to_string(),
        "ndarray   CPU, for comparison: many times slower than flex".to_string(),
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

/// Opens the first GPU of `backends` that is not a software renderer, else flex with a notice that says why.
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

/// Opens a device of a backend that was chosen by name.
fn explicit(gpu: Gpu, index: Option<usize>) -> Result<Selected, DeviceError> {
    if !gpu.built_in() {
        return Err(DeviceError::NotBuiltIn {
            backend: gpu.name(),
        });
    }
    open(gpu, &gpu.devices(), index)
}

/// Opens the device of this index; without an index the first that is not a software renderer, else the first.
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

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
    fn auto_without_gpu_backends_takes_flex_without_a_notice() {
        let selected = automatic(&[]);
        assert_eq!(selected.device, Device::flex());
        assert_eq!(selected.notice, None);
    }

    #[test]
    fn the_error_for_a_backend_that_is_not_built_in_names_its_feature() {
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
    fn a_gpu_is_preferred_to_a_software_renderer() {
        let [renderer, gpu] = [ndarray().device, flex(None).device];
        let found = |software: &[bool]| -> Vec<Candidate> {
            let candidate = |&software| Candidate {
                device: if software {
                    renderer.clone()
                } else {
                    gpu.clone()
                },
                software,
            };
            software.iter().map(candidate).collect()
        };
        let opened = |software: &[bool], index| {
            open(Gpu::Wgpu, &found(software), index).map(|selected| selected.device)
        };
        assert_eq!(
            opened(&[], None),
            Err(DeviceError::NoneFound { backend: "wgpu" })
        );
        assert_eq!(
            opened(&[true, false], Some(2)),
            Err(DeviceError::NoSuchIndex {
                backend: "wgpu",
                index: 2,
                found: 2
            })
        );
        assert_eq!(opened(&[true, false], None), Ok(gpu.clone()));
        assert_eq!(opened(&[true, false], Some(0)), Ok(renderer.clone()));
        assert_eq!(opened(&[true, true], None), Ok(renderer.clone()));
        let description = open(Gpu::Wgpu, &found(&[false]), None).unwrap().description;
        assert!(description.starts_with("wgpu: "), "{description}");
    }

    #[test]
    fn help_lists_every_backend() {
        let help = help();
        for name in ["auto", "flex", "ndarray", "cuda", "wgpu", "vulkan"] {
            assert!(help.lines().any(|line| line.starts_with(name)), "{help}");
        }
    }
}
