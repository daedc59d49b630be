//! Which model answers: found, loaded, and checked against itself.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use burn::tensor::{Device, Tensor};
use datasets::text::batch::side_by_side;
use datasets::trees::{Levels, Vocabulary};
use datasets::{
    Grain, ImagePreprocessing, Languages, Preprocessing, Scaling, SignalPreprocessing, images,
    signals,
};
use models::file::{Card, MEDICAL_NOTICE, MODEL_FILE};
use models::translator::{END, Hypothesis, Search, Sentences};
use models::{Activity, Architecture, Forest, InputShape, Predictor, Reconstruction};

use crate::error::{Error, Result};

/// Pieces of recordings that go through the network at once.
const BATCH: usize = 256;

/// The link, or small text file, that names the newest run.
const LATEST: &str = "latest";

/// Stands with every answer of a model that never saw real data.
const GENERATED_ONLY: &str = "Trained on generated stand-ins, not on real data: its answers about real pictures mean nothing.";

/// The model that comes with Hebb: four kinds of head scan. Its card says how it was trained and how well it does.
static SHIPPED: &[u8] = include_bytes!("../models/brain-tumor.safetensors");

/// What the shipped model is called.
const SHIPPED_NAME: &str = "brain-tumor";

/// Where a model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In this program.
    Shipped,
}

/// A model that is ready to answer.
pub struct Model {
    /// Its file.
    pub path: PathBuf,
    /// What is known about it.
    pub card: Card<Preprocessing>,
    /// What must stand with every answer.
    pub notice: Option<String>,
    predictor: Predictor,
    pub(crate) device: Device,
}

impl Model {
    /// Loads the model and checks that its parts fit together.
    ///
    /// # Errors
    /// A damaged file, or parts that contradict each other.
    pub fn load(place: Place, device: &Device) -> Result<Self> {
        let (path, (card, predictor)) = match place {
            Place::File(path) => {
                let model = models::file::load::<Preprocessing>(&path, device)?;
                (path, model)
            }
            Place::Shipped => {
                let path = PathBuf::from("shipped with Hebb");
                let model = models::file::load_bytes::<Preprocessing>(&path, SHIPPED, device)?;
                (path, model)
            }
        };
        if let Err(reason) = check(&card) {
            return Err(Error::Contradiction { path, reason });
        }
        let notice = notice(&card);
        Ok(Self {
            path,
            card,
            notice,
            predictor,
            device: device.clone(),
        })
    }

    /// How pictures are prepared for it.
    ///
    /// # Errors
    /// It takes no pictures.
    pub fn preprocess(&self) -> Result<&ImagePreprocessing> {
        match &self.card.preprocess {
            Preprocessing::Image(preprocess) => Ok(preprocess),
            _ => Err(self.contradiction("its network takes no pictures".to_owned())),
        }
    }

    /// The logits of prepared pictures, row after row, each as long as there are classes.
    ///
    /// # Shapes
    /// `n` pictures of `preprocess.bytes()` bytes each → `n * classes` numbers.
    ///
    /// # Errors
    /// The device fails, or the network gives something other than one finite number for each
    /// class.
    pub fn logits(&self, pictures: &[Vec<u8>]) -> Result<Vec<f32>> {
        self.logits_of(self.pictures(pictures.iter().map(Vec::as_slice))?)
    }

    /// Prepared pictures as the network takes them, `[n, channels, height, width]`.
    ///
    /// # Errors
    /// It takes no pictures.
    pub fn pictures<'a>(
        &self,
        pictures: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Result<Tensor<4>> {
        Ok(self.preprocess()?.tensor(pictures, &self.device))
    }

    /// Whether the network spikes.
    pub fn spikes(&self) -> bool {
        matches!(self.predictor, Predictor::SpikingClassifier(_))
    }

    /// What the units of a spiking network did for prepared inputs `[n, channels, height, width]`.
    ///
    /// # Errors
    /// It does not spike.
    pub fn activity(&self, inputs: Tensor<4>) -> Result<Activity> {
        match &self.predictor {
            Predictor::SpikingClassifier(network) => Ok(network.activity(inputs)),
            _ => Err(self.contradiction("its network does not spike".to_owned())),
        }
    }

    /// Whether the model takes recordings.
    pub fn reads_signals(&self) -> bool {
        matches!(self.card.preprocess, Preprocessing::Signal(_))
    }

