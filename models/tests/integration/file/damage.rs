//! Damaged files, each of which is refused in one line that names the fault.

use std::fs;

use models::file::{CARD_KEY, FileError};
use serde_json::{Value, json};

use super::{Model, assemble, load_model, parts, saved, with_card, with_header};

/// A name, a change, and what the message must contain.
type Damage<T> = (&'static str, T, &'static [&'static str]);

const WEIGHT: &str = "members.0.classifier.1.dense.weight";

/// Makes a damaged file of the header and the values of a good one.
type Rewrite = fn((&Value, &[u8])) -> Vec<u8>;

/// Changes of the whole file.
const DAMAGED_BYTES: &[Damage<Rewrite>] = &[
    ("empty", |_| vec![], &["0 bytes"]),
    (
        "seven bytes",
        |(header, data)| assemble(header, data)[..7].to_vec(),
        &["7 bytes, fewer than 8"],
    ),
    (
        "a text",
        |_| b"hello, this is no model".to_vec(),
        &["more than 16777216"],
    ),
    (
        "a file of PyTorch",
        |_| b"PK\x03\x04\x00\x00\x08\x08archive/data.pkl".to_vec(),
        &[
            "ZIP archive",
            "PyTorch",
            "model.safetensors that `train` wrote",
        ],
    ),
    (
        "a file of Keras",
        |_| b"\x89HDF\r\n\x1a\n\0\0".to_vec(),
        &["HDF5", "Keras"],
    ),
    (
        "a pickle",
        |_| b"\x80\x04\x95\x10\0\0\0\0\0\0\0}".to_vec(),
        &["Python pickle"],
    ),
    (
        "a pointer of Git LFS",
        |_| b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
        &["Git LFS pointer"],
    ),
    (
        "endless header",
        |_| [u64::MAX.to_le_bytes().as_slice(), b"{}"].concat(),
        &["18446744073709551615", "16777216"],
    ),
    (
        "header beyond the end",
        |_| [(1u64 << 20).to_le_bytes().as_slice(), b"{}"].concat(),
        &["promises 1048584", "has 10"],
    ),
    (
        "no JSON",
        |_| [3u64.to_le_bytes().as_slice(), b"abc"].concat(),
        &["header"],
    ),
    (
        "truncated",
        |(header, data)| assemble(header, &data[..data.len() - 1]),
        &["promises", "damaged"],
    ),
    (
        "grown",
        |(header, data)| assemble(header, &[data, &[0; 4]].concat()),
        &["promises", "damaged"],
    ),
    (
        "missing tensor",
        |(header, data)| {
            // The last tensor and its bytes are taken away, so that the lengths agree.
            let mut header = header.clone();
            let tensors = header.as_object_mut().unwrap();
            let last = tensors
                .iter()
                .max_by_key(|(_, info)| info["data_offsets"][1].as_u64())
                .map(|(name, _)| name.clone())
                .unwrap();
            let start = tensors[&last]["data_offsets"][0].as_u64().unwrap() as usize;
            tensors.remove(&last);
            assemble(&header, &data[..start])
        },
        &["lacks the tensor"],
    ),
    (
        "unexpected tensor",
        |(header, data)| {
            with_header(header, data, |h| {
                let end = data.len();
                h["extra"] = json!({"dtype": "F32", "shape": [0], "data_offsets": [end, end]});
            })
        },
        &["'extra'", "no place"],
    ),
    (
        "not finite",
        |(header, data)| {
            let mut data = data.to_vec();
            data[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
            assemble(header, &data)
        },
        &["NaN", "finite"],
    ),
];

/// Changes of the header.
const DAMAGED_HEADERS: &[Damage<fn(&mut Value)>] = &[
    (
        "no metadata",
        |h| h["__metadata__"] = json!({}),
        &["no card", CARD_KEY],
    ),
    (
        "wrong shape",
        |h| h[WEIGHT]["shape"] = json!([8, 3]),
        &[WEIGHT, "[8, 3]", "[6, 4]"],
    ),
    (
        "wrong rank",
        |h| h[WEIGHT]["shape"] = json!([24]),
        &[WEIGHT, "[24]"],
    ),
    (
        "wrong type",
        |h| h[WEIGHT]["dtype"] = json!("I32"),
        &[WEIGHT, "I32", "F32"],
    ),
    (
        "offsets beyond the end",
        |h| h[WEIGHT]["data_offsets"] = json!([0, 1u64 << 60]),
        &["header"],
    ),
    (
        "card is no JSON",
        |h| h["__metadata__"][CARD_KEY] = "{".into(),
        &["card", "cannot be used"],
    ),
];

/// Changes of the card: another version, unreadable, or sizes that cannot be built.
const DAMAGED_CARDS: &[Damage<fn(&mut Value)>] = &[
    (
        "newer version",
        |c| c["format_version"] = json!(2),
        &["format version 2", "reads version 1"],
    ),
    (
        "no version",
        |c| c["format_version"] = json!("x"),
        &["cannot be used"],
    ),
    (
        "unknown network",
        |c| c["architecture"] = json!({"Big": {}}),
        &["`Big`"],
    ),
    (
        "a field missing",
        |c| {
            c.as_object_mut().unwrap().remove("preprocess");
        },
        &["preprocess"],
    ),
    (
        "classes",
        |c| c["class_names"] = json!(["a"]),
        &["names 1", "of 4"],
    ),
    (
        "no pixels",
        |c| net(c, "input", json!([1, 0, 8])),
        &["height is 0"],
    ),
    (
        "tiny",
        |c| {
            net(c, "input", json!([1, 1, 1]));
            net(c, "blocks", json!([[3], [3]]));
        },
        &["1 x 1 reach it"],
    ),
    (
        "huge",
        |c| net(c, "input", json!([1, u64::MAX, 8])),
        &["18446744073709551615"],
    ),
    (
        "wide",
        |c| net(c, "blocks", json!([[1u64 << 50]])),
        &["is 1125899906842624"],
    ),
    (
        "many parameters",
        |c| {
            net(c, "blocks", json!([[4096, 4096, 4096, 4096]]));
        },
        &["parameters up to"],
    ),
    (
        "a crowd",
        |c| net(c, "members", json!(1u64 << 40)),
        &["the number of members is 1099511627776", "from 1 to 16"],
    ),
    ("no filters", |c| net(c, "blocks", json!([[0]])), &["is 0"]),
    (
        "deep",
        |c| net(c, "blocks", json!(vec![vec![1]; 5000])),
        &["number of layers"],
    ),
    ("dropout", |c| net(c, "dropout", json!(1.5)), &["1.5"]),
    (
        "another size",
        |c| net(c, "blocks", json!([[4]])),
        &["[3, 2, 3, 3]", "[4, 2, 3, 3]"],
    ),
    (
        "temperature",
        |c| c["calibration"]["temperature"] = json!(-1.0),
        &["temperature is -1"],
    ),
    (
        "threshold",
        |c| c["calibration"]["threshold"] = json!(2.0),
        &["threshold is 2"],
    ),
    (
        "target error",
        |c| c["calibration"]["target_error"] = json!(-0.5),
        &["target_error is -0.5"],
    ),
    (
        "mean of another length",
        |c| set_detector(c, "mean", json!([0.0, 1.0])),
        &["1 statistics, but a mean of 2"],
    ),
    (
        "deviation of zero",
        |c| set_detector(c, "deviation", json!([0.0])),
        &["holds 0 where a number above 0 is needed"],
    ),
    (
        "detector without a limit",
        |c| set_detector(c, "limit", json!(null)),
        &["null", "expected f64"],
    ),
    (
        "factor with a gap",
        |c| set_detector(c, "factor", json!([[]])),
        &["row 0"],
    ),
];

/// Sets a field of the network's configuration.
fn net(card: &mut Value, field: &str, value: Value) {
    card["architecture"]["TumorNet"][field] = value;
}

/// Sets a field of an out-of-distribution detector of one statistic.
fn set_detector(card: &mut Value, field: &str, value: Value) {
    card["calibration"]["familiarity"] = json!({
        "statistics": ["mean"], "mean": [0.5], "deviation": [0.2], "factor": [[1.0]], "limit": 3.0
    });
    card["calibration"]["familiarity"][field] = value;
}

/// Checks that `bytes` are refused with a message of one line that names the file and contains `expected`.
fn assert_refused(model: &Model, what: &str, bytes: Vec<u8>, expected: &[&str]) {
    let path = model.folder.path().join("damaged.safetensors");
    fs::write(&path, bytes).unwrap();
    let message = match load_model(&path) {
        Ok(_) => panic!("{what}: was read"),
        Err(error) => error.to_string(),
    };
    assert!(message.contains("damaged.safetensors"), "{what}: {message}");
    assert!(!message.contains('\n'), "{what}: {message}");
    for part in expected {
        assert!(message.contains(part), "{what}: '{message}' lacks '{part}'");
    }
}

#[test]
fn damaged_files_are_refused_in_one_line_with_the_values() {
    let model = saved();
    let (header, data) = parts(&model.path);
    for (what, damage, expected) in DAMAGED_BYTES {
        assert_refused(&model, what, damage((&header, &data)), expected);
    }
    for (what, damage, expected) in DAMAGED_HEADERS {
        let bytes = with_header(&header, &data, damage);
        assert_refused(&model, what, bytes, expected);
    }
    for (what, damage, expected) in DAMAGED_CARDS {
        let bytes = with_card(&header, &data, damage);
        assert_refused(&model, what, bytes, expected);
    }
}

#[test]
fn missing_files_and_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_model(&folder.path().join("absent.safetensors")).unwrap_err();
    assert!(matches!(error, FileError::Read { .. }), "{error}");
    assert!(std::error::Error::source(&error).is_none(), "{error}");
    assert!(error.to_string().contains("absent.safetensors"), "{error}");
    let error = load_model(folder.path()).unwrap_err();
    assert!(matches!(error, FileError::NotAFile { .. }), "{error}");
}
