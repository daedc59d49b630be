//! How much classes and examples count in training.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// How much classes count in training: in the loss, and in the number of times that they are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Emphasis {
    /// Weight of each class in the loss, by label; `None` if all count alike.
    pub class_weights: Option<Vec<f64>>,
    /// Whether an epoch draws each class equally often, rarer ones repeatedly. Otherwise it draws each example once.
    pub is_balanced: bool,
}

impl Emphasis {
    /// Returns the weights of the examples at `items` in the loss, shape `[batch]`; `None` if all count alike. Examples may
    /// have weights of their own.
    pub(crate) fn weights(
        &self,
        labels: &[usize],
        own: Option<&[f32]>,
        items: &[usize],
        device: &Device,
    ) -> Option<Tensor<1>> {
        if self.class_weights.is_none() && own.is_none() {
            return None;
        }
        let weight = |&index: &usize| {
            let class = self.class_weights.as_ref();
            let class = class.and_then(|weights| weights.get(labels[index]));
            class.map_or(1.0, |weight| *weight as f32) * own.map_or(1.0, |own| own[index])
        };
        let weights: Vec<f32> = items.iter().map(weight).collect();
        let shape = [weights.len()];
        Some(Tensor::from_data(TensorData::new(weights, shape), device))
    }
}

/// Draws as many examples as there are, each class equally often. An example is drawn again only once all others of its
/// class were drawn.
pub(crate) fn balanced(
    indices: &[usize],
    classes: &[usize],
    generator: &mut ChaCha8Rng,
) -> Vec<usize> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, class) in indices.iter().zip(classes) {
        members.entry(*class).or_default().push(*index);
    }
    let count = members.len().max(1);
    // Which classes get one more follows from chance, too.
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(generator);
    let mut drawn = Vec::with_capacity(indices.len());
    for (members, place) in members.values_mut().zip(order) {
        let share = indices.len() / count + usize::from(place < indices.len() % count);
        let end = drawn.len() + share;
        while drawn.len() < end {
            members.shuffle(generator);
            let missing = end - drawn.len();
            drawn.extend(members.iter().take(missing));
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_class_is_drawn_equally_often() {
        let indices: Vec<usize> = (100..131).collect();
        // 25 examples of the class 0, 5 of the class 2, one of the class 7.
        let classes: Vec<usize> = [vec![0; 25], vec![2; 5], vec![7]].concat();
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let drawn = balanced(&indices, &classes, &mut generator);
        assert_eq!(drawn.len(), 31);
        let times = |index: usize| drawn.iter().filter(|drawn| **drawn == index).count();
        assert!((100..125).all(|index| times(index) <= 1));
        assert!((125..130).all(|index| (2..=3).contains(&times(index))));
        assert!((10..=11).contains(&times(130)));
        assert_ne!(drawn, balanced(&indices, &classes, &mut generator));
        let again = balanced(&indices, &classes, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(drawn, again);
        assert!(balanced(&[], &[], &mut generator).is_empty());
    }

    #[test]
    fn weights_of_classes_and_examples_are_multiplied() {
        let device = Device::flex();
        let emphasis = |class_weights: Option<Vec<f64>>| Emphasis {
            class_weights,
            is_balanced: false,
        };
        let labels = [0, 1, 1];
        let own = [0.5, 2.0, 3.0];
        let of = |class_weights, own: Option<&[f32]>| {
            let weights = emphasis(class_weights).weights(&labels, own, &[2, 0], &device)?;
            Some(weights.into_data().iter::<f32>().collect::<Vec<_>>())
        };
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(vec![4.0, 1.5]), None), Some(vec![1.5, 4.0]));
        assert_eq!(of(None, Some(&own)), Some(vec![3.0, 0.5]));
        assert_eq!(of(Some(vec![4.0, 1.5]), Some(&own)), Some(vec![4.5, 2.0]));
    }
}
