//! The files of a checkpoint without Burn's parameter ids, which are drawn anew by every process.
//!
//! A `.bpk` file is a header in CBOR (names, shapes and places of tensors, scalars, metadata), then the tensors. The
//! optimiser's tensors are named and ordered by parameter id; its metadata names the parameter of each id.

use serde_json::{Map, Value};

/// Bytes before the header: magic number, version, length of the header.
const START: usize = 10;

/// Each tensor begins at a multiple of this, as does the first.
const ALIGNMENT: usize = 256;

/// Returns the contents of a `.bpk` file, sorted by name and without ids; `None` if it is not such a file.
pub fn without_ids(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(bytes.get(START - 4..START)?.try_into().ok()?);
    let end = START + usize::try_from(length).ok()?;
    let header: Value = ciborium::from_reader(bytes.get(START..end)?).ok()?;
    let data = bytes.get(end.next_multiple_of(ALIGNMENT)..)?;
    let empty = Map::new();
    let part = |name: &str| {
        header
            .get(name)
            .and_then(Value::as_object)
            .unwrap_or(&empty)
    };
    let paths = part("metadata");

    let mut lines = Vec::new();
    for (name, tensor) in part("tensors") {
        let offset = |index: usize| {
            let offset = tensor.get("data_offsets")?.get(index)?.as_u64()?;
            usize::try_from(offset).ok()
        };
        let values = data.get(offset(0)?..offset(1)?)?;
        let (kind, shape) = (tensor.get("dtype")?, tensor.get("shape")?);
        let mut line = format!("{} {kind} {shape}\n", renamed(name, paths)).into_bytes();
        line.extend_from_slice(values);
        lines.push(line);
    }
    for (name, scalar) in part("scalars") {
        lines.push(format!("{} {scalar}\n", renamed(name, paths)).into_bytes());
    }
    lines.extend(paths.values().map(|path| path.to_string().into_bytes()));
    lines.sort_unstable();
    Some(lines.concat())
}

/// Replaces the id at the start of a name by the parameter's path.
fn renamed(name: &str, paths: &Map<String, Value>) -> String {
    let (id, rest) = name.split_once('.').unwrap_or((name, ""));
    match paths.get(id).and_then(Value::as_str) {
        Some(path) => format!("{path}.{rest}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::nn::{Initializer, Linear, LinearConfig};
    use burn::optim::{AdamConfig, GradientsParams};
    use burn::tensor::{Device, Tensor};

    use super::*;

    /// The two files of a network that took a step, as another process would write them.
    fn files(network: Linear, device: &Device) -> [Vec<u8>; 2] {
        let mut optimizer = AdamConfig::new().init();
        let loss = network.forward(Tensor::<2>::ones([4, 3], device)).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let network = optimizer.step(0.1, network, gradients);
        let network = network.into_record().into_bytes().unwrap();
        [network.to_vec(), optimizer.into_bytes().unwrap().to_vec()]
    }

    #[test]
    fn ids_do_not_count_and_values_do() {
        let device = Device::flex().autodiff();
        let [first, copy, other] = [0.5, 0.5, 0.25].map(|value| {
            let initializer = Initializer::Constant { value };
            let config = LinearConfig::new(3, 2).with_initializer(initializer);
            files(config.init(&device), &device)
        });
        for (index, file) in ["network", "optimizer"].iter().enumerate() {
            assert_ne!(first[index], copy[index], "{file}: the ids differ");
            let canonical = without_ids(&first[index]).unwrap();
            assert_eq!(canonical, without_ids(&copy[index]).unwrap(), "{file}");
            assert!(without_ids(&first[index][..100]).is_none(), "{file}");
            assert!(
                String::from_utf8_lossy(&canonical).contains("weight"),
                "{file}"
            );
        }
        assert_ne!(without_ids(&first[0]), without_ids(&other[0]));
    }
}