    /// How recordings are prepared for it.
    ///
    /// # Errors
    /// It takes no recordings.
    pub fn signal(&self) -> Result<&SignalPreprocessing> {
        match &self.card.preprocess {
            Preprocessing::Signal(preprocessing) => Ok(preprocessing),
            _ => Err(self.contradiction("its network takes no recordings".to_owned())),
        }
    }

    /// The logits of pieces of recordings, row after row, each as long as there are classes.
    ///
    /// # Errors
    /// The device fails, or the network gives something other than one finite number for each
    /// class.
    pub fn logits_of_pieces(&self, pieces: &[&[f32]]) -> Result<Vec<f32>> {
        let preprocessing = self.signal()?;
        let mut logits = Vec::new();
        for batch in pieces.chunks(BATCH) {
            let inputs = preprocessing.tensor(batch.iter().copied(), &self.device);
            logits.extend(self.logits_of(inputs)?);
        }
        Ok(logits)
    }

    /// The logits of prepared inputs, row after row, each as long as there are classes.
    ///
    /// # Shapes
    /// `[n, channels, height, width]` → `n * classes` numbers.
    ///
    /// # Errors
    /// The device fails, or the network gives something other than one finite number for each
    /// class.
    fn logits_of(&self, input: Tensor<4>) -> Result<Vec<f32>> {
        let Some(network) = self.predictor.classifier() else {
            return Err(self.contradiction("its network tells no classes".to_owned()));
        };
        let [count, ..] = input.dims();
        self.finite(network.forward(input), count)
    }

    /// The logits of `count` examples, once they were found to be finite.
    fn finite(&self, output: Tensor<2>, count: usize) -> Result<Vec<f32>> {
        let (shape, expected) = (output.dims(), [count, self.card.class_names.len()]);
        if shape != expected {
            let reason =
                format!("its network gives {shape:?} numbers where {expected:?} are needed");
            return Err(self.contradiction(reason));
        }
        let logits = output
            .try_into_vec_as::<f32>()
            .map_err(|error| Error::Compute(error.to_string()))?;
        if logits.iter().any(|logit| !logit.is_finite()) {
            let reason = "its network gives numbers that are not finite: the training diverged";
            return Err(self.contradiction(reason.to_owned()));
        }
        Ok(logits)
    }

    /// Whether the model reads sentences with their trees.
    pub fn reads_trees(&self) -> bool {
        matches!(self.predictor, Predictor::TreeClassifier(_))
    }

    /// How finely it tells sentiments apart, and the words it knows.
    ///
    /// # Errors
    /// It reads no sentences.
    pub fn tree_preparation(&self) -> Result<(Grain, &Vocabulary)> {
        match &self.card.preprocess {
            Preprocessing::Tree(trees) => Ok((trees.grain, &trees.vocabulary)),
            _ => Err(self.contradiction("its network reads no sentences".to_owned())),
        }
    }

