//! Near-copies among many pictures, without comparing every picture with every other.
//!
//! 1. Two pictures that correlate by `r` lie `sqrt(2 - 2r)` apart once both have mean 0 and length
//!    1, and their keys (63 numbers, the same in all eight orientations) are never farther apart
//!    than the pictures. So whoever is within [`REACH`] by key is a candidate, and no pair above a
//!    correlation of 0.98 can be missed. The keys are sorted by the number that varies most; only
//!    neighbours there are compared, and the comparison stops as soon as the sum is too large.
//! 2. Difference hashes that agree but for two bits agree wholly in two of their four words:
//!    pictures that share a word are candidates too (a copy whose brightness was clipped may
//!    correlate less, but is brighter in the same places).
//! 3. A candidate in its nearest orientation is a copy if the small grey pictures correlate by
//!    [`COPY`], or if the hashes agree and they correlate by [`HASHED`].
//! 4. Else it may be a crop: it is laid over the other picture, first at 16x16, then at 64x64, and
//!    is a copy if it correlates by [`CROP`] there.

use std::collections::HashMap;

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::align::{align, correlation, smooth, warp, warp_sharply};
use super::descriptor::{Descriptor, KEY, PIXELS, Turn, bits};
use super::links::Links;
use crate::error::Result;
use crate::images::{Fingerprint, SIDE};

/// Candidates are this near by key and by low frequencies. A crop of 2 % moves a scan by 0.1, one
/// in a hundred by 0.2.
const REACH: f32 = 0.2;
/// The correlation of copies.
const COPY: f32 = 0.99;
/// The correlation of copies whose hashes agree.
const HASHED: f32 = 0.9;
/// Bits in which the hashes of copies may differ.
const BITS: u32 = 2;
/// The correlation of a crop with what it was cut from, which interpolation lowers a little.
const CROP: f32 = 0.985;
/// What a crop correlates by when it is laid roughly, at 16x16.
const ROUGH: f32 = 0.97;
/// What it correlates by at 64x64 before it is laid exactly.
const NEARLY: f32 = 0.9;
/// How many possible crops of one picture are looked at, the nearest first.
const CROPS: usize = 100;
/// Pictures are searched in so many parts, each on its own, whatever the number of threads: the
/// result must not depend on it.
const PARTS: usize = 64;

/// Side of the rough picture.
const TINY: usize = 16;

/// Links every picture to its near-copies. The bar counts pictures.
pub(super) fn link(
    fingerprints: &[&Fingerprint],
    links: &mut Links,
    bar: &ProgressBar,
) -> Result<()> {
    let descriptors: Vec<Descriptor> = (fingerprints.par_iter())
        .map(|fingerprint| Descriptor::of(fingerprint))
        .collect::<Result<_>>()?;
    let search = Search {
        fingerprints,
        hashed: by_hash(&descriptors),
        sorted: Sorted::new(&descriptors),
        descriptors,
    };
    let part = fingerprints.len().div_ceil(PARTS).max(1);
    let parts: Vec<usize> = (0..fingerprints.len()).step_by(part).collect();
    let found: Vec<(Links, Vec<Crop>)> = (parts.into_par_iter())
        .map(|first| {
            let places = first..(first + part).min(fingerprints.len());
            bar.inc(places.len() as u64);
            search.copies(places)
        })
        .collect();
    let mut crops = Vec::new();
    for (copies, more) in found {
        links.join_all(&copies);
        crops.extend(more);
    }
    crops.retain(|crop| !links.joined(crop.one, crop.other));
    bar.set_message("looking for crops");
    let crops: Vec<&Crop> = (crops.par_iter())
        .filter(|crop| search.is_crop(crop))
        .collect();
    for crop in crops {
        links.join(crop.one, crop.other);
    }
    Ok(())
}

/// The correlation of two small pictures in the orientation where they are most alike.
pub(super) fn likeness(one: &Fingerprint, other: &Fingerprint) -> Result<f32> {
    let (a, b) = (Descriptor::of(one)?, Descriptor::of(other)?);
    let (turn, _) = a.nearest_turn(&b);
    Ok(correlation(
        &a.unit(&one.small),
        &b.unit(&turn.of(&other.small, SIDE)),
    ))
}

/// A pair that may be a crop and what it was cut from.
struct Crop {
    one: usize,
    other: usize,
    turn: Turn,
    distance: f32,
}

