//! The split made by the publisher of a data set.

use super::grouped::by_group;
use super::partition::{Split, SplitKind};
use crate::dataset::{Dataset, Official};
use crate::error::{Error, Result};

/// Splits a set as its publisher did. Without an official validation part, a fraction `valid` of each class's official
/// training examples is used for validation, with groups kept whole. The publisher may have divided groups between
/// training and test: [`Split::leaking`] returns the affected examples.
///
/// # Errors
/// - [`Error::NoOfficialSplit`] if the set has no official split
/// - the errors of [`grouped`](super::grouped)
///
/// # Panics
/// If there is not one group per example of the set.
pub fn official(examples: &dyn Dataset, groups: &[usize], valid: f64, seed: u64) -> Result<Split> {
    let set = examples.metadata();
    assert_eq!(set.origins.len(), groups.len(), "a group for each example");
    let part = |part: Official| -> Vec<usize> {
        (set.origins.iter().enumerate())
            .filter(|(_, origin)| origin.official == Some(part))
            .map(|(index, _)| index)
            .collect()
    };
    let (train, mut validation, test) = (
        part(Official::Train),
        part(Official::Valid),
        part(Official::Test),
    );
    if let Some(origin) = set.origins.iter().find(|origin| origin.official.is_none()) {
        return Err(no_split(set.name, format!("{} is in no part", origin.path)));
    }
    for (part, name) in [(&train, "training"), (&test, "test")] {
        if part.is_empty() {
            return Err(no_split(set.name, format!("there are no {name} examples")));
        }
    }

    let name = |class: usize| (set.class_names.get(class)).map_or(class.to_string(), String::clone);
    let mut training = train;
    if validation.is_empty() {
        (training, validation, _) =
            by_group(&training, set.labels, groups, valid, 0.0, seed, name)?;
    }
    for (indices, part) in [
        (&training, "training"),
        (&validation, "validation"),
        (&test, "test"),
    ] {
        let counts = examples.class_counts(indices);
        if let Some(class) = counts.iter().position(|&count| count == 0)
            && !indices.is_empty()
        {
            let reason = format!("class {} has no {part} example", name(class));
            return Err(no_split(set.name, reason));
        }
    }
    Ok(Split {
        kind: SplitKind::Official,
        seed,
        train: training,
        valid: validation,
        test,
        groups: groups.to_vec(),
    })
}

fn no_split(set: &str, reason: String) -> Error {
    Error::NoOfficialSplit {
        name: set.to_owned(),
        reason,
    }
}
