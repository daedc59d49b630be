//! Brain tumours in MRI slices: four classes of tumour, or tumour against healthy.

use datasets::split::SplitKind;
use datasets::{Augmentation, Channels};
use models::networks::tumor_resnet::TumorResNetConfig;
use models::{MlpConfig, TumorCnnConfig, TumorNetConfig};

use super::experiment::Experiment;
use crate::data::{DatasetName, Pictures, SplitPlan};
use crate::fit::recipe::Recipe;
use crate::tasks::classify::ClassificationTask;

/// Side of the images of `brain-tumor` and `brain-tumor-resnet`.
const SIDE: usize = 128;

/// Stronger alterations than [`Augmentation::SCANS`], which a network would learn by heart in sixty epochs.
const STRONG: Augmentation = Augmentation {
    zoom: 0.15,
    contrast: 0.25,
    noise: 0.02,
    ..Augmentation::SCANS
};

pub fn experiments() -> Vec<Experiment> {
    vec![
        our_network(),
        chapter_cnn(),
        residual_network(),
        chapter_mlp(),
    ]
}

/// Two networks that answer together. `docs/brain-tumor.md` lists what was tried before this recipe, with the figures
/// of each attempt.
fn our_network() -> Experiment {
    Experiment::new(
        "brain-tumor",
        "four kinds of scan with our own convolutional network on 128x128",
        ClassificationTask::new(grey_scans(), 4, |classes| {
            TumorNetConfig::new()
                .with_classes(classes)
                .with_input([1, SIDE, SIDE])
                .with_members(2)
        }),
        averaged_adamw().augmented(STRONG),
    )
    .with_stand_in_recipe(stand_in_recipe())
}

/// The data and the optimiser of `brain-tumor`, for a comparison of the networks; learning rate, batch size and epochs
/// were not tuned.
fn residual_network() -> Experiment {
    Experiment::new(
        "brain-tumor-resnet",
        "four kinds of scan with a residual network and attention pooling on 128x128",
        ClassificationTask::new(grey_scans(), 4, |classes| {
            TumorResNetConfig::new()
                .with_classes(classes)
                .with_input([1, SIDE, SIDE])
        }),
        averaged_adamw().augmented(Augmentation::SCANS),
    )
    .with_stand_in_recipe(stand_in_recipe())
}

/// The chapter's network (figure 10.7). A tenth of all images is the test part and three in a hundred the validation
/// part, so that the training part is about as large as in the chapter. The chapter's batch of 32 gives 375 steps in
/// five epochs, too few for nine convolutions under six dropouts, so the batch is 8; [`TumorCnnConfig`] says why the
/// inputs are standardised.
fn chapter_cnn() -> Experiment {
    let split = SplitPlan {
        kind: SplitKind::Grouped,
        valid: 0.03,
        test: 0.10,
    };
    Experiment::new(
        "brain-tumor-cnn",
        "four kinds of scan with the chapter's nine convolutions on 150x150x3",
        ClassificationTask::new(
            Pictures::scans(DatasetName::BrainTumorMri, 150, Channels::Rgb, split).standardized(),
            4,
            |classes| TumorCnnConfig::new().with_classes(classes),
        ),
        Recipe::adam(4e-4, 8, 5).cosine(),
    )
}

/// The chapter's "Neuroscience Example Code", with a quarter of all images as the test part. The chapter chose its
/// model by the test part; here a tenth of the images is held out for that. At the chapter's constant rate
/// (`--schedule constant`) the validation accuracy jumps by ten points between epochs, hence the cosine.
fn chapter_mlp() -> Experiment {
    let split = SplitPlan {
        kind: SplitKind::Grouped,
        valid: 0.10,
        test: 0.25,
    };
    Experiment::new(
        "brain-tumor-mlp",
        "tumour or healthy with four hidden layers on 70x70 grey scans",
        ClassificationTask::new(
            Pictures::scans(DatasetName::BrainTumor2Class, 70, Channels::Grey, split),
            2,
            |classes| MlpConfig {
                classes,
                ..MlpConfig::brain_tumor()
            },
        ),
        Recipe::sgd(0.1, 32, 15).cosine(),
    )
}

fn grey_scans() -> Pictures {
    Pictures::scans(
        DatasetName::BrainTumorMri,
        SIDE,
        Channels::Grey,
        SplitPlan::SCANS,
    )
    .standardized()
}

fn averaged_adamw() -> Recipe {
    Recipe::adam(1e-3, 16, 40)
        .decayed(0.05)
        .averaged(0.999)
        .cosine()
}

fn stand_in_recipe() -> Recipe {
    Recipe::adam(1e-3, 32, 12).cosine()
}
