//! Apportionment of whole groups to parts, so that each part gets its share of every class.
//!
//! The objective is chi-square: the sum over parts and classes of `(have - wanted)² / wanted`. Groups are dealt in order of
//! size, the largest first, each to the part where it adds the least (Webster's method of apportioning seats to votes).
//! Then groups are moved as long as that lowers the sum.
//!
//! With enough small groups every part is exact to the example. Otherwise a part misses its share of a class by about half
//! the size of the class's larger groups; in a part of `n` examples this changes the share by half a group's size over
//! `n`. A group larger than the share of a part goes to the largest part.

use super::shuffle::shuffle;
use rand_chacha::ChaCha8Rng;

/// Maximum number of passes that move groups; two or three suffice.
const MAX_PASSES: usize = 20;

/// Class and number of examples, for each class in a group.
pub(super) type Counts = Vec<(usize, usize)>;

/// Groups that are dealt to parts.
pub(super) struct Apportioned<'a> {
    groups: &'a [Counts],
    /// `wanted[part][class]`, in examples; a part that wants 0 of a class gets none.
    wanted: &'a [Vec<f64>],
    have: Vec<Vec<usize>>,
    /// The part of each group.
    pub part: Vec<usize>,
}

impl<'a> Apportioned<'a> {
    /// Deals the groups. The error is a class with too few groups to be in every part that wants it.
    pub(super) fn new(
        groups: &'a [Counts],
        wanted: &'a [Vec<f64>],
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, usize> {
        let mut order: Vec<usize> = (0..groups.len()).collect();
        shuffle(&mut order, rng);
        let size = |group: usize| groups[group].iter().map(|(_, count)| count).sum::<usize>();
        order.sort_by_key(|&group| std::cmp::Reverse(size(group)));

        let mut dealt = Self {
            groups,
            wanted,
            have: wanted
                .iter()
                .map(|classes| vec![0; classes.len()])
                .collect(),
            part: vec![0; groups.len()],
        };
        for &group in &order {
            let part = dealt.cheapest(0..wanted.len(), |part| dealt.cost_of_adding(group, part));
            dealt.put(group, part.unwrap_or(0));
        }
        dealt.improve(&order);
        dealt.fill_gaps()?;
        Ok(dealt)
    }

    /// Returns the item with the lowest finite cost.
    fn cheapest(
        &self,
        among: impl Iterator<Item = usize>,
        cost: impl Fn(usize) -> f64,
    ) -> Option<usize> {
        let costs = among.map(|item| (cost(item), item));
        let finite = costs.filter(|(cost, _)| cost.is_finite());
        finite
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, item)| item)
    }

    fn put(&mut self, group: usize, part: usize) {
        self.part[group] = part;
        for &(class, count) in &self.groups[group] {
            self.have[part][class] += count;
        }
    }

    fn take(&mut self, group: usize) {
        for &(class, count) in &self.groups[group] {
            self.have[self.part[group]][class] -= count;
        }
    }

    /// Returns the increase of chi-square; infinite if the part does not want a class of the group.
    fn cost_of_adding(&self, group: usize, part: usize) -> f64 {
        let cost = |&(class, count): &(usize, usize)| {
            let (have, wanted) = (self.have[part][class] as f64, self.wanted[part][class]);
            let count = count as f64;
            if wanted > 0.0 {
                count * ((2.0 * have + count) / wanted - 2.0)
            } else {
                f64::INFINITY
            }
        };
        self.groups[group].iter().map(cost).sum()
    }

    /// Returns the decrease of chi-square when a group leaves its part.
    fn gain_of_taking(&self, group: usize) -> f64 {
        let part = self.part[group];
        let gain = |&(class, count): &(usize, usize)| {
            let (have, wanted) = (self.have[part][class] as f64, self.wanted[part][class]);
            let count = count as f64;
            count * ((2.0 * have - count) / wanted - 2.0)
        };
        self.groups[group].iter().map(gain).sum()
    }

    /// Moves groups between parts while that lowers chi-square.
    fn improve(&mut self, order: &[usize]) {
        for _ in 0..MAX_PASSES {
            let mut moved = false;
            for &group in order {
                let gain = self.gain_of_taking(group);
                let others = (0..self.wanted.len()).filter(|&part| part != self.part[group]);
                let cost = |part| self.cost_of_adding(group, part);
                if let Some(part) = self.cheapest(others, cost)
                    && cost(part) < gain - 1e-9
                {
                    self.take(group);
                    self.put(group, part);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// Gives every part at least one group of each class it wants.
    fn fill_gaps(&mut self) -> Result<(), usize> {
        for part in 0..self.wanted.len() {
            for class in 0..self.wanted[part].len() {
                if self.wanted[part][class] <= 0.0 || self.have[part][class] > 0 {
                    continue;
                }
                let spare = (0..self.groups.len()).filter(|&group| {
                    let from = self.part[group];
                    self.groups[group].iter().any(|&(of, _)| of == class)
                        && (self.groups[group].iter()).all(|&(of, n)| self.have[from][of] > n)
                });
                let cost = |group| self.cost_of_adding(group, part) - self.gain_of_taking(group);
                let group = self.cheapest(spare, cost).ok_or(class)?;
                self.take(group);
                self.put(group, part);
            }
        }
        Ok(())
    }
}
