//! The table of options: who takes each, whether a resumed run accepts it, and whether `compare-optimizers` passes it on.

use self::Family::{
    Autoencoder, Current, DigitStudy, Everyone, Fitting, Images, Izhikevich, Layers, Plasticity,
    Points, Signals, Spiking, SquidAxon, Training, Translation, Trees,
};

/// A property of experiments that options depend on. An experiment may belong to several families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Every experiment.
    Everyone,
    /// Networks trained by gradient descent.
    Training,
    /// Classifiers of images.
    Images,
    /// Classifiers of recordings.
    Signals,
    /// Perceptrons and convolutional networks, whose layers can be changed.
    Layers,
    /// Spiking networks.
    Spiking,
    /// Autoencoders.
    Autoencoder,
    /// Translators.
    Translation,
    /// Networks over parse trees.
    Trees,
    /// Studies that train networks on the digits.
    DigitStudy,
    /// Studies of neurons that learn points by a rule.
    Points,
    /// Studies of neurons under a current.
    Current,
    /// The study of the squid axon.
    SquidAxon,
    /// The study of Izhikevich's model.
    Izhikevich,
    /// The study of plasticity.
    Plasticity,
    /// The fit of a neuron to a recording.
    Fitting,
}

/// Heading of an option in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Changes the recipe.
    Training,
    /// Changes the network.
    Network,
    /// Chooses or divides the data.
    Data,
    /// Describes the simulated neuron and its input.
    Simulation,
    /// Says where and how to run.
    Run,
}

impl Group {
    /// Returns the heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Training => "Training",
            Self::Network => "Network",
            Self::Data => "Data",
            Self::Simulation => "Simulation",
            Self::Run => "Run",
        }
    }
}

/// Values that an experiment gives to options, by name.
pub type Defaults = Vec<(&'static str, String)>;

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// Its name without the dashes.
    pub name: &'static str,
    /// Its heading in the help.
    pub group: Group,
    /// The families that take it.
    pub families: &'static [Family],
    /// Whether `--resume` accepts it; a run keeps everything else as it began.
    pub is_resumed: bool,
    /// Whether `compare-optimizers` passes it on to each training.
    pub is_compared: bool,
    /// Whether the help of `train` without an experiment lists it.
    pub is_common: bool,
}

impl OptionRow {
    /// Returns the row of an option.
    pub fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.name == name)
    }

    /// Returns whether an experiment of these families takes the option.
    pub fn is_taken_by(&self, families: &[Family]) -> bool {
        (self.families.iter()).any(|family| *family == Everyone || families.contains(family))
    }

    const fn resumed(self) -> Self {
        Self {
            is_resumed: true,
            ..self
        }
    }

    const fn compared(self) -> Self {
        Self {
            is_compared: true,
            ..self
        }
    }

    const fn common(self) -> Self {
        Self {
            is_common: true,
            ..self
        }
    }
}

const fn option(name: &'static str, group: Group, families: &'static [Family]) -> OptionRow {
    OptionRow {
        name,
        group,
        families,
        is_resumed: false,
        is_compared: false,
        is_common: false,
    }
}

const fn training(name: &'static str, families: &'static [Family]) -> OptionRow {
    option(name, Group::Training, families)
}

const fn network(name: &'static str, families: &'static [Family]) -> OptionRow {
    option(name, Group::Network, families)
}

const fn data(name: &'static str, families: &'static [Family]) -> OptionRow {
    option(name, Group::Data, families)
}

const fn simulation(name: &'static str, families: &'static [Family]) -> OptionRow {
    option(name, Group::Simulation, families)
}

const fn run(name: &'static str, families: &'static [Family]) -> OptionRow {
    option(name, Group::Run, families)
}