struct Search<'a> {
    fingerprints: &'a [&'a Fingerprint],
    descriptors: Vec<Descriptor>,
    sorted: Sorted,
    /// For each picture, later ones whose hash agrees.
    hashed: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Copies of the pictures at these places of the sorted order, and what may be crops of them.
    fn copies(&self, places: std::ops::Range<usize>) -> (Links, Vec<Crop>) {
        let mut links = Links::new(self.fingerprints.len());
        let mut crops = Vec::new();
        for place in places {
            let one = self.sorted.order[place];
            let mut possible = Vec::new();
            for other in self
                .sorted
                .neighbours(place)
                .chain(self.hashed[one].iter().copied())
            {
                if links.joined(one, other) {
                    continue;
                }
                let (a, b) = (&self.descriptors[one], &self.descriptors[other]);
                if a.is_blank() || b.is_blank() {
                    continue;
                }
                let (turn, distance) = a.nearest_turn(b);
                let agree = || a.bits(b) <= BITS;
                if distance > REACH && !agree() {
                    continue;
                }
                let correlation = self.correlation(one, other, turn);
                if correlation >= COPY || correlation >= HASHED && agree() {
                    links.join(one, other);
                } else {
                    let (one, other, turn) = if one < other {
                        (one, other, turn)
                    } else {
                        (other, one, b.nearest_turn(a).0)
                    };
                    possible.push(Crop {
                        one,
                        other,
                        turn,
                        distance,
                    });
                }
            }
            possible.sort_by(|a, b| a.distance.total_cmp(&b.distance));
            possible.truncate(CROPS);
            crops.extend(possible);
        }
        (links, crops)
    }

    fn correlation(&self, one: usize, other: usize, turn: Turn) -> f32 {
        let (a, b) = (&self.descriptors[one], &self.descriptors[other]);
        let turned = turn.of(&self.fingerprints[other].small, SIDE);
        let pixels = self.fingerprints[one].small.iter().zip(&turned);
        let sum: u32 = pixels
            .map(|(&one, &other)| u32::from(one) * u32::from(other))
            .sum();
        let means = PIXELS as f64 * f64::from(a.mean) * f64::from(b.mean);
        ((f64::from(sum) - means) / (f64::from(a.length) * f64::from(b.length))) as f32
    }

    fn is_crop(&self, crop: &Crop) -> bool {
        let unit = |index: usize| self.descriptors[index].unit(&self.fingerprints[index].small);
        let (fixed, moving) = (unit(crop.one), crop.turn.of(&unit(crop.other), SIDE));
        let (rough, place) = align::<TINY>(&tiny(&fixed), &tiny(&moving), [0.0; 4], 4);
        if rough < ROUGH || correlation(&fixed, &warp::<SIDE>(&moving, &place)) < NEARLY {
            return false;
        }
        let (_, place) = align::<SIDE>(&smooth::<SIDE>(&fixed), &smooth::<SIDE>(&moving), place, 6);
        correlation(&fixed, &warp_sharply::<SIDE>(&moving, &place)) >= CROP
    }
}

/// 16x16 means of 4x4 pixels, smoothed.
fn tiny(small: &[f32]) -> Vec<f32> {
    const CELL: usize = SIDE / TINY;
    let mut tiny = vec![0.0; TINY * TINY];
    for (at, value) in small.iter().enumerate() {
        tiny[at / SIDE / CELL * TINY + at % SIDE / CELL] += value / (CELL * CELL) as f32;
    }
    smooth::<TINY>(&tiny)
}

/// Keys in the order of the number that varies most, each with the most variable numbers first.
struct Sorted {
    order: Vec<usize>,
    keys: Vec<[f32; KEY]>,
}

impl Sorted {
    fn new(descriptors: &[Descriptor]) -> Self {
        let count = descriptors.len().max(1) as f32;
        let variance = |at: usize| -> f32 {
            let values = descriptors.iter().map(|descriptor| descriptor.key[at]);
            let mean = values.clone().sum::<f32>() / count;
            values.map(|value| (value - mean).powi(2)).sum()
        };
        let mut numbers: Vec<(f32, usize)> = (0..KEY).map(|at| (variance(at), at)).collect();
        numbers.sort_by(|a, b| b.0.total_cmp(&a.0));
        let key = |index: usize| -> [f32; KEY] {
            std::array::from_fn(|at| descriptors[index].key[numbers[at].1])
        };
        let mut order: Vec<usize> = (0..descriptors.len()).collect();
        order.sort_by(|&a, &b| key(a)[0].total_cmp(&key(b)[0]));
        let keys = order.iter().map(|&index| key(index)).collect();
        Self { order, keys }
    }

    /// The pictures after this place whose keys are within reach.
    fn neighbours(&self, place: usize) -> impl Iterator<Item = usize> {
        let key = &self.keys[place];
        let after = self.keys.iter().zip(&self.order).skip(place + 1);
        after
            .take_while(|(other, _)| other[0] - key[0] <= REACH)
            .filter(|(other, _)| within_reach(key, other))
            .map(|(_, &index)| index)
    }
}

fn within_reach(one: &[f32; KEY], other: &[f32; KEY]) -> bool {
    let mut sum = 0.0;
    for (one, other) in one.chunks_exact(9).zip(other.chunks_exact(9)) {
        sum += one
            .iter()
            .zip(other)
            .map(|(a, b)| (a - b) * (a - b))
            .sum::<f32>();
        if sum > REACH * REACH {
            return false;
        }
    }
    true
}

/// For each picture, the later ones whose hash differs in [`BITS`] at most.
fn by_hash(descriptors: &[Descriptor]) -> Vec<Vec<usize>> {
    let words: [HashMap<u64, Vec<usize>>; 4] = std::array::from_fn(|word| {
        let mut table: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, descriptor) in descriptors.iter().enumerate() {
            // All blank pictures have the hash of nothing.
            if !descriptor.is_blank() {
                table
                    .entry(descriptor.hashes[0][word])
                    .or_default()
                    .push(index);
            }
        }
        table
    });
    (descriptors.par_iter().enumerate())
        .map(|(index, descriptor)| {
            let mut found = Vec::new();
            for hash in &descriptor.hashes {
                for (word, table) in words.iter().enumerate() {
                    let same = table.get(&hash[word]).map_or(&[][..], Vec::as_slice);
                    found.extend(same.iter().copied().filter(|&other| {
                        other > index && bits(&descriptors[other].hashes[0], hash) <= BITS
                    }));
                }
            }
            found.sort_unstable();
            found.dedup();
            found
        })
        .collect()
}