    /// The logits of every word and phrase, row after row.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn phrase_logits(&self, levels: &Levels) -> Result<Vec<f32>> {
        let Predictor::TreeClassifier(network) = &self.predictor else {
            return Err(self.contradiction("its network reads no sentences".to_owned()));
        };
        let (words, children) = levels.tensors(&self.device);
        let leaves = levels.leaves.clone();
        let output = network.forward(Forest {
            words,
            leaves,
            children,
        });
        self.finite(output, levels.nodes())
    }

    /// Whether the model gives pictures back instead of telling their class.
    pub fn reconstructs(&self) -> bool {
        matches!(self.predictor, Predictor::Reconstructor(_))
    }

    /// Prepared pictures as the network takes them, and what it makes of them.
    ///
    /// # Shapes
    /// `n` pictures of `preprocess.bytes()` bytes each → `[n, channels, height, width]`, and see
    /// [`Reconstruction`].
    ///
    /// # Errors
    /// The network tells classes instead.
    pub fn reconstruct(&self, pictures: &[&[u8]]) -> Result<(Tensor<4>, Reconstruction)> {
        let Predictor::Reconstructor(network) = &self.predictor else {
            return Err(self.contradiction("its network gives no pictures back".to_owned()));
        };
        let images = pictures.iter().copied();
        let input: Tensor<4> = self.preprocess()?.tensor(images, &self.device);
        let made = network.forward(input.clone());
        Ok((input, made))
    }

    /// Whether the model says sentences in another language.
    pub fn translates(&self) -> bool {
        matches!(self.predictor, Predictor::Translator(_))
    }

    /// How sentences become tokens.
    ///
    /// # Errors
    /// It takes no sentences.
    pub fn languages(&self) -> Result<&Languages> {
        match &self.card.preprocess {
            Preprocessing::Sentences(languages) => Ok(languages),
            _ => Err(self.contradiction("its network takes no sentences".to_owned())),
        }
    }

    /// The best translations of sentences in tokens, at most `beam` of each, the best first.
    ///
    /// # Errors
    /// The network translates nothing, or gives numbers that are not finite.
    pub fn translate(
        &self,
        mut sentences: Vec<Vec<usize>>,
        beam: usize,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let Predictor::Translator(network) = &self.predictor else {
            return Err(self.contradiction("its network translates nothing".to_owned()));
        };
        sentences.iter_mut().for_each(|sentence| sentence.push(END));
        let source = Sentences {
            tokens: side_by_side(&sentences, &self.device),
            lengths: sentences.iter().map(Vec::len).collect(),
        };
        let found = network.translate(&source, &Search::beam(beam));
        let mut all = found.iter().flatten();
        if all.any(|one| !one.log_probability.is_finite()) {
            let reason = "its network gives numbers that are not finite: the training diverged";
            return Err(self.contradiction(reason.to_owned()));
        }
        Ok(found)
    }

    pub(crate) fn contradiction(&self, reason: String) -> Error {
        Error::Contradiction {
            path: self.path.clone(),
            reason,
        }
    }
}

/// What `models` cannot check: it knows neither the preprocessing nor what class names are for.
fn check(card: &Card<Preprocessing>) -> std::result::Result<(), String> {
    let (valid, prepared, statistics): (_, _, &[&str]) = match &card.preprocess {
        Preprocessing::Image(preprocess) => (
            preprocess.validate(),
            InputShape::Picture(preprocess.shape()),
            &images::STATISTICS,
        ),
        Preprocessing::Signal(signal) => (
            signal.validate(),
            InputShape::Picture(signal.shape()),
            &signals::STATISTICS,
        ),
        Preprocessing::Sentences(languages) => (
            languages.validate(),
            InputShape::Words(languages.source.len()),
            &[],
        ),
        Preprocessing::Tree(trees) => {
            let known = trees.grain.class_names().len();
            if known != card.class_names.len() {
                return Err(format!(
                    "its card names {} classes, but its sentiments are of {known}",
                    card.class_names.len()
                ));
            }
            let vocabulary = &trees.vocabulary;
            let words = InputShape::Words(vocabulary.len());
            (vocabulary.check(), words, &[])
        }
    };
    valid.map_err(|error| error.to_string())?;
    let taken = card.architecture.input();
    if prepared != taken {
        return Err(format!(
            "its inputs are prepared as {prepared:?}, but its network takes {taken:?}"
        ));
    }
    if let Architecture::Translator(config) = &card.architecture
        && let Preprocessing::Sentences(languages) = &card.preprocess
        && config.target_tokens != languages.target.len()
    {
        return Err(format!(
            "it says {} tokens, but its vocabulary has {}",
            config.target_tokens,
            languages.target.len()
        ));
    }
    let is_unit = matches!(&card.preprocess, Preprocessing::Image(preprocess) if preprocess.scaling == Scaling::Unit);
    if matches!(card.architecture, Architecture::Autoencoder(_)) && !is_unit {
        return Err("its pictures are not scaled to values of 0 to 1".to_owned());
    }
    let detector = card
        .calibration
        .as_ref()
        .and_then(|c| c.ood_detector.as_ref());
    if let Some(detector) = detector
        && detector.statistics != statistics
    {
        return Err(format!(
            "its card measures inputs by {} statistics that this Hebb does not know",
            detector.statistics.len()
        ));
    }
    let mut names: Vec<_> = card.class_names.iter().collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("its card names the class {} twice", twice[0]));
    }
    Ok(())
}

