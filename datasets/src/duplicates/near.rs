//! Near-duplicates among many pictures, found without comparing every picture with every other.
//!
//! 1. Two pictures whose correlation is `r` are `sqrt(2 - 2r)` apart once both have mean 0 and length 1. Their keys (63
//!    numbers, the same in all eight orientations) are never farther apart than the pictures. Pictures whose keys are
//!    within [`REACH`] are therefore candidates, and no pair with a correlation above 0.98 is missed. The keys are sorted
//!    by the number with the largest variance; only neighbours in this order are compared, and a comparison stops as soon
//!    as the sum is too large.
//! 2. Difference hashes that differ in at most two bits agree completely in at least two of their four words. Pictures
//!    that share a word are candidates too: a copy whose brightness was clipped may correlate less, but has its gradients
//!    in the same places.
//! 3. A candidate, in its nearest orientation, is a duplicate if the thumbnails correlate by [`COPY`], or if the hashes
//!    agree and the thumbnails correlate by [`HASHED`].
//! 4. Otherwise it may be a crop: it is aligned with the other picture, first at 16x16, then at 64x64 pixels, and is a
//!    duplicate if it then correlates by [`CROP`].
//!
//! `datasets/tests/integration/duplicates.rs` asserts that these thresholds find altered copies of phantoms and of real
//! scans, and link no other pictures.

use std::collections::HashMap;
use std::ops::Range;

use disjoint_sets::UnionFind;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::align::{align, correlation, smooth, warp, warp_cubic};
use super::descriptor::{Descriptor, KEY_LEN, PIXELS, Turn, differing_bits};
use crate::error::Result;
use crate::images::{FINGERPRINT_SIDE as SIDE, Fingerprint};

/// Maximum distance of candidates by key and by low frequencies. A crop of 2 % moves a scan by 0.1, one in a hundred by
/// 0.2.
const REACH: f32 = 0.2;
/// Minimum correlation of duplicates.
const COPY: f32 = 0.99;
/// Minimum correlation of duplicates whose hashes agree.
const HASHED: f32 = 0.9;
/// Maximum number of bits in which agreeing hashes differ.
const MAX_BITS: u32 = 2;
/// Minimum correlation of a crop with its original, lower than [`COPY`] because interpolation blurs.
const CROP: f32 = 0.985;
/// Minimum correlation of a crop after the alignment at 16x16.
const ROUGH: f32 = 0.97;
/// Minimum correlation of a crop at 64x64 before the exact alignment.
const NEARLY: f32 = 0.9;
/// Maximum number of possible crops of one picture that are aligned, the nearest first.
const MAX_CROPS: usize = 100;
/// Number of parts that are searched independently of each other. Fixed, because the result must not depend on the
/// number of threads.
const PARTS: usize = 64;

/// Side of the thumbnail of the rough alignment, in pixels.
const TINY: usize = 16;

/// Returns the sets of near-duplicates among pictures. The bar advances by one per picture.
pub(super) fn sets(fingerprints: &[&Fingerprint], bar: &ProgressBar) -> Result<UnionFind> {
    let descriptors: Vec<Descriptor> = (fingerprints.par_iter())
        .map(|fingerprint| Descriptor::new(fingerprint))
        .collect::<Result<_>>()?;
    let search = Search {
        fingerprints,
        hash_matches: hash_matches(&descriptors),
        sorted: SortedKeys::new(&descriptors),
        descriptors,
    };
    let count = fingerprints.len();
    let part = count.div_ceil(PARTS).max(1);
    let parts: Vec<usize> = (0..count).step_by(part).collect();
    let found: Vec<Found> = (parts.into_par_iter())
        .map(|first| {
            let places = first..(first + part).min(count);
            bar.inc(places.len() as u64);
            search.duplicates(places)
        })
        .collect();
    let mut sets = UnionFind::new(count);
    let mut crops = Vec::new();
    for part in found {
        for (one, other) in part.copies {
            sets.union(one, other);
        }
        crops.extend(part.crops);
    }
    crops.retain(|crop| !sets.equiv(crop.one, crop.other));
    bar.set_message("looking for crops");
    let crops: Vec<&Crop> = (crops.par_iter())
        .filter(|crop| search.is_crop(crop))
        .collect();
    for crop in crops {
        sets.union(crop.one, crop.other);
    }
    Ok(sets)
}

