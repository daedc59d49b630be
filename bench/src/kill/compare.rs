//! Differences between the files of two runs, aside from times, memory and Burn's parameter ids.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::checkpoint;

/// Names of values that differ between two runs of one training: times, dates, memory.
const MASKED: [&str; 3] = ["seconds", "peak_memory_bytes", "trained_at"];

/// The files of a folder of runs, each with its bytes after masking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents(BTreeMap<PathBuf, Vec<u8>>);

impl Contents {
    /// Reads every file below `folder`. A symbolic link stands for its target's path.
    ///
    /// # Errors
    /// If something cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(inner) = folders.pop() {
            let entries = fs::read_dir(&inner).with_context(|| inner.display().to_string())?;
            for entry in entries {
                let path = entry?.path();
                let name = path.strip_prefix(folder)?.to_path_buf();
                if path.is_symlink() {
                    let target = fs::read_link(&path)?;
                    files.insert(name, target.into_os_string().into_encoded_bytes());
                } else if path.is_dir() {
                    folders.push(path);
                } else if !is_left_behind(folder, &path) {
                    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
                    let masked = masked(&name, &bytes);
                    files.insert(name, masked);
                }
            }
        }
        Ok(Self(files))
    }

    /// Returns the number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a line for each file that differs from the one in `expected`, or that only one of the two has.
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, bytes) in &expected.0 {
            let difference = match self.0.get(name) {
                None => "is missing".to_owned(),
                Some(found) if found != bytes => first_difference(found, bytes),
                Some(_) => continue,
            };
            lines.push(format!("{}: {difference}", name.display()));
        }
        let extra = (self.0.keys()).filter(|name| !expected.0.contains_key(*name));
        lines.extend(extra.map(|name| format!("{}: is there in addition", name.display())));
        lines
    }
}

/// Returns whether a file is in a hidden folder directly below `runs`: a run that was about to be created or deleted. It
/// belongs to no run.
fn is_left_behind(runs: &Path, path: &Path) -> bool {
    let first = path
        .strip_prefix(runs)
        .ok()
        .and_then(|path| path.iter().next());
    first.is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with('.') && name.ends_with(".partial")
    })
}

/// Returns the contents of a file without times, dates and memory.
fn masked(name: &Path, bytes: &[u8]) -> Vec<u8> {
    let extension = name.extension().and_then(|extension| extension.to_str());
    let masked = match extension {
        Some("json") => masked_json(bytes),
        Some("jsonl") => bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(masked_json)
            .collect::<Option<Vec<_>>>()
            .map(|lines| lines.join(&b'\n')),
        Some("cbor") => masked_cbor(bytes),
        Some("bpk") => checkpoint::without_ids(bytes),
        Some("safetensors") => masked_model(bytes),
        _ if name.ends_with("metrics.csv") => without_last_column(bytes),
        _ => None,
    };
    // A file that is not what its name says is compared as it is.
    masked.unwrap_or_else(|| bytes.to_vec())
}

fn masked_json(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value = serde_json::from_slice(bytes).ok()?;
    mask(&mut value);
    serde_json::to_vec_pretty(&value).ok()
}

fn masked_cbor(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = ciborium::from_reader(bytes).ok()?;
    mask(&mut value);
    serde_json::to_vec_pretty(&value).ok()
}

/// Masks the card in the header of a model file, and keeps its tensors as they are.
fn masked_model(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_at_checked(8)?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let (header, tensors) = rest.split_at_checked(length)?;
    let mut header: Value = serde_json::from_slice(header).ok()?;
    for text in header
        .get_mut("__metadata__")?
        .as_object_mut()?
        .values_mut()
    {
        if let Ok(mut card) = serde_json::from_str(text.as_str()?) {
            mask(&mut card);
            *text = card;
        }
    }
    let mut masked = serde_json::to_vec_pretty(&header).ok()?;
    masked.extend_from_slice(tensors);
    Some(masked)
}

fn without_last_column(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let lines = text
        .lines()
        .map(|line| line.rsplit_once(',').map(|(rest, _)| rest));
    Some(lines.collect::<Option<Vec<_>>>()?.join("\n").into_bytes())
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !MASKED.contains(&name.as_str()));
            fields.values_mut().for_each(mask);
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// Describes where two contents first differ.
fn first_difference(found: &[u8], expected: &[u8]) -> String {
    let texts = (std::str::from_utf8(found), std::str::from_utf8(expected));
    if let (Ok(found), Ok(expected)) = texts {
        let (mut found, mut expected) = (found.lines(), expected.lines());
        for number in 1.. {
            match (found.next(), expected.next()) {
                (None, None) => return "differs in its line ends".to_owned(),
                (a, b) if a == b => {}
                (a, b) => {
                    let [a, b] = [a, b].map(|line| line.map_or("nothing", str::trim));
                    return format!("line {number}: `{}` instead of `{}`", short(a), short(b));
                }
            }
        }
    }
    let at = found.iter().zip(expected).take_while(|(a, b)| a == b);
    format!(
        "differs from byte {} of {} (instead of {}) on",
        at.count(),
        found.len(),
        expected.len()
    )
}