/// What must stand with every answer of this model.
fn notice(card: &Card<Preprocessing>) -> Option<String> {
    let own = card
        .notice
        .as_deref()
        .map(str::trim)
        .filter(|notice| !notice.is_empty());
    let of_tumours = [&card.experiment, &card.data.name]
        .iter()
        .any(|name| name.starts_with("brain-tumor"))
        || card.architecture.notice().is_some();
    let research =
        of_tumours && !own.is_some_and(|own| own.to_lowercase().contains("not a medical device"));
    let sentences: Vec<_> = [
        own,
        research.then_some(MEDICAL_NOTICE),
        card.data.generated.then_some(GENERATED_ONLY),
    ]
    .into_iter()
    .flatten()
    .map(|sentence| sentence.trim_end_matches('.'))
    .collect();
    if sentences.is_empty() {
        None
    } else {
        Some(sentences.join(". ") + ".")
    }
}

/// The model: `wanted` is a file, a run's folder, a run's name, or the shipped model's; without it the newest
/// run, and where nothing was trained yet the shipped model.
///
/// # Errors
/// There is none, with the way to get one.
pub fn find(wanted: Option<&Path>, runs: &Path) -> Result<Place> {
    let Some(wanted) = wanted else {
        return match latest(runs) {
            Err(Error::NoLatest { .. }) => Ok(Place::Shipped),
            found => found.map(Place::File),
        };
    };
    let file = match fs::metadata(wanted) {
        Ok(found) if found.is_dir() => in_run(wanted),
        Ok(_) => Ok(wanted.to_owned()),
        Err(_) if is_bare(wanted) && wanted.as_os_str() == LATEST => latest(runs),
        Err(_) if is_bare(wanted) && runs.join(wanted).is_dir() => in_run(&runs.join(wanted)),
        Err(_) if wanted.as_os_str() == SHIPPED_NAME => return Ok(Place::Shipped),
        Err(_) => Err(Error::NoModel {
            wanted: wanted.to_owned(),
            folder: runs.to_owned(),
            runs: run_names(runs),
        }),
    };
    file.map(Place::File)
}

/// The newest run's model. `latest` is a link to its folder or, where links cannot be made, a
/// text file with its name.
fn latest(runs: &Path) -> Result<PathBuf> {
    let path = runs.join(LATEST);
    let unclear = |reason: String| Error::Latest {
        path: path.clone(),
        reason,
    };
    let Ok(found) = fs::symlink_metadata(&path) else {
        return Err(Error::NoLatest {
            latest: path,
            runs: run_names(runs),
        });
    };
    if path.is_dir() {
        return in_run(&path);
    }
    if found.is_symlink() && !path.exists() {
        let target = fs::read_link(&path).unwrap_or_default();
        return Err(unclear(format!(
            "it points to {}, which does not exist",
            target.display()
        )));
    }
    let name = read_name(&path).map_err(unclear)?;
    let run = runs.join(&name);
    if !run.is_dir() {
        return Err(unclear(format!(
            "it names {name}, which is no run in {}",
            runs.display()
        )));
    }
    in_run(&run)
}

/// The one name in a small text file.
fn read_name(path: &Path) -> std::result::Result<String, String> {
    const LONGEST: u64 = 1024;
    let mut text = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text))
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
    let name = text.trim();
    if name.is_empty() {
        return Err("it is empty".into());
    }
    if name.lines().count() > 1 || text.len() as u64 > LONGEST {
        return Err("it should hold one line with the name of a run".into());
    }
    Ok(name.to_owned())
}

fn in_run(run: &Path) -> Result<PathBuf> {
    let path = run.join(MODEL_FILE);
    if path.is_file() {
        Ok(path)
    } else {
        Err(Error::NoModelInRun(run.to_owned()))
    }
}

/// Whether this is a name without any folder.
fn is_bare(path: &Path) -> bool {
    let mut components = path.components();
    matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(_)), None)
    )
}

