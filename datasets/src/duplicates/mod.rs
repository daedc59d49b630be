//! Copies in a set: which pictures are the same file, the same pixels, or nearly the same, in
//! whatever orientation, size, quality or brightness. All that are linked to each other, directly
//! or through others, are one group; a group must not be divided between training and test.
//!
//! How near-copies are found is told in `near.rs`. It does not compare every picture with every
//! other, only short keys, and of those few; over head phantoms of which one in ten is an altered copy, the search takes, in seconds
//! that all processors together compute (half of that on two):
//!
//! | pictures | 1,250 | 2,500 | 5,000 | 10,000 |
//! |---|---|---|---|---|
//! | seconds | 0.2 | 0.5 | 1.6 | 5.8 |
//!
//! (altered copies planted among phantoms, as in `datasets/tests/integration/duplicates.rs`). Reading the pictures
//! takes longer: 4 seconds for 2,939 of the public scans on two processors.

mod align;
mod descriptor;
mod links;
mod look;
mod near;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use links::Links;
pub use look::{Look, SIDE};

use crate::error::Result;
use crate::image_set::ImageSet;
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
/// picture. Where the set has no [`looks`](ImageSet::looks), only equal files are found.
///
/// `shown` allows a progress bar on standard error.
///
/// # Errors
/// [`Error::Resize`](crate::Error::Resize) for a look that is no picture.
pub fn groups(set: &ImageSet, shown: bool) -> Result<Vec<usize>> {
    let mut links = Links::new(set.len());
    links.join_equal(set.origins.iter().map(|origin| &origin.sha256));
    if set.looks.len() != set.len() {
        return Ok(links.groups());
    }
    links.join_equal(set.looks.iter().map(|look| look.pixels));

    // Of pictures with the same pixels, the first stands for all.
    let exact = links.clone().groups();
    let mut firsts: Vec<usize> = Vec::new();
    for (index, &group) in exact.iter().enumerate() {
        if group == firsts.len() {
            firsts.push(index);
        }
    }
    let looks: Vec<&Look> = firsts.iter().map(|&index| &set.looks[index]).collect();
    let bar = progress::bar(
        looks.len(),
        "looking for copies",
        shown && looks.len() >= MANY,
    );
    let mut near = Links::new(looks.len());
    near::link(&looks, &mut near, &bar)?;
    bar.finish_and_clear();
    let near = near.groups();
    links.join_equal(exact.iter().map(|&group| near[group]));
    Ok(links.groups())
}

/// How picture `other` is a copy of picture `one` of the same group, and how the two correlate.
///
/// # Errors
/// [`Error::Resize`](crate::Error::Resize) for a look that is no picture.
///
/// # Panics
/// If an index is not below the set's length.
pub fn likeness(set: &ImageSet, one: usize, other: usize) -> Result<(Likeness, f32)> {
    if set.origins[one].sha256 == set.origins[other].sha256 {
        return Ok((Likeness::File, 1.0));
    }
    match (set.looks.get(one), set.looks.get(other)) {
        (Some(one), Some(other)) if one.pixels == other.pixels => Ok((Likeness::Pixels, 1.0)),
        (Some(one), Some(other)) => Ok((Likeness::Near, near::likeness(one, other)?)),
        _ => Ok((Likeness::Near, f32::NAN)),
    }
}
