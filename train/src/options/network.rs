//! Options that change an experiment's network.

use clap::Args;
use kernels::Reset;
use models::{
    Activations, Architecture, Choices, ChosenNormalization, Coding, Composition, Decay,
    Initialization, NamedSurrogate, Readout, SpikingOptions,
};
use serde_json::Value;

use super::table::Defaults;

/// Options of all networks.
#[derive(Clone, Debug, Default, Args)]
pub struct NetworkOptions {
    /// Activation of the hidden layers.
    #[arg(
        long,
        help = "Activation, or one per hidden layer: relu, leaky-relu[:SLOPE], relu6, sigmoid, tanh, gelu, selu, elu, swish",
        value_name = "NAME,..."
    )]
    pub activation: Option<Activations>,

    /// Units of each hidden layer, as 300,200,100
    #[arg(long, value_name = "N,...", value_delimiter = ',', allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub hidden: Option<Vec<u32>>,

    /// Normalisation: none, batch or layer
    #[arg(long, value_name = "KIND")]
    pub normalization: Option<ChosenNormalization>,

    /// Initial weights: xavier (sigmoid, tanh, selu) or he (rectifiers)
    #[arg(long, value_name = "KIND")]
    pub initialization: Option<Initialization>,

    /// Composition of phrases: plain or tree-lstm
    #[arg(long, value_name = "NAME")]
    pub network: Option<Composition>,

    /// Time steps for which an image is shown
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub time_steps: Option<u32>,

    /// Coding of the input: direct, rate or latency (images), direct or delta (recordings)
    #[arg(long, value_name = "NAME")]
    pub coding: Option<Coding>,

    /// Share of the membrane potential left after a step; learned:X starts at X
    #[arg(long, value_name = "X|learned:X", allow_negative_numbers = true)]
    pub decay: Option<Decay>,

    /// Reset after a spike: subtract the threshold, or zero
    #[arg(long, value_name = "KIND", value_parser = models::parse_reset)]
    pub reset: Option<Reset>,

    /// Surrogate gradient of a spike: fast-sigmoid, arctangent or triangular
    #[arg(long, value_name = "NAME[:SLOPE]")]
    pub surrogate: Option<NamedSurrogate>,

    /// Readout of the last layer: counts (of spikes) or membrane (mean potential)
    #[arg(long, value_name = "NAME")]
    pub readout: Option<Readout>,
}

impl NetworkOptions {
    /// Returns the options as `models` takes them and `config.json` keeps them.
    pub fn choices(&self) -> Choices {
        let Self {
            activation,
            hidden,
            normalization,
            initialization,
            network,
            time_steps,
            coding,
            decay,
            reset,
            surrogate,
            readout,
        } = self.clone();
        let hidden = hidden.map(|units| units.into_iter().map(|units| units as usize).collect());
        Choices {
            activation,
            hidden,
            normalization,
            initialization,
            composition: network,
            spiking: SpikingOptions {
                time_steps: time_steps.map(|steps| steps as usize),
                coding,
                decay,
                reset,
                surrogate,
                readout,
            },
        }
    }
}

/// Returns an example of an option that changes a network, to ask a network whether it has the option; `None` for other
/// options.
pub fn example(name: &str) -> Option<Choices> {
    let mut choices = Choices::default();
    let spiking = &mut choices.spiking;
    match name {
        "activation" => choices.activation = "tanh".parse().ok(),
        "hidden" => choices.hidden = Some(vec![8]),
        "normalization" => choices.normalization = "batch".parse().ok(),
        "initialization" => choices.initialization = "he".parse().ok(),
        "network" => choices.composition = "plain".parse().ok(),
        "time-steps" => spiking.time_steps = Some(9),
        "coding" => spiking.coding = "direct".parse().ok(),
        "decay" => spiking.decay = "0.9".parse().ok(),
        "reset" => spiking.reset = models::parse_reset("zero").ok(),
        "surrogate" => spiking.surrogate = "triangular".parse().ok(),
        "readout" => spiking.readout = "counts".parse().ok(),
        _ => return None,
    }
    Some(choices)
}

/// Returns the options that give a network, as far as its architecture records them in the words of the command line.
pub fn defaults(architecture: &Architecture) -> Defaults {
    let Ok(Value::Object(networks)) = serde_json::to_value(architecture) else {
        return Vec::new();
    };
    let fields = [
        ("activation", "activation"),
        ("hidden", "hidden"),
        ("normalization", "normalization"),
        ("network", "composition"),
        ("time-steps", "time_steps"),
        ("coding", "coding"),
        ("decay", "decay"),
        ("reset", "reset"),
        ("surrogate", "surrogate"),
        ("readout", "readout"),
    ];
    let found = fields.into_iter().filter_map(|(name, field)| {
        let value = networks.values().find_map(|network| network.get(field))?;
        Some((name, text(value)?))
    });
    found.collect()
}

/// Writes a value of an architecture as on the command line.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("none".to_owned()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(values) => {
            let texts: Option<Vec<_>> = values.iter().map(text).collect();
            Some(texts?.join(","))
        }
        Value::Object(decay) => match (decay.get("value"), decay.get("is_learned")) {
            (Some(value), Some(Value::Bool(true))) => Some(format!("learned:{}", text(value)?)),
            (Some(value), Some(_)) => text(value),
            _ => None,
        },
        Value::Bool(_) => None,
    }
}