/// The runs that hold a model, newest first.
fn run_names(runs: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(runs) else {
        return Vec::new();
    };
    let mut found: Vec<(SystemTime, String)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry
                .file_name()
                .into_string()
                .ok()
                .filter(|name| name != LATEST)?;
            let changed = entry.path().join(MODEL_FILE).metadata().ok()?.modified();
            Some((changed.unwrap_or(SystemTime::UNIX_EPOCH), name))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs, the second of them without a model.
    fn runs() -> tempfile::TempDir {
        let runs = tempfile::tempdir().unwrap();
        for name in ["mnist-mlp-1", "mnist-mlp-2"] {
            fs::create_dir(runs.path().join(name)).unwrap();
        }
        fs::write(runs.path().join("mnist-mlp-1").join(MODEL_FILE), b"x").unwrap();
        runs
    }

    fn message(wanted: Option<&str>, runs: &Path) -> String {
        find(wanted.map(Path::new), runs).unwrap_err().to_string()
    }

    #[test]
    fn a_model_is_a_file_a_folder_or_a_name() {
        let runs = runs();
        let file = runs.path().join("mnist-mlp-1").join(MODEL_FILE);
        for wanted in [
            &file,
            &runs.path().join("mnist-mlp-1"),
            Path::new("mnist-mlp-1"),
        ] {
            assert_eq!(
                find(Some(wanted), runs.path()).unwrap(),
                Place::File(file.clone()),
                "{}",
                wanted.display()
            );
        }
    }

    #[test]
    fn latest_is_a_text_file() {
        let runs = runs();
        fs::write(runs.path().join(LATEST), "mnist-mlp-1\n").unwrap();
        let file = runs.path().join("mnist-mlp-1").join(MODEL_FILE);
        let place = Place::File(file);
        assert_eq!(find(None, runs.path()).unwrap(), place);
        assert_eq!(find(Some(Path::new("latest")), runs.path()).unwrap(), place);
    }

    #[cfg(unix)]
    #[test]
    fn latest_is_a_link() {
        let runs = runs();
        let link = runs.path().join(LATEST);
        std::os::unix::fs::symlink("mnist-mlp-1", &link).unwrap();
        let place = Place::File(link.join(MODEL_FILE));
        assert_eq!(find(None, runs.path()).unwrap(), place);

        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("mnist-mlp-9", &link).unwrap();
        let message = message(None, runs.path());
        assert!(
            message.contains("mnist-mlp-9") && message.contains("does not exist"),
            "{message}"
        );
    }

    #[test]
    fn what_is_missing_is_said_with_a_way_out() {
        let runs = runs();
        let none = message(Some("latest"), runs.path());
        assert!(
            none.contains("cargo run -p train") && none.contains("mnist-mlp-1"),
            "{none}"
        );
        let wrong = message(Some("mnist-mlp-7"), runs.path());
        assert!(
            wrong.contains("mnist-mlp-7") && wrong.contains("there are mnist-mlp-1"),
            "{wrong}"
        );
        let unfinished = message(Some("mnist-mlp-2"), runs.path());
        assert!(unfinished.contains("not finished"), "{unfinished}");
    }

    #[test]
    fn where_nothing_was_trained_the_shipped_model_answers() {
        let runs = runs();
        assert_eq!(find(None, runs.path()).unwrap(), Place::Shipped);
        let named = Some(Path::new(SHIPPED_NAME));
        assert_eq!(find(named, runs.path()).unwrap(), Place::Shipped);
        assert!(SHIPPED.len() < 4_000_000, "{}", SHIPPED.len());

        let model = Model::load(Place::Shipped, &Device::flex()).unwrap();
        assert_eq!(model.card.experiment, "brain-tumor");
        assert_eq!(model.card.class_names.len(), 4);
        assert!(!model.card.data.generated);
        assert!(model.card.calibration.is_some());
        assert!(model.notice.unwrap().contains("not a medical device"));

        // A run of that name comes first.
        fs::create_dir(runs.path().join(SHIPPED_NAME)).unwrap();
        let file = runs.path().join(SHIPPED_NAME).join(MODEL_FILE);
        fs::write(&file, b"x").unwrap();
        assert_eq!(find(named, runs.path()).unwrap(), Place::File(file));
    }

    #[test]
    fn a_latest_that_names_nothing_is_refused() {
        let runs = runs();
        let cases: [(&[u8], &str); 4] = [
            (b" \n", "empty"),
            (b"a\nb\n", "one line"),
            (b"\xff\xfe", "not text"),
            (b"mnist-mlp-9\n", "mnist-mlp-9"),
        ];
        for (content, part) in cases {
            fs::write(runs.path().join(LATEST), content).unwrap();
            let message = message(None, runs.path());
            assert!(message.contains(part), "{message}");
        }
    }
}
