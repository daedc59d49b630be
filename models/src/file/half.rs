//! Conversion of model files between 32-bit and 16-bit floats.

use std::borrow::Cow;
use std::path::Path;

use half::f16;
use safetensors::{Dtype, SafeTensors, View};

use super::error::FileError;

/// Rounds the tensors of the model `path` to 16-bit floats.
///
/// # Errors
/// If a value is too large for 16 bits.
pub(super) fn narrow(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, FileError> {
    let narrow = |name: &str, value: f32| {
        let narrow = f16::from_f32(value);
        if narrow.is_finite() {
            return Ok(narrow.to_le_bytes());
        }
        Err(FileError::TooLarge {
            path: path.to_path_buf(),
            tensor: name.to_owned(),
            value,
        })
    };
    convert(path, bytes, Dtype::F16, |name, data| {
        let (values, _) = data.as_chunks::<4>();
        let narrowed = values
            .iter()
            .map(|value| narrow(name, f32::from_le_bytes(*value)));
        Ok(narrowed.collect::<Result<Vec<_>, _>>()?.concat())
    })
}

/// Converts the 16-bit tensors of the model `path` to 32-bit floats.
pub(super) fn widen(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, FileError> {
    convert(path, bytes, Dtype::F32, |_, data| {
        let (values, _) = data.as_chunks::<2>();
        let wide = |value: &[u8; 2]| f16::from_le_bytes(*value).to_f32().to_le_bytes();
        Ok(values.iter().map(wide).collect::<Vec<_>>().concat())
    })
}

/// Copies a file with every tensor of another type than `dtype` converted by `convert(name, data)`.
fn convert(
    path: &Path,
    bytes: &[u8],
    dtype: Dtype,
    convert: impl Fn(&str, &[u8]) -> Result<Vec<u8>, FileError>,
) -> Result<Vec<u8>, FileError> {
    let unfit = |error: safetensors::SafeTensorError| FileError::NotSafetensors {
        path: path.to_path_buf(),
        reason: error.to_string(),
    };
    let file = SafeTensors::deserialize(bytes).map_err(unfit)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(unfit)?;
    let tensors = file.iter().map(|(name, tensor)| {
        let data = match tensor.dtype() == dtype {
            true => tensor.data().to_vec(),
            false => convert(name, tensor.data())?,
        };
        let shape = tensor.shape().to_vec();
        Ok((name.to_owned(), Converted { dtype, shape, data }))
    });
    let tensors = tensors.collect::<Result<Vec<_>, FileError>>()?;
    safetensors::serialize(tensors, header.metadata().clone()).map_err(unfit)
}

/// Tensor whose values were converted.
struct Converted {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl View for Converted {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}
