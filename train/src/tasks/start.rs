//! The network that a training starts from: drawn from the seed or taken from a model, with its lower layers frozen.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use datasets::{Dataset, ImagePreprocessing, Preprocessing, Scaling, sha256_hex};
use models::file::{self, Card, Taken};
use models::layers::lower::{NamedTensor, tensors};
use models::layers::thousands;
use models::{Architecture, FEATURES, LayerTable, LowerLayers, NetworkConfig};

use crate::fit::checkpoint::Checkpoints;
use crate::fit::init::Init;
use crate::tasks::data::Data;
use crate::tasks::job::Job;
use crate::tasks::task::{Set, Task};

/// Number of names of drawn tensors that are printed.
const SHOWN: usize = 4;

/// Reads which model the file `path` holds, and its preprocessing.
///
/// # Errors
/// When the file cannot be read, or its network is another than `architecture`, that of `experiment`.
pub fn open(
    path: &Path,
    architecture: &Architecture,
    experiment: &str,
) -> Result<(Init, Preprocessing)> {
    let card: Card<Preprocessing> = file::read_card(path)?;
    let (found, needed) = (card.architecture.name(), architecture.name());
    ensure!(
        found == needed,
        "--init {}: its network is {found}, of {}, but {experiment} trains {needed}; choose a model of the same network",
        path.display(),
        card.experiment
    );
    let sha256 = checksum(path)?;
    let init = Init {
        model: path.to_path_buf(),
        sha256,
        experiment: card.experiment,
        data: card.data.name,
    };
    Ok((init, card.preprocess))
}

/// Returns the SHA-256 of a file, hexadecimal.
fn checksum(path: &Path) -> Result<String> {
    let bytes =
        fs::read(path).with_context(|| format!("--init {}: cannot be read", path.display()))?;
    Ok(sha256_hex(&bytes))
}

/// Returns the layers that `--freeze` names.
///
/// # Errors
/// When there is no such layer, or it is the last one; the error lists the names.
pub fn frozen(table: &LayerTable, last: &str) -> Result<LowerLayers, String> {
    table.lower(last).ok_or_else(|| match table.lower_names() {
        names if names.is_empty() => {
            format!("--freeze {last}: the network has one layer, which must be trained; leave it out")
        }
        names => format!(
            "--freeze {last}: is none of the layers below the last one; choose {FEATURES}, or one of {}",
            names.join(", ")
        ),
    })
}

/// Returns the network that a training starts from. A training that goes on takes its weights from its checkpoint.
///
/// # Errors
/// When the model cannot be read, or its tensors do not fit.
pub fn network<T: Task>(config: &T::Config, data: &Data<Set<T>>, job: &Job) -> Result<T::Network> {
    let device = &job.device.device;
    device.seed(job.seed);
    let mut network = config.init(&device.clone().autodiff());
    let has_begun = job.resume && Checkpoints::of(job.folder.path()).last().is_some();
    let table = config.layers();
    if let Some(init) = &job.init
        && !has_begun
    {
        let start = Start {
            init,
            job,
            table: &table,
            architecture: config.clone().into(),
        };
        start.fill(&mut network, &*data.set)?;
    }
    let Some(last) = &job.recipe.freeze else {
        return Ok(network);
    };
    let lower = frozen(&table, last).map_err(anyhow::Error::msg)?;
    eprintln!(
        "frozen: the layers up to {}, {} of {} parameters{}",
        lower.last(),
        thousands(lower.parameters()),
        thousands(table.parameters()),
        match job.init {
            Some(_) => "",
            None => "; they keep their random weights, since there is no --init",
        }
    );
    Ok(lower.freeze(network))
}

/// A training that starts from a model.
struct Start<'a> {
    init: &'a Init,
    job: &'a Job,
    table: &'a LayerTable,
    architecture: Architecture,
}

