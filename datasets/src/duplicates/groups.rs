//! Groups of copies.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::links::Links;
use super::near;
use crate::error::Result;
use crate::images::Fingerprint;
use crate::images::ImageSet;
use crate::progress;

/// From this many pictures on, the search is shown.
const MANY: usize = 500;

/// How a picture is a copy of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same file, byte by byte.
    File,
    /// Another file with the same pixels.
    Pixels,
    /// Nearly the same picture, perhaps turned, scaled, cropped or brightened; or linked to it by
    /// others that are.
    Near,
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "same file",
            Self::Pixels => "same pixels",
            Self::Near => "near",
        })
    }
}

/// The group of every picture of the set: numbers from 0, in the order of each group's first
/// picture. Where the set has no [`fingerprints`](ImageSet::fingerprints), only equal files are found.
///
/// `shown` allows a progress bar on standard error.
///
/// # Errors
/// [`Error::Resize`](crate::Error::Resize) for a fingerprint whose picture has no pixels.
pub fn groups(set: &ImageSet, shown: bool) -> Result<Vec<usize>> {
    let mut links = Links::new(set.len());
    links.join_equal(set.origins.iter().map(|origin| &origin.sha256));
    if set.fingerprints.len() != set.len() {
        return Ok(links.groups());
    }
    links.join_equal(
        set.fingerprints
            .iter()
            .map(|fingerprint| fingerprint.pixels),
    );

    // Of pictures with the same pixels, the first stands for all.
    let exact = links.clone().groups();
    let mut firsts: Vec<usize> = Vec::new();
    for (index, &group) in exact.iter().enumerate() {
        if group == firsts.len() {
            firsts.push(index);
        }
    }
    let fingerprints: Vec<&Fingerprint> = firsts
        .iter()
        .map(|&index| &set.fingerprints[index])
        .collect();
    let bar = progress::bar(
        fingerprints.len(),
        "looking for copies",
        shown && fingerprints.len() >= MANY,
    );
    let mut near = Links::new(fingerprints.len());
    near::link(&fingerprints, &mut near, &bar)?;
    bar.finish_and_clear();
    let near = near.groups();
    links.join_equal(exact.iter().map(|&group| near[group]));
    Ok(links.groups())
}

/// How picture `other` is a copy of picture `one` of the same group, and how the two correlate.
///
/// # Errors
/// [`Error::Resize`](crate::Error::Resize) for a fingerprint whose picture has no pixels.
///
/// # Panics
/// If an index is not below the set's length.
pub fn likeness(set: &ImageSet, one: usize, other: usize) -> Result<(Likeness, f32)> {
    if set.origins[one].sha256 == set.origins[other].sha256 {
        return Ok((Likeness::File, 1.0));
    }
    match (set.fingerprints.get(one), set.fingerprints.get(other)) {
        (Some(one), Some(other)) if one.pixels == other.pixels => Ok((Likeness::Pixels, 1.0)),
        (Some(one), Some(other)) => Ok((Likeness::Near, near::likeness(one, other)?)),
        _ => Ok((Likeness::Near, f32::NAN)),
    }
}
