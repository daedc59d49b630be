//! Classifiers of pictures.

use std::io;
use std::path::PathBuf;

use datasets::{ImagePreprocessing, images};
use models::InputShape;

use crate::arguments::Arguments;
use crate::classes::{self, ClassAnswer};
use crate::classifier::{ClassNetwork, Classifier, Example};
use crate::error::{Outcomes, Result};
use crate::info::ModelInfo;
use crate::kind::Kind;
use crate::pictures;
use crate::terminal::Terminal;

/// A classifier of pictures.
pub(crate) struct Images {
    info: ModelInfo,
    preprocessing: ImagePreprocessing,
    classifier: Classifier,
    /// Page that is read of each file, if the user chose one.
    page: Option<usize>,
    /// Whether the pictures are drawn in the terminal.
    shows: bool,
}

impl Images {
    /// Prepares a classifier for the arguments.
    ///
    /// # Errors
    /// If the preprocessing does not fit the network, an option does not apply, or a folder cannot be created.
    pub fn new(
        info: ModelInfo,
        preprocessing: ImagePreprocessing,
        network: ClassNetwork,
        arguments: &Arguments,
    ) -> Result<Self> {
        let shape = InputShape::Picture(preprocessing.shape());
        info.check(preprocessing.validate(), shape, &images::STATISTICS)?;
        let kinds = [
            "a classifier of pictures",
            "a spiking classifier of pictures",
        ];
        Ok(Self {
            classifier: Classifier::new(network, &info, arguments, kinds, &["--page", "--show"])?,
            info,
            preprocessing,
            page: arguments.page,
            shows: pictures::are_shown(arguments),
        })
    }
}

impl Kind for Images {
    type Input = PathBuf;
    type Answer = ClassAnswer;

    const BATCH: usize = pictures::BATCH;
    const FAILED: &'static str = "pictures could not be answered";

    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn read(&self, arguments: &Arguments) -> Result<Outcomes<PathBuf>> {
        pictures::find(&arguments.inputs)
    }

    fn answer(&mut self, paths: &[PathBuf]) -> Result<Outcomes<ClassAnswer>> {
        let Outcomes { ok, failed } =
            pictures::prepare(&self.preprocessing, paths, self.page, self.shows);
        if ok.is_empty() {
            let ok = Vec::new();
            return Ok(Outcomes { ok, failed });
        }
        let bytes = ok.iter().map(|picture| &*picture.bytes);
        let inputs = self.preprocessing.tensor(bytes, &self.info.device);
        let examples = ok.iter().map(|picture| Example {
            file: &picture.path,
            path: picture.path.clone(),
            statistics: images::statistics(&self.preprocessing, &picture.bytes).to_vec(),
        });
        let examples = examples.collect();
        let mut answers = self.classifier.classify(&self.info, inputs, examples)?;
        for (answer, picture) in answers.iter_mut().zip(ok) {
            answer.picture = picture.picture;
        }
        let ok = answers;
        Ok(Outcomes { ok, failed })
    }

    fn columns(&self) -> Vec<String> {
        classes::header(&self.info)
    }

    fn print_counts(&self, terminal: &mut Terminal) -> io::Result<()> {
        self.classifier.counts.print(terminal, "pictures")
    }

    fn quality(&self) -> (&'static str, String) {
        classes::quality(&self.info)
    }
}