impl Start<'_> {
    /// Fills the network with the weights of the model, as far as they fit, and prints what was taken.
    fn fill<N: burn::module::Module>(&self, network: &mut N, set: &dyn Dataset) -> Result<()> {
        let path = &self.init.model;
        let shown = path.display();
        let sha256 = checksum(path)?;
        ensure!(
            sha256 == self.init.sha256,
            "{shown}: is not the model that this run was to start from (its SHA-256 is {sha256}, not {}); start a new run",
            self.init.sha256
        );
        let card: Card<Preprocessing> = file::read_card(path)?;
        let all = tensors(network);
        let [lower, head] = match self.table.lower(FEATURES) {
            Some(lower) => lower.split(all.clone()),
            None => [Vec::new(), all.clone()],
        };
        let mut wanted = lower.clone();
        let keeps_head = card.class_names == self.class_names(set);
        if keeps_head {
            wanted.extend(head);
        }
        let names = wanted.iter().map(|tensor| tensor.name.clone()).collect();
        let taken = file::take(path, network, names)?;
        self.check(&lower, &taken, &card)?;
        self.print(&all, &taken, keeps_head);
        for line in inputs(&card.preprocess, &set.preprocessing()) {
            eprintln!("init: {line}");
        }
        if card.data.fingerprint == set.fingerprint() && card.seed != self.job.seed {
            eprintln!(
                "note: the model was trained on the same data with --seed {}; test examples of this run may have been among its training examples",
                card.seed
            );
        }
        Ok(())
    }

    /// Returns the names of the network's classes; none if it does not classify.
    fn class_names(&self, set: &dyn Dataset) -> Vec<String> {
        match self.architecture.classes() {
            0 => Vec::new(),
            _ => set.metadata().class_names.to_vec(),
        }
    }

    /// Refuses a model of which less than half of the parameters below the head fit.
    fn check(
        &self,
        lower: &[NamedTensor],
        taken: &Taken,
        card: &Card<Preprocessing>,
    ) -> Result<()> {
        let is_taken = |tensor: &&NamedTensor| taken.names.contains(&tensor.name);
        let fitting = lower.iter().filter(is_taken);
        let parameters = fitting.clone().map(NamedTensor::len).sum::<usize>();
        let misfit = taken
            .misfit
            .as_ref()
            .map_or(String::new(), |(name, [here, there])| {
                format!(" ({name} is {there:?} there and {here:?} here)")
            });
        ensure!(
            2 * parameters >= lower.iter().map(NamedTensor::len).sum::<usize>(),
            "--init {}: only {} of the {} tensors below the last layer fit{misfit}: its network is {} of {}, and {} trains {}; choose a model of the same network and sizes",
            self.init.model.display(),
            fitting.count(),
            lower.len(),
            card.architecture.name(),
            card.experiment,
            self.job.experiment,
            self.architecture.name()
        );
        Ok(())
    }

    /// Prints what was taken, and what was drawn.
    fn print(&self, all: &[NamedTensor], taken: &Taken, keeps_head: bool) {
        let parameters =
            |tensors: &[&NamedTensor]| thousands(tensors.iter().map(|tensor| tensor.len()).sum());
        let (kept, drawn): (Vec<_>, Vec<_>) =
            (all.iter()).partition(|tensor| taken.names.contains(&tensor.name));
        eprintln!(
            "init: {} of {} tensors with {} parameters from {} ({} on {}, SHA-256 {:.12})",
            kept.len(),
            all.len(),
            parameters(&kept),
            self.init.model.display(),
            self.init.experiment,
            self.init.data,
            self.init.sha256
        );
        if drawn.is_empty() {
            return;
        }
        let names = drawn.iter().take(SHOWN).map(|tensor| tensor.name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        eprintln!(
            "init: drawn from the seed: {names}{}, {} parameters{}",
            if drawn.len() > SHOWN { ", ..." } else { "" },
            parameters(&drawn),
            if keeps_head {
                ""
            } else {
                "; the classes are others than the model's"
            }
        );
    }
}

/// Describes how the inputs of a training relate to those of the model.
fn inputs(model: &Preprocessing, run: &Preprocessing) -> Vec<String> {
    let mut lines = Vec::new();
    match (model, run) {
        (Preprocessing::Image(model), Preprocessing::Image(run)) => {
            let scaling = run.scaling.clone();
            let model = ImagePreprocessing {
                scaling,
                ..model.clone()
            };
            if model != *run {
                lines.push(format!(
                    "the model was trained on images of {}, this run uses {}",
                    picture(&model),
                    picture(run)
                ));
            }
            if let Scaling::Standardize { .. } = run.scaling {
                lines.push("images are standardised by the model's mean and deviation".to_owned());
            }
        }
        (Preprocessing::Signal(_), _) => {
            lines.push("recordings are standardised by the model's mean and deviation".to_owned());
        }
        (Preprocessing::Sentences(_), _) => {
            lines.push("the vocabularies are the model's".to_owned());
        }
        (Preprocessing::Tree(_), _) => lines.push("the vocabulary is the model's".to_owned()),
        (Preprocessing::Image(_), _) => {}
    }
    lines
}

fn picture(preprocessing: &ImagePreprocessing) -> String {
    let ImagePreprocessing {
        width,
        height,
        channels,
        fit,
        ..
    } = preprocessing;
    format!("{width}x{height} ({channels:?}, {fit:?})").to_lowercase()
}