/// Every option.
pub static TABLE: &[OptionRow] = &[
    training("epochs", &[Training, DigitStudy, Points, Fitting])
        .resumed()
        .compared()
        .common(),
    training("batch-size", &[Training, DigitStudy])
        .resumed()
        .compared()
        .common(),
    training("learning-rate", &[Training, DigitStudy, Points])
        .resumed()
        .common(),
    training("optimizer", &[Training, DigitStudy]),
    training("schedule", &[Training]).resumed().compared(),
    training("loss", &[Images, Signals]).resumed().compared(),
    training("class-weights", &[Images, Signals])
        .resumed()
        .compared(),
    training("sampling", &[Images, Signals])
        .resumed()
        .compared(),
    training("augment", &[Images, Autoencoder])
        .resumed()
        .compared(),
    training("noise", &[Autoencoder]).compared(),
    training("penalty", &[Autoencoder]).compared(),
    training("clip-norm", &[Training]).resumed().compared(),
    training("weight-decay", &[Training]).resumed().compared(),
    training("average-weights", &[Training])
        .resumed()
        .compared(),
    training("label-smoothing", &[Translation])
        .resumed()
        .compared(),
    training("teacher-forcing", &[Translation])
        .resumed()
        .compared(),
    training("early-stop", &[Training]).resumed().compared(),
    training("monitor", &[Training]).resumed().compared(),
    training("init", &[Training]).compared(),
    training("freeze", &[Training]).compared(),
    training("target-error", &[Images, Signals]).resumed(),
    training("lr-find", &[Images, Signals]),
    network("activation", &[Layers]).compared(),
    network("hidden", &[Layers]).compared(),
    network("normalization", &[Layers]).compared(),
    network("initialization", &[Layers]).compared(),
    network("network", &[Trees]).compared(),
    network("time-steps", &[Spiking]).compared(),
    network("coding", &[Spiking]).compared(),
    network("decay", &[Spiking]).compared(),
    network("reset", &[Spiking]).compared(),
    network("surrogate", &[Spiking]).compared(),
    network("readout", &[Spiking]).compared(),
    data("data", &[Training, DigitStudy, Fitting])
        .resumed()
        .compared()
        .common(),
    data("dataset", &[Images, Autoencoder]).compared(),
    data("classes", &[Images, Autoencoder, Signals, Trees]).compared(),
    data("merge", &[Images, Autoencoder]).compared(),
    data("labels", &[Images, Autoencoder]).compared(),
    data("max-words", &[Translation]).compared(),
    data("train-class", &[Autoencoder]).compared(),
    data("generated", &[Training, DigitStudy, Fitting])
        .compared()
        .common(),
    data("stand-ins", &[Training, DigitStudy]).compared(),
    data("split", &[Training]).compared(),
    data("groups", &[Images, Signals, Autoencoder]).compared(),
    data("folds", &[Images, Signals]).common(),
    data("fold-models", &[Images, Signals]),
    data("strict", &[Images, Autoencoder]).compared(),
    data("csv", &[Points, Fitting]),
    simulation("current", &[Current]),
    simulation("duration", &[Current, Plasticity]),
    simulation("step", &[Current]),
    simulation("fi-curve", &[Current]),
    simulation("neurons", &[SquidAxon]),
    simulation("spread", &[SquidAxon]),
    simulation("pattern", &[Izhikevich]),
    simulation("neuron", &[Fitting]),
    simulation("precision", &[Fitting]),
    simulation("protocol", &[Fitting]),
    run("seed", &[Everyone]).compared().common(),
    run("device", &[Training, DigitStudy])
        .resumed()
        .compared()
        .common(),
    run("out", &[Everyone]).resumed().compared().common(),
    run("checkpoint-every", &[Training]).resumed(),
    run("resume", &[Training]).resumed().common(),
    run("summary", &[Training]).common(),
    run("list", &[]).common(),
    run("no-tui", &[Everyone]).resumed().common(),
    run("json", &[Everyone]).resumed().compared().common(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_one_row() {
        for row in TABLE {
            let rows = TABLE.iter().filter(|other| other.name == row.name);
            assert_eq!(rows.count(), 1, "{}", row.name);
        }
    }
}
