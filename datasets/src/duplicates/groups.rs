//! Groups of duplicates, and how two of a group compare.

use std::fmt;

use disjoint_sets::UnionFind;
use serde::{Deserialize, Serialize};

use super::near;
use crate::error::Result;
use crate::images::{Fingerprint, ImageSet};
use crate::progress;
use crate::split::groups::{numbered, union_equal};

/// Minimum number of pictures for a progress bar: the search of fewer takes a fraction of a second.
const MIN_SHOWN: usize = 500;

/// How a picture duplicates another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyKind {
    /// The same file, byte by byte.
    File,
    /// Another file with the same pixels.
    Pixels,
    /// A near-duplicate (perhaps turned, scaled, cropped or brightened), or a picture in the same group because of other
    /// near-duplicates.
    Near,
}

impl fmt::Display for CopyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "same file",
            Self::Pixels => "same pixels",
            Self::Near => "near",
        })
    }
}

/// Returns the group of every picture: numbers from 0, in the order of each group's first picture. Finds equal files
/// only if the set has no [`fingerprints`](ImageSet::fingerprints).
///
/// `shown` allows a progress bar on standard error.
///
/// # Errors
/// [`Error::Resize`](crate::Error::Resize) for a fingerprint of a picture without pixels.
pub fn groups(set: &ImageSet, shown: bool) -> Result<Vec<usize>> {
    let mut sets = UnionFind::new(set.len());
    union_equal(&mut sets, set.origins.iter().map(|origin| &origin.sha256));
    if set.fingerprints.len() != set.len() {
        return Ok(numbered(sets.to_vec()));
    }
    union_equal(&mut sets, set.fingerprints.iter().map(|print| print.pixels));

    // Near-duplicates are searched among the first picture of each group only.
    let exact = numbered(sets.to_vec());
    let mut firsts: Vec<&Fingerprint> = Vec::new();
    for (fingerprint, &group) in set.fingerprints.iter().zip(&exact) {
        if group == firsts.len() {
            firsts.push(fingerprint);
        }
    }
    let shown = shown && firsts.len() >= MIN_SHOWN;
    let bar = progress::bar(firsts.len(), "looking for copies", shown);
    let near = near::sets(&firsts, &bar)?.to_vec();
    bar.finish_and_clear();
    Ok(numbered(exact.iter().map(|&group| near[group])))
}

/// Compares pictures `one` and `other` of the same group: how the one duplicates the other, and their correlation.
///
/// # Errors
/// [`Error::Resize`](crate::Error::Resize) for a fingerprint of a picture without pixels.
///
/// # Panics
/// If an index is not below the length of the set.
pub fn compare(set: &ImageSet, one: usize, other: usize) -> Result<(CopyKind, f32)> {
    if set.origins[one].sha256 == set.origins[other].sha256 {
        return Ok((CopyKind::File, 1.0));
    }
    match (set.fingerprints.get(one), set.fingerprints.get(other)) {
        (Some(one), Some(other)) if one.pixels == other.pixels => Ok((CopyKind::Pixels, 1.0)),
        (Some(one), Some(other)) => Ok((CopyKind::Near, near::correlation_of(one, other)?)),
        _ => Ok((CopyKind::Near, f32::NAN)),
    }
}
