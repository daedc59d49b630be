//! The lines about the model below all answers.

use std::io::{self, Write};

use models::file::DataCard;
use models::layers::thousands;

use crate::info::ModelInfo;
use crate::terminal::{Terminal, printable};

/// Prints when and on what the model was trained, its quality, and the device.
pub(crate) fn print(
    terminal: &mut Terminal,
    info: &ModelInfo,
    quality: (&str, String),
) -> io::Result<()> {
    let card = &info.card;
    let (trained_at, epochs, seed) = (&card.trained_at, card.epochs, card.seed);
    let rows = [
        (
            "model",
            format!("{} ({})", card.experiment, info.path.display()),
        ),
        (
            "trained",
            format!("{trained_at}, epochs: {epochs}, seed: {seed}"),
        ),
        ("data", data(&card.data)),
        quality,
        ("device", info.device_name.clone()),
    ];
    for (name, text) in rows {
        writeln!(terminal, "{name:<9} {}", printable(&text))?;
    }
    Ok(())
}

fn data(data: &DataCard) -> String {
    let kind = if data.generated {
        "generated stand-ins, no real data"
    } else {
        "real data"
    };
    let [train, valid, test] = [data.train, data.valid, data.test].map(thousands);
    let (name, split) = (&data.name, &data.split);
    format!(
        "{name} ({kind}): {train} training, {valid} validation, {test} test examples, {split} split"
    )
}