/// Returns the correlation of two thumbnails in the orientation in which they are most similar.
pub(super) fn correlation_of(one: &Fingerprint, other: &Fingerprint) -> Result<f32> {
    let (a, b) = (Descriptor::new(one)?, Descriptor::new(other)?);
    let (turn, _) = a.nearest_turn(&b);
    Ok(correlation(
        &a.unit(&one.thumbnail),
        &b.unit(&turn.apply(&other.thumbnail, SIDE)),
    ))
}

/// What was found in one part.
struct Found {
    copies: Vec<(usize, usize)>,
    crops: Vec<Crop>,
}

/// Two pictures of which one may be a crop of the other.
struct Crop {
    one: usize,
    other: usize,
    turn: Turn,
    distance: f32,
}

struct Search<'a> {
    fingerprints: &'a [&'a Fingerprint],
    descriptors: Vec<Descriptor>,
    sorted: SortedKeys,
    /// For each picture, the later ones whose hash agrees.
    hash_matches: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Finds the duplicates of the pictures at these places of the sorted order.
    fn duplicates(&self, places: Range<usize>) -> Found {
        let mut sets: UnionFind = UnionFind::new(self.fingerprints.len());
        let (mut copies, mut crops) = (Vec::new(), Vec::new());
        for place in places {
            let one = self.sorted.order[place];
            let mut possible = Vec::new();
            let hashed = self.hash_matches[one].iter().copied();
            for other in self.sorted.neighbours(place).chain(hashed) {
                if sets.equiv(one, other) {
                    continue;
                }
                match self.compare(one, other) {
                    Some(Comparison::Copy) => {
                        sets.union(one, other);
                        copies.push((one, other));
                    }
                    Some(Comparison::PossibleCrop(crop)) => possible.push(crop),
                    None => {}
                }
            }
            possible.sort_by(|a, b| a.distance.total_cmp(&b.distance));
            possible.truncate(MAX_CROPS);
            crops.extend(possible);
        }
        Found { copies, crops }
    }

    /// Compares two candidates by their thumbnails and hashes; `None` if they are different pictures.
    fn compare(&self, one: usize, other: usize) -> Option<Comparison> {
        let (a, b) = (&self.descriptors[one], &self.descriptors[other]);
        if a.is_blank() || b.is_blank() {
            return None;
        }
        let (turn, distance) = a.nearest_turn(b);
        let hashes_agree = || a.differing_bits(b) <= MAX_BITS;
        if distance > REACH && !hashes_agree() {
            return None;
        }
        let correlation = self.correlation(one, other, turn);
        if correlation >= COPY || correlation >= HASHED && hashes_agree() {
            return Some(Comparison::Copy);
        }
        let (one, other, turn) = if one < other {
            (one, other, turn)
        } else {
            (other, one, b.nearest_turn(a).0)
        };
        Some(Comparison::PossibleCrop(Crop {
            one,
            other,
            turn,
            distance,
        }))
    }

    fn correlation(&self, one: usize, other: usize, turn: Turn) -> f32 {
        let (a, b) = (&self.descriptors[one], &self.descriptors[other]);
        let turned = turn.apply(&self.fingerprints[other].thumbnail, SIDE);
        let pixels = self.fingerprints[one].thumbnail.iter().zip(&turned);
        let sum: u32 = pixels
            .map(|(&one, &other)| u32::from(one) * u32::from(other))
            .sum();
        let means = PIXELS as f64 * f64::from(a.mean) * f64::from(b.mean);
        ((f64::from(sum) - means) / (f64::from(a.length) * f64::from(b.length))) as f32
    }

    fn is_crop(&self, crop: &Crop) -> bool {
        let unit = |index: usize| self.descriptors[index].unit(&self.fingerprints[index].thumbnail);
        let (fixed, moving) = (unit(crop.one), crop.turn.apply(&unit(crop.other), SIDE));
        let (rough, placement) = align::<TINY>(&tiny(&fixed), &tiny(&moving), [0.0; 4], 4);
        if rough < ROUGH || correlation(&fixed, &warp::<SIDE>(&moving, &placement)) < NEARLY {
            return false;
        }
        let (smooth_fixed, smooth_moving) = (smooth::<SIDE>(&fixed), smooth::<SIDE>(&moving));
        let (_, placement) = align::<SIDE>(&smooth_fixed, &smooth_moving, placement, 6);
        correlation(&fixed, &warp_cubic::<SIDE>(&moving, &placement)) >= CROP
    }
}

