//! Ensembles of networks with the same layers.
//!
//! The members start from different weights and are trained independently; the output is the mean of their logits,
//! z = (z_1 + ... + z_n) / n. Their errors are partly independent, so the mean is more accurate and better calibrated
//! than a member (Lakshminarayanan, Pritzel and Blundell 2017, <https://arxiv.org/abs/1612.01474>).
//!
//! Names in a model file: `members.N.` before those of a [`Sequential`].

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::error::{ArchitectureError, check_size};
use crate::layers::table::LayerTable;
use crate::limits::MAX_PARAMETERS;
use crate::network::Network;
use crate::sequential::{Sequential, SequentialConfig};

/// Largest number of members that is built.
const MAX_MEMBERS: usize = 16;

/// Configuration of an [`Ensemble`].
#[derive(Clone, Debug)]
pub struct EnsembleConfig {
    /// Layers of each member.
    pub member: SequentialConfig,
    /// Number of members.
    pub members: usize,
    /// Whether the logits of the mirrored picture are averaged, too (test-time augmentation): twice the time, and more
    /// accurate.
    pub mirrored: bool,
}

impl EnsembleConfig {
    /// Checks every size.
    ///
    /// # Errors
    /// Names the first size that is out of bounds.
    pub fn validate(&self) -> Result<(), ArchitectureError> {
        check_size(
            || "the number of members".into(),
            self.members,
            1..=MAX_MEMBERS,
        )?;
        self.member.validate()?;
        let parameters = self.members * self.member.table().parameters();
        check_size(
            || "the number of parameters of all members".into(),
            parameters,
            0..=MAX_PARAMETERS,
        )
    }

    /// Builds the members without drawing weights, which are to be loaded.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    pub fn blank(&self, device: &Device) -> Ensemble {
        Ensemble {
            members: (0..self.members)
                .map(|_| self.member.blank(device))
                .collect(),
            mirrored: self.mirrored,
        }
    }

    /// Returns the layer table: the layers of the first member, a row for each of the others, and the average.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    pub fn table(&self) -> LayerTable {
        let mut table = self.member.table();
        let (parameters, not_trained) = (table.parameters(), table.not_trained);
        let logits = vec![self.member.classes()];
        for _ in 1..self.members {
            table.push("Member", "member", logits.clone(), parameters);
            table.not_trained += not_trained;
            table.twins += 1;
        }
        if self.members > 1 {
            table.push("Average", "average", logits, 0);
        }
        table
    }
}

/// Ensemble of networks with the same layers. Built by an [`EnsembleConfig`].
#[derive(Module, Debug)]
pub struct Ensemble {
    members: Vec<Sequential>,
    #[module(skip)]
    mirrored: bool,
}

impl Network for Ensemble {
    type Input = Tensor<4>;
    type Output = Tensor<2>;

    /// Computes the mean of the members' logits, or in training (on an autodiff device) the logits of each member, so
    /// that each learns from its own errors.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`; in training `[members * batch, classes]`, member by member
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let is_training = images.device().is_autodiff();
        let mut views = vec![images];
        if self.mirrored && !is_training {
            views.push(views[0].clone().flip([3]));
        }
        let logits: Vec<Tensor<2>> = (views.iter())
            .flat_map(|images| {
                self.members
                    .iter()
                    .map(|member| member.forward(images.clone()))
            })
            .collect();
        if is_training {
            Tensor::cat(logits, 0)
        } else {
            Tensor::stack::<3>(logits, 0).mean_dim(0).squeeze_dim(0)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::optim::{GradientsParams, SgdConfig};
    use burn::tensor::Distribution;

    use super::*;
    use crate::initialization::{draw_parameters, he_uniform};
    use crate::layers::activation::Activation;
    use crate::layers::layer::Layer;
    use crate::layers::normalization::Normalization;

    fn small(members: usize) -> EnsembleConfig {
        let conv = |filters, kernel| Layer::conv_same(filters, kernel, Activation::Relu);
        let mut layers = conv(2, 5).halving().normalized(Some(Normalization::Batch));
        layers.extend(conv(3, 3).normalized(Some(Normalization::Batch)));
        layers.extend([
            Layer::global_average_max(),
            Layer::dropout(0.0),
            Layer::dense(4, Activation::Identity),
        ]);
        EnsembleConfig {
            member: SequentialConfig::new([1, 8, 8], he_uniform(), layers),
            members,
            mirrored: true,
        }
    }

    fn init(members: usize, device: &Device) -> Ensemble {
        let network = small(members).blank(device);
        draw_parameters(&network);
        network
    }

    fn pictures(device: &Device) -> Tensor<4> {
        Tensor::random([5, 1, 8, 8], Distribution::Normal(0.0, 1.0), device)
    }

    #[test]
    fn the_output_is_the_mean_of_all_members_for_the_picture_and_its_mirror_image() {
        let device = Device::flex();
        let network = init(3, &device);
        let images = pictures(&device);
        let output = network.forward(images.clone());
        assert_eq!(output.dims(), [5, 4]);
        let mut sum = Tensor::<2>::zeros([5, 4], &device);
        for member in &network.members {
            sum = sum + member.forward(images.clone()) + member.forward(images.clone().flip([3]));
        }
        assert!((output - sum / 6.0).abs().max().into_scalar::<f32>() < 1e-6);
    }

    #[test]
    fn members_start_from_different_weights_and_learn_independently() {
        let device = Device::flex().autodiff();
        let network = init(3, &device);
        let logits = network.forward(pictures(&device));
        assert_eq!(logits.dims(), [15, 4]);
        let of = |member: usize| logits.clone().narrow(0, 5 * member, 5);
        assert!((of(0) - of(1)).abs().max().into_scalar::<f32>() > 1e-4);
        // The loss of one member has no gradient in another.
        let gradients = GradientsParams::from_grads(of(1).sum().backward(), &network);
        let stepped = SgdConfig::new()
            .init()
            .step(1.0, network.clone(), gradients);
        let images = pictures(&device);
        let moved: Vec<bool> = (network.members.iter().zip(&stepped.members))
            .map(|(before, after)| {
                let moved = before.classify(before.features(images.clone()))
                    - after.classify(after.features(images.clone()));
                moved.abs().max().into_scalar::<f32>() > 0.0
            })
            .collect();
        assert_eq!(moved, [false, true, false]);
    }

    #[test]
    fn the_layer_table_counts_every_member() {
        let one = small(1).table();
        let three = small(3).table();
        assert_eq!(three.parameters(), 3 * one.parameters());
        assert_eq!(three.not_trained, 3 * one.not_trained);
        assert_eq!(three.rows.last().unwrap().output_shape, [4]);
        assert_eq!(init(3, &Device::flex()).num_params(), three.parameters());
    }

    #[test]
    fn an_ensemble_without_or_with_too_many_members_is_refused() {
        for members in [0, 17] {
            let refused = small(members).validate().unwrap_err();
            assert!(
                refused
                    .to_string()
                    .contains(&format!("the number of members is {members}"))
            );
        }
    }
}