fn short(line: &str) -> String {
    line.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn differences(found: &[(&str, &[u8])], expected: &[(&str, &[u8])]) -> Vec<String> {
        let [found, expected] = [found, expected].map(folder);
        let [found, expected] =
            [found, expected].map(|folder| Contents::read(folder.path()).unwrap());
        found.differences(&expected)
    }

    /// A `progress.cbor`.
    fn progress(seconds: f64) -> Vec<u8> {
        let value = serde_json::json!({"seconds": seconds, "epochs": [{"loss": 0.5}]});
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        bytes
    }

    fn model(card: &str, tensors: &[u8]) -> Vec<u8> {
        let header = serde_json::json!({"__metadata__": {"hebb": card}}).to_string();
        let length = (header.len() as u64).to_le_bytes();
        [&length, header.as_bytes(), tensors].concat()
    }

    #[test]
    fn times_and_memory_are_masked_and_nothing_else() {
        let one = model(r#"{"seed":1,"trained_at":"2026-01-01"}"#, b"weights");
        let two = model(r#"{"seed":1,"trained_at":"2026-01-02"}"#, b"weights");
        let other_seed = model(r#"{"seed":2,"trained_at":"2026-01-02"}"#, b"weights");
        let other_weights = model(r#"{"seed":1,"trained_at":"2026-01-02"}"#, b"weight5");
        let [progress, other_progress] = [1.5, 2.5].map(progress);
        let cases: &[(&str, &[u8], &[u8], bool)] = &[
            (
                "a/result.json",
                br#"{"seconds":{"train":1},"loss":1}"#,
                br#"{"seconds":2,"loss":1}"#,
                true,
            ),
            ("a/result.json", br#"{"loss":1}"#, br#"{"loss":1.5}"#, false),
            (
                "a/log.jsonl",
                b"{\"epoch\":1,\"seconds\":1}\n",
                b"{\"epoch\":1,\"seconds\":2}\n",
                true,
            ),
            (
                "a/log.jsonl",
                b"{\"epoch\":1}\n",
                b"{\"epoch\":1}\n{\"epoch\":2}\n",
                false,
            ),
            (
                "a/metrics.csv",
                b"epoch,seconds\n1,0.5\n",
                b"epoch,seconds\n1,0.7\n",
                true,
            ),
            (
                "a/metrics.csv",
                b"epoch,seconds\n1,0.5\n",
                b"epoch,seconds\n2,0.5\n",
                false,
            ),
            ("a/predictions.csv", b"a,1\n", b"a,2\n", false),
            ("a/model.safetensors", &one, &two, true),
            ("a/model.safetensors", &one, &other_seed, false),
            ("a/model.safetensors", &two, &other_weights, false),
            (
                "a/checkpoint/epoch-1/progress.cbor",
                &progress,
                &other_progress,
                true,
            ),
        ];
        for (name, found, expected, is_equal) in cases {
            let differences = differences(&[(name, found)], &[(name, expected)]);
            assert_eq!(differences.is_empty(), *is_equal, "{name}: {differences:?}");
        }
    }

    #[test]
    fn files_of_one_run_alone_are_differences() {
        let files: &[(&str, &[u8])] = &[("a/card.md", b""), (".x.partial/config.json", b"")];
        assert!(differences(files, &files[..1]).is_empty());
        assert_eq!(differences(&[], &files[..1]), ["a/card.md: is missing"]);
        let more: &[(&str, &[u8])] = &[("a/card.md", b""), ("a/.x.partial", b"")];
        assert_eq!(
            differences(more, &files[..1]),
            ["a/.x.partial: is there in addition"]
        );
    }

    #[test]
    fn a_difference_names_the_first_place() {
        let line = first_difference(b"a\nb\n", b"a\nc\n");
        assert_eq!(line, "line 2: `b` instead of `c`");
        let bytes = first_difference(b"\xff\x00\x01", b"\xff\x00\x02\x03");
        assert_eq!(bytes, "differs from byte 2 of 3 (instead of 4) on");
    }
}