/// The result of comparing two candidates that are not different pictures.
enum Comparison {
    Copy,
    PossibleCrop(Crop),
}

/// Reduces a thumbnail to 16x16 means of 4x4 pixels, smoothed.
fn tiny(thumbnail: &[f32]) -> Vec<f32> {
    const CELL: usize = SIDE / TINY;
    let mut tiny = vec![0.0; TINY * TINY];
    for (at, value) in thumbnail.iter().enumerate() {
        tiny[at / SIDE / CELL * TINY + at % SIDE / CELL] += value / (CELL * CELL) as f32;
    }
    smooth::<TINY>(&tiny)
}

/// Keys sorted by the number with the largest variance, each with the most variable numbers first.
struct SortedKeys {
    order: Vec<usize>,
    keys: Vec<[f32; KEY_LEN]>,
}

impl SortedKeys {
    fn new(descriptors: &[Descriptor]) -> Self {
        let count = descriptors.len().max(1) as f32;
        let variance = |at: usize| -> f32 {
            let values = descriptors.iter().map(|descriptor| descriptor.key[at]);
            let mean = values.clone().sum::<f32>() / count;
            values.map(|value| (value - mean).powi(2)).sum()
        };
        let mut numbers: Vec<(f32, usize)> = (0..KEY_LEN).map(|at| (variance(at), at)).collect();
        numbers.sort_by(|a, b| b.0.total_cmp(&a.0));
        let key = |index: usize| -> [f32; KEY_LEN] {
            std::array::from_fn(|at| descriptors[index].key[numbers[at].1])
        };
        let mut order: Vec<usize> = (0..descriptors.len()).collect();
        order.sort_by(|&a, &b| key(a)[0].total_cmp(&key(b)[0]));
        let keys = order.iter().map(|&index| key(index)).collect();
        Self { order, keys }
    }

    /// Returns the pictures after this place whose keys are within reach.
    fn neighbours(&self, place: usize) -> impl Iterator<Item = usize> {
        let key = &self.keys[place];
        let after = self.keys.iter().zip(&self.order).skip(place + 1);
        after
            .take_while(|(other, _)| other[0] - key[0] <= REACH)
            .filter(|(other, _)| within_reach(key, other))
            .map(|(_, &index)| index)
    }
}

fn within_reach(one: &[f32; KEY_LEN], other: &[f32; KEY_LEN]) -> bool {
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

/// Returns, for each picture, the later ones whose hashes differ in at most [`MAX_BITS`] bits.
fn hash_matches(descriptors: &[Descriptor]) -> Vec<Vec<usize>> {
    let words: [HashMap<u64, Vec<usize>>; 4] = std::array::from_fn(|word| {
        let mut table: HashMap<u64, Vec<usize>> = HashMap::new();
        // All blank pictures have the same hash.
        let filled = (descriptors.iter().enumerate()).filter(|(_, one)| !one.is_blank());
        for (index, descriptor) in filled {
            let same_word = table.entry(descriptor.hashes[0][word]);
            same_word.or_default().push(index);
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
                        let bits = differing_bits(&descriptors[other].hashes[0], hash);
                        other > index && bits <= MAX_BITS
                    }));
                }
            }
            found.sort_unstable();
            found.dedup();
            found
        })
        .collect()
}
