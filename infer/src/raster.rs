//! What the units of a spiking network did for an answer, drawn.

use burn::tensor::Tensor;
use figures::raster::{self, Evidence, Raster};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::outputs::Files;

/// Draws a raster of each of the prepared inputs, as SVG and PNG. `named` are the path and the title of each.
///
/// # Shapes
/// - `inputs`: `[n, channels, height, width]`
///
/// # Errors
/// The network does not spike, or the disk refuses.
pub fn draw<'a>(
    model: &Model,
    inputs: Tensor<4>,
    named: impl Iterator<Item = (&'a str, &'a str)>,
    files: &mut Files,
) -> Result<()> {
    let activity = model.activity(inputs)?;
    for (number, (path, title)) in named.enumerate() {
        let example = activity.example(number);
        let layers: Vec<_> = (example.layers.iter())
            .map(|layer| Raster::new(&layer.name, layer.units, &layer.spikes))
            .collect();
        let evidence = Evidence {
            name: activity.logits_name().to_owned(),
            classes: model.card.class_names.clone(),
            values: example.logits,
        };
        let drawn = raster::draw(title, &layers, &evidence);
        let drawn = drawn.map_err(|error| Error::Compute(error.to_string()))?;
        let png = figures::png(&drawn).map_err(|error| Error::Compute(error.to_string()))?;
        let file = files.name(path);
        files.write(&format!("{file}.png"), &png)?;
        files.write(&format!("{file}.svg"), drawn.as_bytes())?;
    }
    Ok(())
}
