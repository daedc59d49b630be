//! Classifiers of pictures.

use std::io;

use datasets::{ImagePreprocessing, images};
use models::InputShape;

use crate::arguments::Arguments;
use crate::classes::{self, ClassAnswer, Counts};
use crate::classifier::{Classifier, create_rasters};
use crate::error::{Outcomes, Result};
use crate::info::ModelInfo;
use crate::kind::Kind;
use crate::named_files::NamedFiles;
use crate::pictures::{self, Source};
use crate::terminal::Terminal;

/// A classifier of pictures.
pub(crate) struct Images {
    info: ModelInfo,
    preprocess: ImagePreprocessing,
    network: Classifier,
    /// Whether the pictures are drawn in the terminal.
    shows: bool,
    rasters: Option<NamedFiles>,
    counts: Counts,
}

impl Images {
    /// Prepares a classifier for the arguments.
    ///
    /// # Errors
    /// If the preprocessing does not fit the network, an option does not apply, or a folder cannot be created.
    pub fn new(
        info: ModelInfo,
        preprocess: ImagePreprocessing,
        network: Classifier,
        arguments: &Arguments,
    ) -> Result<Self> {
        let shape = InputShape::Picture(preprocess.shape());
        info.check(preprocess.validate(), shape, &images::STATISTICS)?;
        if network.is_spiking() {
            let kind = "a spiking classifier of pictures";
            arguments.check_options(&["--rasters", "--show", "--top"], kind, &info.path)?;
        } else {
            let kind = "a classifier of pictures";
            arguments.check_options(&["--show", "--top"], kind, &info.path)?;
        }
        Ok(Self {
            info,
            preprocess,
            network,
            shows: pictures::are_shown(arguments),
            rasters: create_rasters(arguments.rasters.as_deref())?,
            counts: Counts::default(),
        })
    }
}

impl Kind for Images {
    type Input = Source;
    type Answer = ClassAnswer;

    const BATCH: usize = pictures::BATCH;
    const FAILED: &'static str = "pictures could not be answered";

    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn read(&self, arguments: &Arguments) -> Result<Outcomes<Source>> {
        pictures::find(&arguments.inputs)
    }

    fn answer(&mut self, sources: &[Source]) -> Result<Outcomes<ClassAnswer>> {
        let Outcomes { ok, failed } = pictures::prepare(&self.preprocess, sources, self.shows);
        if ok.is_empty() {
            let ok = Vec::new();
            return Ok(Outcomes { ok, failed });
        }
        let bytes = ok.iter().map(|picture| &*picture.bytes);
        let inputs = self.preprocess.tensor(bytes, &self.info.device);
        if let Some(rasters) = &mut self.rasters {
            let names = ok.iter().map(|picture| (&*picture.path, &*picture.path));
            self.network
                .draw_rasters(&self.info, inputs.clone(), names, rasters)?;
        }
        let logits = self.network.logits(&self.info, inputs)?;
        let rows = logits.chunks_exact(self.info.card.class_names.len());
        let answers = ok.into_iter().zip(rows).map(|(picture, logits)| {
            let statistics = images::statistics(&self.preprocess, &picture.bytes);
            let mut answer = ClassAnswer::new(&self.info, picture.path, logits, Some(&statistics));
            answer.picture = picture.picture;
            self.counts.add(&answer);
            answer
        });
        Ok(Outcomes {
            ok: answers.collect(),
            failed,
        })
    }

    fn columns(&self) -> Vec<String> {
        classes::header(&self.info)
    }

    fn print_counts(&self, terminal: &mut Terminal) -> io::Result<()> {
        self.counts.print(terminal, "pictures")
    }

    fn quality(&self) -> (&'static str, String) {
        classes::quality(&self.info)
    }
}
